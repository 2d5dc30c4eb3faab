"""Fetch the open emoji artwork with npm and choose the pictures to learn from."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETS = {"noto": "noto", "fluent-emoji-flat": "flat", "twemoji": "twemoji"}
"""npm name of each artwork set -> the style word that its captions carry."""

GROUPS = {0: "smileys", 3: "animals", 4: "food", 5: "travel", 6: "activities", 7: "objects"}
"""emojibase group number -> the group names that are learned whole."""

PEOPLE = frozenset(
    "mage fairy vampire merperson elf genie zombie troll ninja person_with_crown supervillain superhero astronaut "
    "detective cook artist pilot farmer scientist firefighter santa_claus brain eye mouth tooth bone ear nose foot "
    "anatomical_heart footprints mermaid prince princess mx_claus baby_angel teacher mechanic singer judge".split()
)
"""The only labels taken from the people group (underscores for spaces)."""

PEOPLE_NAMES = {"mage": "wizard", "person with crown": "king", "cook": "chef", "baby angel": "angel"}

SYMBOLS = frozenset(
    "heart_suit spade_suit club_suit diamond_suit yin_yang atom_symbol trident_emblem recycling_symbol".split()
)

DROPPED = re.compile(
    r"o.clock|-thirty|thirty$|moon face|quarter moon|gibbous|crescent moon face|heart with|hearts|mobile phone with|"
    r"with (upwards|downwards)|open mailbox|closed mailbox|(see|hear|speak)-no-evil|inbox|outbox|(left|right) speech|"
    r"last quarter|first quarter|newspaper$|input|^white (small|medium)|map of japan|japanese (post|dolls)|calendar|"
    r"chart|clipboard|file |card (index|file)|envelope with|low battery|bookmark tabs|page (facing|with)|ledger|"
    r"squinting|anguished|frowning|tired face|weary face|downcast|persevering|confounded|expressionless|"
    r"face without|raised eyebrow|diagonal|unamused|pensive|relieved|hushed|astonished|flushed|"
    r"mahjong|playing cards|input|^label$|no one under"
)
"""Near-duplicates and pictures of print: they cost samples and teach little."""

NAMES = {
    "red heart": "heart", "high voltage": "lightning", "sport utility vehicle": "car",
    "automobile": "red car", "ogre": "ogre monster", "wine glass": "glass of wine", "hot beverage": "cup of coffee",
    "teacup without handle": "cup of tea", "crossed swords": "swords", "dagger": "sword", "water wave": "wave",
    "ewe": "sheep", "T-Rex": "t-rex dinosaur", "sauropod": "dinosaur", "gem stone": "diamond gem",
    "evergreen tree": "pine tree", "deciduous tree": "tree", "fire": "fire flame",
    "alien monster": "space invader", "locked": "padlock",
}  # fmt: skip
"""Plainer captions for the names a newcomer would type."""


_SHORTCODES = ("cldr", "github", "joypixels", "emojibase")


@dataclass(frozen=True, slots=True)
class Artwork:
    """One drawing: ``name`` is its caption, ``style`` names its set, ``svg`` a whole document."""

    name: str
    style: str
    group: str
    tags: tuple[str, ...]
    hexcode: str
    svg: str


def fetch(folder: Path, sets: Mapping[str, str] = SETS) -> Path:
    """Install the packages of ``sets`` under ``folder`` with the ordinary npm client; returns ``node_modules``."""
    modules = folder / "node_modules"
    packages = ("emojibase-data@^17", *(f"@iconify-json/{name}@^1.2" for name in sets))
    if (modules / "emojibase-data").exists() and all((modules / "@iconify-json" / name).exists() for name in sets):
        return modules
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm was not found. Install Node.js: the artwork is published as npm packages.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    subprocess.run(
        [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *packages], cwd=folder, check=True, timeout=900
    )
    return modules


def choose(modules: Path, sets: Mapping[str, str] = SETS) -> list[Artwork]:
    """Every drawing to learn from, in a fixed order (set by set, in Unicode order)."""
    emoji = _read(modules / "emojibase-data" / "en" / "data.json")
    wanted = [(entry, group) for entry in emoji if (group := _group(entry)) is not None]
    shortcodes = [_read(modules / "emojibase-data" / "en" / "shortcodes" / f"{name}.json") for name in _SHORTCODES]
    for entry, _ in wanted:
        entry["names"] = [entry["label"], *_shortcodes(entry["hexcode"], shortcodes)]
    return [art for name, style in sets.items() for art in _from_set(modules / "@iconify-json" / name, style, wanted)]


def _from_set(folder: Path, style: str, wanted: list[tuple[dict[str, Any], str]]) -> list[Artwork]:
    icons = _read(folder / "icons.json")
    names = {_bare(code): name for code, name in _read(folder / "chars.json").items()} or _by_name(icons)
    found = []
    for entry, group in wanted:
        keys = (_bare(entry["hexcode"]), *map(_letters, entry["names"]))
        icon = icons["icons"].get(next((names[key] for key in keys if key in names), ""))
        if icon is not None:
            name = caption_name(entry["label"])
            tags = tuple(tag for tag in entry.get("tags", ()) if tag not in name and len(tag) > 2)
            found.append(Artwork(name, style, group, tags, entry["hexcode"], _document(icon, icons)))
    return found


def _by_name(icons: dict[str, Any]) -> dict[str, str]:
    """The letters of each icon's names -> the icon: for the sets that do not say which code points they draw."""
    aliases = {_letters(alias): entry["parent"] for alias, entry in icons.get("aliases", {}).items() if len(entry) == 1}
    return aliases | {_letters(name): name for name in icons["icons"]}


def _shortcodes(hexcode: str, tables: list[dict[str, Any]]) -> list[str]:
    """Every name that chat programs know an emoji by."""
    codes = [table.get(hexcode, []) for table in tables]
    return [name for found in codes for name in ([found] if isinstance(found, str) else found)]


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def caption_name(label: str) -> str:
    """A label of Unicode as somebody would type it: lower case, "face" kept only where it tells two apart."""
    name = PEOPLE_NAMES.get(label, NAMES.get(label, label)).lower()
    return re.sub(r"[^a-z0-9 -]", "", name).strip()


def _group(entry: dict[str, Any]) -> str | None:
    label, number = entry["label"], entry.get("group")
    slug = label.replace(" ", "_")
    if number == 1:
        return "fantasy" if slug in PEOPLE else None
    if number == 8:
        return "objects" if slug in SYMBOLS else None
    if number not in GROUPS or DROPPED.search(label):
        return None
    return GROUPS[number]


def _document(icon: dict[str, Any], icons: dict[str, Any]) -> str:
    width, height = icon.get("width", icons.get("width", 16)), icon.get("height", icons.get("height", 16))
    left, top = icon.get("left", 0), icon.get("top", 0)
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    box = f'width="{width}" height="{height}" viewBox="{left} {top} {width} {height}"'
    return f"<svg {names} {box}>{icon['body']}</svg>"


def _bare(code: str) -> str:
    """A code-point sequence without the emoji-presentation selector, as both sources can be compared."""
    return "-".join(part.lstrip("0") for part in code.lower().split("-") if part != "fe0f")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
