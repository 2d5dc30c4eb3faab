import json
from pathlib import Path

import pytest

from safelight.domain.errors import ModelBroken, Unsupported
from safelight.domain.recipe import Recipe
from safelight.engine.folder import ModelFolder


def test_a_card_is_read_without_loading_weights(stock_folder: Path) -> None:
    card = ModelFolder.open(stock_folder).card(provider="local", loaded=False)
    assert (card.id, card.family, card.sizes.width) == ("tiny", "sd", 32)
    assert card.weights_bytes > 0


@pytest.mark.parametrize("size", [16, 24, 40, 1024])
def test_a_size_the_model_draws_is_kept(stock_folder: Path, size: int) -> None:
    card = ModelFolder.open(stock_folder).card(provider="local", loaded=False)
    assert card.settle(Recipe(prompt="a cat", width=size)).width == size


@pytest.mark.parametrize("size", [1032, 2048])
def test_a_size_the_model_cannot_draw_is_refused_with_those_it_can(stock_folder: Path, size: int) -> None:
    card = ModelFolder.open(stock_folder).card(provider="local", loaded=False)
    with pytest.raises(Unsupported) as refused:
        card.settle(Recipe(prompt="a cat", width=size))
    assert "multiple of 4 from 16 to 1024" in refused.value.hint


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read"),
        ("{", "not valid JSON"),
        ("[]", "JSON object"),
        (json.dumps({"_class_name": "WanPipeline"}), "WanPipeline"),
    ],
)
def test_a_folder_that_is_no_model_says_why(tmp_path: Path, content: str | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / "model_index.json").write_text(content)
    with pytest.raises(ModelBroken, match=complaint) as broken:
        ModelFolder.open(tmp_path)
    assert broken.value.hint
