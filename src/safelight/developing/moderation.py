"""Moderation on the way of a request: prompts are read before a job exists, pictures seen before anyone sees them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from safelight.domain.errors import NotAllowed, Unsupported
from safelight.domain.measuring import UNMEASURED, Meter
from safelight.domain.progress import Drawn, Progress, Step
from safelight.domain.prompting import plain
from safelight.domain.recipe import Recipe
from safelight.domain.verdict import Subject, Verdict
from safelight.moderation.gate import Gate
from safelight.moderation.pixels import ImageModel, blurred, stills
from safelight.store.journal import Journal
from safelight.store.people import People


@dataclass(frozen=True, kw_only=True)
class Moderation:
    """The gate, and the journal of what it said.

    Attributes:
        people: know what a workspace wants to be different.
        veiled: share of a picture's steps whose previews are shown blurred, however harmless they look: what is hardly
            drawn can hardly be judged.
    """

    gate: Gate
    journal: Journal
    people: People
    veiled: float = 0.0
    meter: Meter = UNMEASURED

    async def check(
        self,
        recipe: Recipe,
        *further: str,
        workspace: str,
        caller: str,
        generation: str | None = None,
        first_of_two: bool = False,
    ) -> None:
        """Read what a recipe is drawn from: its prompt, and those it is steered with, as one text.

        What it should not show is not read: with guidance of 1 or less it weighs nothing, above that it keeps away.

        Args:
            further: prompts that shall come after them.
            workspace: in whose journal it is noted.
            caller: on whose behalf.
            generation: that is or will be drawn by it.
            first_of_two: it is read again before it is drawn, so that only a refusal has to be noted now.

        Raises:
            NotAllowed: it is refused.
            Unreachable: what has to read it does not answer.
        """
        if (gate := await self.gate_of(workspace)).rules is None:
            return
        steered = (change.prompt for change in recipe.steering)
        text = "\n".join(filter(None, (recipe.prompt, *steered, *further)))
        verdict = await gate.read(plain(text))
        self.meter.judged(Subject.PROMPT, verdict)
        kept = generation if verdict.allowed else None
        if not (first_of_two and verdict.allowed):
            await self.journal.note(
                verdict, subject=Subject.PROMPT, seen=text, workspace=workspace, caller=caller, generation=kept
            )
        if not verdict.allowed:
            raise _refusal(verdict)

    async def gate_of(self, workspace: str) -> Gate:
        """The gate with the thresholds of a workspace."""
        return self.gate.within((await self.people.settings(workspace)).moderation)

    async def read(self, text: str, *, workspace: str, caller: str) -> Verdict:
        """What is said of a text that nothing is drawn from. Raises Unreachable."""
        verdict = await (await self.gate_of(workspace)).read(plain(text))
        self.meter.judged(Subject.PROMPT, verdict)
        await self.journal.note(verdict, subject=Subject.PROMPT, seen=text, workspace=workspace, caller=caller)
        return verdict

    async def look(self, image: bytes, *, workspace: str, caller: str) -> Verdict:
        """What is said of an image.

        Raises:
            Unsupported: this server looks at none.
            Unreachable: it cannot be judged.
        """
        gate = await self.gate_of(workspace)
        if gate.pixels is None:
            raise Unsupported(
                "This server does not look at images.", hint="SAFELIGHT_MODERATION_IMAGES=true lets it; see the how-to."
            )
        verdict = await gate.look(image, gate.pixels)
        self.meter.judged(Subject.IMAGE, verdict)
        await self.journal.note(verdict, subject=Subject.IMAGE, seen=image, workspace=workspace, caller=caller)
        return verdict

    async def admit(self, image: bytes, *, workspace: str, caller: str | None) -> None:
        """Look at an image that somebody brings, where this server looks at any: at each of its frames.

        Raises:
            NotAllowed: it is refused.
            UnusableImage: it has more frames than anybody wants to look at.
            Unreachable: it cannot be judged.
        """
        gate = await self.gate_of(workspace)
        if (model := gate.pixels) is None:
            return
        for still in await asyncio.to_thread(stills, image):
            verdict = await gate.look(still, model)
            if not verdict.allowed:
                break
        self.meter.judged(Subject.INPUT, verdict)
        await self.journal.note(verdict, subject=Subject.INPUT, seen=image, workspace=workspace, caller=caller)
        if not verdict.allowed:
            raise _refusal(verdict)

    async def screened(
        self, progress: AsyncGenerator[Progress, None], *, generation: str, workspace: str
    ) -> AsyncGenerator[Progress, None]:
        """What a provider says, without any picture that was not looked at.

        The drawing goes on meanwhile: where a later step is there already, a preview is left out instead of looked at.

        Raises:
            NotAllowed: a preview or a picture is refused; nothing of it, and nothing after it, was passed on.
            SafelightError: as the provider's.
        """
        gate = await self.gate_of(workspace)
        if (model := gate.pixels) is None:
            async with aclosing(progress):
                async for news in progress:
                    yield news
            return
        looking = _Looking(gate, model, generation, workspace)
        async with aclosing(progress):
            # The first one here and not in a task: a generation can be steered from its first moment on.
            said: asyncio.Queue[Progress | None] = asyncio.Queue()
            said.put_nowait(await anext(progress, None))
            listening = asyncio.create_task(_listen(progress, said))
            try:
                while (heard := await said.get()) is not None:
                    yield await self._screened(heard, looking, late=not said.empty())
                await listening
            finally:
                listening.cancel()
                # What it may have ended with meanwhile came too late.
                await asyncio.gather(listening, return_exceptions=True)

    async def _screened(self, news: Progress, looking: "_Looking", *, late: bool) -> Progress:
        match news:
            case Drawn(image=image):
                await self._pass(image.data, Subject.PICTURE, looking)
            case Step(frame=frame, step=step, total=total) if frame is not None:
                if late and step < total:
                    return replace(news, frame=None)
                await self._pass(frame.data, Subject.PREVIEW, looking)
                if step <= self.veiled * total:
                    return replace(news, frame=await asyncio.to_thread(blurred, frame))
        return news

    async def _pass(self, image: bytes, subject: Subject, looking: "_Looking") -> None:
        verdict = await looking.gate.look(image, looking.model)
        self.meter.judged(subject, verdict)
        # A preview that is fine is one of dozens: the journal has what was refused, and what was kept.
        if subject is Subject.PICTURE or not verdict.allowed:
            await self.journal.note(
                verdict, subject=subject, seen=image, workspace=looking.workspace, generation=looking.generation
            )
        if not verdict.allowed:
            raise _refusal(verdict)


@dataclass(frozen=True)
class _Looking:
    """With what the pictures of a generation are looked at, and in whose journal it is noted."""

    gate: Gate
    model: ImageModel
    generation: str
    workspace: str


async def _listen(progress: AsyncGenerator[Progress, None], said: "asyncio.Queue[Progress | None]") -> None:
    """Pass on what a provider says, as fast as it says it, and None in the end."""
    try:
        async for news in progress:
            said.put_nowait(news)
    finally:
        said.put_nowait(None)


def _refusal(verdict: Verdict) -> NotAllowed:
    return NotAllowed(
        verdict.reason,
        hint="Ask for something else. Whoever runs this server decides what it draws: docs/how-to/moderate.md.",
        categories=[category.value for category in verdict.refused_for],
    )
