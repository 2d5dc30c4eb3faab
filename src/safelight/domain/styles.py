"""Named styles: words around a prompt that make pictures look alike."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum

from pydantic import Field

from safelight.domain.errors import InvalidRecipe
from safelight.domain.frozen import Frozen

PLACE = "{prompt}"
"""Where the prompt goes in a style's template."""


class Suits(StrEnum):
    """The models that a style was written for; every model takes every style."""

    SPRITE = "sprite"
    """The embedded model, and others that draw one thing on nothing."""
    GENERAL = "general"
    """Models of the size of Stable Diffusion."""


class Style(Frozen):
    """Words around a prompt."""

    id: str = Field(min_length=1, max_length=100)
    name: str
    prompt: str = PLACE
    """`{prompt}` stands for the prompt; without it, the words are put behind the prompt."""
    negative_prompt: str = ""
    """Put behind the negative prompt."""
    suits: Suits = Suits.GENERAL


def apply(styles: Iterable[Style], *, prompt: str, negative_prompt: str) -> tuple[str, str]:
    """Both prompts with the styles around them, the first one innermost."""
    for style in styles:
        prompt = _around(style.prompt, prompt)
        negative_prompt = _around(style.negative_prompt, negative_prompt)
    return prompt, negative_prompt


def choose(wanted: Sequence[str], known: Mapping[str, Style]) -> tuple[Style, ...]:
    """The styles of these ids.

    Raises:
        InvalidRecipe: there is no such style; the hint names the nearest.
    """
    for style in wanted:
        if style not in known:
            near = get_close_matches(style, known, n=1, cutoff=0)
            raise InvalidRecipe(
                f"There is no style '{style[:80]}'.",
                hint=f"{f'Did you mean {near[0]}? ' if near else ''}GET /api/v1/presets lists them all.",
                fields={"styles": f"does not know '{style[:80]}'"},
            )
    return tuple(known[style] for style in wanted)


def _around(template: str, text: str) -> str:
    if PLACE in template:
        return template.replace(PLACE, text)
    return ", ".join(part for part in (text, template) if part)


def _sprite(id: str, name: str, words: str) -> Style:
    return Style(id=id, name=name, prompt=f"{PLACE}, {words}", suits=Suits.SPRITE)


def _general(id: str, name: str, prompt: str, negative_prompt: str) -> Style:
    return Style(id=id, name=name, prompt=prompt, negative_prompt=negative_prompt)


STYLES = (
    _sprite("noto", "Noto sprite", "noto style"),
    _sprite("flat", "Flat sprite", "flat style"),
    _sprite("twemoji", "Twemoji sprite", "twemoji style"),
    _general(
        "photo",
        "Photograph",
        "photograph of {prompt}, natural light, sharp focus, 50mm lens",
        "drawing, painting, cartoon, 3d render, blurry",
    ),
    _general(
        "portrait",
        "Portrait photograph",
        "portrait photograph of {prompt}, soft window light, shallow depth of field, 85mm lens",
        "drawing, painting, deformed face, blurry",
    ),
    _general(
        "cinematic",
        "Film still",
        "film still of {prompt}, cinematic lighting, wide shot, film grain",
        "drawing, text, watermark, overexposed",
    ),
    _general(
        "watercolour",
        "Watercolour",
        "watercolour painting of {prompt}, wet on wet, paper texture, soft edges",
        "photograph, 3d render, hard outlines",
    ),
    _general(
        "oil",
        "Oil painting",
        "oil painting of {prompt}, visible brush strokes, canvas texture",
        "photograph, 3d render, flat colour",
    ),
    _general(
        "line-art",
        "Line art",
        "line art of {prompt}, clean black ink lines, white background, no shading",
        "photograph, colour, shading, grey",
    ),
    _general(
        "sketch",
        "Pencil sketch",
        "pencil sketch of {prompt}, graphite on paper, cross hatching",
        "photograph, colour, 3d render",
    ),
    _general(
        "pixel-art",
        "Pixel art",
        "pixel art of {prompt}, 16-bit, limited palette, crisp pixels",
        "photograph, blurry, smooth gradients, anti-aliasing",
    ),
    _general(
        "isometric",
        "Isometric",
        "isometric illustration of {prompt}, 30 degree projection, clean edges, plain background",
        "photograph, perspective, clutter",
    ),
    _general(
        "sticker",
        "Sticker",
        "die-cut sticker of {prompt}, thick white border, flat colour, plain background",
        "photograph, clutter, text",
    ),
    _general(
        "low-poly",
        "Low poly",
        "low poly 3d render of {prompt}, faceted shapes, soft studio light",
        "photograph, drawing, fine texture",
    ),
    _general(
        "clay",
        "Clay",
        "clay figure of {prompt}, fingerprints in the clay, miniature, soft studio light",
        "photograph of a person, drawing, flat",
    ),
    _general(
        "comic",
        "Comic",
        "comic book panel of {prompt}, bold ink outlines, halftone shading",
        "photograph, 3d render, blurry",
    ),
    _general(
        "anime",
        "Anime",
        "anime illustration of {prompt}, cel shading, clean lines, vivid colours",
        "photograph, 3d render, deformed hands",
    ),
    _general(
        "storybook",
        "Storybook",
        "children's storybook illustration of {prompt}, gouache, warm colours, friendly",
        "photograph, frightening, dark",
    ),
)
"""The styles that come with Safelight."""
