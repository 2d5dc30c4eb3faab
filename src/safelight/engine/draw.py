"""From a settled recipe to the final latents of one picture."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.checkpoint import Checkpoint
from safelight.engine.denoise import Denoising, Edit, denoise
from safelight.engine.families.family import Family
from safelight.engine.passes import Pass
from safelight.engine.starting import start
from safelight.engine.upscaling import Enlarge, enlarged


def draw(
    recipe: Recipe,
    *,
    passes: Sequence[Pass],
    family: Family,
    images: Mapping[str, bytes],
    edits: Sequence[Edit] = (),
    enlarge: Enlarge | None = None,
    checkpoint: Checkpoint | None = None,
) -> Denoising:
    """Draw one picture of a recipe, from its beginning or from a checkpoint of the same recipe and seed.

    Args:
        passes: planned for this picture; their schedulers are used up.
        images: the files that the recipe refers to, by their id.
        edits: done to the latents after every step of every pass.
        enlarge: makes the picture larger between two passes; None where the latents themselves are enlarged.
    """
    latents: Tensor | None = None
    before, total = 0, sum(one.evaluations for one in passes)
    for one in passes:
        end = before + one.evaluations
        if checkpoint is None or checkpoint.step <= end:
            if one.enlarges and latents is not None:
                latents = enlarged(latents, one, family, enlarge)
            generator = torch.Generator("cpu").manual_seed(one.seed)
            begun = start(one, recipe=recipe, family=family, images=images, generator=generator, earlier=latents)
            latents, skipped = begun.latents, 0
            if checkpoint is not None:
                # What the pass keeps, and shows the model beside, is made again from its seed; all else is as it was.
                latents, skipped = checkpoint.restore(one.scheduler, generator), checkpoint.step - 1 - before
                checkpoint = None
            latents = yield from denoise(
                latents,
                one.scheduler,
                generator=generator,
                edits=(*edits, *begun.edits),
                beside=begun.beside,
                first=one.first + skipped,
                before=before + skipped,
                after=total - end,
            )
        before = end
    assert latents is not None
    return latents
