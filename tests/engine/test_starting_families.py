"""Starting from an image with SDXL, SD3 and FLUX: what diffusers' own pipelines draw."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from diffusers import FluxPipeline

from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.families.family import Family
from safelight.engine.folder import ModelFolder
from safelight.engine.residency import FAMILIES
from tests.engine.solo import drawn_alone, drawn_by_diffusers, file_of, name_of, photograph, white_box
from tests.engine.stock_families import make_flux, make_sd3, make_sdxl
from tests.engine.wardrobe import apart

PHOTO, MASK = name_of(1), name_of(2)
BOX = (8, 4, 22, 20)
IMAGES = {PHOTO: file_of(photograph()), MASK: file_of(white_box(BOX))}
MAKERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "sdxl": (make_sdxl, "StableDiffusionXL"),
    "sd3": (make_sd3, "StableDiffusion3"),
    "flux": (make_flux, "Flux"),
}
CASES = [
    *(("sdxl", sampler, 0.5) for sampler in Sampler),
    # Without FLUX and Heun: there diffusers' pipeline takes evaluations for steps, and begins twice as far on.
    *(("sd3", sampler, 0.5) for sampler in (Sampler.EULER, Sampler.HEUN)),
    ("flux", Sampler.EULER, 0.5),
    *(("sdxl", sampler, 1.0) for sampler in (Sampler.DDIM, Sampler.EULER_A, Sampler.DPMPP_2M, Sampler.HEUN)),
    *((name, Sampler.EULER, 1.0) for name in ("sd3", "flux")),
]


@dataclass
class Model:
    folder: Path
    family: Family
    pipelines: str

    def pipeline(self, kind: str) -> Any:
        return getattr(diffusers, f"{self.pipelines}{kind}Pipeline")

    def wish(self, **fields: object) -> Recipe:
        wished = {"prompt": "a red dragon", "steps": 6, "seed": 3, "guidance": 4.5, "width": 32, "height": 32, **fields}
        # An empty negative prompt that is said is not what SDXL's pipeline takes for none.
        refused = {} if self.pipelines == "Flux" else {"negative_prompt": "blue"}
        return self.family.card.settle(Recipe.model_validate(wished | refused))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Model]:
    made: dict[str, Model] = {}

    def get(name: str) -> Model:
        if name not in made:
            make, pipelines = MAKERS[name]
            folder = make(tmp_path_factory.mktemp(name) / "tiny")
            family = FAMILIES[name](
                ModelFolder.open(folder), provider="local", device=torch.device("cpu"), dtype=torch.float32
            )
            made[name] = Model(folder, family, pipelines)
        return made[name]

    return get


def unpacked(latents: torch.Tensor, model: Model) -> torch.Tensor:
    if model.pipelines != "Flux":
        return latents
    plain: torch.Tensor = FluxPipeline._unpack_latents(latents, 32, 32, 2)
    return plain


@pytest.mark.parametrize(("name", "sampler", "strength"), CASES)
def test_from_an_image(name: str, sampler: Sampler, strength: float, models: Callable[[str], Model]) -> None:
    model = models(name)
    wish = model.wish(sampler=sampler, image={"image": PHOTO, "strength": strength})
    theirs = drawn_by_diffusers(
        model.pipeline("Img2Img"), model.folder, wish, image=photograph(), strength=strength, **sizes(name)
    )
    assert apart(drawn_alone(model.family, wish, IMAGES), unpacked(theirs, model)) <= 1e-6


@pytest.mark.parametrize(("name", "sampler", "strength"), CASES)
def test_a_part_of_an_image(name: str, sampler: Sampler, strength: float, models: Callable[[str], Model]) -> None:
    model = models(name)
    wish = model.wish(sampler=sampler, image={"image": PHOTO, "strength": strength}, mask={"image": MASK})
    # The pipeline encodes the masked image even for models that never see it; giving it one keeps its generator ours.
    unused = {"masked_image_latents": torch.zeros(1, 4, 16, 16)} if name == "sdxl" else {}
    theirs = drawn_by_diffusers(
        model.pipeline("Inpaint"),
        model.folder,
        wish,
        image=photograph(),
        mask_image=white_box(BOX),
        strength=strength,
        width=32,
        height=32,
        **unused,
    )
    assert apart(drawn_alone(model.family, wish, IMAGES), unpacked(theirs, model)) <= 1e-6


def sizes(name: str) -> dict[str, int]:
    """SDXL's pipeline takes the image's own size."""
    return {} if name == "sdxl" else {"width": 32, "height": 32}
