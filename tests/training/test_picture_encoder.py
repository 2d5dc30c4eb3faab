"""Pictures are seen in many ways, and the encoder's answers have the captions' mean and spread."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import torch

from safelight.training.latents import Variant
from safelight.training.picture_encoder import (
    Lessons,
    PictureRecipe,
    begin,
    begin_at,
    build_picture_encoder,
    feature_extractor,
    match,
    to_input,
    write,
)
from safelight.training.text import TextEncoder
from safelight.training.views import hues_changed, views

RECIPE = PictureRecipe(width=32, layers=1, patch=32, batch=16)


def lessons() -> Lessons:
    """Ten pictures of noise with a caption for each, and a vector for each caption."""
    pixels = np.random.default_rng(0).integers(0, 256, (10, 64, 64, 4), np.uint8)
    found = [Variant(picture, (f"thing {number}", "a thing"), 1.0) for number, picture in enumerate(pixels)]
    text = create_autospec(TextEncoder, instance=True)
    text.states.return_value = (None, 2 + torch.randn(10, 384, generator=torch.Generator().manual_seed(0)))
    return Lessons(found, text, RECIPE)


def test_views_are_pictures_and_never_the_same() -> None:
    pictures = torch.zeros(4, 4, 32, 32)
    pictures[:, :, 8:24, 8:24] = torch.tensor([0.8, 0.1, 0.1, 1.0])[:, None, None]
    first, second = views(pictures), views(pictures)
    assert first.shape == (4, 3, 32, 32) and first.min() >= 0 and first.max() <= 1
    assert not torch.equal(first, second)


def test_changed_hues_keep_the_shape() -> None:
    pictures = torch.rand(20, 4, 8, 8)
    changed = hues_changed(pictures, share=1.0)
    assert torch.equal(changed[:, 3], pictures[:, 3]) and not torch.equal(changed, pictures)
    assert torch.allclose(changed[:, :3].sort(1).values, pictures[:, :3].sort(1).values)


def test_at_first_every_picture_means_the_mean() -> None:
    model, taught = build_picture_encoder(RECIPE).eval(), lessons()
    begin_at(model, taught.centre)
    answer = model(taught.draw("cpu")[0]).image_embeds
    assert torch.allclose(answer.mean(0), taught.centre, atol=0.5)


def test_an_earlier_encoder_learns_on(tmp_path: Path) -> None:
    earlier, model = build_picture_encoder(RECIPE), build_picture_encoder(RECIPE)
    write(earlier, tmp_path)  # in half precision
    begin(model, replace(RECIPE, start=tmp_path / "image_encoder"), lessons().centre)
    kept = earlier.float().state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())


def test_answers_are_brought_to_the_captions_mean_and_spread() -> None:
    torch.manual_seed(0)
    model, taught = build_picture_encoder(RECIPE).eval(), lessons()
    begin_at(model, taught.centre)
    match(model, taught, "cpu", batches=40)
    with torch.no_grad():
        answers = torch.cat([model(taught.draw("cpu")[0]).image_embeds for _ in range(40)])
    spread = (answers - answers.mean(0)).square().mean().sqrt()
    assert torch.allclose(answers.mean(0), taught.reference.mean(0), atol=0.35)
    assert abs(float(spread / taught.scale) - 1) < 0.25


def test_the_feature_extractor_hands_over_what_was_trained_on() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    handed = feature_extractor()([picture], return_tensors="pt").pixel_values
    wanted = to_input(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255)
    assert torch.allclose(handed, wanted, atol=1e-5)
