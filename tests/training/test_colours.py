"""Measured colours carry the names that people give them, and repainting gives the colour that was asked for."""

import numpy as np
import pytest

from safelight.training import colours


def disc(red: int, green: int, blue: int) -> colours.Floats:
    """A coloured disc on nothing, 32x32, straight alpha."""
    rows, columns = np.indices((32, 32))
    picture = np.zeros((32, 32, 4), np.float32)
    picture[(rows - 16) ** 2 + (columns - 16) ** 2 < 150] = [red / 255, green / 255, blue / 255, 1]
    return picture


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((229, 57, 53), "red"), ((251, 140, 0), "orange"), ((253, 216, 53), "yellow"), ((67, 160, 71), "green"),
        ((0, 190, 200), "teal"), ((30, 120, 230), "blue"), ((130, 60, 200), "purple"), ((240, 98, 180), "pink"),
        ((121, 85, 52), "brown"), ((20, 20, 24), "black"), ((150, 150, 152), "grey"), ((250, 250, 250), "white"),
    ],
)  # fmt: skip
def test_names(rgb: tuple[int, int, int], name: str) -> None:
    shade = colours.dominant(disc(*rgb))
    assert shade.name == name
    assert shade.share == pytest.approx(1.0)


@pytest.mark.parametrize("target", [*colours.HUES, "white", "black"])
@pytest.mark.parametrize("rgb", [(67, 160, 71), (180, 180, 185)], ids=["green", "grey"])
def test_repainting(rgb: tuple[int, int, int], target: str) -> None:
    assert colours.dominant(colours.repaint(disc(*rgb), target)).name == target


def test_hsv_there_and_back() -> None:
    rgb = np.random.default_rng(0).random((200, 3), np.float32)
    assert np.allclose(colours.from_hsv(*colours.to_hsv(rgb)), rgb, atol=1e-4)


def test_transparent_pixels_do_not_count() -> None:
    picture = disc(229, 57, 53)
    picture[picture[..., 3] == 0] = [0, 0, 1, 0]
    assert colours.dominant(picture).name == "red"
