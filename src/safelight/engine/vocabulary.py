"""Tokenizers of models. Their vocabulary lies with the model, or for CLIP with Safelight. Needs no torch."""

import gzip
from functools import cache
from typing import Any

import transformers

from safelight.domain.errors import ModelBroken
from safelight.engine.folder import ModelFolder
from safelight.engine.layout import clip_merges

FILES = ("tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "tokenizer.model")


def load_tokenizer(folder: ModelFolder, part: str = "tokenizer") -> Any:
    """Raises ModelBroken where its class is not one of transformers', or its vocabulary is nowhere."""
    library, name = folder.index[part]
    kind = getattr(transformers, name, None) if library == "transformers" else None
    if kind is None:
        raise not_installed(folder, part)
    for place in (folder.path, folder.borrowed):
        if place is not None and any((place / part / file).is_file() for file in FILES):
            return kind.from_pretrained(place / part, local_files_only=True)
    if issubclass(kind, transformers.CLIPTokenizer):
        words, merges = _clip()
        return kind(vocab=words, merges=merges, **folder.config(part))
    hub = folder.layout.hub if folder.layout is not None else folder.id
    raise ModelBroken(
        f"The {part} of '{folder.id}' has no vocabulary.",
        hint=f"It is in {part}/ of {hub} on the Hugging Face hub. Add the model where that can be reached, or: "
        f"hf download {hub} --include '{part}/*' on another machine, and copy its cache over.",
    )


def not_installed(folder: ModelFolder, part: str) -> ModelBroken:
    library, name = folder.index[part]
    return ModelBroken(
        f"'{folder.path}' asks for {library}.{name} as its {part}, which is not installed.",
        hint="Models may only use classes of transformers and diffusers; code inside a model is never run.",
    )


@cache
def _clip() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """OpenAI's vocabulary for CLIP: 256 bytes, the same at the end of a word, and one entry a merge."""
    with gzip.open(clip_merges(), "rt", encoding="utf-8") as file:
        merges = [(left, right) for left, right in (line.split() for line in file)]
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = len(set(range(256)) - set(printable))
    letters = [chr(byte) for byte in printable] + [chr(256 + number) for number in range(others)]
    words = [*letters, *(letter + "</w>" for letter in letters), *(left + right for left, right in merges)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    return {word: number for number, word in enumerate(words)}, merges
