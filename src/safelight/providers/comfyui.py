"""ComfyUI: a graph of nodes that it draws, with its progress and previews passed on, and its line watched."""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from safelight.domain.errors import SafelightError, Unsupported
from safelight.domain.model_card import Capability, Defaults, ModelCard, Sizes
from safelight.domain.pixels import FrameSource
from safelight.domain.recipe import Recipe, Sampler
from safelight.providers import given
from safelight.providers.cards import OWN_WAY, card
from safelight.providers.comfyui_wire import TITLE, Messages, Wire, choices, preview
from safelight.providers.comfyui_workflow import (
    SAMPLERS,
    SCHEDULES,
    Graph,
    Uploads,
    Workflow,
    check_files,
    graph,
    read_workflows,
)
from safelight.providers.failures import Gone, Passing, gave_up, malformed
from safelight.providers.upstream import Accepted, Credentials, Done, News, Secret, Shows, Tier, Waits, Wish
from safelight.providers.waiting import taken_back

log = logging.getLogger(__name__)

NAME = "comfyui"
LOOKS_S = 15.0
"""How often it is asked what it has."""
QUEUE_S = 1.0
"""How often it is asked where in its line something is; a WebSocket that has fallen silent is found out like this."""
SIZES = Sizes(width=512, height=512, multiple=8, smallest=64, largest=2048)
CAPABILITIES = frozenset(
    {
        Capability.PREVIEWS,
        Capability.NEGATIVE_PROMPT,
        Capability.IMAGE,
        Capability.MASK,
        Capability.LORA,
        Capability.CONTROL,
        Capability.CLIP_SKIP,
    }
)


@dataclass(frozen=True)
class Shelf:
    """What ComfyUI has, when it was asked last."""

    checkpoints: tuple[str, ...] = ()
    loras: frozenset[str] = frozenset()
    controls: frozenset[str] = frozenset()


class Heard(Enum):
    NOTHING = "nothing"
    DONE = "done"


@dataclass
class _Watched:
    """A prompt under way: the steps of the nodes before, and of this one."""

    prompt: str
    before: int = 0
    node: str | None = None
    total: int = 0

    def progress(self, node: str, value: int, total: int) -> tuple[int, int]:
        """Steps that are done, and steps that are known of."""
        if node != self.node:
            self.before, self.node = self.before + self.total, node
        self.total = total
        return self.before + value, self.before + total

    def heard(self, message: str) -> "Shows | Heard":
        """What a message says of it.

        Raises:
            Passing: that it failed; or it cannot be read.
        """
        try:
            said = json.loads(message)
            kind, data = said["type"], said.get("data") or {}
            if data.get("prompt_id") != self.prompt:
                return Heard.NOTHING
            if kind == "progress":
                step, total = self.progress(str(data.get("node")), int(data["value"]), int(data["max"]))
                return Shows(step=step, total=total, source=FrameSource.DENOISE)
            if kind == "execution_error":
                raise _failed(data)
            if kind == "execution_interrupted":
                raise gave_up(TITLE, "somebody there interrupted it")
            ended = kind == "execution_success" or (kind == "executing" and data.get("node") is None)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise malformed(TITLE, f"a message {message[:60]}") from error
        return Heard.DONE if ended else Heard.NOTHING


