"""Masked noise injection: what it does to the latents, what it leaves alone, and that it can be done again."""

from collections.abc import Callable
from functools import lru_cache

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, SchedulerMixin
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from safelight.domain.errors import InvalidRecipe
from safelight.domain.recipe import Recipe, Sampler, Schedule
from safelight.domain.steering import Injection, Pattern
from safelight.engine.coordinates import evaluations_of_step, noise_level
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.injecting import Injecting, injection_mask, injection_noise
from safelight.engine.masks import pattern_mask, soften
from safelight.engine.message import Drawn, Failed, Stepped, Ticket
from safelight.engine.samplers import make_scheduler
from tests.engine.conftest import run
from tests.engine.solo import drawn_alone, file_of, name_of, white_box

Make = Callable[..., Recipe]

SIDES = st.integers(1, 33)
patterns = st.sampled_from(Pattern)


@st.composite
def injections(draw: st.DrawFn, /, **fields: object) -> Injection:
    made = {
        "pattern": draw(patterns),
        "first": draw(st.integers(1, 6)),
        "strength": draw(st.floats(0, 4)),
        "seed": draw(st.integers(0, 2**32 - 1)),
        "feather": draw(st.floats(0, 0.4)),
        **fields,
    }
    return Injection.model_validate(made)


@lru_cache
def scheduler_after(sampler: Sampler, steps: int, taken: int) -> SchedulerMixin:
    """A scheduler that has taken some evaluations of zeros."""
    scheduler = make_scheduler({}, sampler=sampler, schedule=Schedule.MODEL, steps=steps, cells=16)
    latents = torch.zeros(1, 4, 4, 4)
    for timestep in scheduler.timesteps[:taken]:
        latents = scheduler.step(latents, timestep, latents, return_dict=False)[0]
    return scheduler


@settings(deadline=None, max_examples=40)
@given(injection=injections(strength=0.0), height=SIDES, width=SIDES)
def test_no_strength_is_the_identity(injection: Injection, height: int, width: int) -> None:
    latents = torch.randn(1, 4, height, width)
    edit = Injecting([injection], {})
    for sampler in (Sampler.DDIM, Sampler.EULER, Sampler.UNIPC):
        after = edit(latents, step=injection.first, scheduler=scheduler_after(sampler, 8, 1), index=1)
        assert after is latents


@settings(deadline=None, max_examples=40)
@given(injection=injections(), height=SIDES, width=SIDES)
def test_outside_of_the_mask_nothing_is_touched(injection: Injection, height: int, width: int) -> None:
    latents = torch.randn(1, 4, height, width)
    after = Injecting([injection], {})(
        latents, step=injection.first, scheduler=scheduler_after(Sampler.DDIM, 8, 1), index=1
    )
    outside = (injection_mask(injection, {}, height=height, width=width) == 0).expand_as(latents)
    assert torch.equal(after[outside], latents[outside])


@settings(deadline=None, max_examples=40)
@given(injection=injections(), height=SIDES, width=SIDES)
def test_the_same_seed_and_step_give_the_same_noise(injection: Injection, height: int, width: int) -> None:
    shape, step = (1, 4, height, width), injection.first
    noise = injection_noise(injection, step=step, shape=shape)
    assert torch.equal(noise, injection_noise(injection, step=step, shape=shape))
    assert not torch.equal(noise, injection_noise(injection, step=step + 1, shape=shape))
    other = injection.model_copy(update={"seed": (injection.seed + 1) % 2**32})
    assert not torch.equal(noise, injection_noise(other, step=step, shape=shape))


@settings(deadline=None, max_examples=40)
@given(pattern=patterns, height=SIDES, width=SIDES, feather=st.integers(0, 8), seed=st.integers(0, 99))
def test_a_soft_edge_keeps_the_whole_and_ends(
    pattern: Pattern, height: int, width: int, feather: int, seed: int
) -> None:
    hard = pattern_mask(pattern, height=height, width=width, seed=seed)
    soft = soften(hard, feather)
    assert hard.shape == soft.shape == (1, 1, height, width)
    assert set(hard.flatten().tolist()) <= {0.0, 1.0}
    assert torch.equal(soft[hard == 1], hard[hard == 1])
    assert soft.min() >= 0 and soft.max() <= 1
    if feather < 2:
        assert torch.equal(soft, hard)


