"""A provider that needs no weights: it develops a small mirrored creature out of noise, the same one every time.

For tests, for the documentation and for work on the studio. It keeps the whole contract, previews and cancel included.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.domain.adapting import AdapterCard
from safelight.domain.errors import Broken, ModelBroken
from safelight.domain.estimate import Estimate
from safelight.domain.model_card import Capability, Defaults, ModelCard, ModelState, Sizes
from safelight.domain.order import Order
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn, Paused, Progress, Steered, Step
from safelight.domain.prompting import Count, parse
from safelight.domain.recipe import Recipe, Sampler, picture_seed
from safelight.domain.steering import Turn

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
    capabilities=frozenset(
        {
            Capability.TEXT,
            Capability.PREVIEWS,
            Capability.TRANSPARENCY,
            Capability.IMAGE,
            Capability.MASK,
            Capability.PROMPT_IMAGE,
            Capability.INJECTION,
            Capability.STEERING,
        }
    ),
    state=ModelState.LOADED,
)
WORDS = 75
"""Words of a prompt that it pretends to read at once."""
CELLS = 12
"""Side of the grid that a creature is drawn on."""
FRAME_SIDE = 128
"""Longer side of a preview in pixels."""
SIGMAS = (14.6, 0.03)
"""First and last noise level, as in Stable Diffusion's training schedule."""

Canvas = NDArray[np.float32]


@dataclass(frozen=True)
class Moment:
    """A checkpoint of nothing but a number: the creature is known from the beginning."""

    step: int
    nbytes: int = 64

    def to_bytes(self) -> bytes:
        return str(self.step).encode()


