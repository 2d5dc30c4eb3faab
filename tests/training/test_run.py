"""The whole way from pictures to a diffusers directory, on something tiny, twice: the second run resumes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from safelight.training import export, render
from safelight.training.artwork import Artwork
from safelight.training.denoiser import DenoiserRecipe
from safelight.training.drawing import as_prompts, pictures
from safelight.training.picture_encoder import PictureRecipe
from safelight.training.run import Pictures, Recipe, make, shared_out
from tests.training import tiny

TINY = Recipe(
    codec=replace(tiny.CODEC, encoder_minutes=0.004, decoder_minutes=0.004, batch=2, decoder_batch=1),
    denoiser=DenoiserRecipe(minutes=0.004, batch=4, widths=(16, 32), workers=2),
    picture=PictureRecipe(minutes=0.004, batch=4, width=32, layers=1, patch=32),
)


def disc_pictures() -> Pictures:
    """Three coloured discs under names that are trained on."""
    rows, columns = np.indices((render.LARGE, render.LARGE))
    inside = (rows - 128) ** 2 + (columns - 128) ** 2 < 80**2
    large = np.zeros((3, render.LARGE, render.LARGE, 4), np.uint8)
    for number in range(3):
        large[number][inside] = [*np.roll([230, 40, 40], number), 255]
    names = ("dragon", "frog", "pizza")
    artwork = [Artwork(name, "noto", "animals", ("round",), "1F409", "<svg/>") for name in names]
    return Pictures(artwork, large, np.stack([render.shrink(picture) for picture in large]))


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    """A working folder that already holds a tiny text encoder, so that no weights have to be installed."""
    tiny.text_encoder(tmp_path / "text")
    return tmp_path


def test_from_pictures_to_a_pipeline_and_on(work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "GRID_PROMPTS", ("red dragon", "frog"))
    monkeypatch.setattr(export, "STEPS", 2)
    torch.set_num_threads(1)
    out_dir = work_dir / "model"
    make(disc_pictures(), work_dir=work_dir, out_dir=out_dir, device="cpu", recipe=TINY)
    first = torch.load(work_dir / "denoiser" / "denoiser.pt", weights_only=False)
    make(disc_pictures(), work_dir=work_dir, out_dir=out_dir, device="cpu", recipe=shared_out(TINY, 0.15))
    second = torch.load(work_dir / "denoiser" / "denoiser.pt", weights_only=False)
    assert second["step"] > first["step"] > 0
    pipeline = export.load(out_dir, "cpu")
    picture = pipeline("a red dragon", num_inference_steps=2, output_type="np").images[0]
    assert picture.shape == (256, 256, 4) and np.isfinite(picture).all()
    seen = as_prompts(pipeline, disc_pictures().small, photo=True)
    assert seen.shape == (3, 16, 384) and pictures(pipeline, seen, seed=0, steps=2).shape == (3, 256, 256, 4)
