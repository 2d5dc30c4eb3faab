"""Measure a model that has just been loaded, so that batches get the size that pays."""

import math
import time

import torch

from safelight.domain.recipe import Recipe
from safelight.engine.device import synchronize
from safelight.engine.evaluation import Question
from safelight.engine.families.family import Family
from safelight.engine.profile import Profile


def probe(family: Family) -> Profile:
    """Time forwards of the model's native shape."""
    sizes = family.card.sizes
    channels, height, width = family.latent_shape(width=sizes.width, height=sizes.height)
    conditioning = family.encode(Recipe(prompt="a"), {})
    sample = torch.zeros(1, channels + family.inpaint_channels, height, width, device=family.device)
    question = Question(sample, 500.0, conditioning)

    def run(rows: int) -> float:
        begin = time.perf_counter()
        try:
            with torch.inference_mode():
                family.predict([question] * rows)
            synchronize(family.device)
        except torch.OutOfMemoryError:
            return math.inf
        return time.perf_counter() - begin

    return Profile.probe(run, area=height * width)
