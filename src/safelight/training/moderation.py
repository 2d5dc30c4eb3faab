"""Makes the weights of the moderation classifier: `python -m safelight.training.moderation`. It takes a minute or two.

The prompts that it learns from are in `moderation_prompts.toml`; `benchmarks/moderation.py` measures with others.
"""

import json
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safelight.domain.verdict import Category
from safelight.moderation.classifier import BUCKETS, LEARNED, OURS, features, split
from safelight.moderation.words import STRONG, Rules, read_lists

PROMPTS = Path(__file__).with_name("moderation_prompts.toml")
VOCABULARY = Path(__file__).parents[3] / "models" / "sprite" / "tokenizer" / "tokenizer.json"
"""Of the embedded model, in a checkout."""
ROUNDS, BATCH, RATE, DECAY = 24, 256, 0.02, 2e-5
LEVELS = 127
REFUSED = 0.25
"""Weight of what is to be refused, against what is not: a wrong refusal is worse than a miss that others find."""
STRIDES = 7, 11
"""How harmless phrases are gone through that others are put beside."""

Array = NDArray[np.float32]
Labelled = tuple[str, str]


def examples(file: Path = PROMPTS) -> Iterator[Labelled]:
    """Every prompt with its category, or `none`: each phrase in every frame, and beside harmless ones."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    for language in ("en", "de"):
        harmless = document[language]["none"]["phrases"]
        for category, listed in document[language].items():
            people, scenes = listed.get("people", ()), listed.get("scenes", ())
            yield from ((category, scene.format(person)) for person in people for scene in scenes)
            for number, phrase in enumerate(listed["phrases"]):
                yield from ((category, frame.format(phrase)) for frame in document[f"frames_{language}"])
                before, after = (harmless[(number * step + step) % len(harmless)] for step in STRIDES)
                yield category, f"{before}, {phrase}"
                yield category, f"{phrase}, {after}"


def common_words(chance: random.Random) -> Iterator[Labelled]:
    """The words that the embedded model knows, one to four of them at random: harmless, whatever stands in them."""
    known = json.loads(VOCABULARY.read_text(encoding="utf-8"))["model"]["vocab"]
    rules = Rules(read_lists())
    words = [word for word in known if re.fullmatch(r"[a-z]{3,}", word) and not _strong(rules, word)]
    for _ in range(2):
        chance.shuffle(words)
        at = 0
        while at < len(words):
            count = 1 + at % 4
            yield "none", " ".join(words[at : at + count])
            at += count


def _strong(rules: Rules, word: str) -> bool:
    return any(hit.score >= STRONG for hit in rules.hits(word))


class Lessons:
    """What is seen, and what is to be said of it."""

    def __init__(self, labelled: Sequence[Labelled]) -> None:
        self.seen = [features(split(prompt)) for _, prompt in labelled]
        self.said = np.zeros((len(labelled), len(LEARNED)), np.float32)
        for row, (category, _) in enumerate(labelled):
            if category != "none":
                self.said[row, LEARNED.index(Category(category))] = 1
        # In every category, however many prompts it has.
        counts = np.maximum(1, self.said.sum(axis=0))
        share = np.where(self.said > 0, REFUSED / counts, (1 - REFUSED) / (len(labelled) - counts))
        self.weight = (share * len(labelled)).astype(np.float32)

    def batch(self, rows: NDArray[np.int64]) -> tuple[Array, Array, Array]:
        """What is seen `[rows, BUCKETS]`, what is to be said and how much it weighs, both `[rows, categories]`."""
        dense = np.zeros((len(rows), BUCKETS), np.float32)
        for place, row in enumerate(rows):
            buckets, values = self.seen[row]
            dense[place, buckets] = values
        return dense, self.said[rows], self.weight[rows]


def train(seed: int = 0) -> tuple[Array, Array]:
    """Weights `[categories, BUCKETS]` and bias `[categories]`, by Adam."""
    lessons = Lessons([*examples(), *common_words(random.Random(seed))])
    chance = np.random.default_rng(seed)
    made = np.zeros((BUCKETS + 1, len(LEARNED)), np.float32)
    first, second = np.zeros_like(made), np.zeros_like(made)
    number = 0
    for turn in range(ROUNDS):
        order = chance.permutation(len(lessons.seen))
        for rows in np.array_split(order, len(order) // BATCH):
            number += 1
            seen, said, weight = lessons.batch(rows)
            guess = 1 / (1 + np.exp(-(seen @ made[:-1] + made[-1])))
            error = (guess - said) * weight / len(rows)
            slope = np.concatenate([seen.T @ error + DECAY * made[:-1], error.sum(axis=0, keepdims=True)])
            first += 0.1 * (slope - first)
            second += 0.001 * (slope**2 - second)
            rate = RATE * (1 - turn / ROUNDS)
            made -= rate * (first / (1 - 0.9**number)) / (np.sqrt(second / (1 - 0.999**number)) + 1e-8)
    return np.ascontiguousarray(made[:-1].T), made[-1]


def write(file: Path = OURS) -> None:
    """Train, and keep the weights in whole numbers from -127 to 127 with a scale for each category."""
    weights, bias = train()
    scale = np.abs(weights).max(axis=1) / LEVELS
    small = np.round(weights / scale[:, None]).astype(np.int8)
    np.savez_compressed(file, weights=small, scale=scale.astype(np.float32), bias=bias.astype(np.float32))


if __name__ == "__main__":
    write()
