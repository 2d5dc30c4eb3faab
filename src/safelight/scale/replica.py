"""An engine as a replica of Ray Serve: the same provider, with a door through which orders come and progress goes."""

import asyncio
import logging
import os
import socket
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from safelight.domain.errors import SafelightError
from safelight.domain.estimate import Estimate
from safelight.domain.order import Order
from safelight.domain.progress import Paused, Progress, Step
from safelight.domain.prompting import Count
from safelight.domain.recipe import Recipe
from safelight.scale.autoscaling import EVALUATIONS, PER_SECOND
from safelight.scale.messages import Begun, Broke, Carried, Described, Message, Said
from safelight.scale.plan import Plan

log = logging.getLogger(__name__)

AGAIN_S = 0.5
"""Until the mailroom is asked again after it did not answer."""
MEASURED_S = 30.0
"""Over which time steps are counted."""


class Stalled(RuntimeError):
    """The engine has work and does nothing: Ray Serve is to replace it."""


@dataclass
class _Work:
    """An order that is being drawn here."""

    steps: int
    """Evaluations that it takes, all pictures together, as far as it is known."""
    moved_at: float = field(default_factory=time.monotonic)
    paused: bool = False
    taken: int = 0
    shown_at: dict[int, float] = field(default_factory=dict)


class EngineReplica:
    """
    Args:
        plan: what it draws with.
        mailroom: a handle to the mailroom.
    """

    def __init__(self, plan: Plan, mailroom: Any) -> None:
        self._plan = plan
        self._provider = plan.provider()
        self._name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._mailroom = mailroom
        self._works: dict[str, _Work] = {}
        self._taken: deque[float] = deque()
        self._began_at = time.monotonic()
        self._opened: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None]

    async def draw(self, order: Order) -> AsyncGenerator[Message, None]:
        """Draw an order. Whoever stops listening cancels it."""
        await self._open()
        work = self._works[order.key] = _Work(steps=len(order.pictures) * (order.recipe.steps or 1))
        yield Begun(self._name)
        try:
            async with aclosing(self._provider.generate(order)) as progress:
                async for news in progress:
                    yield await self._noted(work, news)
        except SafelightError as error:
            yield Broke(error)
        finally:
            del self._works[order.key]

    async def describe(self) -> Described:
        """What it is and has."""
        await self._open()
        return Described(
            models=tuple(self._provider.models()),
            adapters=tuple(self._provider.adapters()),
            device=self._provider.device,
            missing=self._provider.ready(),
            pictures_per_forward=self._provider.pictures_per_forward,
        )

    async def estimate(self, recipe: Recipe) -> Estimate | Broke:
        """As the provider says, or what it raises."""
        await self._open()
        try:
            return await asyncio.to_thread(self._provider.estimate, recipe)
        except SafelightError as error:
            return Broke(error)

    async def count(self, prompt: str, model: str) -> Count | Broke | None:
        """As the provider says, or what it raises."""
        await self._open()
        try:
            return await asyncio.to_thread(self._provider.count, prompt, model=model)
        except SafelightError as error:
            return Broke(error)

    async def check_health(self) -> None:
        """Called by Ray Serve. Raises Stalled."""
        await self._open()
        now = time.monotonic()
        if (missing := self._provider.ready()) is not None:
            if now - self._began_at > self._plan.loading_s:
                raise Stalled(f"It is still not ready: {missing}")
            return
        drawn = [work for work in self._works.values() if not work.paused]
        if drawn and now - max(work.moved_at for work in drawn) > self._plan.stalled_s:
            raise Stalled(f"{len(drawn)} orders have not moved for {self._plan.stalled_s:.0f} seconds.")

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Called by Ray Serve: what there is to do."""
        now = time.monotonic()
        while self._taken and now - self._taken[0] > MEASURED_S:
            self._taken.popleft()
        left = sum(max(0, work.steps - work.taken) for work in self._works.values() if not work.paused)
        return {EVALUATIONS: float(left), PER_SECOND: len(self._taken) / MEASURED_S if left else 0.0}

    async def close(self) -> None:
        """Stop the engine."""
        if self._opened is not None:
            await self._opened
            self._listening.cancel()
        await self._provider.close()

    async def _open(self) -> None:
        if self._opened is None:
            self._opened = asyncio.create_task(self._begin())
        await asyncio.shield(self._opened)

    async def _begin(self) -> None:
        await self._provider.open()
        self._listening = asyncio.create_task(self._listen())

    async def _noted(self, work: _Work, news: Progress) -> Progress:
        work.moved_at = time.monotonic()
        if isinstance(news, Paused):
            work.paused = news.paused
        if not isinstance(news, Step):
            return news
        work.taken += 1
        self._taken.append(work.moved_at)
        if news.checkpoint is not None:
            # Written in a thread: the loop has others to serve.
            data = await asyncio.to_thread(news.checkpoint.to_bytes)
            news = replace(news, checkpoint=Carried(news.checkpoint.step, data))
        return self._with_fewer_previews(work, news)

    def _with_fewer_previews(self, work: _Work, step: Step) -> Step:
        """Without its preview where the last one was shown a moment ago; the last of all is always shown."""
        if step.frame is None or step.step == step.total:
            return step
        if work.moved_at - work.shown_at.get(step.picture, 0.0) < self._plan.preview_s:
            return replace(step, frame=None)
        work.shown_at[step.picture] = work.moved_at
        return step

    async def _listen(self) -> None:
        while True:
            try:
                async for said in self._mailroom.options(stream=True).listen.remote(self._name):
                    if said is not None:
                        self._do(said)
            except (OSError, RuntimeError) as error:
                # Ray's errors are RuntimeErrors. The mailroom is started again where it died.
                log.warning("the mailroom does not answer: %s", error)
            await asyncio.sleep(AGAIN_S)

    def _do(self, said: Said) -> None:
        match said.what:
            case Paused(paused=True):
                self._provider.pause(said.key)
            case Paused():
                self._provider.resume(said.key)
            case turn:
                self._provider.steer(said.key, turn, images=said.images)
