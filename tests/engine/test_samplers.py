import pytest
import torch

from safelight.domain.recipe import SIGMA_SAMPLERS, Sampler, Schedule
from safelight.engine.samplers import make_scheduler, step_noise

CONFIG = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "steps_offset": 1}


@pytest.mark.parametrize("sampler", Sampler)
def test_every_sampler_has_a_scheduler_and_never_clips_latents(sampler: Sampler) -> None:
    scheduler = make_scheduler(CONFIG, sampler=sampler, schedule=Schedule.MODEL, steps=12, cells=64)
    assert len(scheduler.timesteps) >= 12
    assert not scheduler.config.get("clip_sample", False)


def test_the_models_own_configuration_counts() -> None:
    scheduler = make_scheduler(
        {**CONFIG, "prediction_type": "v_prediction"}, sampler=Sampler.EULER, schedule=Schedule.MODEL, steps=4, cells=64
    )
    assert scheduler.config.prediction_type == "v_prediction"


def test_only_stochastic_samplers_are_given_noise() -> None:
    dice = torch.Generator()
    ancestral = make_scheduler(CONFIG, sampler=Sampler.EULER_A, schedule=Schedule.MODEL, steps=4, cells=64)
    plain = make_scheduler(CONFIG, sampler=Sampler.PNDM, schedule=Schedule.MODEL, steps=4, cells=64)
    assert step_noise(ancestral, dice) == {"generator": dice}
    assert step_noise(plain, dice) == {}


@pytest.mark.parametrize("sampler", Sampler)
@pytest.mark.parametrize("schedule", [Schedule.KARRAS, Schedule.EXPONENTIAL])
def test_a_schedule_is_followed_or_refused_never_ignored(sampler: Sampler, schedule: Schedule) -> None:
    plain = make_scheduler(CONFIG, sampler=sampler, schedule=Schedule.MODEL, steps=12, cells=64)
    spaced = make_scheduler(CONFIG, sampler=sampler, schedule=schedule, steps=12, cells=64)
    follows = plain.timesteps.tolist() != spaced.timesteps.tolist()
    assert follows == (sampler in SIGMA_SAMPLERS)
