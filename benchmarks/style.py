"""What `safelight train lora` learns from eight pictures, and what it leaves alone.

    python benchmarks/style.py [--model models/sprite] [--minutes 5] [--rank 8] [--out style] [--json result.json]

The style is made up: everything in violet and teal, with a dark outline. Eight of the model's own sprites are painted
so and learnt from; then things that are in none of the captions are drawn, before and after, with the same seeds.

1. palette   share of the visible pixels that are violet to teal                     (target: after at least 0.7)
2. outline   share of the rim that is dark                                           (target: after at least 0.5)
3. variety   mean distance between pictures of different things, after / before      (target: at least 0.8: no collapse)
4. shape     overlap of a picture's outline area before and after                    (told, without a target)
"""

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from safelight.training import render
from safelight.training.colours import to_hsv
from safelight.training.drawing import pictures, shrunk
from safelight.training.export import load
from safelight.training.lora import StyleRecipe, save_sheet, train_style

SHOWN = ("cat", "castle", "red apple", "rocket", "mushroom", "fish", "house", "crown")
ASKED = (
    "a dog", "an owl", "a tree", "a green frog", "a pizza", "a sword", "a ghost", "a butterfly", "a car", "a star",
    "a strawberry", "a sailboat", "a robot", "an umbrella", "a yellow duck", "a guitar",
)  # fmt: skip
DARK, VIOLET, TEAL = (24, 10, 54), np.array([70, 24, 130], np.float32), np.array([110, 245, 225], np.float32)


def painted(picture: render.Bytes) -> Image.Image:
    """A premultiplied ``[256, 256, 4]`` picture in the made-up style, with straight alpha."""
    straight = render.unpremultiply(picture)
    light = (straight[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    colours = (VIOLET + (TEAL - VIOLET) * light).clip(0, 255).astype(np.uint8)
    alpha = Image.fromarray((straight[..., 3] > 0.5).astype(np.uint8) * 255)
    within = alpha.filter(ImageFilter.MinFilter(13))
    canvas = Image.new("RGBA", alpha.size)
    canvas.paste(DARK, mask=alpha.filter(ImageFilter.GaussianBlur(1)))
    canvas.paste(Image.fromarray(colours), mask=within.filter(ImageFilter.GaussianBlur(1)))
    return canvas


def measured(drawn: render.Bytes) -> dict[str, float]:
    """Means over premultiplied ``[n, 64, 64, 4]``."""
    straight = render.unpremultiply(drawn)
    hue, saturation, value = to_hsv(straight[..., :3])
    seen = straight[..., 3] > 0.5
    violet_to_teal = (hue > 0.44) & (hue < 0.84) & (saturation > 0.2)
    around = [np.roll(seen, step, axis) for axis in (1, 2) for step in (-1, 1)]
    rim = seen & ~np.logical_and.reduce(around)
    dark = value < 0.45
    flat = drawn.reshape(len(drawn), -1).astype(np.float32) / 255
    apart = np.sqrt(((flat[:, None] - flat[None]) ** 2).mean(-1))
    return {
        "palette": float((violet_to_teal & seen).sum() / max(seen.sum(), 1)),
        "outline": float((dark & rim).sum() / max(rim.sum(), 1)),
        "variety": float(apart[~np.eye(len(apart), dtype=bool)].mean()),
    }


def overlap(before: render.Bytes, after: render.Bytes) -> float:
    """Mean intersection over union of what is visible."""
    one, two = before[..., 3] > 127, after[..., 3] > 127
    shares = (one & two).sum((1, 2)) / np.maximum((one | two).sum((1, 2)), 1)
    return float(shares.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/sprite"))
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path(".work/style"), help="folder for the pictures and the style")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    wishes = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    shown = wishes.out / "shown"
    shown.mkdir(parents=True, exist_ok=True)
    pipeline = load(wishes.model, "cpu")
    for name, picture in zip(SHOWN, pictures(pipeline, [f"a {name}" for name in SHOWN], seed=11), strict=True):
        painted(picture).save(shown / f"{name}.png")
        (shown / f"{name}.txt").write_text(f"a {name}\n")
    before = pictures(pipeline, ASKED, seed=21)
    style = wishes.out / "violet.safetensors"
    train_style(shown, style, model=wishes.model, recipe=StyleRecipe(minutes=wishes.minutes, rank=wishes.rank))
    pipeline.load_lora_weights(style)
    after = pictures(pipeline, ASKED, seed=21)
    save_sheet(before, after, wishes.out / "outside-the-captions.png")
    first, second = measured(shrunk(before)), measured(shrunk(after))
    figures = {
        "threads": torch.get_num_threads(),
        "minutes": wishes.minutes,
        "before": first,
        "after": second,
        "variety_kept": second["variety"] / first["variety"],
        "shape_kept": overlap(shrunk(before), shrunk(after)),
    }
    print(json.dumps(figures, indent=2))
    if wishes.json:
        wishes.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
