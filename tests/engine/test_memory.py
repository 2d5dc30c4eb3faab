"""Running out of memory in the middle of a picture: it is drawn otherwise or given up, and nobody else notices."""

import gc
import random
from collections.abc import Callable

import pytest
import torch
from PIL import Image

from safelight.domain.errors import OutOfMemory
from safelight.domain.recipe import Recipe
from safelight.engine.engine import Engine
from safelight.engine.families.family import Way
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.message import Done, Drawn, Failed, Message, Remark
from safelight.engine.profile import Profile
from safelight.engine.watermark import peak_bytes
from tests.engine.conftest import run, unmeasured
from tests.engine.scarce import Scarce

Make = Callable[..., Recipe]
ENDLESS = float("inf")


def told(engine: Engine) -> list[Message]:
    return [message for _, message in run(engine)]


def picture(engine: Engine, recipe: Recipe) -> Image.Image:
    engine.add(recipe)
    return next(message.image for message in told(engine) if isinstance(message, Drawn))


def engine_of(family: object, **settings: object) -> Engine:
    return Engine(lambda _: family, **{"profile": unmeasured, **settings})  # type: ignore[arg-type, return-value]


def difference(one: Image.Image, other: Image.Image) -> int:
    return max(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True))


def test_a_decode_that_does_not_fit_is_done_in_tiles_and_says_so(stock_family: StableDiffusion, recipe: Make) -> None:
    wish = recipe(steps=2, width=128, height=128)
    whole = picture(engine_of(stock_family), wish)
    allowed = iter([10.0, ENDLESS])
    scarce = Scarce(stock_family, decode=lambda: next(allowed))
    engine = engine_of(scarce)
    engine.add(wish)
    messages = told(engine)
    assert scarce.ways == [Way.WHOLE, Way.TILED]
    assert [message.code for message in messages if isinstance(message, Remark)] == ["decoded_in_tiles"]
    drawn = next(message.image for message in messages if isinstance(message, Drawn))
    assert drawn.size == whole.size and difference(drawn, whole) < 40


def test_a_decode_that_does_not_fit_even_so_is_done_in_main_memory(stock_family: StableDiffusion, recipe: Make) -> None:
    whole = picture(engine_of(stock_family), recipe(steps=2))
    allowed = iter([10.0, 10.0, ENDLESS])
    engine = engine_of(Scarce(stock_family, decode=lambda: next(allowed)))
    engine.add(recipe(steps=2))
    messages = told(engine)
    assert [message.code for message in messages if isinstance(message, Remark)] == ["decoded_on_host"]
    assert next(message.image for message in messages if isinstance(message, Drawn)).tobytes() == whole.tobytes()


def test_a_decode_that_will_not_fit_is_not_tried_whole(stock_family: StableDiffusion, recipe: Make) -> None:
    scarce = Scarce(stock_family)
    engine = engine_of(
        scarce, room=lambda: 1000, profile=lambda _: Profile(budget=16, area=256, decode_cell_bytes=1000)
    )
    engine.add(recipe(steps=2))
    assert any(isinstance(message, Drawn) for message in told(engine))
    assert scarce.ways == [Way.TILED]


def test_tiles_take_less(stock_family: StableDiffusion) -> None:
    latents = torch.randn(1, *stock_family.latent_shape(width=256, height=256))
    with torch.inference_mode():
        whole, tiled = (
            peak_bytes(lambda way=way: stock_family.decode(latents, way), torch.device("cpu"))  # type: ignore[misc]
            for way in (Way.WHOLE, Way.TILED)
        )
    assert tiled < whole / 2


def test_a_forward_that_does_not_fit_alone_is_done_row_by_row(stock_family: StableDiffusion, recipe: Make) -> None:
    wish = recipe(steps=3, guidance=5)
    whole = picture(engine_of(stock_family), wish)
    needed = forward_bytes(stock_family, wish)
    scarce = Scarce(stock_family, forward=lambda: needed * 0.75)
    engine = engine_of(scarce)
    engine.add(wish)
    messages = told(engine)
    assert scarce.forwards == 3 * 3
    assert [message.code for message in messages if isinstance(message, Remark)] == ["row_by_row"]
    drawn = next(message.image for message in messages if isinstance(message, Drawn))
    assert difference(drawn, whole) <= 1


