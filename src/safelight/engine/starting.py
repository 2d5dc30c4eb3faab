"""Where a pass starts: noise, an image with noise on it, or the picture of the pass before; and what it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers import SchedulerMixin
from PIL import Image
from torch import Tensor

from safelight.domain.model_card import Capability
from safelight.domain.recipe import Recipe
from safelight.engine.canvas import Canvas
from safelight.engine.coordinates import noised
from safelight.engine.denoise import Edit
from safelight.engine.families.family import Family
from safelight.engine.passes import Pass
from safelight.engine.pictures import resize, to_pixels

Shape = tuple[int, int, int]
"""`(channels, height, width)` of latents."""


@dataclass(frozen=True)
class Keeping:
    """An `Edit` that puts back what lies outside of the mask, as noisy as the rest of the latents are.

    Attributes:
        mask: `[1, 1, height, width]` of zeros and ones.
        picture: clean latents of what is kept.
        noise: the very noise that the pass started from.
    """

    mask: Tensor
    picture: Tensor
    noise: Tensor

    def __call__(self, latents: Tensor, *, step: int, scheduler: SchedulerMixin, index: int) -> Tensor:
        kept = noised(scheduler, self.picture, self.noise, index=index)
        return (1 - self.mask) * kept + self.mask * latents


@dataclass(frozen=True)
class Start:
    """What a pass begins with.

    Attributes:
        latents: as noisy as the scheduler's first timestep expects.
        edits: put back what is not drawn.
        beside: channels that the model wants to see beside the latents; None for most.
    """

    latents: Tensor
    edits: tuple[Edit, ...] = ()
    beside: Tensor | None = None


def start(
    one: Pass,
    *,
    recipe: Recipe,
    family: Family,
    images: Mapping[str, bytes],
    generator: torch.Generator,
    earlier: Tensor | None,
) -> Start:
    """Begin a pass. What it takes from the generator, and in which order, is what diffusers' own pipelines take.

    Args:
        generator: fresh from the pass's seed.
        earlier: clean latents to go on from, of this pass's size; None in the first.

    Raises:
        InvalidRecipe: an image is missing or cannot be read.
    """
    shape = family.latent_shape(width=one.width, height=one.height)
    canvas = _canvas(one, recipe, images)
    drawn = None if canvas is None or canvas.mask is None else (canvas.mask > 0).float()
    keeps = drawn is not None and not family.inpaint_channels
    enters = canvas is not None and not one.enlarges and not (drawn is not None and _forgets(recipe))
    picture = None
    if canvas is not None and (keeps or enters):
        picture = family.encode_pixels(pixels_of(canvas.picture, family, shape), generator)
        if drawn is not None:
            picture = picture.contiguous()  # as the pipelines' own are then: the layout decides how sums are rounded
    noise = torch.randn((1, *shape), generator=generator, dtype=torch.float32).to(family.device)
    clean = earlier if one.enlarges else picture if enters else None
    if clean is not None:
        latents = noised(one.scheduler, clean, noise, index=one.first)
    else:
        latents = noise * getattr(one.scheduler, "init_noise_sigma", 1.0)
    if family.inpaint_channels:
        return Start(latents, beside=_beside(canvas, drawn, family, shape, generator))
    if keeps and drawn is not None and picture is not None:
        return Start(latents, (Keeping(_nearest(drawn, shape).to(family.device), picture, noise),))
    return Start(latents)


def _canvas(one: Pass, recipe: Recipe, images: Mapping[str, bytes]) -> Canvas | None:
    """An image has no part in the second pass, unless some of it is kept."""
    if one.enlarges and recipe.mask is None and recipe.outpaint is None:
        return None
    return Canvas.of(recipe, images, width=one.width, height=one.height)


def _forgets(recipe: Recipe) -> bool:
    """Nothing of the image is left where it is drawn."""
    return recipe.image is not None and recipe.image.at_step is None and recipe.image.strength == 1


def pixels_of(picture: Image.Image, family: Family, shape: Shape) -> Tensor:
    """A picture as the encoder takes it for latents of a shape: not always as large as the decoder makes it."""
    _, height, width = shape
    resized = resize(picture, width * family.pixels_per_latent, height * family.pixels_per_latent)
    return to_pixels(resized, channels=4 if Capability.TRANSPARENCY in family.card.capabilities else 3)


def _beside(
    canvas: Canvas | None, drawn: Tensor | None, family: Family, shape: Shape, generator: torch.Generator
) -> Tensor:
    """Mask and masked picture, `[1, 1 + channels, height, width]`; without a mask, all of nothing is drawn."""
    _, height, width = shape
    if canvas is None or drawn is None:
        drawn = torch.ones(1, 1, height, width)
        pixels = torch.zeros(1, 3, height * family.pixels_per_latent, width * family.pixels_per_latent)
    else:
        pixels = pixels_of(canvas.picture, family, shape)
        pixels = pixels * (1 - F.interpolate(drawn, size=pixels.shape[-2:]))
    encoded = family.encode_pixels(pixels, generator)
    return torch.cat([_nearest(drawn, shape).to(family.device), encoded], dim=1)


def _nearest(mask: Tensor, shape: Shape) -> Tensor:
    return F.interpolate(mask, size=shape[1:])