@settings(deadline=None, max_examples=40)
@given(height=SIDES, width=SIDES)
def test_opposite_halves_mirror_each_other_and_share_nothing(height: int, width: int) -> None:
    top, bottom, left, right = (
        pattern_mask(pattern, height=height, width=width)[0, 0]
        for pattern in (Pattern.TOP, Pattern.BOTTOM, Pattern.LEFT, Pattern.RIGHT)
    )
    assert torch.equal(top.flip(0), bottom) and torch.equal(left.flip(1), right)
    assert not (top * bottom).any() and not (left * right).any()
    assert top.sum() == (height // 2) * width and left.sum() == height * (width // 2)


@settings(deadline=None, max_examples=40)
@given(height=SIDES, width=SIDES)
def test_centred_patterns_are_their_own_mirror_images(height: int, width: int) -> None:
    for pattern in (Pattern.CIRCLE, Pattern.SQUARE, Pattern.EDGES):
        mask = pattern_mask(pattern, height=height, width=width)[0, 0]
        assert torch.equal(mask, mask.flip(0)) and torch.equal(mask, mask.flip(1))
        assert torch.equal(mask.T, pattern_mask(pattern, height=width, width=height)[0, 0])


DRAWN = {
    Pattern.CIRCLE: ".......... ...XXXX... ..XXXXXX.. ..XXXXXX.. ..XXXXXX.. ..XXXXXX.. ...XXXX... ..........",
    Pattern.SQUARE: ".......... .......... ...XXXX... ...XXXX... ...XXXX... ...XXXX... .......... ..........",
    Pattern.EDGES: "XXXXXXXXXX X........X X........X X........X X........X X........X X........X XXXXXXXXXX",
    Pattern.CHECKERBOARD: "XX..XX..XX XX..XX..XX ..XX..XX.. ..XX..XX.. XX..XX..XX XX..XX..XX ..XX..XX.. ..XX..XX..",
}


@pytest.mark.parametrize("pattern", DRAWN)
def test_a_pattern_looks_like_its_name(pattern: Pattern) -> None:
    mask = pattern_mask(pattern, height=8, width=10)[0, 0]
    assert " ".join("".join(".X"[int(cell)] for cell in row) for row in mask) == DRAWN[pattern]


@pytest.mark.parametrize("seed", range(5))
def test_blobs_are_somewhere_but_not_everywhere_and_go_by_their_seed(seed: int) -> None:
    mask = pattern_mask(Pattern.BLOBS, height=40, width=64, seed=seed)
    assert 0.02 < mask.mean() < 0.6
    assert torch.equal(mask, pattern_mask(Pattern.BLOBS, height=40, width=64, seed=seed))
    assert not torch.equal(mask, pattern_mask(Pattern.BLOBS, height=40, width=64, seed=seed + 1))


@pytest.mark.parametrize("sampler", [Sampler.DDIM, Sampler.EULER, Sampler.DPMPP_2M, Sampler.UNIPC, Sampler.LCM])
def test_noise_is_measured_in_the_schedulers_own_coordinates(sampler: Sampler) -> None:
    scheduler = scheduler_after(sampler, 10, 4)
    injection = Injection(pattern=Pattern.TOP, first=4, strength=0.5, feather=0)
    latents = torch.zeros(1, 4, 64, 64)
    put_in = Injecting([injection], {})(latents, step=4, scheduler=scheduler, index=4)[..., :32, :]
    kept = float(scheduler.alphas_cumprod[int(scheduler.timesteps[4])])
    exploding = sampler is Sampler.EULER
    expected = ((1 - kept) / kept) ** 0.5 if exploding else (1 - kept) ** 0.5
    assert float(put_in.std()) == pytest.approx(0.5 * expected, rel=0.05)


def test_flow_matching_has_coordinates_of_its_own() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(8)
    for index in range(9):
        assert noise_level(scheduler, index=index) == pytest.approx(float(scheduler.sigmas[index]))


def test_after_the_last_step_there_is_no_noise_to_be_a_part_of() -> None:
    latents = torch.randn(1, 4, 8, 8)
    edit = Injecting([Injection(pattern=Pattern.CIRCLE, first=3, strength=4)], {})
    assert edit(latents, step=3, scheduler=scheduler_after(Sampler.DDIM, 3, 3), index=3) is latents


@pytest.mark.parametrize(
    ("sampler", "ends"),
    [
        (Sampler.EULER, [1, 1, 1, 1]),
        (Sampler.HEUN, [0, 2, 0, 2, 0, 2]),
        (Sampler.DPM2, [0, 2, 0, 2, 0, 2]),
        (Sampler.PNDM, [0, 2, 1, 1]),
        (Sampler.DPMPP_SDE, [0, 2, 0, 2]),
    ],
)
def test_where_the_steps_of_a_solver_end(sampler: Sampler, ends: list[int]) -> None:
    found = [evaluations_of_step(scheduler_after(sampler, 6, taken), index=taken) for taken in range(1, len(ends) + 1)]
    assert found == ends


@pytest.mark.parametrize("sampler", Sampler)
def test_every_sampler_takes_what_is_put_in(sampler: Sampler, stock_family: StableDiffusion, recipe: Make) -> None:
    """Also those that go back to earlier latents: what is put in must still be there at the end."""
    plain = drawn_alone(stock_family, recipe(sampler=sampler, steps=6, guidance=1.0))
    for first in (2, 3):
        noisy = {"pattern": "left", "first": first, "strength": 1.0, "feather": 0.0}
        put_in = drawn_alone(stock_family, recipe(sampler=sampler, steps=6, guidance=1.0, injections=[noisy]))
        change = (put_in - plain).abs()
        assert change[..., :8].mean() > 0.05 * plain.abs().mean(), first
        assert change[..., :8].mean() > change[..., 8:].mean()


def test_a_range_of_steps_is_as_many_single_ones(stock_family: StableDiffusion, recipe: Make) -> None:
    one = {"pattern": "blobs", "strength": 0.4, "seed": 9}
    together = recipe(injections=[{**one, "first": 2, "last": 4}])
    apart = recipe(injections=[{**one, "first": step} for step in (2, 3, 4)])
    assert torch.equal(drawn_alone(stock_family, together), drawn_alone(stock_family, apart))


def test_a_painted_mask_takes_noise_where_it_is_white(stock_family: StableDiffusion, recipe: Make) -> None:
    painted = {name_of(7): file_of(white_box((0, 0, 64, 32), 64, 64))}
    by_mask = recipe(injections=[{"mask": name_of(7), "first": 2, "feather": 0.2, "seed": 4}])
    by_name = recipe(injections=[{"pattern": "top", "first": 2, "feather": 0.2, "seed": 4}])
    assert torch.equal(drawn_alone(stock_family, by_mask, painted), drawn_alone(stock_family, by_name))


def test_a_missing_mask_is_said_before_the_first_step(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(injections=[{"mask": name_of(7), "first": 5}]))
    told = [message for _, message in run(engine)]
    assert not [message for message in told if isinstance(message, Stepped)]
    failed = next(message for message in told if isinstance(message, Failed))
    assert isinstance(failed.error, InvalidRecipe) and "injections.mask" in failed.error.fields


def pictures(engine: Engine) -> dict[int, bytes]:
    return {message.picture: message.image.tobytes() for _, message in run(engine) if isinstance(message, Drawn)}


@pytest.mark.parametrize("sampler", [Sampler.EULER_A, Sampler.HEUN, Sampler.UNIPC, Sampler.PNDM])
def test_what_is_put_in_while_it_runs_is_put_in_again_by_the_recipe(
    engine: Engine, recipe: Make, sampler: Sampler
) -> None:
    wish = recipe(steps=7, sampler=sampler, count=2, injections=[{"pattern": "circle", "first": 2}])
    ticket = engine.add(wish)
    for _ in range(3):
        engine.step()
    placed = engine.inject(ticket, Injection(mask=name_of(7), first=1, last=2, seed=5), images=MASKS)
    assert placed is not None and (placed.first, placed.last) == (4, 5)
    disturbed = pictures(engine)
    engine.add(wish.model_copy(update={"injections": (*wish.injections, placed)}), images=MASKS)
    assert pictures(engine) == disturbed
    engine.add(wish)
    assert pictures(engine) != disturbed


MASKS = {name_of(7): file_of(white_box((0, 0, 20, 20)))}


def test_what_is_gone_takes_no_noise_and_a_bad_mask_is_refused(engine: Engine, recipe: Make) -> None:
    circle = Injection(pattern=Pattern.CIRCLE, first=1)
    assert engine.inject(Ticket(99), circle) is None
    ticket = engine.add(recipe(steps=3))
    assert engine.inject(ticket, circle) == circle, "before it starts, after its first step"
    with pytest.raises(InvalidRecipe):
        engine.inject(ticket, Injection(mask=name_of(7), first=1), images={name_of(7): b"no image"})
    assert pictures(engine)
    assert engine.inject(ticket, circle) is None


def test_pictures_of_a_generation_are_disturbed_alike() -> None:
    injection = Injection(pattern=Pattern.CIRCLE, first=2)
    latents: list[Tensor] = [torch.randn(1, 4, 8, 8) for _ in range(2)]
    put_in = [
        Injecting([injection], {})(one, step=2, scheduler=scheduler_after(Sampler.DDIM, 6, 2), index=2) - one
        for one in latents
    ]
    assert torch.allclose(put_in[0], put_in[1], atol=1e-6)
