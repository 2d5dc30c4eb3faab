"""A small text classifier: a logistic regression over hashed pieces of words, one for each category.

Its weights come with Safelight (`classifier.npz`); `python -m safelight.training.moderation` makes them again.
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safelight.domain.verdict import Category
from safelight.moderation.folding import folded, words

OURS = Path(__file__).with_name("classifier.npz")
BUCKETS = 2**14
PIECES = (3, 4, 5)
"""Letters of a piece of a word."""
ENOUGH = 4.0
"""Length, before it is brought to 1, of what some four words weigh."""
WINDOWS = 24, 8
"""Words that are looked at together, each time half a window further: among many others few would not count."""
LEARNED = tuple(category for category in Category if category is not Category.MINORS)
"""The rules alone decide on minors."""

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Classifier:
    """Scores from 0 to 1 for a text.

    Attributes:
        weights: `[categories, BUCKETS]`, in the order of `LEARNED`.
        bias: `[categories]`.
        version: of the weights.
    """

    weights: Weights
    bias: Weights
    version: str = field(default="untrained")

    @classmethod
    def read(cls, file: Path = OURS) -> "Classifier":
        """The one that comes with Safelight, or another that was trained."""
        data = file.read_bytes()
        with np.load(BytesIO(data)) as kept:
            weights = kept["weights"].astype(np.float32) * kept["scale"][:, None]
            return cls(weights, kept["bias"], hashlib.sha256(data).hexdigest()[:12])

    def scores(self, text: str) -> Mapping[Category, float]:
        """The highest of every category, over all windows of the text. For a thread: it takes about 0.1 ms a word."""
        seen = np.stack([self._of(window) for window in windows(text)]).max(axis=0)
        return {category: float(score) for category, score in zip(LEARNED, seen, strict=True)}

    def _of(self, window: Sequence[str]) -> Weights:
        buckets, values = features(window)
        logits = self.weights[:, buckets] @ values + self.bias
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


def windows(text: str) -> Iterator[Sequence[str]]:
    """The words of a text, a window at a time, at least one."""
    all_words = split(text)
    for size in WINDOWS:
        for start in range(0, max(1, len(all_words) - size // 2), size // 2):
            yield all_words[start : start + size]


def split(text: str) -> Sequence[str]:
    return words(folded(text)).split()


def features(window: Sequence[str]) -> tuple[NDArray[np.int64], Weights]:
    """Which buckets the pieces of some words fall into, and how much each weighs.

    Of length 1 together, and of less where there are few of them: a single word says little.
    """
    counted: dict[int, float] = {}
    for piece in _pieces(window):
        bucket = zlib.crc32(piece.encode()) % BUCKETS
        counted[bucket] = counted.get(bucket, 0.0) + 1
    buckets = np.fromiter(counted.keys(), np.int64, len(counted))
    values = np.log1p(np.fromiter(counted.values(), np.float32, len(counted)))
    return buckets, (values / max(float(np.linalg.norm(values)), ENOUGH)).astype(np.float32)


def _pieces(window: Sequence[str]) -> Iterator[str]:
    for word in window:
        yield f"={word}"
        marked = f"<{word}>"
        for length in PIECES:
            yield from (marked[at : at + length] for at in range(len(marked) - length + 1))
    yield from (f"{one} {other}" for one, other in pairwise(window))
