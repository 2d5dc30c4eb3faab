"""`safelight generate` in a real pseudo-terminal."""

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pyte.screens import Char

from tests.terminals import ATTRIBUTES, Typed

PLAIN = {ATTRIBUTES: b"\x1b[?62;22c"}
SIXELS = {b"\x1b[16t": b"\x1b[6;16;8t", ATTRIBUTES: b"\x1b[?62;4c"}
KITTY = {b"\x1b_Gi=31,": b"\x1b_Gi=31;OK\x1b\\", ATTRIBUTES: b"\x1b[?62c"}
DRAW = ("generate", "a red dragon", "--engine", "fake", "--steps", "3", "--size", "64", "-o", "dragon.png")


def colour(picture: Image.Image, x: int, y: int) -> str | None:
    pixel = picture.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return "".join(f"{part:02x}" for part in pixel[:3]) if pixel[3] >= 128 else None


def shown(cell: Char) -> tuple[str | None, str | None]:
    """The colours of the upper and the lower half."""
    below = None if cell.bg == "default" else cell.bg
    return {"▀": (cell.fg, below), "▄": (below, cell.fg)}.get(cell.data, (below, below))


def test_halves_of_blocks_end_in_the_picture(tmp_path: Path) -> None:
    typed = Typed(*DRAW, cwd=tmp_path, answers=PLAIN)
    assert typed.run() == 0
    screen = typed.screen
    with Image.open(tmp_path / "dragon.png") as image:
        # Of 40 lines a picture takes 26 at most, with two pixels each.
        picture = image.convert("RGBA").resize((52, 52), Image.Resampling.BOX)
    wrong = [
        (column, row)
        for row in range(26)
        for column in range(52)
        if shown(screen.buffer[row][column]) != (colour(picture, column, 2 * row), colour(picture, column, 2 * row + 1))
    ]
    assert wrong == []
    assert screen.display[26].strip() == "dragon.png"
    assert "Developing" not in "".join(screen.display)
    assert typed.output.count(b"\x1b[?25l") == typed.output.count(b"\x1b[?25h") == 1


def test_kitty_shows_the_file_itself_in_the_end(tmp_path: Path) -> None:
    typed = Typed(*DRAW, cwd=tmp_path, answers=KITTY)
    assert typed.run() == 0
    sent = re.findall(rb"\x1b_G(a=T[^;]*);([^\x1b]*)\x1b\\((?:\x1b_Gm=[^\x1b]*\x1b\\)*)", typed.output)
    assert len(sent) >= 2
    keys, first, more = sent[-1]
    data = b64decode(first + b"".join(re.findall(rb";([^\x1b]*)", more)))
    assert b"c=52,r=26" in keys
    with Image.open(BytesIO(data)) as shown, Image.open(tmp_path / "dragon.png") as kept:
        assert shown.convert("RGBA").tobytes() == kept.convert("RGBA").tobytes()


def test_sixels_have_the_size_of_the_cells(tmp_path: Path) -> None:
    typed = Typed(*DRAW, cwd=tmp_path, answers=SIXELS)
    assert typed.run() == 0
    assert b'\x1bP0;0;0q"1;1;416;416#' in typed.output


def test_a_terminal_that_answers_nothing_is_not_waited_for(tmp_path: Path) -> None:
    typed = Typed(*DRAW, cwd=tmp_path, answers={})
    assert typed.run() == 0
    assert "▀".encode() in typed.output


@pytest.mark.parametrize(
    ("more", "told"), [(("--show", "bar"), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"})], ids=str
)
def test_where_no_picture_is_shown_none_is(more: tuple[str, ...], told: dict[str, str], tmp_path: Path) -> None:
    typed = Typed(*DRAW, *more, cwd=tmp_path, answers=PLAIN, told=told)
    assert typed.run() == 0
    assert "▀".encode() not in typed.output and b"\x1b_Ga" not in typed.output
    assert b"dragon.png" in typed.output
    assert (b"Developing" in typed.output) is (told.get("TERM") != "dumb")


def test_several_develop_side_by_side_in_a_small_window(tmp_path: Path) -> None:
    typed = Typed(*DRAW, "--count", "3", cwd=tmp_path, answers=PLAIN, shape=(30, 12))
    assert typed.run() == 0
    screen = typed.screen
    lines = [line.strip() for line in screen.display if line.strip()]
    assert lines[-3:] == ["dragon-1.png", "dragon-2.png", "dragon-3.png"]
    # The fourth of the sheet is empty, so that the lowest line ends in the middle.
    assert any("▀" in line for line in screen.display)


def test_ctrl_c_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    typed = Typed(
        "generate", "x", "--engine", "fake", "--steps", "150", cwd=tmp_path, answers=PLAIN,
        told={"SAFELIGHT_FAKE_STEP_S": "0.2"},
    )  # fmt: skip
    assert typed.run(interrupt_at="▀".encode()) == 130
    assert typed.output.rindex(b"\x1b[?25h") > typed.output.rindex(b"\x1b[?25l")
    assert "Cancelled." in "".join(typed.screen.display)
