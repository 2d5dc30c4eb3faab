"""Makes the pictures of the how-to pages with the embedded model.

.venv/bin/python docs/pictures.py [--only step-in,prompts]
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from safelight.domain.recipe import Recipe
from safelight.domain.steering import Injection, Pattern
from safelight.engine.engine import Engine
from safelight.engine.folder import ModelFolder
from safelight.engine.injecting import injection_mask
from safelight.engine.message import Drawn, Failed, Stepped
from safelight.engine.preprocessors import edges, lines
from safelight.engine.profile import Profile
from safelight.engine.residency import Residency

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "images"
SIDE, GAP = 128, 8
DRAGON = {"prompt": "a green dragon", "seed": 5}


class Darkroom:
    """Draws one recipe after another."""

    def __init__(self) -> None:
        self._residency = Residency(lambda _: ModelFolder.open(ROOT / "models" / "sprite"), device="cpu")
        # Nothing has to be fast here: one profile for all spares the probing.
        self._engine = Engine(self._residency.family, profile=lambda _: Profile())

    def draw(self, *recipes: dict[str, object], images: dict[str, Image.Image] | None = None) -> list[Image.Image]:
        card = self._residency.family("sprite").card
        files = {name: _png(image) for name, image in (images or {}).items()}
        tickets = [self._engine.add(card.settle(Recipe.model_validate(recipe)), images=files) for recipe in recipes]
        drawn: dict[int, Image.Image] = {}
        while self._engine.busy:
            for ticket, message in self._engine.step():
                if isinstance(message, Failed):
                    raise message.error
                if isinstance(message, Drawn):
                    drawn[ticket] = message.image
        return [drawn[ticket] for ticket in tickets]

    def watch(self, recipe: dict[str, object], *, at: Sequence[int]) -> list[Image.Image]:
        """What is to be expected of it after these steps."""
        self._engine.add(self._residency.family("sprite").card.settle(Recipe.model_validate(recipe)))
        shown = []
        while self._engine.busy:
            told = [message for _, message in self._engine.step() if isinstance(message, Stepped)]
            shown += [step.preview() for step in told if step.step in at]
        return shown

    def decoded(self, recipe: dict[str, object]) -> list[Image.Image]:
        """The same latents decoded as a whole, and in tiles."""
        family, drawn = self._residency.family("sprite"), []
        settled = family.card.settle(Recipe.model_validate(recipe))
        for room in (10**9, 1):
            engine = Engine(lambda _: family, profile=lambda _: Profile(decode_cell_bytes=1), room=partial(int, room))
            engine.add(settled)
            while engine.busy:
                drawn += [message.image for _, message in engine.step() if isinstance(message, Drawn)]
            engine.close()
        return drawn

    def close(self) -> None:
        self._engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"some of {', '.join(PAGES)}")
    asked = parser.parse_args()
    room, dragon = Darkroom(), None
    for name in asked.only.split(",") if asked.only else PAGES:
        dragon = dragon or room.draw(DRAGON)[0]
        PAGES[name](room, dragon)
    room.close()


def starts(room: Darkroom, dragon: Image.Image) -> None:
    strengths = [0.3, 0.5, 0.7, 0.9]
    wishes = [{"prompt": "a red dragon", "seed": 2, "image": {"image": PHOTO, "strength": one}} for one in strengths]
    keep(room.draw(*wishes, images={PHOTO: dragon}), "strength.webp", before=dragon)

    half = Image.new("L", dragon.size)
    ImageDraw.Draw(half).rectangle((0, 0, dragon.width, dragon.height * 9 // 20), fill=255)
    wish = {"prompt": "a robot", "seed": 4, "image": {"image": PHOTO, "strength": 0.9}}
    part = room.draw({**wish, "mask": {"image": MASK, "feather": 16}}, images={PHOTO: dragon, MASK: half})
    keep([half.convert("RGBA"), *part], "mask.webp", before=dragon)

    middle = dragon.resize((dragon.width // 2, dragon.height // 2), Image.Resampling.LANCZOS)
    around = dict.fromkeys(("left", "top", "right", "bottom"), dragon.width // 4)
    wish = {"prompt": "a green dragon", "seed": 4, "image": {"image": PHOTO, "strength": 1.0}, "outpaint": around}
    keep(room.draw(wish, {**wish, "seed": 7}, images={PHOTO: middle}), "outpaint.webp", before=_in_the_middle(middle))

    larger = [{**DRAGON, "hires": {"scale": 2.0, "strength": one, "upscale": "lanczos"}} for one in (0.0, 0.3, 0.6)]
    keep(room.draw(*larger), "hires.webp", before=dragon)


def noise(room: Darkroom, dragon: Image.Image) -> None:
    masks = [injection_mask(Injection(pattern=one, first=1, seed=3), {}, height=64, width=64) for one in Pattern]
    keep([Image.fromarray((one[0, 0] * 255).byte().numpy()).convert("RGBA") for one in masks], "patterns.webp", side=72)
    noises = [{"pattern": one, "first": 5, "strength": 2.0, "seed": 3} for one in ("circle", "top", "left", "edges")]
    keep(room.draw(*({**DRAGON, "injections": [one]} for one in noises)), "injections.webp", before=dragon)


def prompts(room: Darkroom, _: Image.Image) -> None:
    weights = ("a (red:0.5) butterfly", "a red butterfly", "a (red:1.5) butterfly", "a (red:2) butterfly")
    keep(room.draw(*({"prompt": one, "seed": 1} for one in weights)), "prompts/weight.webp")
    balance = ("a (red:1.6) (blue:0.4) butterfly", "a red blue butterfly", "a (red:0.4) (blue:1.6) butterfly")
    keep(room.draw(*({"prompt": one, "seed": 2} for one in balance)), "prompts/balance.webp")
    lots = [{"prompt": f"a {colour} {thing}", "seed": 3} for colour, thing in LOTS]
    keep(room.draw(*lots), "prompts/lots.webp")


def steps(room: Darkroom, dragon: Image.Image) -> None:
    keep(room.watch(DRAGON, at=(1, 4, 7, 10, 14)), "developing.webp", after=dragon)
    turns = [{**DRAGON, "steering": [{"step": step, "prompt": "a red dragon"}]} for step in (2, 4, 8, 14)]
    keep(room.draw(*turns), "turned.webp", before=dragon)


def seen(room: Darkroom, dragon: Image.Image) -> None:
    wishes = [
        {"prompt": "a blue bird", "seed": 4, "prompt_image": {"image": PHOTO, "weight": weight}}
        for weight in (0.0, 0.4, 0.7, 1.0)
    ]
    keep(room.draw(*wishes, images={PHOTO: dragon}), "image-prompt.webp", before=dragon)


def drawings(_: Darkroom, dragon: Image.Image) -> None:
    white = Image.alpha_composite(Image.new("RGBA", dragon.size, "white"), dragon.convert("RGBA"))
    keep([edges(white).convert("RGBA"), lines(white).convert("RGBA")], "preprocessors.webp", before=dragon)


def faster(room: Darkroom, dragon: Image.Image) -> None:
    ways = ({"steps": 8}, {"guidance_span": {"start": 0.1, "end": 0.7}}, {"feature_cache": 2}, {"feature_cache": 4})
    keep(room.draw(*({**DRAGON, **way} for way in ways)), "faster.webp", before=dragon)


def grid(room: Darkroom, _: Image.Image) -> None:
    rows = [
        room.draw(*({"prompt": f"a small {colour} dragon", "seed": 5, "guidance": one} for one in (1.0, 3.0, 5.0, 9.0)))
        for colour in ("red", "blue", "golden")
    ]
    keep([picture for row in rows for picture in row], "grid.webp", across=4, side=96)


def tiles(room: Darkroom, _: Image.Image) -> None:
    keep(room.decoded({"prompt": "a castle", "seed": 2, "width": 512, "height": 512}), "tiles.webp", side=2 * SIDE)


PHOTO, MASK = "img_" + "1" * 64, "img_" + "2" * 64
LOTS = (("red", "apple"), ("blue", "owl"), ("green", "frog"), ("yellow", "fish"), ("purple", "mushroom"))
PAGES: dict[str, Callable[[Darkroom, Image.Image], None]] = {
    "start-from-an-image": starts,
    "inject-noise": noise,
    "prompts": prompts,
    "step-in": steps,
    "prompt-with-an-image": seen,
    "control-a-picture": drawings,
    "draw-faster": faster,
    "draw-a-grid": grid,
    "fit-into-memory": tiles,
}
"""What draws the pictures of each page."""


def _in_the_middle(picture: Image.Image) -> Image.Image:
    whole = Image.new("RGBA", (picture.width * 2, picture.height * 2))
    whole.paste(picture, (picture.width // 2, picture.height // 2))
    return whole


def keep(
    pictures: Sequence[Image.Image],
    name: str,
    *,
    before: Image.Image | None = None,
    after: Image.Image | None = None,
    across: int | None = None,
    side: int = SIDE,
) -> None:
    """Side by side on grey, so that what is transparent shows; in rows of `across` where it is given."""
    shown = [*([before] if before else []), *pictures, *([after] if after else [])]
    across = across or len(shown)
    pitch, rows = side + GAP, -(-len(shown) // across)
    sheet = Image.new("RGBA", (across * pitch - GAP, rows * pitch - GAP), "#00000000")
    for place, picture in enumerate(shown):
        ground = Image.new("RGBA", (side, side), "#9aa0a6")
        ground.alpha_composite(picture.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS))
        sheet.paste(ground, (place % across * pitch, place // across * pitch))
    sheet.save(OUT / name, "WEBP", quality=70, method=6)


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    main()
