"""Every family against diffusers' own pipeline: alone, a picture is the pipeline's to the last bit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    FlowMatchHeunDiscreteScheduler,
    SchedulerMixin,
    StableDiffusionXLImg2ImgPipeline,
)
from torch import Tensor

from safelight.domain.errors import Unsupported
from safelight.domain.recipe import Recipe, Sampler, Schedule
from safelight.engine.coordinates import noised
from safelight.engine.engine import Engine
from safelight.engine.evaluation import Question
from safelight.engine.families.family import Family
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Drawn, Failed, Stepped
from safelight.engine.residency import FAMILIES
from safelight.engine.samplers import make_scheduler
from tests.engine.conftest import run, unmeasured
from tests.engine.solo import Finals, drawn_alone, drawn_by_diffusers, file_of, name_of, photograph
from tests.engine.stock_families import make_flux, make_refiner, make_sd3, make_sdxl
from tests.engine.test_parity import ROUNDING
from tests.engine.wardrobe import apart

MAKERS: dict[str, Callable[[Path], Path]] = {
    "sdxl": make_sdxl,
    "sdxl-turbo": lambda folder: make_sdxl(folder, trailing=True),
    "sd3": make_sd3,
    "sd3-without-t5": lambda folder: make_sd3(folder, with_t5=False),
    "sd35": lambda folder: make_sd3(folder, newer=True),
    "flux-dev": make_flux,
    "flux-schnell": lambda folder: make_flux(folder, guided=False),
}
FLOW = (Sampler.EULER, Sampler.HEUN)


class Model:
    """A model, as the engine loads it and as diffusers does."""

    def __init__(self, folder: Path) -> None:
        opened = ModelFolder.open(folder)
        self.name = folder.name
        self.family: Family = FAMILIES[opened.family](
            opened, provider="local", device=torch.device("cpu"), dtype=torch.float32
        )
        without_t5 = opened.family == "sd3" and "text_encoder_3" not in opened.parts
        absent = {"text_encoder_3": None, "tokenizer_3": None} if without_t5 else {}
        self.pipeline = DiffusionPipeline.from_pretrained(folder, **absent)
        self._config = self.pipeline.scheduler.config
        self.pipeline.set_progress_bar_config(disable=True)

    def recipe(self, **fields: object) -> Recipe:
        fields = {"prompt": "a red dragon", "steps": 4, "seed": 3, "width": 32, "height": 32, **fields}
        return self.family.card.settle(Recipe.model_validate(fields))

    def drawn_by_diffusers(self, recipe: Recipe) -> Tensor:
        assert recipe.width and recipe.height and recipe.seed is not None
        self.pipeline.scheduler = self._scheduler(recipe)
        latents: Tensor = self.pipeline(
            recipe.prompt,
            num_inference_steps=recipe.steps,
            guidance_scale=recipe.guidance,
            width=recipe.width,
            height=recipe.height,
            generator=torch.Generator().manual_seed(recipe.seed),
            output_type="latent",
            **self._own_arguments(recipe),
        ).images
        if self.family.card.family == "flux":
            latents = self.pipeline._unpack_latents(
                latents, recipe.height, recipe.width, self.pipeline.vae_scale_factor
            )
        return latents

    def _scheduler(self, recipe: Recipe) -> SchedulerMixin:
        """Diffusers' own where it has one that the pipeline can use, so that the pipeline alone decides its steps."""
        assert recipe.sampler and recipe.schedule and recipe.steps
        config = self._config
        match (self.family.card.family, recipe.sampler):
            case ("sd3" | "flux", Sampler.EULER):
                return FlowMatchEulerDiscreteScheduler.from_config(config)
            case ("sd3", Sampler.HEUN):
                return FlowMatchHeunDiscreteScheduler.from_config(config)
        config = {"_class_name": self.family.scheduler_config["_class_name"], **config}
        return make_scheduler(config, sampler=recipe.sampler, schedule=recipe.schedule, steps=recipe.steps, cells=1)

    def _own_arguments(self, recipe: Recipe) -> dict[str, Any]:
        if self.family.card.family != "flux":
            return {"negative_prompt": recipe.negative_prompt or None}
        return {} if self.name == "flux-dev" else {"max_sequence_length": 256}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Model]:
    made: dict[str, Model] = {}

    def get(name: str) -> Model:
        if name not in made:
            made[name] = Model(MAKERS[name](tmp_path_factory.mktemp("models") / name))
        return made[name]

    return get


