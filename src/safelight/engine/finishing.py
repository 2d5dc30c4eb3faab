"""What happens to a decoded picture: it is enlarged, and gets back what was not to be drawn."""

from collections.abc import Mapping

from PIL import Image

from safelight.domain.recipe import Recipe
from safelight.engine.canvas import Canvas
from safelight.engine.families.family import Family
from safelight.engine.passes import only_enlarges
from safelight.engine.upscaling import Upscalers


def finish(
    picture: Image.Image, recipe: Recipe, *, images: Mapping[str, bytes], family: Family, upscalers: Upscalers
) -> Image.Image:
    """The picture that the recipe asks for, from what its final latents were decoded to."""
    assert recipe.width and recipe.height
    if recipe.hires is not None and only_enlarges(recipe):
        enlarge = upscalers.find(recipe.hires.upscale)
        assert enlarge is not None
        picture = enlarge(picture, *recipe.hires.size(recipe.width, recipe.height, multiple=family.card.sizes.multiple))
    if recipe.mask is None and recipe.outpaint is None:
        return picture
    canvas = Canvas.of(recipe, images, width=picture.width, height=picture.height)
    assert canvas is not None
    return canvas.over(picture)
