"""How far apart pictures are said to be."""

from io import BytesIO

import pytest
from PIL import Image

from safelight.store.likeness import pixel_difference


def plain(*colour: int, size: tuple[int, int] = (20, 600)) -> bytes:
    out = BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def test_the_same_pixels_are_no_distance_apart() -> None:
    same = pixel_difference(plain(1, 2, 3), plain(1, 2, 3))
    assert same is not None
    assert (same.mean, same.max, same.psnr) == (0, 0, None)


def test_distances_are_those_of_the_textbook() -> None:
    apart = pixel_difference(plain(10, 20, 30), plain(14, 20, 30))
    assert apart is not None
    # 4 levels in one of four channels: a mean square of 4, so 10 * log10(255^2 / 4) dB.
    assert (apart.mean, apart.max) == (1.0, 4)
    assert apart.psnr == pytest.approx(42.11, abs=0.01)
    most = pixel_difference(plain(0, 0, 0), plain(255, 255, 255))
    assert most is not None
    assert (most.mean, most.max) == (191.25, 255)


def test_what_cannot_be_seen_does_not_count() -> None:
    hidden = pixel_difference(plain(255, 0, 0, 0), plain(0, 255, 0, 0))
    assert hidden is not None
    assert hidden.max == 0
    half = pixel_difference(plain(200, 0, 0, 128), plain(0, 0, 0, 128))
    assert half is not None
    assert half.max == 100


def test_one_pixel_at_the_very_end_counts() -> None:
    with Image.open(BytesIO(plain(0, 0, 0))) as image:
        image.putpixel((19, 599), (9, 0, 0))
        out = BytesIO()
        image.save(out, "PNG")
    apart = pixel_difference(plain(0, 0, 0), out.getvalue())
    assert apart is not None
    assert apart.max == 9 and apart.mean > 0


def test_other_sizes_are_not_compared() -> None:
    assert pixel_difference(plain(0, 0, 0), plain(0, 0, 0, size=(600, 20))) is None
