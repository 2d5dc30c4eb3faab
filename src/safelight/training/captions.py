"""What each picture is called: names, tags, style words and colour words; and what is never trained on."""

from __future__ import annotations

import re

import numpy as np

from safelight.training.artwork import Artwork
from safelight.training.colours import NAMES

COMMON = frozenset(
    name.strip()
    for name in """
    dragon | dragon face | cat | cat face | dog | dog face | robot | castle | sword | swords | wizard | unicorn |
    frog | fox | owl | lion | tiger | bear | panda | rabbit | rabbit face | mouse | horse | cow | pig | sheep |
    chicken | duck | penguin | fish | whale | shark | octopus | crab | snake | turtle | dinosaur | t-rex dinosaur |
    butterfly | honeybee | spider | bird | eagle | elephant | monkey | wolf | bat | snail | red apple | green apple
    | banana | strawberry | pizza | hamburger | doughnut | cupcake | birthday cake | ice cream | cookie | cherries |
    watermelon | lemon | carrot | mushroom | egg | cheese wedge | cup of coffee | tree | pine tree | cactus | rose |
    sunflower | tulip | house | car | red car | taxi | bus | train | bicycle | airplane | rocket | sailboat | ship |
    helicopter | flying saucer | star | sun | crescent moon | cloud | rainbow | snowman | fire flame | mountain |
    volcano | umbrella | heart | crown | diamond gem | key | shield | axe | hammer | bow and arrow | magic wand |
    crystal ball | bomb | trophy | guitar | violin | drum | alien | space invader | ghost | skull | jack-o-lantern |
    king | princess | fairy | vampire | zombie | ninja | astronaut | mermaid | goblin | treasure chest | books |
    light bulb | camera | laptop | television | alarm clock | balloon | teddy bear | soccer ball | basketball | bell
    | anchor | potted plant
    """.split("|")
)
"""The things that newcomers ask for first; they are drawn :data:`COMMON_WEIGHT` times as often."""
COMMON_WEIGHT = 16.0

HARD = frozenset(
    name.strip()
    for name in """
    dragon | dragon face | robot | rocket | ghost | sword | fish | dog | crown | castle | unicorn | wizard | pizza | cat
    | owl | car | house | key
    """.split("|")
)
"""Common things that take longer to learn, or matter most: drawn twice as often as the other common ones."""

GROUP_WEIGHT = {
    "animals": 1.6,
    "food": 1.4,
    "fantasy": 1.6,
    "objects": 0.8,
    "travel": 0.8,
    "activities": 0.8,
    "smileys": 0.5,
}

STYLE_WEIGHT = {"noto": 1.0, "flat": 0.6, "twemoji": 0.5}
"""One set leads: with few samples, a thing is learned sooner when most of its pictures agree."""

HELD_OUT_NAMES = frozenset(
    name.strip()
    for name in """
    two-hump camel | woozy face | dodo | mango | motor scooter | mountain railway | ping pong | fountain pen |
    trackball | petri dish | kick scooter | blowfish
    """.split("|")
)
"""Names of which no picture is trained on."""

HELD_OUT_COLOURS = frozenset(
    (colour, thing)
    for thing, colours in {
        "dragon": "purple", "frog": "blue pink", "cat": "green purple", "robot": "pink yellow",
        "castle": "teal purple", "elephant": "pink green", "banana": "purple blue", "apple": "blue teal",
        "car": "pink purple", "house": "pink teal", "owl": "blue green", "fish": "purple", "rocket": "green",
        "heart": "teal", "tree": "purple", "mushroom": "blue", "unicorn": "green", "ghost": "orange",
        "crab": "blue green", "butterfly": "green", "guitar": "teal", "crown": "purple", "penguin": "red",
        "dog": "blue", "pizza": "blue", "whale": "yellow", "turtle": "pink", "snake": "pink", "rose": "teal",
        "umbrella": "orange", "key": "purple", "fox": "blue", "lion": "purple", "rabbit": "green", "bear": "blue",
        "duck": "purple"
    }.items()
    for colour in colours.split()
)  # fmt: skip
"""Colour and thing pairs that are never painted for training: what evaluation asks for."""

