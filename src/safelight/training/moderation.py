"""Makes the weights of the moderation classifier: `python -m safelight.training.moderation`. It takes half a minute.

The prompts that it learns from are in `moderation_prompts.toml`; `benchmarks/moderation.py` measures with others.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safelight.domain.verdict import Category
from safelight.moderation.classifier import BUCKETS, LEARNED, OURS, features, windows

PROMPTS = Path(__file__).with_name("moderation_prompts.toml")
ROUNDS, RATE, DECAY = 400, 0.05, 2e-5
LEVELS = 127

Array = NDArray[np.float32]


def examples(file: Path = PROMPTS) -> Iterator[tuple[str, str]]:
    """Every prompt with its category, or `none`."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    for language in ("en", "de"):
        for category, listed in document[language].items():
            for phrase in listed["phrases"]:
                yield from ((category, frame.format(phrase)) for frame in document[f"frames_{language}"])


def matrices() -> tuple[Array, Array]:
    """What is seen `[prompts, BUCKETS]`, and what is to be said of it `[prompts, categories]`."""
    labelled = list(examples())
    seen = np.zeros((len(labelled), BUCKETS), np.float32)
    said = np.zeros((len(labelled), len(LEARNED)), np.float32)
    for row, (category, prompt) in enumerate(labelled):
        buckets, values = features(next(windows(prompt)))
        seen[row, buckets] = values
        if category != "none":
            said[row, LEARNED.index(Category(category))] = 1
    return seen, said


def train() -> tuple[Array, Array]:
    """Weights `[categories, BUCKETS]` and bias `[categories]`, by Adam on the whole set at once."""
    seen, said = matrices()
    used = np.flatnonzero(seen.any(axis=0))
    seen = seen[:, used]
    # As much weight for what is to be refused as for what is not, in every category.
    weight = np.where(said > 0, 0.5 / said.sum(axis=0), 0.5 / (1 - said).sum(axis=0)).astype(np.float32)
    made = np.zeros((len(used) + 1, len(LEARNED)), np.float32)
    first, second = np.zeros_like(made), np.zeros_like(made)
    for number in range(1, ROUNDS + 1):
        guess = 1 / (1 + np.exp(-(seen @ made[:-1] + made[-1])))
        error = (guess - said) * weight
        slope = np.concatenate([seen.T @ error + DECAY * made[:-1], error.sum(axis=0, keepdims=True)])
        first += 0.1 * (slope - first)
        second += 0.001 * (slope**2 - second)
        made -= RATE * (first / (1 - 0.9**number)) / (np.sqrt(second / (1 - 0.999**number)) + 1e-8)
    weights = np.zeros((len(LEARNED), BUCKETS), np.float32)
    weights[:, used] = made[:-1].T
    return weights, made[-1]


def write(file: Path = OURS) -> None:
    weights, bias = train()
    scale = np.abs(weights).max(axis=1) / LEVELS
    small = np.round(weights / scale[:, None]).astype(np.int8)
    np.savez_compressed(file, weights=small, scale=scale.astype(np.float32), bias=bias.astype(np.float32))


if __name__ == "__main__":
    write()
