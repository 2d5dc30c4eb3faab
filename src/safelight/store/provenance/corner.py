"""Words in the corner of a picture, for everybody to see."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

SHARE = 0.045
"""Height of the letters, as a share of the picture's shorter side."""
SMALLEST = 9
"""Pixels below which nobody can read letters."""
WIDEST = 0.9


def written(png: bytes, words: str) -> bytes:
    """The picture with words in the lower right corner, as a PNG. Where it is transparent, only the words are not."""
    with Image.open(BytesIO(png)) as opened:
        mode = "RGBA" if opened.has_transparency_data else "RGB"
        image = opened.convert("RGBA")
    layer = Image.new("RGBA", image.size)
    draw, font = ImageDraw.Draw(layer), _font(words, image.size)
    stroke = max(1, round(font.size / 10))
    margin = round(font.size / 2)
    place = (image.width - margin, image.height - margin)
    draw.text(place, words, (255, 255, 255, 220), font, "rs", stroke_width=stroke, stroke_fill=(0, 0, 0, 220))
    image.alpha_composite(layer)
    out = BytesIO()
    image.convert(mode).save(out, "PNG", compress_level=4)
    return out.getvalue()


def _font(words: str, size: tuple[int, int]) -> ImageFont.FreeTypeFont:
    """As large as it should be, or as fits."""
    letters = max(SMALLEST, SHARE * min(size))
    font = _of(letters)
    width = font.getlength(words)
    return font if width <= WIDEST * size[0] else _of(max(4.0, letters * WIDEST * size[0] / width))


def _of(letters: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=letters)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow has FreeType in every wheel"
    return font
