"""Options of the command line that stand for whole parts of a recipe."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from safelight.cli import wishes
from safelight.domain.errors import InvalidRecipe
from safelight.domain.recipe import Recipe


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    (tmp_path / "cat.png").write_bytes(out.getvalue())
    return tmp_path / "cat.png"


def test_they_make_a_recipe(cat: Path) -> None:
    recipe = Recipe(
        prompt="a cat",
        **wishes.starting(image=cat, strength=0.3, mask=cat),
        **wishes.prompted(cat),
        loras=wishes.loras(["pixel-art:0.8", "plain", "team:one"]),
        injections=wishes.injections(["circle@5", "top@5-8:0.25"]),
    )
    assert recipe.image is not None and recipe.image.strength == 0.3
    assert recipe.mask is not None and recipe.prompt_image is not None
    assert [(lora.id, lora.weight) for lora in recipe.loras] == [("pixel-art", 0.8), ("plain", 1), ("team:one", 1)]
    circle, top = recipe.injections
    assert (circle.pattern, list(circle.steps)) == ("circle", [5])
    assert (list(top.steps), top.strength) == ([5, 6, 7, 8], 0.25)


@pytest.mark.parametrize("text", ["circle", "circle@", "@5", "circle@5-", "circle@5:much"])
def test_noise_that_says_too_little_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecipe) as refused:
        wishes.injections([text])
    assert "circle@5-8:0.5" in refused.value.hint


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear cat")
    for path in (tmp_path / "letter.txt", tmp_path / "nothing.png"):
        with pytest.raises(InvalidRecipe, match=path.name):
            wishes.prompted(path)
    with pytest.raises(InvalidRecipe, match="--strength"):
        wishes.starting(image=None, strength=0.5, mask=None)
