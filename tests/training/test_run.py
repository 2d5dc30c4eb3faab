"""The whole way from pictures to a diffusers directory, on something tiny, twice: the second run resumes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer

from safelight.training import export, render
from safelight.training.artwork import Artwork
from safelight.training.autoencoder import CodecRecipe
from safelight.training.denoiser import DenoiserRecipe
from safelight.training.run import Pictures, Recipe, make, shared_out
from safelight.training.text import MAX_LENGTH, WIDTH

TINY = Recipe(
    codec=CodecRecipe(
        encoder_minutes=0.004,
        decoder_minutes=0.004,
        batch=2,
        decoder_batch=1,
        width=8,
        encoder_blocks=(0, 0, 1),
        decoder_blocks=(1, 0, 0, 0, 0),
    ),
    denoiser=DenoiserRecipe(minutes=0.004, batch=4, widths=(16, 32), workers=2),
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
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "dragon", "frog", "pizza"]
    BertTokenizer(vocab={word: row for row, word in enumerate(words)}, model_max_length=MAX_LENGTH).save_pretrained(
        tmp_path / "text" / "tokenizer"
    )
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    config.use_attention_mask = True
    BertModel(config).save_pretrained(tmp_path / "text" / "text_encoder")
    return tmp_path


def test_from_pictures_to_a_pipeline_and_on(work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "GRID_PROMPTS", ("red dragon", "frog"))
    monkeypatch.setattr(export, "STEPS", 2)
    torch.set_num_threads(1)
    out_dir = work_dir / "model"
    make(disc_pictures(), work_dir=work_dir, out_dir=out_dir, device="cpu", recipe=TINY)
    first = torch.load(work_dir / "denoiser" / "denoiser.pt", weights_only=False)
    make(disc_pictures(), work_dir=work_dir, out_dir=out_dir, device="cpu", recipe=shared_out(TINY, 0.02))
    second = torch.load(work_dir / "denoiser" / "denoiser.pt", weights_only=False)
    assert second["step"] > first["step"] > 0
    pipeline = export.load(out_dir, "cpu")
    picture = pipeline("a red dragon", num_inference_steps=2, output_type="np").images[0]
    assert picture.shape == (256, 256, 4) and np.isfinite(picture).all()
