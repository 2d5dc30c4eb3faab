"""A style is learnt from a folder, stock diffusers loads it, and what is wrong with a folder is said."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from safelight.domain.errors import Refused
from safelight.training import style_pictures
from safelight.training.drawing import pictures
from safelight.training.export import load
from safelight.training.lora import OTHER_THINGS, StyleRecipe, train_style
from tests.training import tiny

QUICK = StyleRecipe(minutes=0.05, rank=2, batch=3, peak=0.05, sample_steps=2, trigger="frog")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures of different kinds, each with a caption beside it."""
    place = tmp_path / "style"
    place.mkdir()
    for number, mode in enumerate(("RGBA", "RGB", "L", "P", "1", "LA")):
        Image.new("RGBA", (40 + 30 * number, 90), (200, 40, 30, 128)).convert(mode).save(place / f"{number}.png")
        (place / f"{number}.txt").write_text("a red dragon\n")
    return place


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return tiny.model(tmp_path_factory.mktemp("model"))


def test_a_style_is_loaded_by_the_stock_pipeline_and_changes_pictures(
    folder: Path, model: Path, tmp_path: Path
) -> None:
    output = train_style(folder, tmp_path / "out" / "glow.safetensors", model=model, recipe=QUICK)
    with safe_open(output, "pt") as file:
        assert file.metadata() | {"trigger": "frog", "rank": "2", "base_model": "model"} == file.metadata()
    with Image.open(output.with_suffix(".png")) as sheet:
        assert sheet.size == (8 * 128, 4 * 128)
    assert [path.name for path in output.parent.iterdir() if path.suffix == ".pt"] == []
    pipeline = load(model, "cpu")
    bare = pictures(pipeline, ["a pizza"], seed=1, steps=2)
    pipeline.load_lora_weights(output)
    styled = pictures(pipeline, ["a pizza"], seed=1, steps=2)
    pipeline.unload_lora_weights()
    assert not np.array_equal(bare, styled)
    assert np.array_equal(bare, pictures(pipeline, ["a pizza"], seed=1, steps=2))
    assert len(OTHER_THINGS) >= 12


def test_transparency_is_premultiplied_and_pictures_are_squared(folder: Path) -> None:
    shown = style_pictures.read(folder, size=64)
    assert {picture.pixels.shape for picture in shown} == {(64, 64, 4)}
    wide = shown[5].pixels
    assert wide[:5].max() == 0, "above and below a wide picture there is nothing"
    half = shown[0].pixels[32, 32]
    assert abs(int(half[3]) - 128) < 3 and abs(int(half[0]) - 100) < 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "captions.json",
            json.dumps({"0.png": "one", "1": "two", "2.png": "3", "3.png": "4", "4.png": "5", "5.png": "6"}),
        ),
        ("captions.csv", "0.png, one\n1,two\n2,3\n3,4\n4,5\n5,6\n"),
    ],
)
def test_captions_may_stand_in_one_file(folder: Path, name: str, text: str) -> None:
    for beside in folder.glob("*.txt"):
        beside.unlink()
    (folder / name).write_text(text)
    assert [picture.caption for picture in style_pictures.read(folder, size=64)][:2] == ["one", "two"]


def spoil_nothing(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def spoil_few(folder: Path) -> None:
    for number in range(3):
        (folder / f"{number}.png").unlink()


def spoil_many(folder: Path) -> None:
    for number in range(20):
        Image.new("RGB", (8, 8)).save(folder / f"more{number}.png")


def spoil_caption(folder: Path) -> None:
    (folder / "3.txt").write_text("  \n")


def spoil_picture(folder: Path) -> None:
    (folder / "3.png").write_bytes(b"not a picture")


def spoil_list(folder: Path) -> None:
    (folder / "3.txt").unlink()
    (folder / "captions.json").write_text("[1, 2")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (spoil_nothing, "no pictures"), (spoil_few, "only 3 pictures"), (spoil_many, "26 pictures"),
        (spoil_caption, "no caption: 3.png"), (spoil_picture, "'3.png' cannot be read"), (spoil_list, "not valid JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_folder_is_said(folder: Path, spoil, complaint: str) -> None:  # type: ignore[no-untyped-def]
    spoil(folder)
    with pytest.raises(Refused, match=complaint) as refusal:
        style_pictures.read(folder, size=64)
    assert refusal.value.hint


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not a folder"):
        style_pictures.read(tmp_path / "nowhere", size=64)


@pytest.mark.parametrize(("rank", "name"), [(0, "a.safetensors"), (129, "a.safetensors"), (8, "a.pt")])
def test_a_bad_rank_or_ending_is_refused_before_anything_is_loaded(
    folder: Path, tmp_path: Path, rank: int, name: str
) -> None:
    with pytest.raises(Refused):
        train_style(folder, tmp_path / name, model=tmp_path / "no model", recipe=replace(QUICK, rank=rank))
