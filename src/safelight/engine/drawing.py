"""One picture in the engine: its generator, and the question that it waits to have answered."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch
from PIL import Image
from torch import Tensor

from safelight.domain.recipe import Recipe, picture_seed
from safelight.domain.steering import Change, Injection
from safelight.engine.checkpoint import Checkpoint
from safelight.engine.denoise import Denoising
from safelight.engine.directions import Directions
from safelight.engine.draw import draw
from safelight.engine.evaluation import Evaluation, GroupKey, Question
from safelight.engine.families.family import Family
from safelight.engine.features import Features
from safelight.engine.finishing import finish
from safelight.engine.injecting import Injecting, injection_mask
from safelight.engine.message import Remark, Ticket
from safelight.engine.passes import Pass, plan
from safelight.engine.upscaling import Upscalers


class Drawing:
    """A picture on its way. `question` is None before `start` and after the last answer."""

    def __init__(
        self,
        ticket: Ticket,
        picture: int,
        recipe: Recipe,
        family: Family,
        *,
        images: Mapping[str, bytes] | None = None,
        checkpoint: Checkpoint | None = None,
        upscalers: Upscalers | None = None,
    ) -> None:
        assert recipe.seed is not None
        self.ticket = ticket
        self.picture = picture
        self.family = family
        self.seed = picture_seed(recipe.seed, picture)
        self.question: Question | None = None
        self.since = time.monotonic()
        self.paused = False
        self.narrow = False
        self.stop_after = recipe.stop_after
        self._recipe = recipe
        self._images = dict(images or {})
        self._injections = list(recipe.injections)
        self._upscalers = upscalers or Upscalers()
        self._checkpoint = checkpoint
        self._waiting: Evaluation | None = None
        self._directions: Directions | None = None
        self._denoising: Denoising | None = None
        self._passes: tuple[Pass, ...] = ()
        self._features = Features(recipe.feature_cache) if recipe.feature_cache else None

    @property
    def cut(self) -> str:
        """The end of the prompt that did not fit; known once it is started."""
        return self._directions.cut if self._directions else ""

    def remarks(self) -> Iterator[Remark]:
        """What there is to say once it is started; said once a generation."""
        if self.picture:
            return
        if self.cut:
            yield Remark("prompt_cut", f"The prompt is longer than this model reads; left out: “{self.cut}”.")
        if every := self._recipe.feature_cache:
            yield Remark("approximate", f"Only one of {every} steps is computed whole, as `feature_cache` asks for.")

    @property
    def started(self) -> bool:
        return self._denoising is not None

    @property
    def decoding(self) -> bool:
        """It has been given its last answer."""
        return self.started and self.question is None

    @property
    def key(self) -> GroupKey:
        assert self.question is not None
        return GroupKey.of(self.family.card.id, self.question)

    @property
    def step(self) -> int:
        """The evaluation that it waits for, or will begin with, from 1; 0 after the last."""
        waiting = self._waiting if self.started else self._checkpoint
        if waiting is not None:
            return waiting.step
        return 0 if self.started else 1

    def start(self) -> Tensor | None:
        """Encode the prompt and go to the first question. Returns the final latents where there is nothing to ask."""
        for injection in self._injections:
            injection_mask(injection, self._images, height=1, width=1)  # a bad image is said before the first step
        enlarge = self._upscalers.find(self._recipe.hires.upscale) if self._recipe.hires else None
        self._passes = plan(self._recipe, seed=self.seed, family=self.family)
        self._directions = Directions(self._recipe, partial(self.family.encode, images=self._images))
        self._denoising = draw(
            self._recipe,
            passes=self._passes,
            family=self.family,
            images=self._images,
            edits=(Injecting(self._injections, self._images),),
            enlarge=enlarge,
            checkpoint=self._checkpoint,
        )
        return self._go_on(None)

    def answer(self, prediction: Tensor) -> Tensor | None:
        """Go on to the next question. Returns the final latents where that was the last."""
        assert self.question is not None
        self.since = time.monotonic()
        if self.question.step == self.stop_after:
            latents = self.family.estimate(self.question, prediction)
            self.close()
            return latents
        return self._go_on(prediction)

    def finish(self, image: Image.Image) -> Image.Image:
        """The picture, from what its final latents were decoded to. In any thread."""
        return finish(image, self._recipe, images=self._images, family=self.family, upscalers=self._upscalers)

    def checkpoint(self) -> Checkpoint | None:
        """The state in which it waits; None where it waits for nothing, or for what features it has kept."""
        if self.question is not None and self.question.reuses:
            return None
        return Checkpoint.of(self._waiting) if self._waiting else None

    def change(self, change: Change) -> None:
        """Go in another direction from a step on that is not answered yet."""
        if self._directions is None:
            self._recipe = self._recipe.model_copy(update={"steering": (*self._recipe.steering, change)})
            return
        self._directions.change(change)
        if self._waiting is not None:
            self._ask(self._waiting)

    def inject(self, injection: Injection, images: Mapping[str, bytes]) -> None:
        """Put noise in after steps that are not answered yet."""
        self._images |= images
        self._injections.append(injection)

    def close(self) -> None:
        self.question = self._waiting = None
        if self._denoising is not None:
            self._denoising.close()

    def _go_on(self, prediction: Tensor | None) -> Tensor | None:
        assert self._denoising is not None
        try:
            self._ask(next(self._denoising) if prediction is None else self._denoising.send(prediction))
        except StopIteration as finished:
            self.question = self._waiting = None
            final: Tensor = finished.value
            return final
        return None

    def _ask(self, waiting: Evaluation) -> None:
        assert self._directions is not None
        self._waiting = waiting
        size = self._enlarged_size(waiting.step)
        conditioning, guidance = self._directions.at(waiting.step, total=waiting.total, size=size)
        told = (conditioning, guidance, waiting.step, waiting.total, self._features)
        question = Question(waiting.sample, waiting.timestep, *told)
        reuses = self._features is not None and self._features.serve(question)
        self.question = replace(question, reuses=True) if reuses else question

    def _enlarged_size(self, step: int) -> tuple[int, int] | None:
        if step <= self._passes[0].evaluations:
            return None
        return (self._passes[-1].width, self._passes[-1].height)


def next_step(drawings: Sequence[Drawing]) -> int | None:
    """The first step that none of them has taken; None where one of them has taken its last."""
    if not drawings or any(drawing.decoding for drawing in drawings):
        return None
    return max(1, *(drawing.step for drawing in drawings))


def longest_waiting(waiting: Sequence[Drawing], *, rows: int) -> list[Drawing]:
    """Those who have waited longest for an answer, up to so many rows; always at least one."""
    chosen: list[Drawing] = []
    for drawing in sorted(waiting, key=lambda drawing: drawing.since):
        rows -= rows_of([drawing])
        if rows < 0 and chosen:
            break
        chosen.append(drawing)
    return chosen


def rows_of(batch: Sequence[Drawing]) -> int:
    """Rows of the forward that answers all of them."""
    return sum(drawing.question.rows for drawing in batch if drawing.question is not None)


def preview_of(family: Family, question: Question, prediction: Tensor) -> Image.Image:
    """A small picture of what the model expects at this moment. In any thread."""
    with torch.inference_mode():
        return family.preview(family.estimate(question, prediction))