CASES = [(name, sampler) for name in ("sd3", "flux-dev", "flux-schnell") for sampler in FLOW]
CASES += [("sdxl", sampler) for sampler in Sampler]
CASES += [("sdxl-turbo", Sampler.EULER_A), ("sd3-without-t5", Sampler.EULER), ("sd35", Sampler.EULER)]


@pytest.mark.parametrize(("name", "sampler"), CASES)
def test_alone_it_is_diffusers_own_picture_to_the_bit(
    name: str, sampler: Sampler, models: Callable[[str], Model]
) -> None:
    model = models(name)
    wish = model.recipe(sampler=sampler, negative_prompt="blue", guidance=4.5, steps=5)
    assert torch.equal(drawn_alone(model.family, wish), model.drawn_by_diffusers(wish))


@pytest.mark.parametrize("name", ["sdxl", "sdxl-turbo", "sd3", "flux-dev", "flux-schnell"])
@pytest.mark.parametrize("guidance", [0, 1, 7.5])
def test_guidance_off_and_on_at_an_odd_size(name: str, guidance: float, models: Callable[[str], Model]) -> None:
    model = models(name)
    wish = model.recipe(guidance=guidance, sampler=Sampler.EULER, width=48, height=32, negative_prompt="blue")
    assert torch.equal(drawn_alone(model.family, wish), model.drawn_by_diffusers(wish))


def test_sdxl_is_told_nothing_where_the_negative_prompt_is_empty(models: Callable[[str], Model]) -> None:
    model = models("sdxl")
    wish = model.recipe(guidance=6, sampler=Sampler.DDIM)
    assert torch.equal(drawn_alone(model.family, wish), model.drawn_by_diffusers(wish))
    negative = model.family.encode(wish, {}).negative
    assert not negative["states"].any() and not negative["pooled"].any()


def test_a_flux_picture_takes_one_row_and_still_listens_to_guidance(models: Callable[[str], Model]) -> None:
    model = models("flux-dev")
    quiet, loud = (drawn_alone(model.family, model.recipe(guidance=guidance)) for guidance in (1, 9))
    assert not torch.equal(quiet, loud)


def test_a_distilled_model_takes_few_steps_without_guidance(models: Callable[[str], Model]) -> None:
    for name in ("sdxl-turbo", "flux-schnell"):
        defaults = models(name).family.card.defaults
        assert (defaults.steps, defaults.guidance) == (4, 0)
    for name in ("sdxl", "flux-dev"):
        assert models(name).family.card.defaults.steps > 4


@pytest.mark.parametrize("name", ["sd3", "flux-dev"])
def test_a_flow_model_lists_only_what_fits(name: str, models: Callable[[str], Model]) -> None:
    model = models(name)
    assert model.family.card.samplers == FLOW
    with pytest.raises(Unsupported, match="dpmpp_2m"):
        model.recipe(sampler=Sampler.DPMPP_2M)
    with pytest.raises(Unsupported, match="karras"):
        model.recipe(schedule=Schedule.KARRAS)


@pytest.mark.parametrize("name", ["sdxl", "sd3", "flux-dev"])
def test_previews_show_the_picture_that_is_expected_not_the_noise(name: str, models: Callable[[str], Model]) -> None:
    """After the last step, the estimate is the picture itself."""
    model = models(name)
    finals = Finals(model.family)
    engine = Engine(lambda _: finals, profile=unmeasured)  # type: ignore[arg-type, return-value]
    estimates: list[Tensor] = []

    def estimate(question: Question, prediction: Tensor) -> Tensor:
        estimates.append(model.family.estimate(question, prediction))
        return estimates[-1]

    finals.__dict__["estimate"] = estimate
    engine.add(model.recipe(sampler=Sampler.EULER, guidance=2))
    steps = [message for _, message in run(engine) if isinstance(message, Stepped)]
    engine.close()
    assert [step.preview().width for step in steps]
    assert torch.allclose(estimates[-1], finals.latents[0], atol=1e-3 * float(finals.latents[0].abs().max()))
    assert [step.sigma for step in steps] == sorted((step.sigma for step in steps), reverse=True)


