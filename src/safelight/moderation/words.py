"""Lists of words. Ours are in `words/`, one file a language; a user's own are added to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Annotated

import ahocorasick
from pydantic import Field, StringConstraints

from safelight.domain.frozen import Frozen
from safelight.domain.verdict import Category
from safelight.moderation.folding import folded, readings, words
from safelight.moderation.reading import read_toml

OURS = Path(__file__).with_name("words")
STRONG, WEAK = 1.0, 0.3
RUN_TOGETHER = 8
"""Letters of a term of several words that may be written as one; shorter ones are words of their own too often."""

Term = Annotated[str, StringConstraints(min_length=2, max_length=200)]
Terms = tuple[Term, ...]


class Listed(Frozen):
    """The terms of one category."""

    strong: Terms = ()
    """By itself enough."""
    weak: Terms = ()
    """Enough only together with others."""


class Together(Frozen):
    """Categories that mean another one where all of them are met, however weakly."""

    of: tuple[Category, ...] = Field(min_length=2)
    is_: Category = Field(alias="is")


class WordList(Frozen):
    """One file."""

    allow: Terms = ()
    """What is never meant."""
    remove: Terms = ()
    """Terms of our lists that shall not count."""
    sexual: Listed = Listed()
    minors: Listed = Listed()
    violence: Listed = Listed()
    hate: Listed = Listed()
    self_harm: Listed = Listed()
    illegal: Listed = Listed()
    together: tuple[Together, ...] = ()

    def terms(self) -> Iterator[tuple[str, Category, float]]:
        for category in Category:
            listed: Listed = getattr(self, category)
            yield from ((term, category, STRONG) for term in listed.strong)
            yield from ((term, category, WEAK) for term in listed.weak)


@dataclass(frozen=True, slots=True)
class Hit:
    """A term that stands in a text."""

    term: str
    category: Category
    score: float


def read_lists(folder: Path | None = None) -> tuple[WordList, ...]:
    """Our lists, then those of a user's folder (`*.toml`), which need not exist.

    Raises:
        Misconfigured: a file cannot be read.
    """
    own = sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []
    return tuple(_read(file) for file in (*sorted(OURS.glob("*.toml")), *own))


class Rules:
    """All lists at once: a text is read a few times, whatever the number of terms."""

    def __init__(self, lists: Sequence[WordList]) -> None:
        self.version = sha256("".join(one.model_dump_json() for one in lists).encode()).hexdigest()
        removed = {_key(term) for term in chain.from_iterable(one.remove for one in lists)}
        known: dict[str, dict[Category, Hit]] = {}
        for term, category, score in chain.from_iterable(one.terms() for one in lists):
            if _key(term) in removed:
                continue
            for key in _keys(term):
                earlier = known.setdefault(key, {}).get(category)
                if earlier is None or earlier.score < score:
                    known[key][category] = Hit(term, category, score)
        self._terms = _automaton({key: tuple(hits.values()) for key, hits in known.items()})
        self._allowed = _automaton({_key(term): () for one in lists for term in one.allow if _key(term) not in removed})
        self._together = tuple(rule for one in lists for rule in one.together)

    def hits(self, text: str) -> tuple[Hit, ...]:
        """What stands in a text, the gravest first. Takes time in proportion to its length: for a thread."""
        found = dict.fromkeys(hit for reading in readings(text) for hit in self._in(reading))
        return tuple(sorted(chain(found, self._combined(found)), key=lambda hit: -hit.score))

    def without_allowed(self, text: str) -> str:
        """The words of a text without what is never meant, for whoever knows no such list."""
        reading = words(folded(text))
        for first, last in reversed(self._never(reading)):
            reading = f"{reading[:first]} {reading[last:]}"
        return reading

    def _never(self, reading: str) -> list[tuple[int, int]]:
        """From where to where a reading says what is allowed, with the space around it."""
        if not len(self._allowed):
            return []
        return [(end + 1 - len(key), end + 1) for end, (key, _) in self._allowed.iter(reading)]

    def _in(self, reading: str) -> Iterator[Hit]:
        if not len(self._terms):
            return
        never = self._never(reading)
        for end, (key, hits) in self._terms.iter(reading):
            if not any(first <= end + 1 - len(key) and end < last for first, last in never):
                yield from hits

    def _combined(self, found: Iterable[Hit]) -> Iterator[Hit]:
        met: dict[Category, Hit] = {}
        for hit in found:
            met.setdefault(hit.category, hit)
        for rule in self._together:
            if all(category in met for category in rule.of):
                yield Hit(" … ".join(met[category].term for category in rule.of), rule.is_, STRONG)


def _key(term: str) -> str:
    """A term as it stands in a reading; without the space where anything may follow."""
    key = words(folded(term))
    return key[term.startswith("*") : len(key) - term.endswith("*")]


def _keys(term: str) -> Iterator[str]:
    """A term, and where it has several words, all of them in one: `#likethis`."""
    yield (key := _key(term))
    if " " in (inner := key.strip()) and len(inner) >= RUN_TOGETHER:
        yield key.replace(inner, inner.replace(" ", ""))


def _automaton(terms: Mapping[str, tuple[Hit, ...]]) -> "ahocorasick.Automaton":
    made = ahocorasick.Automaton()
    for key, hits in terms.items():
        made.add_word(key, (key, hits))
    if terms:
        made.make_automaton()
    return made


def _read(file: Path) -> WordList:
    example = 'allow = ["naked flame"], and under [sexual]: strong = ["…"], weak = ["…"]'
    return read_toml(WordList, file, what="list of words", example=example)
