"""Who is measured: this engine as it is, the same engine by whole requests, and diffusers' pipeline as people serve it.

All draw the same recipes with the same weights, decode with the same decoder, and make their previews by the same map,
for the same share of the time.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import torch
from diffusers import StableDiffusionPipeline
from workloads import Job

from safelight.domain.order import Order
from safelight.domain.progress import Step
from safelight.domain.recipe import Recipe
from safelight.engine.engine import Engine
from safelight.engine.families.family import Family
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Ticket
from safelight.engine.residency import Residency
from safelight.engine.samplers import make_scheduler
from safelight.providers.encoding import encode_frame, encode_png
from safelight.providers.local import LocalProvider
from safelight.providers.previews import PreviewBudget

SHARE = 0.03
"""Of the steps' time, what previews may take; the server's own."""
ALIKE = 4
"""Requests that are batched as wholes, where they are alike."""
THREADS = 16
STOCK = ("lock", "threads")
"""Those that are diffusers' own pipeline."""
Clock = Callable[[], float]


class Contender(Protocol):
    async def open(self) -> None: ...

    async def draw(self, job: Job, clock: Clock) -> None:
        """Draw it, and note when what came. Cancelling the task cancels the drawing."""
        ...

    async def close(self) -> None: ...

    @property
    def rows(self) -> int:
        """Rows of model evaluations so far."""
        ...

    @property
    def pictures_per_forward(self) -> float: ...


class Turn:
    """Lets requests pass as wholes: one by one, or a few that are alike, and the next when the last of them is done."""

    def __init__(self, alike: int) -> None:
        self._alike = alike
        self._waiting: list[tuple[Hashable, asyncio.Future[None]]] = []
        self._inside = 0

    async def enter(self, recipe: Recipe) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((signature(recipe), place))
        self._call()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            self._waiting = [one for one in self._waiting if one[1] is not place]
            raise

    def leave(self) -> None:
        self._inside -= 1
        self._call()

    def _call(self) -> None:
        if self._inside or not self._waiting:
            return
        first = self._waiting[0][0]
        called = [one for one in self._waiting if one[0] == first][: self._alike]
        self._waiting = [one for one in self._waiting if one not in called]
        self._inside = len(called)
        for _, place in called:
            place.set_result(None)


def signature(recipe: Recipe) -> Hashable:
    """What requests have in common that are batched as wholes: everything but the prompt and the seed."""
    return recipe.model_copy(update={"prompt": "", "seed": 0}).model_dump_json()


@dataclass
class OurEngine:
    """The provider that the server uses, engine, previews and files included.

    Args:
        alike: how many alike requests make a batch, one batch after the other; 0 to let everybody in at once.
        share: of the steps' time, what previews may take.
    """

    folder: Path
    alike: int = 0
    share: float = SHARE
    images: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._turn = Turn(self.alike) if self.alike else None
        self._freed: dict[Ticket, tuple[float, int]] = {}

    async def open(self) -> None:
        self._provider = LocalProvider(
            [self.folder], preload=self.folder.name, dtype="float32", preview_share=self.share, adapters=self.folder
        )
        await self._provider.open()
        while self._provider.ready():  # noqa: ASYNC110 - readiness is looked at, not announced
            await asyncio.sleep(0.02)
        engine = self._provider._engine
        assert engine is not None
        self._engine: Engine = engine

    async def close(self) -> None:
        await self._provider.close()

    @property
    def rows(self) -> int:
        return self._engine.occupancy.rows

    @property
    def pictures_per_forward(self) -> float:
        return self._engine.occupancy.pictures_per_forward

    async def draw(self, job: Job, clock: Clock) -> None:
        if self._turn is None:
            await self._draw(job, clock)
            return
        await self._turn.enter(job.recipe)
        try:
            await self._draw(job, clock)
        finally:
            self._turn.leave()

    async def _draw(self, job: Job, clock: Clock) -> None:
        order = Order(key=f"job_{id(job)}", recipe=job.recipe, images=self.images)
        try:
            async with aclosing(self._provider.generate(order)) as progress:
                async for news in progress:
                    if isinstance(news, Step) and news.frame is not None:
                        job.previews.append(clock())
        except asyncio.CancelledError:
            await self._let_go(job, clock)
            raise

    async def _let_go(self, job: Job, clock: Clock) -> None:
        """When the engine took the cancel in, and how many forwards it had ended since it was asked to."""
        before = self._engine.occupancy.forwards
        await asyncio.shield(self._provider._ask(lambda _: None))  # commands are carried out in their order
        job.freed, job.wasted = clock(), self._engine.occupancy.forwards - before


