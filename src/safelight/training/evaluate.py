"""Ask a model for things that it was never shown, and measure what can be measured.

    python -m safelight.training.evaluate --model models/sprite [--work-dir .work/sprite] [--out evaluation]

Fixed prompts and seeds (:mod:`~safelight.training.held_out`), a recogniser that learnt from other artists
(:mod:`~safelight.training.recogniser`), and a search for copies (:mod:`~safelight.training.copying`). The pictures on
the sheets are chosen by rule: all of them, or the best and the worst by the recogniser's odds.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from torch import Tensor

from safelight.training import artwork, render
from safelight.training.colours import dominant
from safelight.training.copying import nearest
from safelight.training.drawing import as_prompts, pictures, seconds, shrunk
from safelight.training.export import GUIDANCE, STEPS, load
from safelight.training.held_out import QUESTIONS, SEEDS, Kind, Question
from safelight.training.recogniser import (
    LEARNT,
    UNSEEN,
    Album,
    Recogniser,
    classes,
    hits,
    noun_of,
    other_artists,
    train_recogniser,
)

log = logging.getLogger(__name__)

TIERS = (6, 8, 10)
"""Step counts to compare with the full ones."""
IMAGE_PROMPTS = 48
"""Pictures that are given as prompts, at most."""
SHEET, EXTREMES = "samples.webp", "best-and-worst.webp"
EXTREME = 8
"""How many of the best and of the worst are shown."""


class Evaluation:
    """One model's examination; every part gives a plain report.

    Args:
        work_dir: where artwork is fetched to and drawn, and the recogniser is kept.
    """

    def __init__(self, pipeline: StableDiffusionPipeline, work_dir: Path) -> None:
        self._pipeline = pipeline
        own = artwork.choose(artwork.fetch(work_dir / "npm"))
        self._artwork, self._trained = own, render.draw_all(own, work_dir / "pictures")[1]
        self._others = other_artists(work_dir / "others")
        self._recogniser: Recogniser = train_recogniser(self._others, work_dir / "others")
        self._nouns = classes(self._others)
        self._large = np.concatenate([self._asked(seed, STEPS) for seed in SEEDS])
        self._drawn = shrunk(self._large)
        self._by_name = shrunk(pictures(pipeline, [f"a {noun}" for noun in self._nouns], seed=3000))

    def _asked(self, seed: int, steps: int) -> render.Bytes:
        return pictures(self._pipeline, [question.prompt for question in QUESTIONS], seed=seed * 1000, steps=steps)

    def report(self) -> dict[str, Any]:
        """Every figure, ready for JSON."""
        report = {
            "prompts": len(QUESTIONS),
            "seeds": len(SEEDS),
            "steps": STEPS,
            "guidance": GUIDANCE,
            "colour": self.colour(),
            "corners": corners(self._large),
            "recogniser": self.ceiling(),
            "agreement": self.agreement(),
            "common_things": self.common_things(),
            "steps_compared": self.tiers(),
            "copying": {
                name: asdict(found)
                for name, found in nearest(self._drawn, self._trained, self._artwork, self._pipeline.vae).items()
            },
            "speed": self.speed(),
            "best": _named(self.ranked()[:EXTREME]),
            "worst": _named(self.ranked()[-EXTREME:]),
        }
        if getattr(self._pipeline, "image_encoder", None) is not None:
            report["image_prompts"] = self.image_prompts()
        return report

    def colour(self) -> dict[str, float]:
        """Share of the colour prompts whose picture has the colour that was asked for as its main one."""
        obeyed = colours_obeyed(QUESTIONS * len(SEEDS), self._drawn)
        return {"pictures": len(obeyed), "obeyed": _share(obeyed)}

    def ceiling(self) -> dict[str, Any]:
        """What the recogniser makes of real pictures that it has not seen: nothing drawn can be asked to score more."""
        own = Album(self._trained, tuple(noun_of(a.name) for a in self._artwork), tuple(a.style for a in self._artwork))
        sets = {UNSEEN: self._others, **dict.fromkeys(artwork.SETS.values(), own)}
        return {"learnt": list(LEARNT)} | {
            name: asdict(self._hits(part.pictures, [(noun,) for noun in part.nouns]))
            for name, album in sets.items()
            if (part := album.of(name, among=self._nouns)).nouns
        }

    def agreement(self) -> dict[str, Any]:
        """Text and picture, for each kind of prompt; of a scene with two things, one has to be recognised."""
        kinds = {kind.value: [q.kind == kind for q in QUESTIONS] * len(SEEDS) for kind in Kind}
        wanted = [question.things for question in QUESTIONS] * len(SEEDS)
        every = {"all": [True] * len(wanted)} | kinds
        return {
            name: asdict(self._hits(self._drawn[chosen], [w for w, c in zip(wanted, chosen, strict=True) if c]))
            for name, chosen in every.items()
        }

    def common_things(self) -> dict[str, Any]:
        """The plain name of every noun that the recogniser knows, once: trained captions, so a measure of shapes."""
        return asdict(self._hits(self._by_name, [(noun,) for noun in self._nouns]))

    def tiers(self) -> dict[str, Any]:
        """Fewer steps, first seed: would a distilled version pay?"""
        drawn = {steps: shrunk(self._asked(SEEDS[0], steps)) for steps in TIERS}
        drawn[STEPS] = self._drawn[: len(QUESTIONS)]
        wanted = [question.things for question in QUESTIONS]
        return {
            str(steps): asdict(self._hits(rows, wanted)) | {"colour": _share(colours_obeyed(QUESTIONS, rows))}
            for steps, rows in drawn.items()
        }

    def speed(self) -> dict[str, Any]:
        """Seconds for one picture."""
        spent = {str(steps): seconds(self._pipeline, steps=steps) for steps in (*TIERS, STEPS)}
        return {"threads": torch.get_num_threads(), "seconds": spent}

    def image_prompts(self) -> dict[str, Any]:
        """Pictures by an artist whom no part has seen -> vector -> drawn -> recognised; against chance and words."""
        shown = self._others.of(UNSEEN, among=self._nouns).every(IMAGE_PROMPTS)
        wanted = [(noun,) for noun in shown.nouns]
        found: dict[str, Any] = {}
        for name, photo in (("on_white", False), ("photo_like", True)):
            drawn = self._drawn_from(as_prompts(self._pipeline, shown.pictures, photo=photo))
            found[name] = asdict(self._hits(drawn, wanted))
            found[f"{name}_for_another_thing"] = asdict(self._hits(np.roll(drawn, 7, axis=0), wanted))
        by_name = self._by_name[[self._nouns.index(noun) for noun in shown.nouns]]
        return found | {"same_things_by_name": asdict(self._hits(by_name, wanted))}

    def _drawn_from(self, states: Tensor) -> render.Bytes:
        return shrunk(pictures(self._pipeline, states, seed=4000))

    def _hits(self, drawn: render.Bytes, wanted: Sequence[Sequence[str]]) -> Any:
        return hits(self._recogniser.odds(drawn, self._nouns), wanted, self._nouns)

    def ranked(self) -> list[tuple[int, float]]:
        """Every held-out picture's place and the odds that it shows one of the things asked for, best first."""
        odds = self._recogniser.odds(self._drawn, self._nouns)
        things = [question.things for question in QUESTIONS] * len(SEEDS)
        scores = [
            sum(float(row[self._nouns.index(thing)]) for thing in names)
            for row, names in zip(odds, things, strict=True)
        ]
        return sorted(enumerate(scores), key=lambda found: -found[1])

    def write_sheets(self, folder: Path) -> None:
        """All of the held-out prompts, row by row, one block a seed; and the best eight over the worst eight."""
        ranked = self.ranked()
        chosen = [place for place, _ in (*ranked[:EXTREME], *ranked[-EXTREME:])]
        write_sheet(self._large, folder / SHEET, size=72, columns=15)
        write_sheet(self._large[chosen], folder / EXTREMES, size=96, columns=EXTREME)


