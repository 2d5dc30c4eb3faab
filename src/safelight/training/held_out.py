"""Sixty prompts that no training sample carries, and what each should show: the fixed questions of the evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    COLOUR = "colour"
    """A thing in a colour that it was never painted for training."""
    SCENE = "scene"
    """A count, a pair or a place that was never put together for training."""
    WORDING = "wording"
    """A thing that was trained on, in words that were not."""
    NAME = "name"
    """A thing of which no picture was trained on."""


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt, the things that should be recognised in the picture, and the colour that it asks for, if any."""

    prompt: str
    things: tuple[str, ...]
    kind: Kind
    colour: str | None = None


def _coloured(pair: str) -> Question:
    colour, thing = pair.strip().split(" ", 1)
    return Question(f"{colour} {thing}", (thing,), Kind.COLOUR, colour)


_COLOURED = """
purple dragon | blue frog | pink frog | green cat | pink robot | teal castle | purple castle | pink elephant
| purple banana | blue apple | pink car | pink house | blue owl | purple fish | green rocket | teal heart
| purple tree | blue mushroom | orange ghost | green butterfly | teal guitar | red penguin | blue dog | yellow whale
| pink snake | teal rose | purple key | purple lion | green rabbit | blue bear
"""

_SCENES = {
    "two frogs": ("frog",), "three mushrooms": ("mushroom",), "two red apples": ("apple",), "four stars": ("star",),
    "two ghosts": ("ghost",), "three butterflies": ("butterfly",), "a cat with a crown": ("cat", "crown"),
    "a frog with a crown": ("frog", "crown"), "a fox with a sword": ("fox", "sword"),
    "a panda with a balloon": ("panda", "balloon"), "a bear with a top hat": ("bear",),
    "an apple and a banana": ("apple", "banana"), "a castle and a tree": ("castle", "tree"),
    "a star on the left": ("star",), "a mushroom at the bottom": ("mushroom",), "a dog and a cat": ("dog", "cat"),
}  # fmt: skip

_WORDINGS = {
    "a picture of a dragon that breathes fire": ("dragon",), "the golden crown of a king": ("crown",),
    "an old stone castle": ("castle",), "a slice of hot pizza": ("pizza",), "a happy little robot": ("robot",),
    "tall green tree": ("tree",), "my sweet strawberry": ("strawberry",), "a rocket on its way to space": ("rocket",),
}  # fmt: skip

_NAMES = ("trackball", "motor scooter", "two-hump camel", "blowfish", "fountain pen", "mountain railway")

QUESTIONS: tuple[Question, ...] = (
    *map(_coloured, _COLOURED.split("|")),
    *(Question(prompt, things, Kind.SCENE) for prompt, things in _SCENES.items()),
    *(Question(prompt, things, Kind.WORDING) for prompt, things in _WORDINGS.items()),
    *(Question(name, (name,), Kind.NAME) for name in _NAMES),
)
SEEDS = (1, 2)