class Diffusers:
    """diffusers' own pipeline, one request after the other behind a lock, or each in a thread."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(threads)
        self._previews = PreviewBudget(SHARE)
        self.rows = 0
        self.pictures_per_forward = 1.0

    async def open(self) -> None:
        # Where it draws: loading computes, and a second team of OpenMP's threads makes every later step slower.
        await asyncio.get_running_loop().run_in_executor(self._pool, self._open)

    def _open(self) -> None:
        found = ModelFolder.open(self._folder)
        self._family: Family = Residency(lambda _: found, dtype="float32").family(found.id)
        self._stock = StableDiffusionPipeline.from_pretrained(
            self._folder, safety_checker=None, requires_safety_checker=False
        )

    async def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    async def draw(self, job: Job, clock: Clock) -> None:
        stopped = threading.Event()
        running = self._pool.submit(self._draw, job, clock, stopped)
        try:
            await asyncio.shield(asyncio.wrap_future(running))
        except asyncio.CancelledError:
            stopped.set()
            if not running.cancel():
                await asyncio.wrap_future(running)
                job.freed = clock()
            raise

    def _draw(self, job: Job, clock: Clock, stopped: threading.Event) -> None:
        if stopped.is_set():
            return
        last = time.perf_counter()

        def told(pipeline: Any, index: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
            nonlocal last
            pipeline._interrupt = stopped.is_set()
            self.rows += 2 if (job.recipe.guidance or 0) > 1 else 1
            now = time.perf_counter()
            self._previews.earn(now - last)
            if self._previews.allows(first=not job.previews) or index + 1 == job.recipe.steps:
                begin = time.thread_time()
                encode_frame(self._family.preview(values["latents"]))
                self._previews.spend(time.thread_time() - begin)
                job.previews.append(clock())
            last = time.perf_counter()
            return values

        latents = self.latents(job.recipe, told)
        if not stopped.is_set():
            with torch.inference_mode():
                encode_png(self._family.decode(latents))

    def latents(self, recipe: Recipe, told: Callable[..., dict[str, Any]] | None = None) -> torch.Tensor:
        assert recipe.sampler and recipe.schedule and recipe.steps and recipe.seed is not None
        config = self._family.scheduler_config
        scheduler = make_scheduler(
            config, sampler=recipe.sampler, schedule=recipe.schedule, steps=recipe.steps, cells=1
        )
        pipeline = StableDiffusionPipeline(
            **{**self._stock.components, "scheduler": scheduler}, requires_safety_checker=False
        )
        pipeline.set_progress_bar_config(disable=True)
        found: torch.Tensor = pipeline(
            recipe.prompt,
            negative_prompt=recipe.negative_prompt,
            num_inference_steps=recipe.steps,
            guidance_scale=recipe.guidance,
            width=recipe.width,
            height=recipe.height,
            generator=torch.Generator().manual_seed(recipe.seed),
            output_type="latent",
            callback_on_step_end=told,
        ).images
        return found


def contenders(folder: Path, images: Mapping[str, bytes]) -> dict[str, tuple[str, Callable[[], Contender]]]:
    """By name: what to call it, and what makes it."""
    return {
        "step": ("Safelight", partial(OurEngine, folder, images=images)),
        "request": ("by whole requests", partial(OurEngine, folder, alike=ALIKE, images=images)),
        "lock": ("diffusers behind a lock", partial(Diffusers, folder, threads=1)),
        "threads": ("diffusers in threads", partial(Diffusers, folder, threads=THREADS)),
    }
