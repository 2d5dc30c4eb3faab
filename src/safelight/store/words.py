"""Words to search by, the same for every database: folded here, so that none of them has to know a language.

Scripts that are written without spaces are taken letter by letter; what a reader calls a word is a phrase then.
"""

import re
import unicodedata
from dataclasses import dataclass

WORD_LIMIT = 100
PAUSE = "\ue000"
"""Stands between prompt and negative prompt, so that no phrase reaches over. Nobody can search for it."""
# Thai to Burmese, Khmer, Kana, Han.
SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"(?=[^\W_])[{SPACELESS}]|(?:(?![{SPACELESS}])[^\W_])+")
_TERM = re.compile(r'(-?)(?:"([^"]*)(?:"|$)(\*?)|([^\s"]+))')


@dataclass(frozen=True)
class Term:
    """Words that stand together; of the last one, with `prefix`, only the beginning."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class Search:
    """Every one of `needed`, none of `excluded`."""

    needed: tuple[Term, ...]
    excluded: tuple[Term, ...]


def words(text: str) -> list[str]:
    """The words of a text, without capitals and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if unicodedata.category(character) != "Mn").casefold()
    return [word[:WORD_LIMIT] for word in _WORD.findall(plain)]


def of_prompts(prompt: str, negative_prompt: str) -> list[str]:
    """What a picture is found by."""
    return [*words(prompt), PAUSE, *words(negative_prompt)]


def parse(text: str) -> Search:
    """What somebody typed. There is no wrong way to write it: marks without words mean nothing."""
    needed: list[Term] = []
    excluded: list[Term] = []
    for minus, quoted, star, plain in _TERM.findall(text):
        found = tuple(words(quoted or plain))
        if found:
            term = Term(found, prefix=bool(star) or plain.endswith("*"))
            (excluded if minus else needed).append(term)
    return Search(tuple(needed), tuple(excluded))
