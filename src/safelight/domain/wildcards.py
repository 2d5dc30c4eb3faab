"""Prompts that are drawn by lot: `__colour__` is a word from a list, `{a|b|c}` one of three, `{2$$a|b|c}` two of them.

The same prompt, seed and lists give the same words, on every machine. A brace without a partner, or without a `|`
inside, is plain text; a backslash makes any of these signs a letter.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from safelight.domain.errors import InvalidRecipe
from safelight.domain.words import PROMPT_LIMIT

DEPTH_LIMIT = 10
"""Lists that name lists, and braces inside braces."""
PICKS_LIMIT = 1000
"""Words that one prompt may draw."""

NAME = r"[^\W_](?:[\w-]*?[^\W_])?"
_SIGN = re.compile(rf"\\.|__({NAME})__|[{{}}|]", re.DOTALL)
_HOW_MANY = re.compile(r"\s*(\d{1,3})(?:-(\d{1,3}))?\s*\$\$")


@dataclass(frozen=True, slots=True)
class _Word:
    """`__name__`."""

    name: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """`{a|b}`: `least` to `most` of the options, in the order in which they are drawn."""

    options: Sequence[Sequence["_Part"]]
    least: int = 1
    most: int = 1


_Part = str | _Word | _Choice


def has_lots(prompt: str) -> bool:
    """Whether there may be something to draw, and therefore something to look up."""
    return bool(_SIGN.search(prompt))


def unknown(prompt: str, known: Iterable[str]) -> tuple[str, ...]:
    """Names of lists that a prompt asks for and that are not there, in order, each once."""
    names = set(known)
    asked = (found[1].lower() for found in _SIGN.finditer(prompt) if found[1])
    return tuple(dict.fromkeys(name for name in asked if name not in names))


def expand(prompt: str, *, seed: str, lists: Mapping[str, Sequence[str]], field: str = "prompt") -> str:
    """The prompt with every lot drawn.

    Args:
        seed: decides the lots.
        lists: lower-case names and their entries, which may themselves hold lots.
        field: of the recipe, for the error.

    Raises:
        InvalidRecipe: a list is not known or empty, lists go in circles, or the prompt grows beyond its limit.
    """
    if not has_lots(prompt):
        return prompt
    return _Lottery(random.Random(seed), lists, field).text(_parts(prompt))


class _Lottery:
    def __init__(self, chance: random.Random, lists: Mapping[str, Sequence[str]], field: str) -> None:
        self._chance = chance
        self._lists = lists
        self._field = field
        self._picks = 0
        self._parsed: dict[str, Sequence[_Part]] = {}

    def text(self, parts: Sequence[_Part], *, depth: int = 0) -> str:
        written, length = [], 0
        for part in parts:
            written.append(part if isinstance(part, str) else self._drawn(part, depth + 1))
            length += len(written[-1])
            if length > PROMPT_LIMIT:
                raise self._refused(f"grows beyond {PROMPT_LIMIT:,} characters", hint="Use shorter entries.")
        return "".join(written)

    def _drawn(self, part: _Word | _Choice, depth: int) -> str:
        self._picks += 1
        if depth > DEPTH_LIMIT or self._picks > PICKS_LIMIT:
            raise self._refused(
                f"draws words more than {DEPTH_LIMIT} levels deep, or more than {PICKS_LIMIT:,} of them",
                hint="Look whether a list names itself.",
            )
        if isinstance(part, _Word):
            return self.text(self._entry(part.name), depth=depth)
        many = part.least + self._below(part.most - part.least + 1)
        options = list(part.options)
        chosen = [options.pop(self._below(len(options))) for _ in range(min(many, len(options)))]
        return ", ".join(self.text(option, depth=depth) for option in chosen)

    def _entry(self, name: str) -> Sequence[_Part]:
        entries = self._lists.get(name.lower())
        if entries is None:
            raise self._refused(f"asks for the list __{name[:60]}__, which is not there", hint=self._nearest(name))
        if not entries:
            raise self._refused(f"asks for the list __{name}__, which is empty", hint="Write one entry a line.")
        entry = entries[self._below(len(entries))]
        if entry not in self._parsed:
            self._parsed[entry] = _parts(entry)
        return self._parsed[entry]

    def _below(self, limit: int) -> int:
        # random() is the one method whose numbers Python promises never to change.
        return int(self._chance.random() * limit)

    def _nearest(self, name: str) -> str:
        near = get_close_matches(name.lower(), self._lists, n=1, cutoff=0)
        meant = f"Did you mean __{near[0]}__? " if near else ""
        return f"{meant}A backslash before it, \\__{name[:60]}__, makes it plain text."

    def _refused(self, what: str, *, hint: str) -> InvalidRecipe:
        return InvalidRecipe(f"The {self._field.replace('_', ' ')} {what}.", hint=hint, fields={self._field: what})


def _parts(text: str) -> Sequence[_Part]:
    """Text as parts, read in one pass; time in proportion to its length."""
    opened: list[list[list[_Part]]] = [[[]]]
    for piece, name in _pieces(text):
        options = opened[-1]
        if name:
            options[-1].append(_Word(name))
        elif piece == "{":
            opened.append([[]])
        elif piece == "}" and len(opened) > 1:
            opened.pop()
            opened[-1][-1].extend(_closed(options))
        elif piece == "|" and len(opened) > 1:
            options.append([])
        else:
            options[-1].append(piece)
    parts = opened[0][0]
    for options in opened[1:]:
        parts += ["{", *_barred(options)]
    return parts


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """What stands between the signs, and the signs; the second is the name of a list, where it is one."""
    at = 0
    for sign in _SIGN.finditer(text):
        if sign.start() > at:
            yield text[at : sign.start()], ""
        yield sign[0], sign[1] or ""
        at = sign.end()
    if at < len(text):
        yield text[at:], ""


def _closed(options: list[list[_Part]]) -> list[_Part]:
    """What a pair of braces means."""
    first = options[0][0] if options[0] else ""
    found = _HOW_MANY.match(first) if isinstance(first, str) else None
    if found and isinstance(first, str):
        least, most = sorted((int(found[1]), int(found[2] or found[1])))
        return [_Choice([[first[found.end() :], *options[0][1:]], *options[1:]], least, most)]
    if len(options) > 1:
        return [_Choice(options)]
    texts = [part for part in options[0] if isinstance(part, str)]
    # Joined, so that ten thousand braces inside each other are not copied once for each.
    return [f"{{{''.join(texts)}}}"] if len(texts) == len(options[0]) else ["{", *options[0], "}"]


def _barred(options: list[list[_Part]]) -> list[_Part]:
    parts = list(options[0])
    for option in options[1:]:
        parts += ["|", *option]
    return parts
