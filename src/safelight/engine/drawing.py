"""One picture in the engine: its generator, and the question that it waits to have answered."""

import time

from torch import Tensor

from safelight.domain.recipe import Recipe, picture_seed
from safelight.engine.denoise import Denoising, draw
from safelight.engine.evaluation import Evaluation, GroupKey
from safelight.engine.families.family import Family
from safelight.engine.message import Ticket


class Drawing:
    """A picture on its way. `question` is None before `start` and after the last answer."""

    def __init__(self, ticket: Ticket, picture: int, recipe: Recipe, family: Family) -> None:
        assert recipe.seed is not None
        self.ticket = ticket
        self.picture = picture
        self.family = family
        self.seed = picture_seed(recipe.seed, picture)
        self.question: Evaluation | None = None
        self.since = time.monotonic()
        self._recipe = recipe
        self._denoising: Denoising | None = None

    @property
    def started(self) -> bool:
        return self._denoising is not None

    @property
    def key(self) -> GroupKey:
        assert self.question is not None
        _, channels, height, width = self.question.sample.shape
        tokens = self.question.conditioning.positive.shape[1]
        return GroupKey(self.family.card.id, channels, height, width, tokens)

    def start(self) -> str:
        """Encode the prompt and go to the first question. Returns the part of the prompt that was cut off."""
        recipe = self._recipe
        conditioning = self.family.encode(prompt=recipe.prompt, negative_prompt=recipe.negative_prompt)
        self._denoising = draw(recipe, seed=self.seed, family=self.family, conditioning=conditioning)
        self.question = next(self._denoising)
        return conditioning.cut

    def answer(self, prediction: Tensor) -> Tensor | None:
        """Go on to the next question. Returns the final latents where that was the last."""
        assert self._denoising is not None
        self.since = time.monotonic()
        try:
            self.question = self._denoising.send(prediction)
        except StopIteration as finished:
            self.question = None
            latents: Tensor = finished.value
            return latents
        return None

    def close(self) -> None:
        self.question = None
        if self._denoising is not None:
            self._denoising.close()
