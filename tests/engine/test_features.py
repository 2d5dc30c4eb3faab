"""Features that are used again: who is faster by it, and that nobody else notices."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from safelight.domain.errors import Unsupported
from safelight.domain.recipe import Recipe
from safelight.engine.checkpoint import Checkpoint
from safelight.engine.engine import Engine
from safelight.engine.families.family import Family
from safelight.engine.families.flux import Flux
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.families.sd3 import StableDiffusion3
from safelight.engine.families.sdxl import StableDiffusionXL
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Remark, Stepped
from safelight.providers.fake import CARD
from tests.engine.conftest import run, unmeasured
from tests.engine.solo import Finals, drawn_alone
from tests.engine.stock_families import make_flux, make_sd, make_sd3, make_sdxl
from tests.engine.wardrobe import apart

Make = Callable[..., Recipe]
PLAIN = {"prompt": "a red dragon", "steps": 4, "seed": 3, "width": 32, "height": 32}


MAKERS: dict[str, tuple[Callable[..., Path], Any]] = {
    "sd": (make_sd, StableDiffusion),
    "sdxl": (make_sdxl, StableDiffusionXL),
    "sd3": (make_sd3, StableDiffusion3),
    "flux": (make_flux, Flux),
}


@pytest.fixture(scope="module", params=list(MAKERS))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    make, kind = MAKERS[request.param]
    folder = ModelFolder.open(make(tmp_path_factory.mktemp("models") / request.param))
    return kind(folder, provider="local", device=torch.device("cpu"), dtype=torch.float32)


def settled(family: Family, **fields: Any) -> Recipe:
    return family.card.settle(Recipe.model_validate({**PLAIN, **fields}))


def layers(network: torch.nn.Module) -> list[int]:
    """How often its layers were computed, forward by forward, from now on."""
    counts: list[int] = []
    network.register_forward_pre_hook(lambda *_: counts.append(0))

    def count(*_: object) -> None:
        counts[-1] += 1

    for layer in network.modules():
        if not list(layer.children()):
            layer.register_forward_hook(count)
    return counts


def denoiser(family: Any) -> torch.nn.Module:
    network: torch.nn.Module = getattr(family, "_unet", None) or family._transformer
    return network


def test_only_one_of_so_many_steps_is_whole(family: Family) -> None:
    counts = layers(denoiser(family))
    drawn_alone(family, settled(family, feature_cache=3))
    whole, less = counts[0], counts[1]
    assert less < whole and counts == [whole, less, less, whole]
    counts.clear()
    plain = drawn_alone(family, settled(family))
    assert counts == [whole] * 4, "nothing is left of it"
    about = drawn_alone(family, settled(family, feature_cache=2))
    assert apart(about, plain) > 0 and torch.isfinite(about).all()


def together(family: Family, *recipes: Recipe, delay: int) -> list[Tensor]:
    """Final latents of recipes that are drawn at once, each beginning some steps after the one before."""
    finals = Finals(family)
    engine = Engine(lambda _: finals, profile=unmeasured)  # type: ignore[arg-type, return-value]
    for recipe in recipes:
        engine.add(recipe)
        for _ in range(delay):
            engine.step()
    run(engine)
    engine.close()
    return finals.latents


def test_a_neighbour_changes_nothing(family: Family) -> None:
    recipes = [
        settled(family, feature_cache=3, seed=1),
        settled(family, seed=2),
        settled(family, feature_cache=2, seed=3, steps=5),
        settled(family, feature_cache=3, seed=4, guidance=1.0),
    ]
    alone = [drawn_alone(family, recipe) for recipe in recipes]
    crowded = together(family, *recipes, delay=1)
    for one in alone:
        assert min(apart(one, other) for other in crowded) < 1e-5


def test_the_same_recipe_draws_the_same_and_goes_on_from_every_checkpoint(
    stock_family: StableDiffusion, recipe: Make
) -> None:
    wish = recipe(
        feature_cache=3, steps=8, width=32, height=32, guidance_span={"end": 0.6}, hires={"scale": 2.0, "strength": 0.5}
    )
    whole = drawn_alone(stock_family, wish)
    assert torch.equal(whole, drawn_alone(stock_family, wish))
    engine = Engine(lambda _: stock_family, profile=unmeasured)
    engine.add(wish)
    kept = [message.checkpoint for _, message in run(engine) if isinstance(message, Stepped)]
    engine.close()
    checkpoints = [checkpoint for checkpoint in kept if checkpoint is not None]
    # Only where a whole step comes next: what is used again is not written down.
    assert [checkpoint.step for checkpoint in checkpoints][:2] == [4, 7] and len(checkpoints) < len(kept) / 2
    for checkpoint in checkpoints:
        assert torch.equal(_from(stock_family, wish, checkpoint), whole)


def _from(family: StableDiffusion, wish: Recipe, checkpoint: Checkpoint) -> Tensor:
    finals = Finals(family)
    engine = Engine(lambda _: finals, profile=unmeasured)  # type: ignore[arg-type, return-value]
    engine.add(wish, checkpoints={0: Checkpoint.from_bytes(checkpoint.to_bytes(), family.device)})
    run(engine)
    engine.close()
    return finals.latents[-1]


def test_it_is_told(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(feature_cache=3, count=2))
    told = [message for _, message in run(engine) if isinstance(message, Remark)]
    assert [remark.code for remark in told] == ["approximate"] and "one of 3 steps" in told[0].detail


def test_what_cannot_be_is_refused(recipe: Make) -> None:
    with pytest.raises(ValueError, match="controls"):
        recipe(feature_cache=2, controls=[{"model": "canny", "image": f"img_{'0' * 64}"}])
    with pytest.raises(Unsupported, match="feature_cache"):
        CARD.settle(Recipe(prompt="x", feature_cache=2))
