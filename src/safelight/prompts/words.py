"""Lists of words for `__colour__` and its like: some that come with Safelight, and the user's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

FILE_LIMIT = 2**20
"""Bytes that are read of one list."""

BUILT_IN: Mapping[str, Sequence[str]] = {
    name: tuple(entry.strip() for entry in entries.split(","))
    for name, entries in {
        "colour": "red, orange, yellow, green, teal, blue, purple, pink, brown, black, white, grey",
        "animal": "cat, dog, fox, owl, frog, rabbit, bear, panda, lion, tiger, elephant, penguin, turtle, whale, fish, "
        "butterfly, horse, sheep, duck, octopus, crab, snail, mouse, wolf, monkey",
        "creature": "dragon, unicorn, robot, ghost, alien, fairy, mermaid, goblin, dinosaur, snowman",
        "food": "apple, banana, strawberry, cherry, watermelon, lemon, carrot, mushroom, pizza, hamburger, doughnut, "
        "cupcake, ice cream, cookie, cheese, bread, egg, pancake",
        "thing": "castle, house, car, rocket, sailboat, balloon, umbrella, crown, key, sword, guitar, drum, camera, "
        "lantern, clock, treasure chest, bicycle, teapot",
        "plant": "tree, pine tree, cactus, rose, sunflower, tulip, fern, mushroom, potted plant, clover",
        "place": "forest, beach, mountain, desert, city street, harbour, village, meadow, library, cave, island, "
        "garden, river bank, market square, attic",
        "style": "watercolour, oil painting, pixel art, line art, pencil sketch, flat illustration, paper cut, "
        "woodcut, pastel drawing, low poly",
        "mood": "cheerful, calm, mysterious, dreamy, cosy, playful, melancholic, majestic, lonely, festive",
        "light": "morning light, golden hour, overcast light, moonlight, candlelight, backlight, soft studio light",
        "weather": "sunny, rainy, snowy, foggy, windy, stormy, clear",
        "season": "spring, summer, autumn, winter",
        "time": "dawn, morning, noon, afternoon, dusk, night",
        "material": "wood, stone, glass, paper, clay, wool, copper, porcelain, ice, marble",
        "size": "tiny, small, large, giant",
    }.items()
}


class WordLists:
    """The lists of this server. A user's list goes before one of ours with the same name.

    Args:
        folder: of text files, one entry a line; what begins with `#` is a remark. Need not exist.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        """The names of all lists, in order."""
        return tuple(sorted({*BUILT_IN, *(file.stem.lower() for file in self._files())}))

    def read(self) -> Mapping[str, Sequence[str]]:
        """Every list by its name in lower case. Read anew at each call, so that a file that was changed counts."""
        return {**BUILT_IN, **{file.stem.lower(): _entries(file) for file in self._files()}}

    def _files(self) -> Sequence[Path]:
        return [file for file in sorted(self._folder.glob("*.txt")) if file.is_file()] if self._folder else []


def _entries(file: Path) -> tuple[str, ...]:
    with file.open("rb") as opened:
        text = opened.read(FILE_LIMIT).decode("utf-8-sig", errors="replace").replace("\0", "")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
