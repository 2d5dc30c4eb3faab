"""FLUX.1 Redux: an image in the place of the words, or beside them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxPipeline, FluxPriorReduxPipeline
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from transformers import SiglipImageProcessor, SiglipVisionConfig, SiglipVisionModel

from safelight.domain.errors import ModelBroken, Unsupported
from safelight.domain.model_card import Capability
from safelight.domain.recipe import Recipe
from safelight.engine.families.flux import Flux
from safelight.engine.folder import ModelFolder
from safelight.engine.inputs import look
from safelight.engine.samplers import make_scheduler
from safelight.engine.shelf import Shelf
from tests.engine.solo import drawn_alone, file_of, name_of, photograph
from tests.engine.stock_families import WIDTH, make_flux
from tests.engine.wardrobe import apart, draw, load

PHOTO, OTHER = name_of(1), name_of(2)
IMAGES = {PHOTO: file_of(photograph()), OTHER: file_of(photograph(seed=5))}
SEEN = 24


def make_redux(folder: Path, *, width: int = WIDTH) -> Path:
    """A `FluxPriorReduxPipeline` with random weights, as it lies on the hub."""
    torch.manual_seed(12)
    encoder = SiglipVisionModel(
        SiglipVisionConfig(
            hidden_size=SEEN,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=16,
            patch_size=8,
        )
    )
    FluxPriorReduxPipeline(
        image_encoder=encoder,
        feature_extractor=SiglipImageProcessor(size={"height": 16, "width": 16}),
        image_embedder=ReduxImageEncoder(redux_dim=SEEN, txt_in_features=width),
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_flux(home / "flux")
    make_redux(home / "image_encoders" / "a-wider-one", width=2 * WIDTH)
    make_redux(home / "image_encoders" / "redux")
    return home


@pytest.fixture(scope="module")
def family(home: Path) -> Any:
    return load(home / "flux", home, kind=Flux)


def wish(family: Any, **fields: object) -> Recipe:
    wished = {"prompt": "a red dragon", "steps": 3, "seed": 3, "guidance": 3.5, "width": 32, "height": 32, **fields}
    settled: Recipe = family.card.settle(Recipe.model_validate(wished))
    return settled


def test_the_image_alone_is_what_diffusers_draws(home: Path, family: Any) -> None:
    recipe = wish(family, prompt_image={"image": PHOTO, "weight": 1.0})
    prior = FluxPriorReduxPipeline.from_pretrained(home / "image_encoders" / "redux", text_encoder=None)
    tokens = prior.image_embedder(prior.encode_image(look(IMAGES, PHOTO), "cpu", 1)).image_embeds
    pipeline = FluxPipeline.from_pretrained(home / "flux")
    pipeline.set_progress_bar_config(disable=True)
    assert recipe.sampler and recipe.schedule and recipe.steps
    pipeline.scheduler = make_scheduler(
        family.scheduler_config, sampler=recipe.sampler, schedule=recipe.schedule, steps=recipe.steps, cells=256
    )
    # The pipeline's own zeros are as wide as FLUX is; those of this small one are narrower.
    zeros = torch.zeros(1, 512, WIDTH)
    theirs = pipeline(
        prompt_embeds=torch.cat([zeros, tokens], dim=1),
        pooled_prompt_embeds=torch.zeros(1, WIDTH),
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance,
        generator=torch.Generator().manual_seed(3),
        output_type="latent",
        width=32,
        height=32,
    ).images
    assert apart(drawn_alone(family, recipe, IMAGES), FluxPipeline._unpack_latents(theirs, 32, 32, 2)) <= 1e-6


def test_words_and_image_share_by_weight_and_stay_apart_in_a_batch(family: Any) -> None:
    wishes = [
        wish(family, prompt_image={"image": image, "weight": weight})
        for image, weight in ((PHOTO, 0.0), (PHOTO, 0.2), (PHOTO, 0.8), (OTHER, 0.8))
    ]
    together = draw(family, *wishes, images=IMAGES)
    for recipe, latents in zip(wishes, together, strict=True):
        assert apart(latents, drawn_alone(family, recipe, IMAGES)) <= 1e-5
    plain = drawn_alone(family, wish(family))
    assert torch.equal(together[0], plain)
    assert all(apart(one, other) > 1e-4 for one in together for other in together if one is not other)


def test_a_model_without_one_says_so_and_the_card_does_not_promise_it(home: Path, tmp_path: Path) -> None:
    alone = ModelFolder.open(home / "flux", shelf=Shelf((tmp_path,)))
    card = alone.card(provider="local", loaded=False)
    assert Capability.PROMPT_IMAGE not in card.capabilities
    with pytest.raises(Unsupported):
        card.settle(Recipe(prompt="a fox", prompt_image={"image": PHOTO}))
    assert Capability.PROMPT_IMAGE in load(home / "flux", home, kind=Flux).card.capabilities


def test_a_damaged_one_is_named(home: Path, tmp_path: Path) -> None:
    folder = make_redux(tmp_path / "image_encoders" / "broken")
    (folder / "image_embedder" / "diffusion_pytorch_model.safetensors").write_bytes(b"no weights")
    family = load(home / "flux", tmp_path, kind=Flux)
    recipe = wish(family, prompt_image={"image": PHOTO})
    with pytest.raises(ModelBroken) as caught:
        family.encode(recipe, IMAGES)
    assert "broken" in caught.value.detail and caught.value.hint
