"""Which models stay in memory. The families are real, and tiny."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from safelight.domain.errors import ModelBroken, OutOfMemory
from safelight.engine import residency as room
from safelight.engine.folder import ModelFolder
from safelight.engine.footprint import Footprints, expected
from safelight.engine.residency import Residency

Keep = Callable[..., Residency]


@pytest.fixture
def weights(stock_folder: Path) -> int:
    return expected(ModelFolder.open(stock_folder), number=4).weights


@pytest.fixture
def keep(stock_folder: Path) -> Keep:
    """A residency in which every name is another copy of the same tiny model."""

    def make(**settings: object) -> Residency:
        return Residency(
            lambda model: ModelFolder.open(stock_folder, id=model),
            device="cpu",
            dtype="float32",
            **settings,  # type: ignore[arg-type]
        )

    return make


def test_the_one_that_was_asked_for_longest_ago_makes_room(keep: Keep, weights: int) -> None:
    kept = keep(budget=round(weights * 2.5))
    for model in ("a", "b", "a", "c"):
        kept.family(model)
    assert [model for model in "abc" if kept.loaded(model)] == ["a", "c"]
    assert kept.room == round(weights * 2.5) - 2 * weights


def test_what_makes_room_is_gone_from_memory(keep: Keep, weights: int) -> None:
    kept = keep(budget=round(weights * 1.5))
    first = weakref.ref(kept.family("a"))
    kept.family("b")
    gc.collect()
    assert first() is None


def test_what_draws_and_what_is_pinned_stays_and_the_refusal_says_so(keep: Keep, weights: int) -> None:
    kept = keep(budget=round(weights * 2.5), pinned=["pinned"])
    kept.busy = lambda model: model == "busy"
    kept.family("pinned")
    kept.family("busy")
    with pytest.raises(OutOfMemory, match="beside busy, pinned") as refused:
        kept.family("c")
    assert "SAFELIGHT_MEMORY_GB" in refused.value.hint
    assert kept.loaded("pinned") and kept.loaded("busy")


def test_nobody_has_to_go_for_what_would_not_fit_even_then(keep: Keep, weights: int) -> None:
    kept = keep(budget=weights)
    kept.family("a")
    kept.budget = weights // 2
    with pytest.raises(OutOfMemory):
        kept.family("b")
    assert kept.loaded("a")


def test_what_nobody_asks_for_goes_but_for_what_is_pinned_or_draws(keep: Keep) -> None:
    kept = keep(pinned=["pinned"])
    for model in ("pinned", "busy", "idle", "fresh"):
        kept.family(model)
    kept.busy = lambda model: model == "busy"
    kept._loaded["idle"].used -= 100
    kept._loaded["busy"].used -= 100
    kept._loaded["pinned"].used -= 100
    assert kept.tidy(idle_s=50) == ("idle",)
    assert [model for model in ("pinned", "busy", "idle", "fresh") if kept.loaded(model)] == ["pinned", "busy", "fresh"]


def test_without_a_budget_everything_stays(keep: Keep) -> None:
    kept = keep()
    for model in "abc":
        kept.family(model)
    assert all(map(kept.loaded, "abc")) and kept.room is None


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory"), MemoryError(), RuntimeError("[enforce fail] not enough memory: 9")],
)
def test_running_out_of_memory_at_load_is_said_as_such_and_leaves_nothing(
    keep: Keep, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = room.FAMILIES["sd"]
    half: list[weakref.ref[object]] = []

    def too_large(*arguments: object, **settings: object) -> object:
        made = real(*arguments, **settings)
        half.append(weakref.ref(made))
        raise error

    kept = keep()
    monkeypatch.setattr(room, "FAMILIES", {"sd": too_large})
    for _ in range(10):
        with pytest.raises(OutOfMemory):
            kept.family("a")
    error.__traceback__ = None
    gc.collect()
    assert not kept.loaded("a") and not any(one() for one in half)
    monkeypatch.undo()
    assert kept.family("a")


def test_another_failure_is_the_models(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("size mismatch")

    monkeypatch.setattr(room, "FAMILIES", {"sd": broken})
    with pytest.raises(ModelBroken, match="size mismatch"):
        keep().family("a")


def test_what_a_model_takes_is_measured_and_remembered(keep: Keep, stock_folder: Path, tmp_path: Path) -> None:
    folder = ModelFolder.open(stock_folder, id="a")
    kept = keep(footprints=Footprints(tmp_path / "footprints.json"))
    assert not kept.footprint(folder).measured
    kept.measure(kept.family("a"))
    known = keep(footprints=Footprints(tmp_path / "footprints.json")).footprint(folder)
    assert known.measured and known.row_cell > 0 and known.decode_cell > 0
