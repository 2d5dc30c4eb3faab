"""Measure a model that has just been loaded, so that batches get the size that pays."""

import math
import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from safelight.domain.recipe import Recipe
from safelight.engine.device import on_one_core, synchronize
from safelight.engine.evaluation import Question
from safelight.engine.failure import is_out_of_memory
from safelight.engine.families.family import Family
from safelight.engine.profile import Profile, is_short
from safelight.engine.watermark import peak_bytes

DECODED_CELLS = 16
"""Side of the latents that decoding is measured on: what it takes grows with their area."""


def probe(family: Family) -> Profile:
    """Time forwards of the model's native shape, and look how much memory they and decoding take."""
    sizes = family.card.sizes
    channels, height, width = family.latent_shape(width=sizes.width, height=sizes.height)
    conditioning = family.encode(Recipe(prompt="a"), {})
    sample = torch.zeros(1, channels + family.inpaint_channels, height, width, device=family.device)
    question = Question(sample, 500.0, conditioning)

    decoded = torch.zeros(1, channels, min(height, DECODED_CELLS), min(width, DECODED_CELLS), device=family.device)
    counter = FlopCounterMode(display=False)
    with torch.inference_mode():
        with counter:
            forward = peak_bytes(lambda: family.predict([question]), family.device)
        decoding = peak_bytes(lambda: family.decode(decoded), family.device)
    operations = counter.get_total_flops()

    def run(rows: int) -> float:
        begin = time.perf_counter()
        try:
            with torch.inference_mode(), on_one_core(wished=is_short(operations * rows)):
                family.predict([question] * rows)
            synchronize(family.device)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return math.inf
        return time.perf_counter() - begin

    return Profile.probe(
        run,
        area=height * width,
        row_cell_bytes=forward / (height * width),
        decode_cell_bytes=decoding / decoded[0, 0].numel(),
        row_cell_operations=operations / (height * width),
    )
