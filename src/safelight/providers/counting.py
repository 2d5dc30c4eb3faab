"""How much of a local model's text encoder a prompt takes."""

import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.domain.errors import ModelBroken
from safelight.domain.prompting import Count
from safelight.engine.embeddings import Embeddings
from safelight.engine.folder import ModelFolder

if TYPE_CHECKING:
    from safelight.engine.tokens import PromptTokenizer


class Counter:
    """Counts with tokenizers of its own, for any thread. Its first count imports transformers.

    Args:
        find: the files of a model.
        embeddings: folder of textual inversion embeddings; need not exist.
    """

    def __init__(self, find: Callable[[str], ModelFolder], embeddings: Path | None) -> None:
        self._find = find
        self._embeddings = Embeddings(embeddings)
        self._tokenizer = lru_cache(maxsize=8)(self._open)
        # A tokenizer may be asked by one thread at a time.
        self._lock = threading.Lock()

    def count(self, prompt: str, *, model: str) -> Count:
        """Raises Unsupported where an embedding cannot be used, ModelBroken where the tokenizer cannot be read."""
        with self._lock:
            tokenizer = self._tokenizer(model)
            reading = tokenizer.read(prompt)
        return Count(
            tokens=reading.tokens,
            limit=tokenizer.room,
            chunks=len(reading.chunks),
            cut=len(prompt) - len(reading.cut) if reading.cut else None,
        )

    def warning(self, prompt: str, *, model: str) -> str | None:
        """What to say about a prompt of more chunks than the model draws well from. Raises as `count` does."""
        most = self._find(model).extra.prompt_chunks
        if most is None or (count := self.count(prompt, model=model)).chunks <= most:
            return None
        return (
            f"The prompt has {count.tokens} tokens. They are read in {count.chunks} chunks, but this model was trained "
            f"with at most {count.limit * most} tokens and draws less well from more."
        )

    def _open(self, model: str) -> "PromptTokenizer":
        from safelight.engine.tokens import PromptTokenizer

        try:
            folder = self._find(model)
            part, limit, chunks = folder.reading()
            return PromptTokenizer.open(folder, part, embeddings=self._embeddings, limit=limit, chunks=chunks)
        except (OSError, ValueError, KeyError) as error:
            raise ModelBroken(
                f"The tokenizer of '{model}' cannot be read: {error}.", hint="Install the model again."
            ) from error
