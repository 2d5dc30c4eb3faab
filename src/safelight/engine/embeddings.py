"""Textual inversion (Gal et al., 2022, https://arxiv.org/abs/2208.01618): vectors that a word of a prompt stands for.

A file `embeddings/moss.safetensors` gives the word `moss` its meaning. Reading what there is takes no torch.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.domain.errors import Unsupported

if TYPE_CHECKING:
    from torch import Tensor

SUFFIX = ".safetensors"
PICKLES = frozenset({".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"})
HEADER_LIMIT = 2**20


@dataclass(frozen=True)
class Embedding:
    """A file of vectors. One for several text encoders holds a tensor for each."""

    path: Path

    @property
    def id(self) -> str:
        """The word that stands for it."""
        return self.path.stem

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Names and shapes of its tensors, `[vectors, width]` or `[width]`.

        Raises:
            Unsupported: it is a pickle, or damaged.
        """
        if self.path.suffix in PICKLES:
            raise Unsupported(
                f"The embedding '{self.path.name}' is a pickle, which could run any program when it is opened.",
                hint="Get it as .safetensors, or convert it on a machine that you would not mind to lose.",
            )
        try:
            with self.path.open("rb") as file:
                header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), HEADER_LIMIT)))
            return {name: tuple(about["shape"]) for name, about in header.items() if name != "__metadata__"}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged(error) from error

    @property
    def vectors(self) -> int:
        """How many tokens the word takes. Raises Unsupported as `shapes` does."""
        return max((shape[0] if len(shape) == 2 else 1 for shape in self.shapes.values()), default=0)

    def load(self, width: int) -> "Tensor":
        """The vectors for a text encoder of that width, `[vectors, width]`, float32.

        Raises:
            Unsupported: it is a pickle, damaged, or has no vectors of that width.
        """
        from safetensors import SafetensorError, safe_open

        fitting = [name for name, shape in self.shapes.items() if 1 <= len(shape) <= 2 and shape[-1] == width]
        if not fitting:
            widths = sorted({shape[-1] for shape in self.shapes.values() if shape})
            raise Unsupported(
                f"The embedding '{self.id}' has vectors of width {', '.join(map(str, widths)) or 'none'}; "
                f"this model's text encoder needs {width}.",
                hint="It was made for another kind of model. Leave the word out, or choose that model.",
            )
        try:
            with safe_open(self.path, framework="pt") as file:
                tensor: Tensor = file.get_tensor(fitting[0])
        except (OSError, SafetensorError) as error:
            raise self._damaged(error) from error
        return tensor.float().reshape(-1, width)

    def _damaged(self, error: Exception) -> Unsupported:
        return Unsupported(
            f"The embedding '{self.path.name}' cannot be read: {error}.", hint="Download or convert it again."
        )


class Embeddings:
    """The embeddings of a folder, as they were when it was first looked into.

    Args:
        folder: need not exist.
    """

    def __init__(self, folder: Path | None = None) -> None:
        files = sorted(folder.iterdir()) if folder and folder.is_dir() else []
        known = [Embedding(file) for file in files if file.suffix in PICKLES | {SUFFIX}]
        # A safe file goes before a pickle of the same name.
        safe_last = sorted(known, key=lambda embedding: embedding.path.suffix == SUFFIX)
        self._by_word = {embedding.id.lower(): embedding for embedding in safe_last}

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Finds their words in a text, whatever the case; None where there are none."""
        words = sorted(map(re.escape, self._by_word), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE) if words else None

    def find(self, word: str) -> Embedding:
        """The embedding that a word found by `pattern` stands for."""
        return self._by_word[word.lower()]