class ComfyUI:
    """One ComfyUI.

    Args:
        url: where it answers.
        workflows: folder of the user's own graphs; each is a model.
    """

    name, title, tier = NAME, TITLE, Tier.LOCAL
    secrets = (Secret(name="token", required=False),)

    def __init__(self, url: str, *, workflows: Path, own: Credentials) -> None:
        self._workflows = read_workflows(workflows)
        self._own = own
        self._shelf = Shelf()
        self._away: str | None = f"{TITLE} has not been asked yet."
        self._wire = Wire(url)
        self._looking: asyncio.Task[None] | None = None

    def models(self) -> Sequence[ModelCard]:
        own = (_workflow_card(workflow) for workflow in self._workflows.values())
        return (*own, *(_checkpoint_card(name) for name in self._shelf.checkpoints))

    def problem(self) -> str | None:
        return self._away

    def check(self, recipe: Recipe) -> None:
        if recipe.outpaint is not None:
            raise Unsupported(f"{TITLE} is not asked to draw around an image.", hint="Leave `outpaint` out.")
        if recipe.image is not None and recipe.image.at_step is not None:
            raise Unsupported(f"{TITLE} takes no step to begin at.", hint="Use `image.strength`.")
        check_files(recipe, loras=self._shelf.loras, controls=self._shelf.controls)

    async def open(self) -> None:
        self._looking = asyncio.create_task(self._look_again())

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        await self._wire.close()

    async def _look_again(self) -> None:
        while True:
            try:
                await self.look()
                self._away = None
            except SafelightError as error:
                self._away = error.detail
            await asyncio.sleep(LOOKS_S)

    async def look(self) -> None:
        """Ask it what it has. Raises SafelightError where it does not answer, or otherwise than it should."""
        kinds = ("CheckpointLoaderSimple", "LoraLoader", "ControlNetLoader")
        fields = ("ckpt_name", "lora_name", "control_net_name")
        found = [
            choices(await self._wire.get(f"/object_info/{kind}", self._own), kind, name)
            for kind, name in zip(kinds, fields, strict=True)
        ]
        self._shelf = Shelf(tuple(found[0]), frozenset(found[1]), frozenset(found[2]))

    async def draw(self, wish: Wish) -> AsyncGenerator[News, None]:
        prompt = wish.handle or str(uuid.uuid4())
        # By the prompt's id, so that whoever takes it up again is told of it.
        client, watched = prompt.replace("-", ""), _Watched(prompt)
        async with self._wire.listening(client, wish.credentials) as messages:
            if wish.handle is None:
                nodes = await self._nodes(wish)

                async def send() -> None:
                    await self._wire.prompt(nodes, client=client, prompt=prompt, credentials=wish.credentials)

                await wish.patience.post(send)
            done = False
            try:
                yield Accepted(handle=prompt)
                async for news in self._watch(watched, messages, wish):
                    yield news
                yield Done(image=await self._file(watched, wish), usd=0.0)
                done = True
            finally:
                if not done:
                    await taken_back(self._cancel(prompt, wish))

    async def _watch(self, watched: _Watched, messages: Messages, wish: Wish) -> AsyncGenerator[News, None]:
        """Until it is done. Where the WebSocket says nothing, the history and the line do."""
        # The number of a step comes first and its preview after it, where there is one: it waits for what comes next.
        told: Shows | None = None
        while True:
            message: str | bytes | None = None
            with suppress(TimeoutError):
                async with asyncio.timeout(QUEUE_S):
                    message = await messages.get()
            if isinstance(message, bytes):
                if told is not None and (image := preview(message)) is not None:
                    yield replace(told, image=image)
                    told = None
                continue
            if told is not None:
                yield told
                told = None
            if message is None:
                if (ahead := await self._place(watched, wish)) is None:
                    return
                yield Waits(ahead=ahead if ahead >= 0 else None)
            elif (heard := watched.heard(message)) is Heard.DONE:
                return
            elif isinstance(heard, Shows):
                told = heard

    async def _place(self, watched: _Watched, wish: Wish) -> int | None:
        """How many go first; -1 where it is being drawn, None where it is done.

        Raises:
            Gone: it is not known there any more.
        """
        history = await self._asked(f"/history/{watched.prompt}", wish)
        if watched.prompt in history:
            return None
        queue = await self._asked("/queue", wish)
        try:
            running = [one[1] for one in queue["queue_running"]]
            pending = sorted((one[0], one[1]) for one in queue["queue_pending"])
        except (KeyError, TypeError, IndexError) as error:
            raise malformed(TITLE, "its queue") from error
        if watched.prompt in running:
            return -1
        for ahead, (_, prompt) in enumerate(pending):
            if prompt == watched.prompt:
                return ahead + len(running)
        # It may have ended between the two questions.
        if watched.prompt in await self._asked(f"/history/{watched.prompt}", wish):
            return None
        raise Gone(f"{TITLE} does not know of it any more.", hint="It was restarted; generate it again.")

    async def _file(self, watched: _Watched, wish: Wish) -> bytes:
        """The picture, by the history: it holds what the WebSocket may have lost."""
        history: Any = {}
        for _ in range(20):  # The history may lag behind the last message.
            history = await self._asked(f"/history/{watched.prompt}", wish)
            if watched.prompt in history:
                break
            await asyncio.sleep(0.1)
        try:
            entry = history.get(watched.prompt, {})
            status = entry.get("status", {})
            if status.get("status_str") == "error":
                raise _failed(next((about for kind, about in status["messages"] if kind == "execution_error"), {}))
            images = [one for output in entry.get("outputs", {}).values() for one in output.get("images", [])]
            kept = [one for one in images if one["type"] == "output"] or images
            place = {name: kept[0][name] for name in ("filename", "subfolder", "type")}
        except (AttributeError, KeyError, TypeError, IndexError, ValueError) as error:
            raise malformed(TITLE, "no picture in its history") from error

        return await wish.patience.get(lambda: self._wire.view(place, wish.credentials))

    async def _asked(self, path: str, wish: Wish) -> Any:
        return await wish.patience.get(lambda: self._wire.get(path, wish.credentials))

    async def _cancel(self, prompt: str, wish: Wish) -> None:
        """Out of its line, or interrupted."""
        queue = await self._wire.get("/queue", wish.credentials)
        if any(one[1] == prompt for one in queue.get("queue_running", ())):
            await self._wire.post("/interrupt", {"prompt_id": prompt}, wish.credentials)
        await self._wire.post("/queue", {"delete": [prompt]}, wish.credentials)

    async def _nodes(self, wish: Wish) -> Graph:
        recipe = wish.recipe
        uploads = await self._uploads(wish)
        if (workflow := self._workflows.get(wish.model)) is None:
            return graph(recipe, checkpoint=wish.model, seed=wish.seed, uploads=uploads)
        values = {name: getattr(recipe, name, None) for name in workflow.fields}
        strength = 1.0 if recipe.image is None else recipe.image.strength
        values |= {"seed": wish.seed, "strength": strength, "image": uploads.image, "mask": uploads.mask}
        values |= {"sampler": SAMPLERS[recipe.sampler or Sampler.EULER], "height": recipe.height}
        return workflow.filled(values)

    async def _uploads(self, wish: Wish) -> Uploads:
        recipe = wish.recipe
        image = mask = None
        if recipe.image is not None:
            start = await asyncio.to_thread(lambda: given.png(given.start(recipe, wish.images)))
            image = await self._upload(start, wish)
        if recipe.mask is not None:
            grey = await asyncio.to_thread(lambda: given.png(given.mask(recipe, wish.images)))
            mask = await self._upload(grey, wish)
        controls = [await self._upload(wish.images[control.image], wish) for control in recipe.controls]
        return Uploads(image=image, mask=mask, controls=tuple(controls))

    async def _upload(self, data: bytes, wish: Wish) -> str:
        return await wish.patience.get(lambda: self._wire.upload(data, wish.credentials))


