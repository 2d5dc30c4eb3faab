"""Marks in the pixels: what survives, and what it costs."""

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.domain.pixels import Pixels
from safelight.store.finish import Finish
from safelight.store.provenance import watermark
from safelight.store.provenance.corner import written
from tests.running import ROOT
from tests.store.making import png, recipe

MARK = 0xC0FFEE01
PICTURES = 3
SIDE = 128
PAPER = (255, 255, 255)


def sprites() -> list[bytes]:
    """Pictures that the embedded model has drawn, as PNGs."""
    made = []
    for path in sorted(Path(__file__).with_name("sprites").glob("*.webp")):
        with Image.open(path) as image:
            made.append(encoded(image, "PNG"))
    return made


def encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    out = BytesIO()
    if kind == "JPEG" and image.mode == "RGBA":
        paper = Image.new("RGB", image.size, PAPER)
        paper.paste(image, mask=image.getchannel("A"))
        image = paper
    image.save(out, kind, **options)
    return out.getvalue()


def again(data: bytes, kind: str, quality: int) -> bytes:
    with Image.open(BytesIO(data)) as image:
        return encoded(image, kind, quality=quality)


def levels(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"), np.float64)


def psnr(one: bytes, other: bytes) -> float:
    """Of what can be seen."""
    before, after = levels(one), levels(other)
    error = ((before - after)[..., :3][before[..., 3] > 0] ** 2).mean()
    return float(10 * np.log10(255**2 / error))


def photograph(side: int) -> bytes:
    """Soft shapes with some grain, as a camera sees."""
    random = np.random.default_rng(3)
    soft = Image.fromarray(random.integers(0, 256, (9, 9, 3), np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    grain = random.normal(0, 4, (side, side, 3))
    return encoded(Image.fromarray(np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8)), "PNG")


@pytest.mark.parametrize("picture", [*range(PICTURES), "photograph"])
def test_it_survives_jpeg_and_webp_unseen(picture: int | str) -> None:
    data = photograph(256) if isinstance(picture, str) else sprites()[picture]
    marked = watermark.put(data, MARK)
    assert marked is not None
    assert (levels(marked)[..., 3] == levels(data)[..., 3]).all(), "transparency stays"
    assert psnr(data, marked) > 38
    for copy in (
        marked,
        again(marked, "JPEG", 80),
        again(marked, "WEBP", 80),
        again(again(marked, "WEBP", 80), "JPEG", 80),
    ):
        found = watermark.read(copy)
        assert found is not None and found.mark == MARK
    for unmarked in (data, again(data, "JPEG", 80), again(data, "WEBP", 80)):
        assert watermark.read(unmarked) is None


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(mark=st.integers(0, 2**32 - 1), width=st.integers(128, 200), height=st.integers(128, 200))
def test_every_mark_is_read_in_every_size(mark: int, width: int, height: int) -> None:
    with Image.open(BytesIO(photograph(200))) as image:
        data = encoded(image.crop((0, 0, width, height)), "PNG")
    marked = watermark.put(data, mark)
    assert marked is not None
    found = watermark.read(again(marked, "JPEG", 90))
    assert found is not None and found.mark == mark


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_noise_says_nothing(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (64, 96, 3), np.uint8)
    assert watermark.read(encoded(Image.fromarray(noise), "PNG")) is None


def test_what_is_too_small_or_flat_is_left_alone() -> None:
    small = encoded(Image.new("RGB", (40, 40), "red"), "PNG")
    assert watermark.put(small, MARK) is None
    for size in ((40, 40), (8, 8), (1, 1), (500, 500)):
        assert watermark.read(encoded(Image.new("RGB", size, "red"), "PNG")) is None
    clear = encoded(Image.new("RGBA", (256, 256), (0, 0, 0, 0)), "PNG")
    assert watermark.put(clear, MARK) is None and watermark.read(clear) is None


def test_the_same_recipe_has_the_same_mark() -> None:
    assert watermark.mark_of(recipe()) == watermark.mark_of(recipe())
    assert watermark.mark_of(recipe()) != watermark.mark_of(recipe(seed=8))


@pytest.mark.anyio
async def test_a_picture_that_is_drawn_again_is_the_same_with_its_marks() -> None:
    data = photograph(SIDE)
    finish = Finish(invisible=True, visible="AI-generated")
    one, two = [await finish.of(Pixels(data, "image/png", SIDE, SIDE), recipe(), provider="local") for _ in range(2)]
    assert one.image == two.image and one.mark == two.mark == watermark.mark_of(recipe())
    found = watermark.read(one.image.data)
    assert found is not None and found.mark == one.mark
    other = await finish.of(Pixels(data, "image/png", SIDE, SIDE), recipe(), provider="elsewhere")
    assert (levels(other.image.data) == levels(data)).all() and other.mark is None


@pytest.mark.parametrize("words", ["AI-generated", "x" * 64, "画像"])
def test_words_stand_in_the_corner_and_nowhere_else(words: str) -> None:
    for data in (png(width=256, height=192), png(width=64, height=48), photograph(300)):
        before, after = levels(data), levels(written(data, words))
        changed = (before != after).any(axis=-1)
        assert changed.any() and not changed[: len(changed) // 2].any()
        rows, columns = np.nonzero(changed)
        assert columns.max() < before.shape[1] and columns.min() >= 0 and rows.max() < before.shape[0]


def test_the_page_about_it_tells_what_was_measured() -> None:
    page = Path(ROOT / "docs" / "how-to" / "content-credentials.md").read_text(encoding="utf-8")
    told = re.search(r"\*\*(\d\d) dB\*\*", page)
    assert told is not None
    worst = min(psnr(data, watermark.put(data, MARK) or data) for data in [*sprites(), photograph(256)])
    assert worst >= int(told[1])
