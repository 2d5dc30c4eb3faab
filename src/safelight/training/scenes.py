"""Pictures that no artist drew: several things, things that wear or carry something, things in a corner.

They are put together from the artwork, at the training size, with captions that say what was done. Everything is
premultiplied bytes: then "over" is one line, and a picture can be made smaller by averaging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import inflect
import numpy as np
import numpy.typing as npt
from PIL import Image

from safelight.training import captions
from safelight.training.artwork import Artwork
from safelight.training.colours import HUES, dominant, repaint
from safelight.training.render import SMALL, Bytes, premultiply, unpremultiply

Scene = tuple[Bytes, tuple[str, ...]]
Spot = tuple[int, int, int]
"""Left, top and side, in pixels of the training size."""

COUNTS: dict[str, tuple[Spot, ...]] = {
    "two": ((0, 16, 33), (31, 16, 33)),
    "three": ((0, 2, 33), (31, 2, 33), (16, 31, 33)),
    "four": ((1, 1, 31), (32, 1, 31), (1, 32, 31), (32, 32, 31)),
}
PLACES: dict[str, Spot] = {
    "on the left": (0, 14, 36), "on the right": (28, 14, 36), "at the top": (14, 0, 36), "at the bottom": (14, 28, 36),
}  # fmt: skip
FACES = frozenset(
    "cat face|dog face|bear|panda|frog|lion|tiger face|rabbit face|fox|unicorn|wolf|monkey face|pig face|cow face|"
    "mouse face|koala|alien|ghost|skull|robot|jack-o-lantern|teddy bear|snowman|penguin|owl|horse face|hamster".split(
        "|"
    )
)
"""Things whose head is at the top in the middle, so that a hat fits."""
HATS = ("crown", "top hat", "graduation cap")
FIGURES = frozenset(("wizard", "king", "princess", "ninja", "astronaut", "dragon", "dinosaur"))
CARRIED = (
    "sword", "magic wand", "heart", "balloon", "guitar", "umbrella", "rose", "shield", "trophy", "star", "key",
    "pizza", "doughnut", "ice cream", "red apple",
)  # fmt: skip

HELD_OUT_SCENES = frozenset(
    {
        "two frogs", "three mushrooms", "two red apples", "four stars", "two ghosts", "three butterflies",
        "a cat with a crown", "a frog with a crown", "a fox with a sword", "a panda with a balloon",
        "a bear with a top hat", "an apple and a banana", "a castle and a tree", "a star on the left",
        "a mushroom at the bottom", "a dog and a cat",
    }
)  # fmt: skip
"""Scenes that are never put together for training: what evaluation asks for."""

_words = inflect.engine()


class Composer:
    """Puts scenes together from pictures of the same artist.

    Args:
        large: premultiplied ``[n, 256, 256, 4]``, in the order of ``artwork``.
    """

    def __init__(self, artwork: Sequence[Artwork], large: Bytes, rng: np.random.Generator) -> None:
        self._large, self._rng = large, rng
        self._rows = {(art.style, art.name): row for row, art in enumerate(artwork) if captions.weight(art) > 0}
        self.things = [key for key in self._rows if key[1] in captions.COMMON]

    def all(self, rounds: int) -> Iterator[Scene]:
        """``rounds`` scenes of every kind for every common thing; fewer where a caption is held out."""
        kinds: tuple[Callable[[str, str], Scene | None], ...] = (
            self.counted, self.counted_in_colour, self.beside, self.placed, self.wearing, self.carrying,
        )  # fmt: skip
        for style, name in self.things:
            for kind in kinds:
                for _ in range(rounds):
                    if (scene := kind(style, name)) and not _held_out(scene[1]):
                        yield scene

    def counted(self, style: str, name: str) -> Scene | None:
        """Two, three or four of a thing."""
        number = self._pick(COUNTS)
        canvas = layered((self._picture(style, name), spot) for spot in COUNTS[number])
        return canvas, (f"{number} {plural(spoken(name))}",)

    def counted_in_colour(self, style: str, name: str) -> Scene | None:
        """Two, three or four of a thing, painted."""
        noun, number = captions.thing(spoken(name)), self._pick(COUNTS)
        painted = self._painted(style, name, noun)
        if painted is None:
            return None
        picture, colour = painted
        return layered((picture, spot) for spot in COUNTS[number]), (f"{number} {colour} {plural(noun)}",)

    def beside(self, style: str, name: str) -> Scene | None:
        """A thing and another one, side by side."""
        others = [key[1] for key in self.things if key[0] == style and key[1] != name]
        if not others:
            return None
        other = self._pick(others)
        left, right = COUNTS["two"]
        canvas = layered(((self._picture(style, name), left), (self._picture(style, other), right)))
        first, second = _words.a(spoken(name)), _words.a(spoken(other))
        return canvas, (f"{first} and {second}", f"{spoken(name)} and {spoken(other)}")

    def placed(self, style: str, name: str) -> Scene | None:
        """A small thing at one side of the picture."""
        place = self._pick(PLACES)
        noun = spoken(name)
        words = (f"{_words.a(noun)} {place}", f"{noun} {place}", f"{_words.a('small ' + noun)} {place}")
        return layered(((self._picture(style, name), PLACES[place]),)), words

    def wearing(self, style: str, name: str) -> Scene | None:
        """A head with a hat on."""
        hats = [hat for hat in HATS if (style, hat) in self._rows]
        if name not in FACES or not hats:
            return None
        hat = self._pick(hats)
        canvas = layered(((self._picture(style, name), (8, 16, 48)), (self._picture(style, hat), (18, 0, 28))))
        return canvas, (f"{_words.a(spoken(name))} with {_words.a(hat)}", f"{spoken(name)} with {hat}")

    def carrying(self, style: str, name: str) -> Scene | None:
        """An animal or a figure with something at its side."""
        things = [thing for thing in CARRIED if (style, thing) in self._rows and thing != name]
        if name not in FACES | FIGURES or not things:
            return None
        thing = self._pick(things)
        canvas = layered(((self._picture(style, name), (0, 8, 50)), (self._picture(style, thing), (35, 34, 29))))
        return canvas, (f"{_words.a(spoken(name))} with {_words.a(spoken(thing))}",)

    def _painted(self, style: str, name: str, noun: str) -> tuple[Bytes, str] | None:
        copy = repaint(unpremultiply(self._picture(style, name)), self._pick(HUES))
        shade = dominant(copy)
        if shade.share < 0.5 or (shade.name, noun) in captions.HELD_OUT_COLOURS:
            return None
        return premultiply(copy), shade.name

    def _picture(self, style: str, name: str) -> Bytes:
        picture = self._large[self._rows[style, name]]
        return picture[:, ::-1] if self._rng.random() < 0.5 else np.asarray(picture)

    def _pick(self, choices: Iterable[str]) -> str:
        found = list(choices)
        return found[int(self._rng.integers(len(found)))]


def layered(parts: Iterable[tuple[Bytes, Spot]]) -> Bytes:
    """Pictures over each other, each shrunk into its spot; the last is on top. ``[64, 64, 4]``."""
    canvas = np.zeros((SMALL, SMALL, 4), np.float32)
    for picture, (left, top, side) in parts:
        small = np.asarray(
            Image.fromarray(np.ascontiguousarray(picture), "RGBa").resize((side, side), Image.Resampling.BOX),
            np.float32,
        )
        area = canvas[top : top + side, left : left + side]
        area *= 1 - small[..., 3:] / 255
        area += small
    drawn: npt.NDArray[np.uint8] = (canvas + 0.5).clip(0, 255).astype(np.uint8)
    return drawn


def spoken(name: str) -> str:
    """A name as it is said inside a sentence: "cat face" is a cat there."""
    return {"red apple": "apple", "t-rex dinosaur": "dinosaur"}.get(name, name.removesuffix(" face"))


@cache
def plural(noun: str) -> str:
    return _words.plural_noun(noun) or f"{noun}s"


def _held_out(words: Iterable[str]) -> bool:
    return any(_bare(word) in {_bare(scene) for scene in HELD_OUT_SCENES} for word in words)


def _bare(caption: str) -> str:
    return " ".join(word for word in caption.split() if word not in ("a", "an"))
