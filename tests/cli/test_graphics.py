"""Pictures as terminals read them, to the byte."""

import re
from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image

from safelight.cli.graphics import KITTY_CHUNK, KITTY_ID, Area, blocks, drawn, erased, fitted, iterm, kitty, sixel
from safelight.cli.terminal import Show, Terminal, best

RED, GREEN, BLUE, CLEAR = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (9, 9, 9, 0)
KITTY, SIXEL, PLAIN = b"\x1b_Gi=31;OK\x1b\\\x1b[6;32;16t\x1b[?62;c", b"\x1b[?62;4;22c", b"\x1b[?64;1;2c"


def of(*rows: tuple[tuple[int, int, int, int], ...]) -> Image.Image:
    image = Image.new("RGBA", (len(rows[0]), len(rows)))
    image.putdata([pixel for row in rows for pixel in row])
    return image


def noise(size: int) -> Image.Image:
    return Image.effect_noise((size, size), 90).convert("RGBA")


def test_kitty_gets_a_png_in_place_of_the_one_before() -> None:
    image = of((RED, CLEAR), (GREEN, BLUE))
    text = kitty(image, Area(columns=8, rows=4))
    told = re.fullmatch(r"\x1b_Ga=T,f=100,i=(\d+),p=1,c=8,r=4,C=1,q=2,m=0;([A-Za-z0-9+/=]+)\x1b\\", text)
    assert told is not None and int(told[1]) == KITTY_ID
    with Image.open(BytesIO(b64decode(told[2]))) as sent:
        assert (sent.format, sent.convert("RGBA").tobytes()) == ("PNG", image.tobytes())


def test_kitty_gets_a_large_one_in_chunks() -> None:
    image = noise(96)
    commands = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty(image, Area(columns=8, rows=4)))
    assert len(commands) > 2
    assert [keys for keys, _ in commands[1:]] == ["m=1"] * (len(commands) - 2) + ["m=0"]
    assert commands[0][0].endswith(",m=1")
    assert {len(data) for _, data in commands[:-1]} == {KITTY_CHUNK}
    with Image.open(BytesIO(b64decode("".join(data for _, data in commands)))) as sent:
        assert sent.convert("RGBA").tobytes() == image.tobytes()


def test_kitty_is_told_to_take_it_away_and_others_are_not() -> None:
    assert erased(Terminal(show=Show.KITTY)) == f"\x1b_Ga=d,d=I,i={KITTY_ID},q=2\x1b\\"
    assert erased(Terminal(show=Show.BLOCKS)) == ""


def test_iterm_gets_a_file_of_the_size_it_says() -> None:
    image = of((RED, CLEAR), (GREEN, BLUE))
    text = iterm(image, Area(columns=8, rows=4))
    form = r"\x1b\]1337;File=inline=1;size=(\d+);width=8;height=4;preserveAspectRatio=1;doNotMoveCursor=1:(.+)\x07"
    told = re.fullmatch(form, text)
    assert told is not None
    data = b64decode(told[2])
    assert len(data) == int(told[1]) and data.startswith(b"\x89PNG")


def test_sixels_are_six_rows_to_a_letter() -> None:
    assert sixel(of(*[(RED, RED, RED, RED)] * 6)) == '\x1bP0;0;0q"1;1;4;6#0;2;100;0;0#0!4~\x1b\\'
    # Two rows are the two lowest bits, and a seventh row begins the next band.
    assert sixel(of(*[(RED, RED)] * 7)).endswith("#0~~-#0@@\x1b\\")


def test_sixels_put_colours_over_one_another_and_leave_out_what_is_clear() -> None:
    text = sixel(of((RED, CLEAR), (BLUE, CLEAR)))
    body = re.fullmatch(r'\x1bP0;0;0q"1;1;2;2#(\d);2;100;0;0#(\d);2;0;0;100(.*)\x1b\\', text) or re.fullmatch(
        r'\x1bP0;0;0q"1;1;2;2#(\d);2;0;0;100#(\d);2;100;0;0(.*)\x1b\\', text
    )
    assert body is not None
    # The red pixel is the first bit (@), the blue one the second (A), and nothing (?) stands beside them.
    assert sorted(part.lstrip("#012") for part in body[3].split("$")) == ["@?", "A?"]


def test_a_photograph_in_sixels_has_at_most_255_colours() -> None:
    gradient = Image.merge("RGB", [Image.linear_gradient("L").rotate(turn) for turn in (0, 90, 180)])
    inks = set(re.findall(r"#(\d+);2;", sixel(gradient)))
    assert 100 < len(inks) <= 255


def test_halves_of_blocks_show_two_pixels_a_cell() -> None:
    lines = list(blocks(of((RED, CLEAR, CLEAR, GREEN), (BLUE, BLUE, CLEAR, CLEAR)), colours=2**24))
    assert lines == ["\x1b[0;38;2;255;0;0;48;2;0;0;255m▀\x1b[0;38;2;0;0;255m▄\x1b[0m \x1b[0;38;2;0;255;0m▀\x1b[0m"]


def test_neighbours_of_one_colour_are_written_at_once_and_256_colours_are_enough() -> None:
    assert list(blocks(of((RED, RED), (RED, RED)), colours=256)) == ["\x1b[0;38;5;196;48;5;196m▀▀\x1b[0m"]
    assert list(blocks(of(((95, 135, 255, 255),), (CLEAR,)), colours=256)) == ["\x1b[0;38;5;69m▀\x1b[0m"]


@pytest.mark.parametrize("size", [(64, 64), (512, 64), (64, 512), (1, 1), (1, 4000), (4000, 1)])
@pytest.mark.parametrize("show", [Show.KITTY, Show.ITERM, Show.SIXEL, Show.BLOCKS])
def test_whatever_its_shape_a_picture_fits_and_keeps_its_proportions(show: Show, size: tuple[int, int]) -> None:
    terminal, room = Terminal(show=show, cell=(10, 20)), Area(columns=72, rows=26)
    area = fitted(size, terminal, within=room)
    assert 1 <= area.columns <= 72 and 1 <= area.rows <= 26
    if size == (64, 64):
        assert area == Area(columns=52, rows=26)
    assert drawn(Image.new("RGBA", size, RED), terminal, area)


@pytest.mark.parametrize(
    ("answer", "environment", "colours", "show"),
    [
        (KITTY, {}, 2**24, Show.KITTY),
        (SIXEL, {}, 2**24, Show.SIXEL),
        (PLAIN, {}, 2**24, Show.BLOCKS),
        (PLAIN, {}, 0, Show.BAR),
        (b"", {}, 256, Show.BLOCKS),
        (b"", {"TERM_PROGRAM": "iTerm.app"}, 2**24, Show.ITERM),
        (PLAIN, {"LC_TERMINAL": "iTerm2", "TERM_PROGRAM": "WezTerm"}, 2**24, Show.ITERM),
        (PLAIN, {"TERM_PROGRAM": "iTerm.app", "TMUX": "/tmp/tmux-0/default,1,0"}, 2**24, Show.BLOCKS),
        (b"\x1b[?4;1c", {}, 2**24, Show.BLOCKS),  # The first number is the class of the terminal, here a VT132.
    ],
)
def test_the_best_way_is_what_the_terminal_says_it_can(
    answer: bytes, environment: dict[str, str], colours: int, show: Show
) -> None:
    assert best(answer, environment, colours=colours) is show
