"""A picture that stands still is all that is needed to go on with it: after a pause, from a checkpoint, on a branch."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.domain.errors import ModelBroken
from safelight.domain.recipe import Recipe, Sampler
from safelight.domain.steering import Change, Injection, Pattern
from safelight.engine.checkpoint import Checkpoint
from safelight.engine.engine import Engine
from safelight.engine.message import Drawn, Message, Stepped, Ticket
from tests.engine.conftest import run

Make = Callable[..., Recipe]


def drawn(engine: Engine) -> bytes:
    return next(message.image.tobytes() for _, message in run(engine) if isinstance(message, Drawn))


def checkpoints(engine: Engine) -> list[Checkpoint]:
    steps = [message for _, message in run(engine) if isinstance(message, Stepped)]
    return [step.checkpoint for step in steps if step.checkpoint is not None]


@pytest.mark.parametrize("sampler", list(Sampler))
def test_going_on_from_any_checkpoint_gives_the_same_picture(engine: Engine, recipe: Make, sampler: Sampler) -> None:
    wanted = recipe(sampler=sampler, steps=6)
    engine.add(wanted)
    told = [message for _, message in run(engine)]
    whole = next(message.image.tobytes() for message in told if isinstance(message, Drawn))
    kept = [step.checkpoint for step in told if isinstance(step, Stepped) and step.checkpoint is not None]
    assert len(kept) >= 5
    for checkpoint in kept:
        again = Checkpoint.from_bytes(checkpoint.to_bytes(), torch.device("cpu"))
        engine.add(wanted, checkpoints={0: again})
        assert drawn(engine) == whole, f"from step {checkpoint.step}"


def test_a_checkpoint_is_not_changed_by_what_comes_after_it(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(sampler=Sampler.DPMPP_2M, steps=6))
    engine.step()
    first = next(m.checkpoint for _, m in engine.step() if isinstance(m, Stepped))
    assert first is not None
    before = first.to_bytes()
    run(engine)
    assert first.to_bytes() == before


@pytest.mark.parametrize("data", [b"", b"not a checkpoint", b"PK\x03\x04"])
def test_a_damaged_checkpoint_is_said_to_be_so(data: bytes) -> None:
    with pytest.raises(ModelBroken, match="damaged"):
        Checkpoint.from_bytes(data, torch.device("cpu"))


def test_a_paused_picture_takes_no_step_and_ends_as_if_it_had_not_been_paused(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(steps=6))
    undisturbed = drawn(engine)
    ticket = engine.add(recipe(steps=6))
    engine.step()
    engine.pause(ticket)
    assert engine.step() == () and not engine.busy
    neighbour = engine.add(recipe(steps=3, seed=5))
    assert {one for one, _ in run(engine)} == {neighbour}
    engine.pause(ticket, paused=False)
    assert drawn(engine) == undisturbed


def test_a_steered_picture_is_drawn_again_by_its_recipe(engine: Engine, recipe: Make) -> None:
    ticket = engine.add(recipe(steps=8))
    for _ in range(3):
        engine.step()
    change = engine.steer(ticket, Change(step=1, prompt="a blue cat", guidance=3.0))
    assert change is not None and change.step == 4
    steered = drawn(engine)
    engine.add(recipe(steps=8, steering=(change,)))
    assert drawn(engine) == steered
    engine.add(recipe(steps=8))
    assert drawn(engine) != steered


def test_steering_before_the_first_step_is_another_prompt(engine: Engine, recipe: Make) -> None:
    ticket = engine.add(recipe(steps=4))
    assert engine.steer(ticket, Change(step=1, prompt="a blue cat")) == Change(step=1, prompt="a blue cat")
    steered = drawn(engine)
    engine.add(recipe(steps=4, prompt="a blue cat"))
    assert drawn(engine) == steered


def test_an_earlier_change_that_came_later_is_drawn_again_too(engine: Engine, recipe: Make) -> None:
    ticket = engine.add(recipe(steps=8, steering=(Change(step=6, prompt="a blue cat"),)))
    for _ in range(2):
        engine.step()
    change = engine.steer(ticket, Change(step=1, guidance=2.0))
    assert change is not None and change.step == 3
    steered = drawn(engine)
    engine.add(recipe(steps=8, steering=(change, Change(step=6, prompt="a blue cat"))))
    assert drawn(engine) == steered


def test_what_is_gone_on_from_a_checkpoint_turns_at_that_step_at_the_earliest(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(steps=6))
    kept = checkpoints(engine)[2]
    ticket = engine.add(recipe(steps=6), checkpoints={0: kept})
    change = engine.steer(ticket, Change(step=1, prompt="a blue cat"))
    assert change is not None and change.step == kept.step == 4
    steered = drawn(engine)
    engine.add(recipe(steps=6, steering=(change,)))
    assert drawn(engine) == steered


def test_only_the_pictures_that_are_asked_for_are_drawn(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(steps=3, count=3))
    whole = {m.picture: m.image.tobytes() for _, m in run(engine) if isinstance(m, Drawn)}
    engine.add(recipe(steps=3, count=3), pictures=[2])
    assert {m.picture: m.image.tobytes() for _, m in run(engine) if isinstance(m, Drawn)} == {2: whole[2]}


def test_pictures_of_a_generation_turn_at_the_same_step(engine: Engine, recipe: Make) -> None:
    ticket = engine.add(recipe(steps=5, count=2))
    engine.step()
    change = engine.steer(ticket, Change(step=1, guidance=1.0))
    assert change is not None
    pair = {m.picture: m.image.tobytes() for _, m in run(engine) if isinstance(m, Drawn)}
    engine.add(recipe(steps=5, count=2, steering=(change,)))
    assert {m.picture: m.image.tobytes() for _, m in run(engine) if isinstance(m, Drawn)} == pair


def test_there_is_no_steering_of_what_is_gone(engine: Engine, recipe: Make) -> None:
    ticket = engine.add(recipe(steps=2))
    run(engine)
    assert engine.steer(ticket, Change(step=1, guidance=2.0)) is None
    assert engine.steer(Ticket(999), Change(step=1, guidance=2.0)) is None
    engine.pause(ticket)


def test_a_branch_with_nothing_changed_is_its_parent(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(steps=6, sampler=Sampler.EULER_A))
    kept = checkpoints(engine)
    engine.add(recipe(steps=6, sampler=Sampler.EULER_A))
    parent = drawn(engine)
    engine.add(recipe(steps=6, sampler=Sampler.EULER_A), checkpoints={0: kept[2]})
    assert drawn(engine) == parent
    other = recipe(steps=6, sampler=Sampler.EULER_A, steering=(Change(step=kept[2].step, prompt="a blue cat"),))
    engine.add(other, checkpoints={0: kept[2]})
    branch = drawn(engine)
    engine.add(other)
    assert drawn(engine) == branch != parent, "a checkpoint saves time and changes nothing"


STOCHASTIC = (Sampler.EULER_A, Sampler.HEUN, Sampler.DPMPP_2M, Sampler.DPMPP_SDE, Sampler.UNIPC, Sampler.PNDM)
changes = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.sampled_from(["a blue cat", "a castle in the red"]),
        "negative_prompt": st.sampled_from(["", "green"]),
        "guidance": st.floats(0, 12),
    },
).filter(bool)
noises = st.builds(
    Injection,
    pattern=st.sampled_from(Pattern),
    first=st.integers(1, 6),
    strength=st.floats(0, 2),
    seed=st.integers(0, 99),
    feather=st.floats(0, 0.4),
)
fairly_few = settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fairly_few
@given(sampler=st.sampled_from(STOCHASTIC), seed=st.integers(0, 2**32 - 1), steps=st.integers(3, 7), data=st.data())
def test_a_branch_from_any_step_of_any_picture_is_its_parent(
    engine: Engine, recipe: Make, sampler: Sampler, seed: int, steps: int, data: st.DataObject
) -> None:
    wish = recipe(steps=steps, sampler=sampler, seed=seed, injections=data.draw(st.lists(noises, max_size=2)))
    engine.add(wish)
    told = [message for _, message in run(engine)]
    parent = next(message.image.tobytes() for message in told if isinstance(message, Drawn))
    kept = [step.checkpoint for step in told if isinstance(step, Stepped) and step.checkpoint is not None]
    from_there = Checkpoint.from_bytes(data.draw(st.sampled_from(kept)).to_bytes(), torch.device("cpu"))
    engine.add(wish, checkpoints={0: from_there})
    assert drawn(engine) == parent


@fairly_few
@given(
    sampler=st.sampled_from(STOCHASTIC),
    seed=st.integers(0, 2**32 - 1),
    turns=st.lists(st.tuples(st.integers(0, 4), changes | noises), min_size=1, max_size=3),
)
def test_whatever_is_done_to_a_picture_is_done_again_by_its_recipe(
    engine: Engine, recipe: Make, sampler: Sampler, seed: int, turns: list[tuple[int, Any]]
) -> None:
    wish = recipe(steps=6, sampler=sampler, seed=seed)
    ticket = engine.add(wish)
    told: list[tuple[Ticket, Message]] = []
    for waits, turn in turns:
        for _ in range(waits):
            told += engine.step()
        if isinstance(turn, Injection):
            injected = engine.inject(ticket, turn)
            wish = wish.model_copy(update={"injections": (*wish.injections, *([injected] if injected else []))})
        elif (change := engine.steer(ticket, Change(step=1, **turn))) is not None:
            wish = wish.model_copy(update={"steering": (*wish.steering, change)})
    told += run(engine)
    steered = next(message.image.tobytes() for _, message in told if isinstance(message, Drawn))
    engine.add(wish)
    assert drawn(engine) == steered
    engine.add(wish)
    assert drawn(engine) == steered, "the same seed, the same picture"


def test_one_can_decide_to_leave_off_while_it_runs(engine: Engine, recipe: Make) -> None:
    ticket = engine.add(recipe(steps=8))
    for _ in range(4):
        engine.step()
    assert engine.stop_after(ticket, 2) == 5
    stopped = drawn(engine)
    engine.add(recipe(steps=8, stop_after=5))
    assert drawn(engine) == stopped
    assert engine.stop_after(ticket, 8) is None


def test_leaving_off_early_gives_what_was_expected_then(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(steps=8, stop_after=3))
    told = [message for _, message in run(engine)]
    assert [m.step for m in told if isinstance(m, Stepped)] == [1, 2, 3]
    assert any(isinstance(m, Drawn) for m in told)
