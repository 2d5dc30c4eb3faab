"""What becomes of an error that one picture runs into."""

import logging

import torch

from safelight.domain.errors import ModelBroken, OutOfMemory, SafelightError

log = logging.getLogger(__name__)

DRAWING_ERRORS = (SafelightError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError, MemoryError)
"""What torch and diffusers raise on what a recipe asks of them. One picture's failure is never its neighbour's."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the device, or this machine, had no room left. On a CPU torch says so in words alone."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "not enough memory" in str(error)


def explain(error: Exception) -> SafelightError:
    """The error as a user understands it."""
    if isinstance(error, SafelightError):
        return error
    if is_out_of_memory(error):
        return OutOfMemory("The device ran out of memory.", hint="Ask for a smaller picture or fewer at once.")
    log.error("a model failed", exc_info=error)
    return ModelBroken(f"The model failed: {error}", hint="Try another sampler or size; the log has the details.")
