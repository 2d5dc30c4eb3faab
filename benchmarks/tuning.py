"""What it brings to run a model otherwise than as it comes, and what it does to the pictures.

    python benchmarks/tuning.py [--model models/sprite] [--rounds 5] [--only compile] [--json result.json]

Each way is measured in turns with the model as it comes, and told as a ratio of medians; its pictures are compared with
those as it comes by their peak signal-to-noise ratio. Compiling takes a minute or more before its first picture.
"""

import argparse
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from turns import in_turns

from safelight.domain.recipe import Recipe
from safelight.engine.engine import Engine
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Drawn
from safelight.engine.residency import Residency
from safelight.engine.tuning import Tuning

PROMPTS = ("a red dragon", "a blue frog", "a castle", "a robot")


@dataclass(frozen=True)
class Way:
    tuning: Tuning = field(default_factory=Tuning)
    wish: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = "auto"


WAYS = {
    "guided for 60 % of the steps": Way(wish={"guidance_span": {"end": 0.6}}),
    "guided from 10 % to 70 %": Way(wish={"guidance_span": {"start": 0.1, "end": 0.7}}),
    "features of every 2nd step": Way(wish={"feature_cache": 2}),
    "features of every 3rd step": Way(wish={"feature_cache": 3}),
    "float32": Way(dtype="float32"),
    "compile": Way(tuning=Tuning(compile=True)),
    "graphs": Way(tuning=Tuning(graphs=True)),
}


class Painter:
    """A loaded model, and the four pictures it is measured by."""

    def __init__(self, folder: ModelFolder, way: Way) -> None:
        self.residency = Residency(lambda _: folder, dtype=way.dtype, tuning=way.tuning)
        card = self.residency.family(folder.id).card
        wishes = [Recipe.model_validate({"prompt": prompt, "seed": 1, **way.wish}) for prompt in PROMPTS]
        self._recipes = [card.settle(wish) for wish in wishes]
        self._engine = Engine(self.residency.family)

    def draw(self) -> list[Image.Image]:
        """One picture after the other: what one person waits for."""
        return [self._one(recipe) for recipe in self._recipes]

    def _one(self, recipe: Recipe) -> Image.Image:
        self._engine.add(recipe)
        drawn: list[Image.Image] = []
        while self._engine.busy:
            drawn += [told.image for _, told in self._engine.step() if isinstance(told, Drawn)]
        return drawn[0]


def decibels(ones: list[Image.Image], others: list[Image.Image]) -> float:
    """Of pictures on white, against others of the same size."""
    on_white = [
        np.stack([np.asarray(Image.alpha_composite(Image.new("RGBA", one.size, "white"), one)) for one in drawn])
        for drawn in ([one.convert("RGBA") for one in ones], [one.convert("RGBA") for one in others])
    ]
    error = float(np.square(on_white[0].astype(np.float64) - on_white[1]).mean())
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--model", type=Path, default=Path(__file__).parents[1] / "models" / "sprite")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", help="ways whose names hold this")
    arguments.add_argument("--json", type=Path)
    asked = arguments.parse_args()
    folder = ModelFolder.open(asked.model)
    plain = Painter(folder, Way())
    shape = f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}, {plain.residency.dtype}"
    print(f"{folder.id} on {plain.residency.device.type}: {shape}")
    as_it_comes, result = plain.draw(), {}
    for name, way in WAYS.items():
        if asked.only and asked.only not in name:
            continue
        tuned = Painter(folder, way)
        likeness = decibels(tuned.draw(), as_it_comes)
        before, after = in_turns(asked.rounds, plain.draw, tuned.draw)
        result[name] = {"ratio": after / before, "as_it_comes_s": before, "tuned_s": after, "likeness_db": likeness}
        print(f"{name:30} {after / before:.2f} of the time   ({after:.2f} s / {before:.2f} s; {likeness:.1f} dB)")
    if asked.json:
        asked.json.write_text(json.dumps({"machine": shape, "model": folder.id, "ways": result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
