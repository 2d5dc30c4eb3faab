"""What is worked on: the start image in its place, and where to draw."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.masks import soften
from safelight.engine.pictures import fit, open_picture, resize, to_mask

SEAM = 16
"""Pixels over which an image and what is drawn around it run into each other, where the recipe does not say."""


@dataclass(frozen=True)
class Canvas:
    """One picture, with a mask where only a part of it is drawn.

    Attributes:
        picture: RGBA.
        mask: `[1, 1, height, width]`, 1 where it is drawn, 0 where it is kept, between them at soft edges; or None.
    """

    picture: Image.Image
    mask: Tensor | None

    @classmethod
    def of(cls, recipe: Recipe, images: Mapping[str, bytes], *, width: int, height: int) -> "Canvas | None":
        """The canvas of a recipe at a size in pixels; None where it starts from noise alone.

        The image is cropped to the shape it has to have and resized; with `outpaint` it gets what the added sides leave
        of the picture. The mask belongs to the image: it is brought to the image's own size first.

        Raises:
            InvalidRecipe: an image is missing or cannot be read.
        """
        assert recipe.width and recipe.height
        if recipe.image is None:
            return None
        image = open_picture(images, recipe.image.image, field="image")
        scale = (width / recipe.width, height / recipe.height)
        left, top, right, bottom = _margins(recipe, *scale)
        inside = (width - left - right, height - top - bottom)
        mask = None
        if recipe.mask is not None or recipe.outpaint is not None:
            mask = torch.ones(1, 1, height, width)
            rows, columns = slice(top, top + inside[1]), slice(left, left + inside[0])
            mask[..., rows, columns] = _painted(recipe, images, image, inside)
            mask = soften(mask, round(_feather(recipe) * max(scale)))
        return cls(_extended(fit(image, *inside), left, top, right, bottom), mask)

    def over(self, drawn: Image.Image) -> Image.Image:
        """What was drawn, with the canvas' own pixels where they are kept; sizes are equal.

        Outside of the mask and its soft edge they are the very same.
        """
        if self.mask is None:
            return drawn
        shares = (self.mask[0, 0] * 255).round().to(torch.uint8).numpy()
        own = self.picture.convert(drawn.mode)
        mixed = Image.composite(drawn, own, Image.fromarray(shares))
        if drawn.mode == "RGBA":
            # Colours are mixed by how much of them there is; where all is kept, that must not round anything.
            soft = Image.composite(drawn.convert("RGBa"), own.convert("RGBa"), Image.fromarray(shares)).convert("RGBA")
            between = Image.fromarray(np.where((shares > 0) & (shares < 255), 255, 0).astype(np.uint8))
            mixed.paste(soft, mask=between)
        return mixed


def _margins(recipe: Recipe, across: float, down: float) -> tuple[int, int, int, int]:
    sides = recipe.outpaint
    if sides is None:
        return (0, 0, 0, 0)
    return (
        round(sides.left * across),
        round(sides.top * down),
        round(sides.right * across),
        round(sides.bottom * down),
    )


def _feather(recipe: Recipe) -> int:
    return recipe.mask.feather if recipe.mask is not None else SEAM


def _painted(recipe: Recipe, images: Mapping[str, bytes], image: Image.Image, size: tuple[int, int]) -> Tensor:
    """The recipe's own mask over the image, of zeros and ones."""
    if recipe.mask is None:
        return torch.zeros(1, 1, size[1], size[0])
    painted = open_picture(images, recipe.mask.image, field="mask")
    white = to_mask(fit(resize(painted, *image.size), *size)) >= 0.5
    return (~white if recipe.mask.invert else white).float()


def _extended(image: Image.Image, left: int, top: int, right: int, bottom: int) -> Image.Image:
    """The image with its border drawn out and blurred: colours to begin with, and no line to take for something."""
    if not (left or top or right or bottom):
        return image
    drawn_out = np.pad(np.asarray(image), ((top, bottom), (left, right), (0, 0)), mode="edge")
    blur = ImageFilter.GaussianBlur(max(left, top, right, bottom) / 4)
    extended = Image.fromarray(drawn_out).convert("RGBa").filter(blur).convert("RGBA")
    extended.paste(image, (left, top))
    return extended
