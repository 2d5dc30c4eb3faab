import json
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from safelight import __version__
from safelight.domain.errors import Refused
from safelight.domain.recipe import Recipe
from safelight.store import metadata
from tests.store.making import png, recipe

VERSION = f"Version: Safelight {__version__}"


@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_the_recipe_goes_in_and_comes_out_and_the_pixels_stay(mode: str) -> None:
    before = png(mode=mode)
    wish = recipe("a drágon, 竜 🐉\nof two lines", negative_prompt="blurry")
    after = metadata.embed(before, wish)
    assert metadata.read(after) == wish
    assert Image.open(BytesIO(after)).tobytes() == Image.open(BytesIO(before)).tobytes()
    # Not re-encoded: the compressed pixels are the same bytes.
    assert before[before.index(b"IDAT") :] == after[after.index(b"IDAT") :]


def test_every_checksum_is_right() -> None:
    data = metadata.embed(png(), recipe())
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 4 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length) == (zlib.crc32(body),)
        at += 12 + length
    assert at == len(data)


def test_other_programs_read_both_texts() -> None:
    with Image.open(BytesIO(metadata.embed(png(), recipe("a drágon")))) as image:
        assert isinstance(image, PngImagePlugin.PngImageFile)
        texts = image.text
    assert json.loads(texts["safelight"])["recipe"]["prompt"] == "a drágon"
    assert json.loads(texts["safelight"])["version"] == 1
    assert texts["parameters"].splitlines() == [
        "a drágon",
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 7, Size: 64x48, Model: sprite, "
        + VERSION,
    ]


def test_values_with_marks_are_quoted() -> None:
    text = metadata.infotext(recipe(model="mine, and: yours", negative_prompt="bad"))
    assert 'Model: "mine, and: yours"' in text
    assert "\nNegative prompt: bad\n" in text


def test_embedding_again_replaces_the_recipe() -> None:
    once = metadata.embed(png(), recipe("first"))
    twice = metadata.embed(once, recipe("other"))
    assert metadata.read(twice) == recipe("other")
    assert twice.count(b"iTXt") == 2


def test_other_chunks_stay_in_their_order() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "someone")
    out = BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=info, dpi=(72, 72))
    with Image.open(BytesIO(metadata.embed(out.getvalue(), recipe()))) as image:
        assert image.info["Author"] == "someone"
        assert round(image.info["dpi"][0]) == 72


def test_a_picture_without_a_recipe_of_ours_reads_as_none() -> None:
    assert metadata.read(png()) is None
    for text in ("not json", "[]", "{}", '{"version": 1, "recipe": {"prompt": ""}}', '{"version": 2, "recipe": {}}'):
        info = PngImagePlugin.PngInfo()
        info.add_itxt("safelight", text)
        out = BytesIO()
        Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=info)
        assert metadata.read(out.getvalue()) is None


def test_a_compressed_text_is_read_too() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("safelight", metadata.as_json(recipe()), lang="en", tkey="rezept", zip=True)
    out = BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=info)
    assert metadata.read(out.getvalue()) == recipe()


@pytest.mark.parametrize("data", [b"", b"GIF89a", png()[:-20], png()[:8], png()[:30], png()[:8] + png()[33:]])
def test_what_is_not_a_whole_png_is_refused(data: bytes) -> None:
    for attempt in (lambda: metadata.read(data), lambda: metadata.embed(data, recipe())):
        with pytest.raises(Refused, match="not a PNG"):
            attempt()


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200))
def test_any_prompt_survives(prompt: str) -> None:
    if prompt.strip():
        wish = Recipe(prompt=prompt)
        assert metadata.read(metadata.embed(png(width=8, height=8), wish)) == wish


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(junk: bytes) -> None:
    for data in (junk, metadata.SIGNATURE + junk, png(width=8, height=8)[:33] + junk):
        with suppress(Refused):
            assert metadata.read(data) is None