def _checkpoint_card(name: str) -> ModelCard:
    return card(
        provider=NAME,
        model=name,
        name=Path(name).stem,
        description=f"The checkpoint {name} of {TITLE}, in a graph that is made from the recipe.",
        sizes=SIZES,
        capabilities=CAPABILITIES,
        fixed=(),
        defaults=Defaults(steps=20, guidance=7.0, sampler=Sampler.DPMPP_2M),
        price_usd=0.0,
    ).model_copy(update={"samplers": tuple(SAMPLERS), "schedules": tuple(SCHEDULES)})


def _workflow_card(workflow: Workflow) -> ModelCard:
    takes = {"image": Capability.IMAGE, "mask": Capability.MASK, "negative_prompt": Capability.NEGATIVE_PROMPT}
    fixed = {name for name in (*OWN_WAY, "negative_prompt") if name not in workflow.fields} | {"schedule"}
    return card(
        provider=NAME,
        model=workflow.name,
        name=workflow.name,
        description=f"Your own workflow {workflow.name}.json in {TITLE}.",
        sizes=SIZES,
        capabilities={Capability.PREVIEWS, *(takes[name] for name in takes if name in workflow.fields)},
        fixed=fixed,
        defaults=Defaults(steps=20, guidance=7.0, sampler=Sampler.DPMPP_2M),
        price_usd=0.0,
    ).model_copy(update={"samplers": tuple(SAMPLERS)})


def _failed(data: Any) -> Passing:
    about = data if isinstance(data, dict) else {}
    node = about.get("node_type") or "a node"
    return gave_up(TITLE, f"{node}: {about.get('exception_message') or 'it did not say why'}")
