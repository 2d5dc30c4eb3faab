"""Images that a recipe refers to, as services want them: decoded, in the recipe's size, encoded again."""

from collections.abc import Mapping
from io import BytesIO

from PIL import Image, ImageFilter, ImageOps

from safelight.domain.recipe import Recipe


def start(recipe: Recipe, images: Mapping[str, bytes]) -> Image.Image:
    """The start image, RGB, cropped to the shape of the picture and as large. For a thread."""
    assert recipe.image is not None and recipe.width is not None and recipe.height is not None
    with Image.open(BytesIO(images[recipe.image.image])) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return ImageOps.fit(upright, (recipe.width, recipe.height), Image.Resampling.LANCZOS)


def mask(recipe: Recipe, images: Mapping[str, bytes]) -> Image.Image:
    """Where to draw, 8 bits of grey as large as the picture: white is drawn anew, black is kept. For a thread."""
    assert recipe.mask is not None and recipe.width is not None and recipe.height is not None
    with Image.open(BytesIO(images[recipe.mask.image])) as image:
        grey = ImageOps.exif_transpose(image).convert("L")
    fitted = ImageOps.fit(grey, (recipe.width, recipe.height), Image.Resampling.BILINEAR)
    if recipe.mask.invert:
        fitted = ImageOps.invert(fitted)
    return fitted.filter(ImageFilter.GaussianBlur(recipe.mask.feather / 2)) if recipe.mask.feather else fitted


def clear_where_drawn(grey: Image.Image) -> Image.Image:
    """A mask for those who look at transparency: what is clear is drawn anew."""
    clear = Image.new("RGBA", grey.size, (0, 0, 0, 255))
    clear.putalpha(ImageOps.invert(grey))
    return clear


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", compress_level=4)
    return out.getvalue()
