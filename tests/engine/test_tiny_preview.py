"""Tiny decoders: the one that fits draws the previews, the others are left alone."""

import logging
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderTiny

from safelight.engine.families.sd import StableDiffusion
from safelight.engine.folder import ModelFolder
from safelight.engine.shelf import Shelf
from safelight.providers.embedded import embedded_models

SPRITE = embedded_models()[0]
FACTOR = 16
"""Pixels of the sprite model's pictures per latent cell."""


def load(home: Path) -> StableDiffusion:
    folder = ModelFolder.open(SPRITE, shelf=Shelf((home,)))
    return StableDiffusion(folder, provider="local", device=torch.device("cpu"), dtype=torch.float32)


def stranger(folder: Path, *, channels: int) -> None:
    """A decoder of other latents than the model's."""
    torch.manual_seed(1)
    config = {**AutoencoderTiny.load_config(SPRITE / "vae"), "latent_channels": channels}
    AutoencoderTiny.from_config(config).save_pretrained(folder)


def test_the_one_that_fits_draws_larger_previews(tmp_path: Path) -> None:
    latents = torch.zeros(1, 8, 16, 16)
    plain = load(tmp_path).preview(latents)
    assert max(plain.size) < 16 * FACTOR
    stranger(tmp_path / "tiny_decoders" / "another-models", channels=8)
    stranger(tmp_path / "tiny_decoders" / "of-sixteen", channels=16)
    assert load(tmp_path).preview(latents).size == plain.size
    shutil.copytree(SPRITE / "vae", tmp_path / "tiny_decoders" / "own")
    family = load(tmp_path)
    assert family.preview(latents).size == (16 * FACTOR, 16 * FACTOR)
    assert family.preview(latents).tobytes() == family.decode(latents).tobytes()


def test_a_damaged_one_is_logged_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = shutil.copytree(SPRITE / "vae", tmp_path / "tiny_decoders" / "broken")
    (broken / "diffusion_pytorch_model.safetensors").write_bytes(b"nothing")
    with caplog.at_level(logging.WARNING):
        assert max(load(tmp_path).preview(torch.zeros(1, 8, 16, 16)).size) < 16 * FACTOR
    assert "broken" in caplog.text