@dataclass(eq=False)
class _Sheet:
    """An order that is being drawn."""

    recipe: Recipe
    images: dict[str, bytes]
    taken: dict[int, int]
    """Steps by picture."""
    told: "asyncio.Queue[Turn | Paused]" = field(default_factory=asyncio.Queue)

    @property
    def total(self) -> int:
        return self.recipe.steps or CARD.defaults.steps

    @property
    def last(self) -> int:
        return min(self.total, self.recipe.stop_after or self.total)

    @property
    def next(self) -> int:
        """The first step that none of the pictures has taken."""
        return max(self.taken.values()) + 1

    def seed(self, picture: int) -> int:
        return picture_seed(self.recipe.seed or 0, picture)

    def turn(self, turn: Turn) -> Steered:
        change = turn.change and turn.change.model_copy(update={"step": self.next})
        injection = turn.injection and turn.injection.at(max(turn.injection.first, self.next))
        stop_after = turn.stop_after and max(turn.stop_after, self.next)
        update: dict[str, object] = {
            "steering": (*self.recipe.steering, *filter(None, [change])),
            "injections": (*self.recipe.injections, *filter(None, [injection])),
            "stop_after": stop_after or self.recipe.stop_after,
        }
        self.recipe = self.recipe.model_copy(update=update)
        return Steered(change=change, injection=injection, stop_after=stop_after)


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
        self._sheets: dict[str, _Sheet] = {}
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

    @property
    def pictures_per_forward(self) -> None:
        return None

    def models(self) -> Sequence[ModelCard]:
        return (CARD,)

    def adapters(self) -> Sequence[AdapterCard]:
        return ()

    def ready(self) -> str | None:
        return self._state

    def count(self, prompt: str, *, model: str) -> Count | None:
        words = sum(len(section.text.split()) for section in parse(prompt))
        return Count(tokens=words, limit=WORDS, chunks=max(1, -(-words // WORDS)))

    def estimate(self, recipe: Recipe) -> Estimate:
        assert recipe.steps is not None
        return Estimate(model=NAME, seconds=self._seconds_per_step * recipe.steps)

    async def open(self) -> None:
        self._state = None

    async def close(self) -> None:
        self._state = "The fake provider has been closed."

    async def generate(self, order: Order) -> AsyncGenerator[Progress, None]:
        if self._state is not None:
            raise ModelBroken(self._state, hint="Open it first.")
        taken = {picture: _step(order, picture) for picture in order.pictures}
        sheet = self._sheets[order.key] = _Sheet(order.recipe, dict(order.images), taken)
        self.begun += 1
        self.drawing += 1
        try:
            async for news in self._draw(sheet):
                yield news
        finally:
            self.drawing -= 1
            del self._sheets[order.key]

    def steer(self, key: str, turn: Turn, *, images: Mapping[str, bytes]) -> None:
        if sheet := self._sheets.get(key):
            sheet.images.update(images)
            sheet.told.put_nowait(turn)

    def pause(self, key: str) -> None:
        if sheet := self._sheets.get(key):
            sheet.told.put_nowait(Paused())

    def resume(self, key: str) -> None:
        if sheet := self._sheets.get(key):
            sheet.told.put_nowait(Paused(paused=False))

    async def _draw(self, sheet: _Sheet) -> AsyncGenerator[Progress, None]:
        if self._hold is not None:
            await self._hold.wait()
        step = min(sheet.taken.values())
        while True:
            async for answer in _answers(sheet):
                yield answer
            if step >= sheet.last:
                break
            step += 1
            async for news in self._step(sheet, step):
                yield news
        for picture in sheet.taken:
            image = await asyncio.to_thread(_finished, sheet.recipe, sheet.seed(picture), sheet.images)
            yield Drawn(picture=picture, seed=sheet.seed(picture), image=image)

    async def _step(self, sheet: _Sheet, step: int) -> AsyncGenerator[Step, None]:
        began = time.perf_counter()
        await asyncio.sleep(self._seconds_per_step)
        if step == self._fails_at:
            raise self._failure or Broken("The fake provider was told to fail here.", hint="Take fails_at away.")
        pictures = [picture for picture, taken in sheet.taken.items() if taken < step]
        sheet.taken.update(dict.fromkeys(pictures, step))
        total, seeds = sheet.total, [sheet.seed(picture) for picture in pictures]
        frames = await asyncio.to_thread(_frames, sheet.recipe, seeds, sheet.images, step / total)
        ms = (time.perf_counter() - began) * 1000
        for picture, frame in zip(pictures, frames, strict=True):
            yield Step(
                picture=picture,
                step=step,
                total=total,
                sigma=sigma(step, total),
                ms=ms,
                frame=frame,
                checkpoint=Moment(step + 1) if step < sheet.last else None,
            )


async def _answers(sheet: _Sheet) -> AsyncGenerator[Progress, None]:
    """What is said between two steps; does not end while it is paused."""
    paused = False
    while paused or not sheet.told.empty():
        told = await sheet.told.get()
        if isinstance(told, Paused):
            paused = told.paused
            yield told
        else:
            yield sheet.turn(told) if sheet.next <= sheet.last else Steered()


def _step(order: Order, picture: int) -> int:
    """Steps of a picture that are taken; none where its checkpoint is not one of ours."""
    saved = order.checkpoints.get(picture)
    return int(saved.data) - 1 if saved and saved.data.isdigit() else 0


def sigma(step: int, total: int) -> float:
    """Noise level that step `step` of `total` removes from: geometric from 14.6 down to 0.03."""
    first, last = SIGMAS
    return float(first * (last / first) ** ((step - 1) / max(1, total - 1)))


def creature(
    recipe: Recipe, seed: int, *, width: int, height: int, images: Mapping[str, bytes] = MappingProxyType({})
) -> Canvas:
    """The finished picture, RGBA in 0..1, shape [height, width, 4], transparent around the creature."""
    random = _random(recipe, seed, images)
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


def _random(recipe: Recipe, seed: int, images: Mapping[str, bytes]) -> np.random.Generator:
    """Chance that depends on everything that the recipe says about the picture."""
    legs: dict[int, dict[str, object]] = {1: {"prompt": recipe.prompt, "negative_prompt": recipe.negative_prompt}}
    for change in recipe.steering:
        legs.setdefault(change.step, {}).update(change.model_dump(exclude={"step"}, exclude_none=True))
    first = legs.pop(1)
    words = f"{first['prompt']}\0{first['negative_prompt']}\0{seed}".encode()
    wishes = [one.model_dump() for one in (recipe.image, recipe.mask, recipe.prompt_image, *recipe.injections) if one]
    if legs or wishes or recipe.stop_after:
        words += repr((sorted(legs.items()), wishes, recipe.stop_after)).encode()
    for image in sorted(images):
        words += hashlib.blake2b(images[image]).digest()
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(words, digest_size=8).digest()))


def _frames(recipe: Recipe, seeds: list[int], images: Mapping[str, bytes], done: float) -> list[Pixels]:
    scale = min(1.0, FRAME_SIDE / max(_size(recipe)))
    width, height = (max(1, round(side * scale)) for side in _size(recipe))
    clear = (creature(recipe, seed, width=width, height=height, images=images) for seed in seeds)
    return [_encode(_developing(one, seed, done), "WEBP") for one, seed in zip(clear, seeds, strict=True)]


def _developing(clear: Canvas, seed: int, done: float) -> Canvas:
    """The creature when a share `done` (0..1) of its steps is over: noise that clears."""
    noise = np.random.default_rng([seed, round(done * 1000)]).random(clear.shape, np.float32)
    share = np.float32(done**0.7)
    return clear * share + noise * (1 - share)


def _finished(recipe: Recipe, seed: int, images: Mapping[str, bytes]) -> Pixels:
    width, height = _size(recipe)
    return _encode(creature(recipe, seed, width=width, height=height, images=images), "PNG")


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
