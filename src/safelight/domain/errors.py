"""Everything that can go wrong, as one tree. Each error says what happened and what to do next.

SafelightError
├── Refused                 the request cannot be done as asked; nothing was started
│   ├── InvalidRecipe       a field is wrong; `fields` says which
│   ├── Malformed           the body is not a JSON object
│   ├── WrongContentType    the body is of a kind that is not read here
│   ├── UnusableImage       an image that was given cannot be read, or has too many pixels
│   ├── NotAllowed          moderation refuses it; `categories` says for what
│   ├── Foreign             a page of another site, or a name that is not the server's, asked for something
│   ├── Unauthenticated     nobody knows who asks: no key, or one that is not valid
│   ├── Forbidden           it is known who asks, and they may not do that
│   ├── UnknownModel        no model of that name is installed
│   ├── Unsupported         the model or sampler cannot do what the recipe wishes
│   ├── DoesNotFit          there is not enough memory for it
│   ├── NotFound            no such generation, picture or frame
│   ├── Conflict            it contradicts something earlier: a key that was used, a generation that has ended
│   └── TooLarge            the body or prompt is over its limit
├── Busy                    right now is the wrong moment; `retry_after` says when to come back
│   ├── QueueFull
│   ├── LimitReached        somebody has had their share for now
│   ├── BudgetReached       the workspace has spent what it may, for today or this month
│   ├── NotReady            the model is still loading, or being downloaded
│   └── Unreachable         a service that is needed for it does not answer
│       └── StoreAway       what keeps rows or files does not answer, or is full; jobs wait until it does
├── Broken                  a job that was under way could not be finished
│   ├── ModelBroken         the weights cannot be loaded or gave no usable numbers
│   ├── OutOfMemory
│   ├── ServiceFailed       an image service elsewhere could not finish it, or cannot be used as it is set up
│   ├── Interrupted         the server stopped while the job ran
│   └── TakenOver           another server goes on with it
└── Misconfigured           the server cannot start the way it is set up
"""

from collections.abc import Mapping, Sequence


class SafelightError(Exception):
    """Root of the tree.

    Args:
        detail: what happened, in one sentence a user understands.
        hint: what to do next.
    """

    code = "error"
    title = "Something went wrong"
    retryable = False

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint


class Refused(SafelightError):
    code = "refused"
    title = "The request was refused"


class InvalidRecipe(Refused):
    """`fields` maps each wrong field to what is wrong with it."""

    code = "invalid_recipe"
    title = "The recipe is not valid"

    def __init__(self, detail: str, *, hint: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.fields = dict(fields or {})


class Malformed(Refused):
    code = "malformed"
    title = "The body cannot be read"


class WrongContentType(Refused):
    code = "wrong_content_type"
    title = "The body is of the wrong type"


class UnusableImage(Refused):
    code = "unusable_image"
    title = "The image cannot be used"


class Foreign(Refused):
    code = "foreign"
    title = "Not for other sites"


class NotAllowed(Refused):
    """`categories` are what it is refused for."""

    code = "not_allowed"
    title = "That is not drawn here"

    def __init__(self, detail: str, *, hint: str = "", categories: Sequence[str] = ()) -> None:
        super().__init__(detail, hint=hint)
        self.categories = tuple(categories)


class Unauthenticated(Refused):
    code = "unauthenticated"
    title = "Who is asking?"


class Forbidden(Refused):
    code = "forbidden"
    title = "Not allowed"


class UnknownModel(Refused):
    code = "unknown_model"
    title = "No such model"


class Unsupported(Refused):
    code = "unsupported"
    title = "The model cannot do that"


class DoesNotFit(Refused):
    code = "does_not_fit"
    title = "Not enough memory for that"


class NotFound(Refused):
    code = "not_found"
    title = "Not found"


class Conflict(Refused):
    code = "conflict"
    title = "That conflicts with what has happened"


class TooLarge(Refused):
    code = "too_large"
    title = "Too large"


class Busy(SafelightError):
    """`retry_after` is in seconds, from now."""

    code = "busy"
    title = "Try again soon"
    retryable = True

    def __init__(self, detail: str, *, hint: str = "", retry_after: float = 1.0) -> None:
        super().__init__(detail, hint=hint)
        self.retry_after = retry_after


class QueueFull(Busy):
    code = "queue_full"
    title = "The queue is full"


class LimitReached(Busy):
    code = "limit_reached"
    title = "That is enough for now"


class BudgetReached(Busy):
    code = "budget_reached"
    title = "The budget is spent"


class NotReady(Busy):
    code = "not_ready"
    title = "Not ready yet"


class Unreachable(Busy):
    code = "unreachable"
    title = "Not to be reached"


class StoreAway(Unreachable):
    code = "store_away"
    title = "Nothing can be kept at this moment"


class Broken(SafelightError):
    code = "failed"
    title = "The generation failed"


class ModelBroken(Broken):
    code = "model_broken"
    title = "The model cannot be used"


class OutOfMemory(Broken):
    code = "out_of_memory"
    title = "Out of memory"
    retryable = True


class ServiceFailed(Broken):
    code = "service_failed"
    title = "The image service failed"
    retryable = True


class Interrupted(Broken):
    code = "interrupted"
    title = "The server stopped"
    retryable = True


class TakenOver(Broken):
    code = "taken_over"
    title = "Another server goes on with it"


class Misconfigured(SafelightError):
    code = "misconfigured"
    title = "Safelight cannot start like this"


def kinds() -> dict[str, type[SafelightError]]:
    """The classes of the tree by their codes."""
    found, left = dict[str, type[SafelightError]](), [SafelightError]
    while left:
        kind = left.pop()
        found.setdefault(kind.code, kind)
        left += kind.__subclasses__()
    return found
