"""Pixels come back from each of their three forms."""

import numpy as np

from safelight.training import render


def test_premultiply_there_and_back() -> None:
    rng = np.random.default_rng(0)
    straight = rng.random((3, 8, 8, 4), np.float32)
    straight[..., 3] = 0.25 + 0.75 * straight[..., 3]
    back = render.unpremultiply(render.premultiply(straight))
    assert np.abs(back - straight).max() < 0.02


def test_signed_there_and_back() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 4), np.uint8)
    signed = render.to_signed(pictures)
    assert signed.shape == (2, 4, 8, 8) and signed.min() >= -1 and signed.max() <= 1
    assert np.array_equal(render.to_bytes(signed), pictures)


def test_shrinking_averages_blocks() -> None:
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[:4, :4] = 200
    small = render.shrink(picture, 2)
    assert small[0, 0].tolist() == [200] * 4 and small[1, 1].tolist() == [0] * 4


def test_a_contact_sheet_shows_the_ground_through_nothing() -> None:
    sheet = np.asarray(render.contact_sheet(np.zeros((3, 16, 16, 4), np.uint8), columns=2))
    assert sheet.shape == (32, 32, 3) and sheet.min() >= 200
