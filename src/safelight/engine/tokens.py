"""Prompts to chunks of tokens with their weights, for any fast tokenizer. Needs no torch.

A text encoder reads a fixed number of tokens at once. A longer prompt is read in several chunks, each with its own
begin and end; the model's attention then sees the states of all of them, one after the other. A chunk ends behind a
comma where one is near its end (as in AUTOMATIC1111's `sd_hijack_clip.py`), else between two words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from safelight.domain.errors import Unsupported
from safelight.domain.prompting import Section, parse
from safelight.engine.embeddings import Embedding, Embeddings
from safelight.engine.folder import CHUNKS_LIMIT, ModelFolder
from safelight.engine.vocabulary import load_tokenizer

COMMA_SHARE = 20 / 75
"""Of a chunk, how far from its end a comma is looked for."""
PLACEHOLDER = 0
"""Token id where an embedding's vector goes; what the table says of it is not used."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a prompt.

    Attributes:
        at: where in the prompt it begins.
        first: whether it begins a word.
        vector: which vector of which embedding stands here, if one does.
    """

    id: int
    weight: float
    at: int
    first: bool = True
    comma: bool = False
    vector: tuple[Embedding, int] | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the encoder reads at once. `ids`, `mask` and `weights` are as long as the encoder's limit.

    Attributes:
        mask: 1 for what is read, 0 for the padding.
        vectors: positions where an embedding's vector goes, and which of it.
    """

    ids: tuple[int, ...]
    mask: tuple[int, ...]
    weights: tuple[float, ...]
    vectors: tuple[tuple[int, Embedding, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How a tokenizer reads a prompt.

    Attributes:
        chunks: at least one.
        tokens: of the whole prompt, without the begin, end and padding of chunks.
        cut: the end of the prompt that is beyond the last chunk; empty where all of it fits.
    """

    chunks: tuple[Chunk, ...]
    tokens: int
    cut: str


class PromptTokenizer:
    """A model's tokenizer, taught weights, chunks and embeddings.

    Args:
        limit: tokens that the encoder reads at once; left out, what the tokenizer says.
        chunks: that a prompt may have at most.
    """

    def __init__(
        self,
        tokenizer: Any,
        *,
        embeddings: Embeddings | None = None,
        limit: int | None = None,
        chunks: int = CHUNKS_LIMIT,
    ) -> None:
        self._tokenizer = tokenizer
        self._embeddings = embeddings or Embeddings()
        self.limit = limit or int(tokenizer.model_max_length)
        self._chunks = chunks
        special = tokenizer("").input_ids
        self._before, self._after = special[:-1], special[-1:]

    @classmethod
    def open(cls, folder: ModelFolder, part: str = "tokenizer", **options: Any) -> "PromptTokenizer":
        """One of a model's tokenizers. Raises ModelBroken where it is of an unknown class, or has no vocabulary."""
        return cls(load_tokenizer(folder, part), **options)

    @property
    def room(self) -> int:
        """Tokens of a prompt that fit into one chunk."""
        return self.limit - len(self._before) - len(self._after)

    def read(self, prompt: str) -> Reading:
        """The chunks of a prompt.

        Raises:
            Unsupported: an embedding in it cannot be used.
        """
        sections = [list(self._tokens(section)) for section in parse(prompt)]
        runs = [run for tokens in sections for run in self._runs(tokens)]
        cut = prompt[runs[self._chunks][0].at :] if len(runs) > self._chunks else ""
        chunks = tuple(self._chunk(run) for run in runs[: self._chunks] or [[]])
        return Reading(chunks, sum(map(len, sections)), cut)

    def _tokens(self, section: Section) -> Iterator[Token]:
        text, at = section.text, 0
        for found in self._embeddings.pattern.finditer(text) if self._embeddings.pattern else ():
            yield from self._words(section, at, found.start())
            yield from self._vectors(section, found.start(), self._embeddings.find(found[0]))
            at = found.end()
        yield from self._words(section, at, len(text))

    def _words(self, section: Section, start: int, end: int) -> Iterator[Token]:
        text = section.text[start:end]
        read = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        word = None
        for token, (begin, stop), number in zip(read.input_ids, read.offset_mapping, read.word_ids(), strict=True):
            place = min(start + begin, len(section.text) - 1)
            comma = text[begin:stop].strip() == ","
            yield Token(token, section.weight(place), section.origin(place), number != word, comma)
            word = number

    def _vectors(self, section: Section, start: int, embedding: Embedding) -> Iterator[Token]:
        if embedding.vectors > self.room:
            raise Unsupported(
                f"The embedding '{embedding.id}' has {embedding.vectors} vectors; the model reads {self.room} at once.",
                hint="Leave the word out, or choose the model that the embedding was made for.",
            )
        weight, at = section.weight(start), section.origin(start)
        for number in range(embedding.vectors):
            yield Token(PLACEHOLDER, weight, at, first=number == 0, vector=(embedding, number))

    def _runs(self, tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
        """The tokens of each chunk of a section."""
        while tokens:
            end = self._end(tokens)
            yield tokens[:end]
            tokens = tokens[end:]

    def _end(self, tokens: Sequence[Token]) -> int:
        """How many of the tokens go into the next chunk."""
        room = self.room
        if len(tokens) <= room:
            return len(tokens)
        commas = (end for end in range(room, room - int(room * COMMA_SHARE), -1) if tokens[end - 1].comma)
        words = (end for end in range(room, 0, -1) if tokens[end].first)
        return next(commas, None) or next(words, room)

    def _chunk(self, tokens: Sequence[Token]) -> Chunk:
        before, after = self._before, self._after
        read = len(before) + len(tokens) + len(after)
        padding = self.limit - read
        return Chunk(
            ids=(*before, *(token.id for token in tokens), *after, *[self._tokenizer.pad_token_id] * padding),
            mask=(1,) * read + (0,) * padding,
            weights=(
                *(1.0,) * len(before),
                *(token.weight for token in tokens),
                *(1.0,) * (len(after) + padding),
            ),
            vectors=tuple(
                (len(before) + place, *token.vector) for place, token in enumerate(tokens) if token.vector is not None
            ),
        )