def test_the_batch_is_no_larger_than_the_room(stock_family: StableDiffusion, recipe: Make) -> None:
    rows: list[int] = []

    class Counting(Scarce):
        def predict(self, questions: list[object]) -> object:
            rows.append(len(questions))
            return super().predict(questions)

    engine = engine_of(
        Counting(stock_family),
        room=lambda: 4 * 256 * 10,
        profile=lambda _: Profile(budget=16, area=256, row_cell_bytes=10),
    )
    for seed in range(5):
        engine.add(recipe(steps=2, seed=seed, guidance=5))
    told(engine)
    assert max(rows) == 2


def test_neighbours_do_not_notice_that_one_runs_out_of_memory(stock_family: StableDiffusion, recipe: Make) -> None:
    wishes = [recipe(steps=4, seed=seed, guidance=5) for seed in range(3)]
    alone = [picture(engine_of(stock_family), wish) for wish in wishes]
    large = recipe(steps=4, width=64, height=64, guidance=5)
    scarce = Scarce(stock_family, forward=lambda: forward_bytes(stock_family, wishes[0]) * 4)
    engine = engine_of(scarce)
    tickets = [engine.add(wish) for wish in wishes]
    victim = engine.add(large.model_copy(update={"width": 256, "height": 256}))
    heard = run(engine)
    failed = [(ticket, message.error) for ticket, message in heard if isinstance(message, Failed)]
    assert [ticket for ticket, _ in failed] == [victim] and isinstance(failed[0][1], OutOfMemory)
    for ticket, wanted in zip(tickets, alone, strict=True):
        drawn = next(message.image for whose, message in heard if whose == ticket and isinstance(message, Drawn))
        assert difference(drawn, wanted) <= 1


def test_two_hundred_faults_leave_nothing_behind(stock_family: StableDiffusion, recipe: Make) -> None:
    dice = random.Random(0)
    scarce = Scarce(
        stock_family,
        forward=lambda: dice.choice([ENDLESS, ENDLESS, 1e4]),
        decode=lambda: dice.choice([ENDLESS, 1e3, 1e3]),
    )
    engine = engine_of(scarce)

    def go() -> tuple[int, int]:
        """How many pictures were adapted or given up, and how many ended."""
        engine.add(recipe(steps=3, seed=dice.randrange(100), guidance=dice.choice([1, 5])))
        messages = told(engine)
        faults = sum(isinstance(message, Failed | Remark) for message in messages)
        return faults, sum(isinstance(message, Failed | Done) for message in messages)

    go()
    tensors, faults, runs = alive(), 0, 0
    while faults < 200:
        found, ended = go()
        assert ended == 1
        faults, runs = faults + found, runs + 1
        assert runs < 600
    assert not engine.busy and not engine._drawings and not engine._decoder._waiting
    assert alive() <= tensors + 5
    engine.close()


def test_a_model_that_cannot_be_measured_for_want_of_memory_is_refused_as_such(
    stock_family: StableDiffusion, recipe: Make
) -> None:
    def full(_: object) -> Profile:
        raise torch.OutOfMemoryError("CUDA out of memory")

    engine = engine_of(stock_family, profile=full)
    with pytest.raises(OutOfMemory):
        engine.add(recipe())
    engine.close()


def forward_bytes(family: StableDiffusion, wish: Recipe) -> int:
    """What the forward of one guided picture takes."""
    peaks: list[int] = []

    class Watching(Scarce):
        def predict(self, questions: list[object]) -> object:
            result: list[object] = []
            peaks.append(peak_bytes(lambda: result.append(family.predict(questions)), torch.device("cpu")))  # type: ignore[arg-type]
            return result[0]

    picture(engine_of(Watching(family)), wish)
    return max(peaks)


def alive() -> int:
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())