WORDINGS = tuple(
    wording.strip()
    for wording in """
    a picture with {a} | {noun} emoji | an icon of {a} | a drawing of {a} | cute {noun} | a cute {noun}
    | a tiny {noun} | big {noun} | a funny {noun} | the beautiful {noun} | a shiny {noun} | one nice {noun}
    | please draw {a} | {a} on a white background | your favourite {noun} | the {noun} of a friend
    | {a} from a fairy tale | {a}, simple and clean | a new {noun} for the kids | {a} that everybody likes
    | an illustration of {a}, high quality | {a} in the sun | the best {noun} in the world | young {noun}
    | a sad old {noun} | strong {noun} | {a} who lives far away | this is {a} | a sticker of {a}
    | {a} with nothing else
    """.replace("\n", " ").split("|")
)
"""How people ask for a thing when they do not just name it: what is beside the point must not spoil the picture."""

_FRAMES = tuple(
    re.compile(re.escape(wording).replace(r"\{noun\}", ".+").replace(r"\{a\}", "an? .+")) for wording in WORDINGS
)
_LEADING_COLOUR = re.compile(rf"^(?:light )?(?:{'|'.join(NAMES)}|gray|gold) ")


def held_out_captions() -> list[str]:
    """The fixed list of captions that no training sample carries."""
    return sorted(f"{colour} {thing}" for colour, thing in HELD_OUT_COLOURS) + sorted(HELD_OUT_NAMES)


def weight(art: Artwork) -> float:
    """How often a picture is drawn, relative to the others."""
    if art.name in HELD_OUT_NAMES:
        return 0.0
    often = COMMON_WEIGHT * (2 if art.name in HARD else 1) if art.name in COMMON else 1.0
    return GROUP_WEIGHT[art.group] * STYLE_WEIGHT.get(art.style, 1.0) * often


def thing(name: str) -> str:
    """The name without a colour word in front: "red apple" -> "apple"."""
    return _LEADING_COLOUR.sub("", name)


def own_captions(art: Artwork, colour: str | None, rng: np.random.Generator) -> list[str]:
    """Captions of a picture as its artist drew it; ``colour`` is its measured one, if one is clear enough."""
    captions = [art.name, art.name, f"a {art.name}", f"{art.name}, {art.style} style"]
    if art.tags:
        tag = art.tags[int(rng.integers(len(art.tags)))]
        captions.append(f"{tag} {art.name}")
    if colour is not None and (colour, thing(art.name)) not in HELD_OUT_COLOURS and thing(art.name) == art.name:
        captions.append(f"{colour} {art.name}")
    if not _is_held_out(art.name):
        captions.append(worded(art.name, rng))
    return [caption for caption in captions if not _is_held_out(caption)]


def worded(noun: str, rng: np.random.Generator) -> str:
    """A noun in one of :data:`WORDINGS`."""
    return WORDINGS[int(rng.integers(len(WORDINGS)))].format(noun=noun, a=_with_article(noun))


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def plain(caption: str) -> bool:
    """Whether it names a thing without more ado, in none of :data:`WORDINGS`."""
    return not any(frame.fullmatch(caption) for frame in _FRAMES)


def painted_captions(art: Artwork, colour: str, rng: np.random.Generator) -> list[str]:
    """Captions of a repainted picture; none where the pair is held out."""
    noun = thing(art.name)
    if (colour, noun) in HELD_OUT_COLOURS:
        return []
    captions = [
        f"{colour} {noun}",
        f"{colour} {noun}",
        _with_article(f"{colour} {noun}"),
        f"{colour} {noun}, {art.style} style",
        worded(f"{colour} {noun}", rng),
    ]
    return [caption for caption in captions if not _is_held_out(caption)]


def _is_held_out(caption: str) -> bool:
    words = caption.removeprefix("a ").removeprefix("an ").split(",")[0].split(" ", 1)
    return len(words) == 2 and (words[0], words[1]) in HELD_OUT_COLOURS
