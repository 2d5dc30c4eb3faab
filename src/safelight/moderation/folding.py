"""Texts as they are meant, whatever they are written in: `ＮＵＤＥ`, `nüde`, `n.u.d.e` and `nud3` read the same.

A reading is words in small Latin letters (or those of their own script) with one space before and after each.
"""

import re
import unicodedata
from collections.abc import Iterator

LOOK_ALIKES = {
    "a": "аαɑᴀ",
    "b": "вβʙ",
    "c": "сᴄ",
    "d": "ԁᴅ",
    "e": "еεᴇ",
    "g": "ɡցɢ",
    "h": "һհнʜ",
    "i": "іιıɩɪ",
    "j": "јᴊ",
    "k": "кκᴋ",
    "l": "ʟ",
    "m": "мᴍ",
    "n": "пηոɴ",
    "o": "оοօᴏ",
    "p": "рρᴘ",
    "q": "ԛ",
    "r": "гʀ",
    "s": "ѕꜱ",
    "t": "тτᴛ",
    "u": "υսᴜ",
    "v": "νᴠ",
    "w": "ωԝᴡ",
    "x": "хχ",
    "y": "уʏ",
    "z": "ᴢ",
}
"""Cyrillic, Greek and Armenian letters, and small capitals, that look like Latin ones."""
CONFUSABLES = {ord(like): latin for latin, likes in LOOK_ALIKES.items() for like in likes}
YOUNG = "underaged"
"""What an age under 18 reads as, in numbers or words; it stands on the lists."""
LEET = str.maketrans("03456789@$€+", "oeasbtbgasct")
ONES = str.maketrans("1!|", "iii"), str.maketrans("1!|", "lll")
"""A one is an i or an l."""
_WORDS = re.compile(r"[^\W_]+")
_CHUNK = re.compile(r"\S+")
_INSIDE = re.compile(r"(?<=\w)(?:[^\w\s]|_)+(?=\w)")
_SPELLED = re.compile(r"(?<=\s)\w(?: \w){2,}(?=\s)")
_LONG = re.compile(r"(\w)\1{2,}")
_LEET = re.compile(r"[013456789@$€+!|]")
_NUMBERS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_ZAHLEN = "zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn"
_YOUNG = "|".join(("[1-9]", "1[0-7]", *_NUMBERS.split(), *_ZAHLEN.split()))
_OLD = r"(?:years?|yrs?) olds?|yo|y o|jahre? alte?[nrs]?|jahrig(?:e[nrs]?)?"
_AGE = re.compile(rf"(?<= )(?:(?:{_YOUNG}) ?(?:{_OLD})|aged? (?:{_YOUNG}))(?= )")
"""How old somebody is who is not an adult, in a reading."""


def folded(text: str) -> str:
    """Small letters without accents and without what cannot be seen."""
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(letter for letter in wide if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))
    return unicodedata.normalize("NFKC", seen).translate(CONFUSABLES)


def words(text: str) -> str:
    """A folded text as a reading: everything that is no letter and no number parts words."""
    return f" {' '.join(_WORDS.findall(text))} "


def readings(text: str) -> tuple[str, ...]:
    """Every way to read a text, the plainest first, none twice."""
    return tuple(dict.fromkeys(_AGE.sub(YOUNG, reading) for reading in _readings(folded(text))))


def _readings(text: str) -> Iterator[str]:
    plain = words(text)
    yield plain
    for spelling in dict.fromkeys([text, *_unleeted(text)]):
        for closed in dict.fromkeys([spelling, _INSIDE.sub("", spelling)]):
            reading = words(closed)
            yield reading
            if _SPELLED.search(reading):
                yield _SPELLED.sub(_joined, reading)
            if _LONG.search(reading):
                yield _LONG.sub(r"\1", reading)
                yield _LONG.sub(r"\1\1", reading)


def _unleeted(text: str) -> Iterator[str]:
    if _LEET.search(text):
        for ones in ONES:
            yield _CHUNK.sub(lambda chunk, ones=ones: _unleet(chunk[0], ones), text)  # type: ignore[misc]


def _unleet(chunk: str, ones: dict[int, int]) -> str:
    # What has no letter at all is a number.
    return chunk.translate(LEET).translate(ones) if any(map(str.isalpha, chunk)) else chunk


def _joined(run: re.Match[str]) -> str:
    """Letters one by one: a word, or one with an article before it or a stray letter behind."""
    word = run[0].replace(" ", "")
    return " ".join((word, word[1:], word[:-1], word[1:-1]))
