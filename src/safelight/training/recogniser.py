"""Who says what a drawn picture shows: a small classifier that has only seen other artists' work than the denoiser.

It learns from four sets of emoji artwork and is tested on a fifth and on the denoiser's own three, none of which it has
seen: that is the ceiling for what it can recognise in drawn pictures. Nothing of these sets goes into the model.

Residual networks: He et al. 2015, https://arxiv.org/abs/1512.03385.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from safelight.training import artwork, captions, render
from safelight.training.held_out import QUESTIONS
from safelight.training.loop import Pace, optimise
from safelight.training.scenes import spoken
from safelight.training.views import hues_changed, views

LEARNT = ("emojione", "emojione-v1", "openmoji", "streamline-emojis")
"""CC BY 4.0; CC BY-SA 4.0; CC BY-SA 4.0; CC BY 4.0."""
UNSEEN = "fxemoji"
"""Apache-2.0. For the test, and as the pictures that are given as prompts."""
MINUTES = 6.0


@dataclass(frozen=True, slots=True)
class Album:
    """Drawn artwork and what it shows: premultiplied ``[n, 64, 64, 4]`` and a noun and a set for each."""

    pictures: render.Bytes
    nouns: tuple[str, ...]
    sets: tuple[str, ...]

    def of(self, *sets: str, among: Sequence[str] | None = None) -> Album:
        """The part drawn by ``sets`` that shows one of the nouns in ``among`` (any)."""
        rows = [
            row
            for row, (noun, drawn_by) in enumerate(zip(self.nouns, self.sets, strict=True))
            if drawn_by in sets and (among is None or noun in among)
        ]
        return Album(self.pictures[rows], tuple(self.nouns[r] for r in rows), tuple(self.sets[r] for r in rows))

    def every(self, most: int) -> Album:
        """At most so many of them, evenly spread."""
        step = -(-len(self.nouns) // most)
        return Album(self.pictures[::step], self.nouns[::step], self.sets[::step])


def noun_of(name: str) -> str:
    """What a picture shows, whatever its colour and whether all of it or only its face."""
    return captions.thing(spoken(name))


def other_artists(folder: Path) -> Album:
    """The sets that the denoiser never saw, fetched and drawn once."""
    sets = {name: name for name in (*LEARNT, UNSEEN)}
    chosen = artwork.choose(artwork.fetch(folder / "npm", sets), sets)
    file = folder / "pictures.npy"
    if not file.exists():
        np.save(file, np.stack([render.shrink(render.draw(art, render.SMALL * 2)) for art in chosen]))
    return Album(np.load(file), tuple(noun_of(art.name) for art in chosen), tuple(art.style for art in chosen))


def classes(album: Album) -> tuple[str, ...]:
    """The common things, and those asked for, of which the recogniser has at least two artists' pictures."""
    asked = {thing for question in QUESTIONS for thing in question.things}
    wanted = {noun_of(name) for name in captions.COMMON} | asked
    learnt = album.of(*LEARNT)
    pairs = set(zip(learnt.nouns, learnt.sets, strict=True))
    return tuple(sorted(noun for noun in wanted if sum(pair[0] == noun for pair in pairs) > 1))


class Recogniser(nn.Module):
    """RGB ``[n, 3, 64, 64]`` in 0..1 to a score for each of ``nouns``."""

    def __init__(self, nouns: Sequence[str], widths: tuple[int, ...] = (32, 64, 128, 256)) -> None:
        super().__init__()
        self.nouns = tuple(nouns)
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.SiLU())
        self.stages = nn.Sequential(*(_Stage(narrow, wide) for narrow, wide in pairwise(widths)))
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(widths[-1], len(self.nouns)))

    def forward(self, pictures: Tensor) -> Tensor:
        scores: Tensor = self.head(self.stages(self.stem(pictures * 2 - 1)).mean((2, 3)))
        return scores

    @cached_property
    def number(self) -> dict[str, int]:
        return {noun: place for place, noun in enumerate(self.nouns)}

    @torch.no_grad()
    def odds(self, pictures: render.Bytes, among: Sequence[str]) -> Tensor:
        """Probabilities ``[n, len(among)]`` for premultiplied ``[n, 64, 64, 4]``: over white and grey, and mirrored."""
        values = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
        grounds = [values[:, :3] + (1 - values[:, 3:]) * ground for ground in (1.0, 0.5)]
        seen = [view for ground in grounds for view in (ground, ground.flip(-1))]
        scores = torch.stack([self(view) for view in seen]).mean(0)
        return scores[:, [self.number[noun] for noun in among]].softmax(-1)


class _Stage(nn.Module):
    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(narrow, wide, 3, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.SiLU())
        self.second = nn.Sequential(nn.Conv2d(wide, wide, 3, 1, 1, bias=False), nn.BatchNorm2d(wide))

    def forward(self, features: Tensor) -> Tensor:
        halved = self.first(features)
        return F.silu(halved + self.second(halved))


def train_recogniser(
    album: Album, folder: Path, *, minutes: float = MINUTES, batch: int = 64, device: str = "cpu"
) -> Recogniser:
    """Trained on every noun of the learnt sets, half of the time on :func:`classes`; resumable, made once."""
    torch.manual_seed(0)
    learnt = album.of(*LEARNT)
    model = Recogniser(sorted(set(learnt.nouns))).to(device)
    finished = folder / "recogniser.pt"
    if not finished.exists():
        pixels = torch.from_numpy(learnt.pictures)
        answers = torch.tensor([model.number[noun] for noun in learnt.nouns])
        judged = torch.tensor([noun in set(classes(album)) for noun in learnt.nouns])
        odds = torch.where(judged, 0.5 / judged.sum(), 0.5 / (~judged).sum().clamp(min=1))

        def loss() -> Tensor:
            rows = torch.multinomial(odds, batch, replacement=True)
            pictures = views(hues_changed(pixels[rows].permute(0, 3, 1, 2).float() / 255), plain=0.7, pencilled=0.05)
            return F.cross_entropy(model(pictures.to(device)).float(), answers[rows].to(device), label_smoothing=0.1)

        state = folder / "recogniser-running.pt"
        pace = Pace(minutes, 2e-3, weight_decay=0.02, cap_s=0.5, muon=("stem", "head"), report_every=50)
        optimise(model.train(), pace, loss, name="recogniser", state=state, device=device)
        torch.save(model.state_dict(), finished)
    model.load_state_dict(torch.load(finished, map_location=device))
    return model.eval()


@dataclass(frozen=True, slots=True)
class Hits:
    """Shares (0..1) of pictures whose thing is the first, or among the first five, of ``of`` nouns."""

    pictures: int
    top1: float
    top5: float
    of: int


def hits(odds: Tensor, wanted: Sequence[Sequence[str]], among: Sequence[str]) -> Hits:
    """``wanted`` names for each row the things of which one has to be recognised."""
    places = [{among.index(noun) for noun in nouns} for nouns in wanted]
    ranked = odds.argsort(-1, descending=True)[:, :5].tolist()
    first = [row[0] in place for row, place in zip(ranked, places, strict=True)]
    five = [not place.isdisjoint(row) for row, place in zip(ranked, places, strict=True)]
    return Hits(len(places), round(float(np.mean(first)), 3), round(float(np.mean(five)), 3), len(among))
