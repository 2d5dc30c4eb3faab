"""Weighted prompts: `(red:1.3)` is heeded more, `[red]` less, `BREAK` begins a new chunk, a backslash makes a bracket
a letter.

The grammar is the one that AUTOMATIC1111 made common, with one difference: a bracket without a partner is plain text,
so that no prompt is ever wrong. https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features#attentionemphasis
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

EMPHASIS = 1.1
"""What `(…)` multiplies a weight by, and `[…]` divides it by."""
WEIGHT_LIMIT = 10.0
"""Weights go from minus this to this; beyond it a picture is noise."""

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_TOKEN = re.compile(rf"\\[()\[\]{{}}|_\\]|\bBREAK\b|[()\[\]]|:\s*({NUMBER})\s*\)|[^\\()\[\]:B]+|.", re.DOTALL)
_MARKUP = re.compile(r"[()\[\]{}|_\\]")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a prompt under one weight.

    Attributes:
        text: what the text encoder reads of it.
        weight: the product of all brackets around it, 1 where there are none.
        start: first character of the prompt that it stands for.
        end: the one after the last. Where `text` is shorter than that, it is one escaped character.
    """

    text: str
    weight: float
    start: int
    end: int


@dataclass(frozen=True)
class Section:
    """What stands between two `BREAK`s."""

    spans: tuple[Span, ...]

    @cached_property
    def text(self) -> str:
        """Without any markup."""
        return "".join(span.text for span in self.spans)

    @property
    def plain(self) -> bool:
        """Whether no weight differs from 1."""
        return all(span.weight == 1 for span in self.spans)

    def weight(self, at: int) -> float:
        """Weight of the character `at` (from 0) of `text`."""
        return self.spans[self._index(at)].weight

    def origin(self, at: int) -> int:
        """Where in the prompt the character `at` of `text` stands."""
        index = self._index(at)
        return self.spans[index].start + at - self._starts[index]

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        starts, at = [], 0
        for span in self.spans:
            starts.append(at)
            at += len(span.text)
        return tuple(starts)

    def _index(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1


def parse(prompt: str) -> tuple[Section, ...]:
    """The sections of a prompt, at least one. Takes any text, and time in proportion to its length."""
    sections: list[list[Span]] = [[]]
    for span in _spans(prompt):
        if span is None:
            sections.append([])
        else:
            _append(sections[-1], span)
    return tuple(Section(tuple(spans)) for spans in sections)


def plain(prompt: str) -> str:
    """The words alone, for an encoder that knows no weights."""
    return " ".join(section.text for section in parse(prompt))


def escaped(text: str) -> str:
    """Text that `parse` and `expand` read as it stands (the word BREAK excepted)."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _spans(prompt: str) -> Iterator[Span | None]:
    """The spans in order; None for a `BREAK`."""
    tokens = list(_TOKEN.finditer(prompt))
    factors, closing = _pairs(tokens)
    weights = [1.0]
    for number, token in enumerate(tokens):
        text = token[0]
        if number in factors:
            weights.append(_limited(weights[-1] * factors[number]))
        elif number in closing:
            weights.pop()
        elif text == "BREAK":
            yield None
        else:
            yield Span(text[1:] if _is_escape(text) else text, weights[-1], *token.span())


def _pairs(tokens: Sequence[re.Match[str]]) -> tuple[dict[int, float], set[int]]:
    """The brackets that have a partner: what each opening one multiplies by, and which ones close."""
    factors: dict[int, float] = {}
    closing: set[int] = set()
    opened: dict[str, list[int]] = {"(": [], "[": []}
    for number, token in enumerate(tokens):
        text = token[0]
        if text in opened:
            opened[text].append(number)
        elif text[-1] in ")]" and not _is_escape(text):
            own, other = (opened["["], opened["("]) if text == "]" else (opened["("], opened["["])
            if own:
                opening = own.pop()
                factors[opening] = _factor(token)
                closing.add(number)
                # Of crossed brackets, `([a)b]`, the pair that closes first counts.
                while other and other[-1] > opening:
                    other.pop()
    return factors, closing


def _factor(token: re.Match[str]) -> float:
    if token[1] is not None:
        return _limited(float(token[1]))
    return EMPHASIS if token[0] == ")" else 1 / EMPHASIS


def _limited(weight: float) -> float:
    return max(-WEIGHT_LIMIT, min(WEIGHT_LIMIT, weight))


def _is_escape(text: str) -> bool:
    return len(text) == 2 and text[0] == "\\"


def _append(spans: list[Span], span: Span) -> None:
    """Add a span, joined to the last one where the two are one stretch of the prompt."""
    if spans:
        last = spans[-1]
        whole = len(last.text) == last.end - last.start and len(span.text) == span.end - span.start
        if whole and last.end == span.start and last.weight == span.weight:
            spans[-1] = Span(last.text + span.text, span.weight, last.start, span.end)
            return
    spans.append(span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How much of a model's text encoder a prompt takes.

    Attributes:
        tokens: of the prompt.
        limit: tokens of a prompt that the encoder reads at once.
        chunks: times that the encoder reads, at least 1.
        cut: where the prompt is cut off, because it has more chunks than are read; None where all of it is read.
    """

    tokens: int
    limit: int
    chunks: int
    cut: int | None = None
