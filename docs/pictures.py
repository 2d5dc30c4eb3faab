"""Makes the pictures of the how-to pages with the embedded model.

.venv/bin/python docs/pictures.py
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from safelight.domain.recipe import Recipe
from safelight.domain.steering import Injection, Pattern
from safelight.engine.engine import Engine
from safelight.engine.folder import ModelFolder
from safelight.engine.injecting import injection_mask
from safelight.engine.message import Drawn, Failed
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

    def close(self) -> None:
        self._engine.close()


def main() -> None:
    room = Darkroom()
    OUT.mkdir(exist_ok=True)
    dragon, photo, mask = room.draw(DRAGON)[0], "img_" + "1" * 64, "img_" + "2" * 64
    strengths = [0.3, 0.5, 0.7, 0.9]
    wishes = [{"prompt": "a red dragon", "seed": 2, "image": {"image": photo, "strength": one}} for one in strengths]
    keep(room.draw(*wishes, images={photo: dragon}), "strength.webp", before=dragon)

    half = Image.new("L", dragon.size)
    ImageDraw.Draw(half).rectangle((0, 0, dragon.width, dragon.height * 9 // 20), fill=255)
    wish = {"prompt": "a robot", "seed": 4, "image": {"image": photo, "strength": 0.9}}
    part = room.draw({**wish, "mask": {"image": mask, "feather": 16}}, images={photo: dragon, mask: half})
    keep([half.convert("RGBA"), *part], "mask.webp", before=dragon)

    masks = [injection_mask(Injection(pattern=one, first=1, seed=3), {}, height=64, width=64) for one in Pattern]
    keep([Image.fromarray((one[0, 0] * 255).byte().numpy()).convert("RGBA") for one in masks], "patterns.webp", side=72)

    noises = [{"pattern": one, "first": 8, "strength": 1.2, "seed": 3} for one in ("circle", "top", "left", "edges")]
    keep(room.draw(*({**DRAGON, "injections": [one]} for one in noises)), "injections.webp", before=dragon)
    room.close()


def keep(pictures: Sequence[Image.Image], name: str, *, before: Image.Image | None = None, side: int = SIDE) -> None:
    """Side by side on grey, so that what is transparent shows."""
    row = [*([before] if before else []), *pictures]
    sheet = Image.new("RGBA", (len(row) * (side + GAP) - GAP, side), "#00000000")
    for place, picture in enumerate(row):
        ground = Image.new("RGBA", (side, side), "#9aa0a6")
        ground.alpha_composite(picture.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS))
        sheet.paste(ground, (place * (side + GAP), 0))
    sheet.save(OUT / name, "WEBP", quality=70, method=6)


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    main()
