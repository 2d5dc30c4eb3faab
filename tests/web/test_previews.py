from io import BytesIO

import pytest
from PIL import Image

from safelight.domain.errors import InvalidRecipe
from safelight.domain.pixels import Pixels
from safelight.web.previews import Cadence, Codec, Darkroom, Wish, parse_cadence

pytestmark = pytest.mark.anyio


def webp(width: int = 64, height: int = 32) -> Pixels:
    out = BytesIO()
    Image.new("RGBA", (width, height), (255, 0, 0, 0)).save(out, "WEBP")
    return Pixels(out.getvalue(), "image/webp", width, height)


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("", Cadence()),
        ("every:2,size:256,codec:jpeg", Cadence(every=2, wish=Wish(size=256, codec=Codec.JPEG))),
        ("codec:none", Cadence(none=True)),
        ("size:64", Cadence(wish=Wish(size=64))),
    ],
)
def test_a_wish_is_read(text: str, cadence: Cadence) -> None:
    assert parse_cadence(text) == cadence


@pytest.mark.parametrize(
    "text",
    [
        "every",
        "every:0",
        "every:-1",
        "every:²",
        "size:1e9",
        "size:99999",
        "codec:bmp",
        "codec:",
        "speed:3",
        "every:1,every:2",
    ],
)
def test_a_wish_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecipe) as refused:
        parse_cadence(text)
    assert "preview" in refused.value.fields
    assert refused.value.hint


def test_every_second_step_and_the_last_one() -> None:
    cadence = Cadence(every=2)
    assert [step for step in range(1, 6) if cadence.shows(step=step, total=5)] == [2, 4, 5]


async def test_a_preview_is_made_smaller_never_larger() -> None:
    small = await Darkroom().develop(webp(), Wish(size=16))
    assert (small.width, small.height) == (16, 8)
    assert Image.open(BytesIO(small.data)).size == (16, 8)
    frame = webp()
    assert await Darkroom().develop(frame, Wish(size=512)) is frame


async def test_transparency_becomes_white_in_a_jpeg() -> None:
    developed = await Darkroom().develop(webp(), Wish(codec=Codec.JPEG))
    assert developed.media_type == "image/jpeg"
    assert Image.open(BytesIO(developed.data)).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


async def test_the_same_wish_is_developed_once_and_memory_is_bounded() -> None:
    darkroom = Darkroom(kept_bytes=1)
    kept = Darkroom()
    frame, wish = webp(), Wish(codec=Codec.PNG)
    assert await kept.develop(frame, wish) is await kept.develop(frame, wish)
    assert await darkroom.develop(frame, wish) is not await darkroom.develop(frame, wish)