def evaluate(
    model: Path, *, work_dir: Path, out_dir: Path, device: str = "cpu", threads: int | None = None
) -> dict[str, Any]:
    """Examine a model's directory; writes ``evaluation.json`` and two sheets to ``out_dir`` and gives the report."""
    torch.set_num_threads(threads or torch.get_num_threads())
    examined = Evaluation(load(model, device), work_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    examined.write_sheets(out_dir)
    report = examined.report()
    (out_dir / "evaluation.json").write_text(json.dumps(report, indent=2) + "\n")
    return report


def colours_obeyed(questions: Sequence[Question], drawn: render.Bytes) -> list[bool]:
    """For each question with a colour, whether its picture ``[64, 64, 4]`` has mostly that one."""
    return [
        dominant(render.unpremultiply(picture)).name == question.colour
        for question, picture in zip(questions, drawn, strict=True)
        if question.colour is not None
    ]


def corners(drawn: render.Bytes) -> dict[str, float]:
    """Share of pictures with nothing in their four corner pixels, strictly and for the eye (at most 4 of 255)."""
    alpha = drawn[:, [0, 0, -1, -1], [0, -1, 0, -1], 3].max(1)
    return {"alpha_0": _share(alpha == 0), "alpha_4_of_255": _share(alpha <= 4)}


def write_sheet(drawn: render.Bytes, sheet: Path, *, size: int, columns: int) -> None:
    """Premultiplied pictures reduced to ``size`` px, side by side, as WebP or PNG by the file's ending."""
    small = [Image.fromarray(picture, "RGBa").resize((size, size), Image.Resampling.BOX) for picture in drawn]
    render.contact_sheet(np.stack([np.asarray(picture) for picture in small]), columns).save(sheet, quality=85)


def _named(ranked: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
    return [
        {
            "prompt": QUESTIONS[place % len(QUESTIONS)].prompt,
            "seed": SEEDS[place // len(QUESTIONS)],
            "odds": round(o, 3),
        }
        for place, o in ranked
    ]


def _share(values: Any) -> float:
    return round(float(np.mean(values)), 3)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m safelight.training.evaluate", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/sprite"), help="a diffusers directory")
    parser.add_argument("--work-dir", type=Path, default=Path(".work/sprite"), help="artwork and the recogniser")
    parser.add_argument("--out-dir", type=Path, default=Path(".work/sprite/evaluation"), help="report and sheets")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=None, help="CPU cores to use (all)")
    wishes = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    report = evaluate(**vars(wishes))
    log.info("%s", json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
