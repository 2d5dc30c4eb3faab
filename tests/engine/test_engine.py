from collections.abc import Callable

import pytest
import torch
from PIL import Image

from safelight.domain.errors import ModelBroken, OutOfMemory
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.message import Done, Drawn, Failed, Remark, Stepped
from tests.engine.conftest import run, unmeasured

Make = Callable[..., Recipe]


class Spoiled:
    """The real family with one thing about it changed."""

    def __init__(self, family: StableDiffusion, **changes: object) -> None:
        self.__dict__.update(changes)
        self._family = family

    def __getattr__(self, name: str) -> object:
        return getattr(self._family, name)


def spoiled_engine(family: StableDiffusion, **changes: object) -> Engine:
    spoiled = Spoiled(family, **changes)
    return Engine(lambda _: spoiled, profile=unmeasured)  # type: ignore[arg-type, return-value]


def test_every_step_is_told_in_order_then_the_picture(engine: Engine, recipe: Make) -> None:
    ticket = engine.add(recipe(steps=6))
    told = run(engine)
    assert {told_ticket for told_ticket, _ in told} == {ticket}
    messages = [message for _, message in told]
    assert [message.step for message in messages if isinstance(message, Stepped)] == [1, 2, 3, 4, 5, 6]
    assert isinstance(messages[-2], Drawn) and messages[-2].image.size == (32, 32)
    assert isinstance(messages[-1], Done)
    assert not engine.busy


def test_sigma_falls_and_every_step_has_a_preview(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(steps=8))
    messages = [message for _, message in run(engine)]
    steps = [message for message in messages if isinstance(message, Stepped)]
    sigmas = [step.sigma for step in steps]
    assert sigmas == sorted(sigmas, reverse=True)
    assert all(isinstance(step.preview(), Image.Image) for step in steps)


def test_several_pictures_have_consecutive_seeds(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(count=3, seed=2**32 - 2))
    drawn = [message for _, message in run(engine) if isinstance(message, Drawn)]
    assert {(one.picture, one.seed) for one in drawn} == {(0, 2**32 - 2), (1, 2**32 - 1), (2, 0)}


def test_the_second_of_two_pictures_is_the_one_its_seed_makes_alone(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(count=2, seed=10))
    pair = {message.seed: message.image for _, message in run(engine) if isinstance(message, Drawn)}
    engine.add(recipe(seed=11))
    alone = next(message.image for _, message in run(engine) if isinstance(message, Drawn))
    assert pair[11].tobytes() == alone.tobytes()


def test_requests_share_forwards_and_a_newcomer_joins_at_the_next_step(
    stock_family: StableDiffusion, recipe: Make
) -> None:
    sizes: list[int] = []

    def predict(questions: list[object]) -> torch.Tensor:
        sizes.append(len(questions))
        return stock_family.predict(questions)  # type: ignore[arg-type]

    engine = spoiled_engine(stock_family, predict=predict)
    engine.add(recipe(steps=6, guidance=1))
    sizes.clear()
    engine.step()
    engine.add(recipe(steps=6, guidance=7, sampler=Sampler.EULER))
    run(engine)
    engine.close()
    assert sizes == [1, 2, 2, 2, 2, 2, 1]


def test_cancel_takes_effect_before_the_next_evaluation(engine: Engine, recipe: Make) -> None:
    gone, kept = engine.add(recipe(steps=50)), engine.add(recipe(steps=4))
    engine.step()
    engine.cancel(gone)
    engine.cancel(gone)
    assert {ticket for ticket, _ in run(engine)} == {kept}


def test_cancelling_while_it_is_decoded_leaves_nothing_behind(engine: Engine, recipe: Make) -> None:
    ticket = engine.add(recipe(steps=1))
    engine.step()
    engine.cancel(ticket)
    assert run(engine) == []
    assert not engine.busy


def test_one_picture_that_fails_takes_no_neighbour_along(stock_family: StableDiffusion, recipe: Make) -> None:
    def predict(questions: list[object]) -> torch.Tensor:
        if any(question.total == 5 for question in questions):  # type: ignore[attr-defined]
            raise RuntimeError("a tensor has the wrong shape")
        return stock_family.predict(questions)  # type: ignore[arg-type]

    engine = spoiled_engine(stock_family, predict=predict)
    good, bad = engine.add(recipe(steps=4)), engine.add(recipe(steps=5))
    told = run(engine)
    engine.close()
    ends = {ticket: message for ticket, message in told if isinstance(message, Done | Failed)}
    assert isinstance(ends[good], Done)
    failed = ends[bad]
    assert isinstance(failed, Failed) and isinstance(failed.error, ModelBroken)


def test_numbers_that_overflow_are_a_clear_failure(stock_family: StableDiffusion, recipe: Make) -> None:
    def predict(questions: list[object]) -> torch.Tensor:
        return stock_family.predict(questions) * float("nan")  # type: ignore[arg-type]

    engine = spoiled_engine(stock_family, predict=predict)
    engine.add(recipe(sampler=Sampler.DDIM))
    failed = [message for _, message in run(engine) if isinstance(message, Failed)]
    engine.close()
    assert len(failed) == 1 and failed[0].error.hint


def test_out_of_memory_in_a_batch_is_tried_again_alone(stock_family: StableDiffusion, recipe: Make) -> None:
    def predict(questions: list[object]) -> torch.Tensor:
        if len(questions) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return stock_family.predict(questions)  # type: ignore[arg-type]

    engine = spoiled_engine(stock_family, predict=predict)
    for seed in range(3):
        engine.add(recipe(steps=3, seed=seed))
    told = [message for _, message in run(engine)]
    engine.close()
    assert sum(isinstance(message, Done) for message in told) == 3


def test_out_of_memory_alone_and_at_decode_is_said_as_such(stock_family: StableDiffusion, recipe: Make) -> None:
    def full(*_: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    engine = spoiled_engine(stock_family, decode=full)
    engine.add(recipe(steps=2))
    failed = [message for _, message in run(engine) if isinstance(message, Failed)]
    engine.close()
    assert isinstance(failed[0].error, OutOfMemory)


def test_what_does_not_fit_into_the_text_encoder_is_said(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(prompt="a red dragon in the castle " * 8 + "with a blue cat", count=2))
    remarks = [message for _, message in run(engine) if isinstance(message, Remark)]
    assert len(remarks) == 1
    assert remarks[0].code == "prompt_cut" and "blue cat" in remarks[0].detail


def test_a_model_that_cannot_be_loaded_is_refused_at_add(recipe: Make) -> None:
    def missing(model: str) -> StableDiffusion:
        raise ModelBroken(f"{model} is damaged")

    engine = Engine(missing)
    with pytest.raises(ModelBroken):
        engine.add(recipe())
    engine.close()


def test_sizes_take_turns_and_both_are_finished(engine: Engine, recipe: Make) -> None:
    small, large = engine.add(recipe(steps=10)), engine.add(recipe(steps=10, width=64, height=64))
    turns = [ticket for ticket, message in run(engine) if isinstance(message, Stepped)]
    assert turns.count(small) == turns.count(large) == 10
    assert turns[:10].count(large) >= 1, "the large picture waited for all of the small one"
