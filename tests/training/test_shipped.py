"""The model in this repository: a stock pipeline, small enough, trained on what the pipeline encodes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline

from safelight.training.export import MAX_BYTES, load, weight_bytes
from safelight.training.text import TextEncoder

SPRITE = Path(__file__).parents[2] / "models" / "sprite"

pytestmark = pytest.mark.skipif(
    not (SPRITE / "model_index.json").exists(), reason="the embedded model is not in this checkout"
)


@pytest.fixture(scope="module")
def pipeline():  # type: ignore[no-untyped-def]
    return load(SPRITE, "cpu")


def test_it_is_small() -> None:
    assert weight_bytes(SPRITE) <= MAX_BYTES


def test_it_draws_transparent_pictures_of_the_size_its_card_says(pipeline) -> None:  # type: ignore[no-untyped-def]
    picture = pipeline(
        "a red dragon",
        num_inference_steps=4,
        guidance_scale=4.0,
        output_type="np",
        generator=torch.Generator().manual_seed(1),
    ).images[0]
    assert picture.shape == (256, 256, 4)
    assert picture[..., 3].mean() > 0.1 and picture[:8, :8, 3].mean() < 0.5


def test_its_codec_keeps_a_picture(pipeline) -> None:  # type: ignore[no-untyped-def]
    rows, columns = np.indices((64, 64))
    inside = torch.from_numpy((rows - 32) ** 2 + (columns - 32) ** 2 < 400)
    picture = torch.where(inside, torch.tensor([0.8, -0.8, -0.8, 1.0])[:, None, None], torch.tensor(-1.0))[None].float()
    with torch.no_grad():
        latents = pipeline.vae.encode(picture).latents
        drawn = torch.nn.functional.avg_pool2d(pipeline.vae.decode(latents).sample, 4)
    assert latents.shape == (1, 8, 16, 16) and drawn.shape == picture.shape
    assert (drawn - picture).abs().mean() < 0.15


def test_training_conditions_on_what_the_pipeline_encodes(pipeline) -> None:  # type: ignore[no-untyped-def]
    wanted, unconditional = pipeline.encode_prompt("a red dragon", "cpu", 1, True)
    states, _ = TextEncoder(SPRITE).states(["a red dragon", ""])
    assert torch.allclose(states[:1].float(), wanted.float(), atol=5e-3)
    assert torch.allclose(states[1:].float(), unconditional.float(), atol=5e-3)


def test_nothing_that_is_typed_in_latin_letters_is_unknown(pipeline) -> None:  # type: ignore[no-untyped-def]
    pieces = pipeline.tokenizer.tokenize("Quixotic flibbertigibbet #42 (zzz)!")
    assert pipeline.tokenizer.unk_token not in pieces


def test_it_loads_without_being_told_a_precision() -> None:
    plain = StableDiffusionPipeline.from_pretrained(SPRITE, safety_checker=None, requires_safety_checker=False)
    assert {plain.unet.dtype, plain.vae.dtype, plain.text_encoder.dtype} == {torch.float32}