def test_three_families_in_flight_differ_from_their_solo_runs_by_rounding_only(
    models: Callable[[str], Model],
) -> None:
    wishes = [
        models(name).recipe(sampler=sampler, steps=steps, seed=steps, guidance=guidance, width=width)
        for name, sampler, steps, guidance, width in [
            ("sdxl", Sampler.DPMPP_2M, 5, 7, 32),
            ("sd3", Sampler.EULER, 4, 4, 32),
            ("flux-dev", Sampler.HEUN, 3, 3, 32),
            ("sdxl", Sampler.EULER_A, 7, 1, 32),
            ("flux-dev", Sampler.EULER, 6, 9, 32),
            ("sd3", Sampler.HEUN, 3, 0, 32),
            ("sdxl", Sampler.HEUN, 3, 5, 48),
            ("flux-dev", Sampler.EULER, 2, 2, 48),
        ]
    ]
    families = {name: models(name).family for name in ("sdxl", "sd3", "flux-dev")}
    alone = [drawn_alone(families[str(wish.model)], wish) for wish in wishes]
    finals = {name: Finals(family) for name, family in families.items()}
    engine = Engine(lambda name: finals[name], profile=unmeasured)  # type: ignore[arg-type, return-value]
    tickets = [engine.add(wish) for wish in wishes]
    told = run(engine)
    engine.close()
    assert not [message for _, message in told if isinstance(message, Failed)]
    assert max(message.batch for _, message in told if isinstance(message, Stepped)) > 1
    for ticket in [ticket for ticket, message in told if isinstance(message, Drawn)]:
        wish = wishes[tickets.index(ticket)]
        latents = finals[str(wish.model)].latents.pop(0)
        expected = alone[tickets.index(ticket)]
        assert (latents - expected).abs().max() <= ROUNDING * expected.abs().max(), wish.sampler


def test_the_refiner_is_told_what_scores_pictures_have(tmp_path: Path) -> None:
    model = Model(make_refiner(tmp_path / "refiner"))
    conditioning = model.family.encode(model.recipe(), {})
    assert conditioning.positive["time_ids"].tolist() == [[32, 32, 0, 0, 6]]
    assert conditioning.negative["time_ids"].tolist() == [[32, 32, 0, 0, 2.5]]
    assert torch.isfinite(drawn_alone(model.family, model.recipe())).all()


@pytest.mark.parametrize("sampler", [Sampler.EULER, Sampler.DDIM, Sampler.DPMPP_2M])
def test_the_refiner_draws_what_diffusers_makes_of_an_image(sampler: Sampler, tmp_path: Path) -> None:
    model, photo = Model(make_refiner(tmp_path / "refiner")), name_of(1)
    wish = model.recipe(
        sampler=sampler, negative_prompt="blue", guidance=5, steps=6, image={"image": photo, "strength": 0.5}
    )
    theirs = drawn_by_diffusers(
        StableDiffusionXLImg2ImgPipeline, tmp_path / "refiner", wish, image=photograph(), strength=0.5
    )
    assert apart(drawn_alone(model.family, wish, {photo: file_of(photograph())}), theirs) <= 1e-6


@pytest.mark.parametrize("sampler", FLOW)
@pytest.mark.parametrize("answered", [0, 1, 3])
def test_noise_is_mixed_in_by_the_timestep_wherever_a_flow_sampler_is(sampler: Sampler, answered: int) -> None:
    """What is kept of a picture is noised for the step that comes next, not for the one that was taken."""
    config = {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}
    scheduler = make_scheduler(config, sampler=sampler, schedule=Schedule.MODEL, steps=4, cells=4)
    latents = clean = torch.full((1, 1, 2, 2), 0.5)
    for timestep in scheduler.timesteps[:answered]:
        latents = scheduler.step(torch.zeros_like(latents), timestep, latents, return_dict=False)[0]
    before = scheduler.step_index
    for index, sigma in enumerate(scheduler.sigmas[:-1]):
        mixed = noised(scheduler, clean, torch.ones_like(clean), index=index)
        assert torch.allclose(mixed, sigma + (1 - sigma) * clean)
    assert scheduler.step_index == before
