"""Image files of every kind, and files that are none."""

from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.domain.errors import InvalidRecipe
from safelight.engine.pictures import PIXEL_LIMIT, fit, open_picture, to_mask, to_pixels
from tests.engine.solo import file_of, photograph


def opened(data: bytes) -> Image.Image:
    return open_picture({"it": data}, "it", field="image")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_every_mode_becomes_rgba(mode: str) -> None:
    picture = photograph(mode=mode)
    assert opened(file_of(picture)).tobytes() == picture.convert("RGBA").tobytes()


def test_the_palettes_transparency_is_kept() -> None:
    picture = photograph().convert("P", palette=Image.Palette.ADAPTIVE, colors=8)
    clear = opened(file_of(picture, transparency=picture.getpixel((0, 0))))
    assert clear.getpixel((0, 0))[3] == 0  # type: ignore[index]


def test_sixteen_bits_are_scaled_to_eight() -> None:
    levels = np.array([[0, 257, 32896, 65535]], np.uint16)
    assert np.asarray(opened(file_of(Image.fromarray(levels))))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_a_print_becomes_light() -> None:
    picture = opened(file_of(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    red, green, blue, alpha = picture.getpixel((4, 4))  # type: ignore[misc]
    assert red > 200 and green < 60 and blue < 60 and alpha == 255


def test_a_photograph_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    assert opened(file_of(photograph(40, 20), "JPEG", exif=exif)).size == (20, 40)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_an_animation_the_first_picture_counts(kind: str) -> None:
    red, blue = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    moving = file_of(
        red, kind, save_all=True, append_images=[blue], duration=100, **({"lossless": True} if kind == "WEBP" else {})
    )
    assert opened(moving).getpixel((4, 4)) == (255, 0, 0, 255)


def test_a_small_file_that_claims_to_be_huge_is_refused_unopened() -> None:
    side = int(PIXEL_LIMIT**0.5) + 50
    with pytest.raises(InvalidRecipe, match="million pixels") as refused:
        opened(file_of(Image.new("1", (side, side))))
    assert list(refused.value.fields) == ["image"]


def test_an_enormous_one_too() -> None:
    file = bytearray(file_of(Image.new("1", (8, 8))))
    file[16:24] = (30_000).to_bytes(4) * 2
    with pytest.raises(InvalidRecipe):
        opened(bytes(file))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(InvalidRecipe, match="`image` is not an image that can be read") as refused:
        opened(data)
    assert refused.value.hint


def test_what_is_not_there_is_said_to_be_gone() -> None:
    with pytest.raises(InvalidRecipe, match="not kept"):
        open_picture({}, "it", field="mask")


@settings(deadline=None, max_examples=60)
@given(kind=st.sampled_from(["PNG", "JPEG", "WEBP"]), data=st.data())
def test_damage_is_an_error_of_the_recipe_or_none(kind: str, data: st.DataObject) -> None:
    file = bytearray(file_of(photograph(16, 16), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InvalidRecipe):
        assert opened(bytes(file[: data.draw(st.integers(0, len(file)))])).mode == "RGBA"


@settings(deadline=None, max_examples=40)
@given(width=st.integers(1, 60), height=st.integers(1, 60))
def test_fitting_gives_the_size_and_leaves_what_fits(width: int, height: int) -> None:
    picture = photograph(24, 20, "RGBA")
    assert fit(picture, width, height).size == (width, height)
    assert fit(picture, 24, 20).tobytes() == picture.tobytes()


def test_a_wide_picture_is_cropped_about_its_middle() -> None:
    assert fit(photograph(64, 32), 32, 32).tobytes() == photograph(64, 32).crop((16, 0, 48, 32)).tobytes()


def test_pixels_are_between_minus_one_and_one_and_transparency_shows_white() -> None:
    picture = Image.new("RGBA", (2, 1), (0, 255, 0, 255))
    picture.putpixel((1, 0), (0, 0, 0, 0))
    assert to_pixels(picture, channels=3)[0, :, 0].T.tolist() == [[-1, 1, -1], [1, 1, 1]]
    assert to_pixels(picture, channels=4)[0, :, 0].T.tolist() == [[-1, 1, -1, 1], [-1, -1, -1, -1]]
    white = Image.new("RGBA", (2, 1), "white")
    white.putpixel((1, 0), (255, 255, 255, 0))
    assert torch.equal(to_mask(white)[0, 0, 0], torch.tensor([1.0, 0.0]))


def test_a_file_is_read_to_its_end_before_it_is_let_go() -> None:
    data = file_of(photograph(64, 64), "JPEG")
    with Image.open(BytesIO(data)) as file:
        whole = file.convert("RGBA").tobytes()
    assert opened(data).tobytes() == whole
