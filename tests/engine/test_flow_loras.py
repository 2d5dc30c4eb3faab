"""LoRAs of SD3 and FLUX, as diffusers' pipelines wear them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from diffusers import FluxPipeline, StableDiffusion3Pipeline

from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.families.flux import Flux
from safelight.engine.families.sd3 import StableDiffusion3
from tests.engine.stock_families import make_flux, make_sd3
from tests.engine.wardrobe import apart, draw, drawn_by, load, make_lora

pytestmark = pytest.mark.filterwarnings("ignore:Already found a `peft_config`:UserWarning")
MAKERS: dict[str, tuple[Callable[[Path], Path], Any, Any]] = {
    "sd3": (make_sd3, StableDiffusion3, StableDiffusion3Pipeline),
    "flux": (make_flux, Flux, FluxPipeline),
}


@dataclass
class Wardrobe:
    folder: Path
    home: Path
    family: Any
    pipeline: Any

    def wish(self, **fields: object) -> Recipe:
        wished = {"prompt": "a red dragon", "steps": 3, "seed": 3, "guidance": 4.0, "sampler": Sampler.EULER, **fields}
        settled: Recipe = self.family.card.settle(Recipe.model_validate(wished))
        return settled


@pytest.fixture(scope="module", params=MAKERS)
def wardrobe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Wardrobe:
    make, kind, pipeline = MAKERS[request.param]
    folder, home = make(tmp_path_factory.mktemp("flow") / "tiny"), tmp_path_factory.mktemp("home")
    make_lora(folder, home / "loras" / "quiet.safetensors", seed=1)
    make_lora(folder, home / "loras" / "spoken.safetensors", seed=2, text=request.param == "sd3")
    return Wardrobe(folder, home, load(folder, home, kind=kind), pipeline)


@pytest.mark.parametrize(
    ("set_", "sampler"),
    [
        ({"quiet": 1.0}, Sampler.EULER),
        ({"quiet": 1.0}, Sampler.HEUN),
        ({"quiet": -0.5, "spoken": 1.2}, Sampler.EULER),
    ],
    ids=str,
)
def test_they_are_diffusers_own(set_: dict[str, float], sampler: Sampler, wardrobe: Wardrobe) -> None:
    recipe = wardrobe.wish(loras=[{"id": id, "weight": weight} for id, weight in set_.items()], sampler=sampler)
    pipeline = wardrobe.pipeline.from_pretrained(wardrobe.folder)
    for id in set_:
        pipeline.load_lora_weights(wardrobe.home / "loras", weight_name=f"{id}.safetensors", adapter_name=id)
    pipeline.set_adapters(list(set_), adapter_weights=list(set_.values()))
    expected = drawn_by(pipeline, recipe)
    with_them = draw(wardrobe.family, recipe)[0]
    if wardrobe.pipeline is FluxPipeline:
        expected = FluxPipeline._unpack_latents(expected, recipe.height, recipe.width, pipeline.vae_scale_factor)
    assert apart(with_them, expected) <= 1e-6
    assert apart(with_them, draw(wardrobe.family, wardrobe.wish())[0]) > 1e-2, "the LoRAs change nothing"


def test_rows_with_and_without_are_what_they_are_alone(wardrobe: Wardrobe) -> None:
    plain, dressed = wardrobe.wish(), wardrobe.wish(loras=[{"id": "quiet"}])
    before = draw(wardrobe.family, plain)[0]
    together = draw(wardrobe.family, dressed, plain)
    assert apart(together[1], before) <= 1e-6
    assert apart(together[0], draw(wardrobe.family, dressed)[0]) <= 1e-6
    assert bool((draw(wardrobe.family, plain)[0] == before).all())
