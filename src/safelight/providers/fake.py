"""A provider that needs no weights: it develops a small mirrored creature out of noise, the same one every time.

For tests, for the documentation and for work on the studio. It keeps the whole contract, previews and cancel included.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.domain.errors import Broken, ModelBroken
from safelight.domain.model_card import Capability, Defaults, ModelCard, Sizes
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn, Progress, Step
from safelight.domain.recipe import Recipe, Sampler, picture_seed

NAME = "fake"
CARD = ModelCard(
    id="fake",
    name="Fake sprite",
    provider=NAME,
    family="fake",
    description="Draws little mirrored creatures without any model. For tests and demonstrations.",
    license="Apache-2.0",
    sizes=Sizes(width=256, height=256, multiple=8, smallest=64, largest=1024),
    defaults=Defaults(steps=20, guidance=5.0, sampler=Sampler.DPMPP_2M),
    samplers=tuple(Sampler),
    capabilities=frozenset({Capability.TEXT, Capability.PREVIEWS, Capability.TRANSPARENCY}),
    loaded=True,
)
CELLS = 12
"""Side of the grid that a creature is drawn on."""
FRAME_SIDE = 128
"""Longer side of a preview in pixels."""
SIGMAS = (14.6, 0.03)
"""First and last noise level, as in Stable Diffusion's training schedule."""

Canvas = NDArray[np.float32]


class FakeProvider:
    """Deterministic pictures without a model.

    Args:
        seconds_per_step: how long one step takes; 0 is as fast as it goes.
        fails_at: the step at which every generation fails, to see what happens then.
        failure: what it fails with.
        hold: wait for this event before the first step, to look at a generation that is under way.
    """

    def __init__(
        self,
        *,
        seconds_per_step: float = 0.05,
        fails_at: int | None = None,
        failure: Exception | None = None,
        hold: asyncio.Event | None = None,
    ) -> None:
        self._seconds_per_step = seconds_per_step
        self._fails_at = fails_at
        self._failure = failure
        self._hold = hold
        self._state: str | None = "The fake provider has not been opened."
        self.drawing = 0
        """Generations that are being drawn at this moment."""
        self.begun = 0
        """Generations that were ever begun."""

    @property
    def name(self) -> str:
        return NAME

    @property
    def device(self) -> str:
        return "none"

    def models(self) -> Sequence[ModelCard]:
        return (CARD,)

    def ready(self) -> str | None:
        return self._state

    async def open(self) -> None:
        self._state = None

    async def close(self) -> None:
        self._state = "The fake provider has been closed."

    async def generate(self, recipe: Recipe) -> AsyncGenerator[Progress, None]:
        if self._state is not None:
            raise ModelBroken(self._state, hint="Open it first.")
        self.begun += 1
        self.drawing += 1
        try:
            async for news in self._draw(recipe):
                yield news
        finally:
            self.drawing -= 1

    async def _draw(self, recipe: Recipe) -> AsyncGenerator[Progress, None]:
        total = recipe.steps or CARD.defaults.steps
        seeds = [picture_seed(recipe.seed or 0, picture) for picture in range(recipe.count)]
        if self._hold is not None:
            await self._hold.wait()
        for step in range(1, total + 1):
            began = time.perf_counter()
            await asyncio.sleep(self._seconds_per_step)
            if step == self._fails_at:
                raise self._failure or Broken("The fake provider was told to fail here.", hint="Take fails_at away.")
            frames = await asyncio.to_thread(_frames, recipe, seeds, step / total)
            ms = (time.perf_counter() - began) * 1000
            for picture, frame in enumerate(frames):
                yield Step(picture=picture, step=step, total=total, sigma=sigma(step, total), ms=ms, frame=frame)
        for picture, seed in enumerate(seeds):
            yield Drawn(picture=picture, seed=seed, image=await asyncio.to_thread(_finished, recipe, seed))


def sigma(step: int, total: int) -> float:
    """Noise level that step `step` of `total` removes from: geometric from 14.6 down to 0.03."""
    first, last = SIGMAS
    return float(first * (last / first) ** ((step - 1) / max(1, total - 1)))


def creature(recipe: Recipe, seed: int, *, width: int, height: int) -> Canvas:
    """The finished picture, RGBA in 0..1, shape [height, width, 4], transparent around the creature."""
    random = _random(recipe, seed)
    half = random.random((CELLS, CELLS // 2)) < np.linspace(0.35, 0.85, CELLS // 2)
    body = np.concatenate([half, half[:, ::-1]], axis=1)
    body[[0, -1], :] = body[:, [0, -1]] = False
    colours = random.uniform(0.15, 1.0, (3, 3)).astype(np.float32)
    pattern = random.integers(0, 3, (CELLS, CELLS // 2))
    grid = np.zeros((CELLS, CELLS, 4), np.float32)
    grid[..., :3] = colours[np.concatenate([pattern, pattern[:, ::-1]], axis=1)]
    grid[..., 3] = body
    return grid[_cells(height)[:, None], _cells(width)[None, :]]


def _cells(side: int) -> NDArray[np.int64]:
    """The cell under the middle of each of `side` pixels."""
    return (2 * np.arange(side) + 1) * CELLS // (2 * side)


def _random(recipe: Recipe, seed: int) -> np.random.Generator:
    words = f"{recipe.prompt}\0{recipe.negative_prompt}\0{seed}".encode()
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(words, digest_size=8).digest()))


def _frames(recipe: Recipe, seeds: list[int], done: float) -> list[Pixels]:
    scale = min(1.0, FRAME_SIDE / max(_size(recipe)))
    width, height = (max(1, round(side * scale)) for side in _size(recipe))
    return [_encode(_developing(recipe, seed, done, width=width, height=height), "WEBP") for seed in seeds]


def _developing(recipe: Recipe, seed: int, done: float, *, width: int, height: int) -> Canvas:
    """The creature when a share `done` (0..1) of its steps is over: noise that clears."""
    clear = creature(recipe, seed, width=width, height=height)
    noise = np.random.default_rng([seed, round(done * 1000)]).random(clear.shape, np.float32)
    share = np.float32(done**0.7)
    return clear * share + noise * (1 - share)


def _finished(recipe: Recipe, seed: int) -> Pixels:
    width, height = _size(recipe)
    return _encode(creature(recipe, seed, width=width, height=height), "PNG")


def _size(recipe: Recipe) -> tuple[int, int]:
    return recipe.width or CARD.sizes.width, recipe.height or CARD.sizes.height


def _encode(canvas: Canvas, kind: str) -> Pixels:
    image = Image.fromarray((canvas * 255).round().astype(np.uint8), "RGBA")
    out = BytesIO()
    if kind == "WEBP":
        image.save(out, kind, quality=70, method=0)
    else:
        image.save(out, kind, compress_level=4)
    return Pixels(out.getvalue(), f"image/{kind.lower()}", image.width, image.height)
