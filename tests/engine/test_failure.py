import pytest
import torch

from safelight.domain.errors import InvalidRecipe, ModelBroken, OutOfMemory
from safelight.engine.failure import explain


def test_what_was_said_already_stays_as_it_was_said() -> None:
    said = InvalidRecipe("no", hint="yes")
    assert explain(said) is said


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("x"), MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory: 9")]
)
def test_running_out_of_memory_is_known_by_any_of_its_names(error: Exception) -> None:
    assert isinstance(explain(error), OutOfMemory)


def test_the_log_has_the_details_that_are_promised(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    except RuntimeError as error:
        told = explain(error)
    assert isinstance(told, ModelBroken) and "log" in told.hint
    assert "test_the_log_has_the_details" in caplog.text and "mat1" in caplog.text
