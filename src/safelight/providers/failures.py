"""What an image service may answer besides a picture, as errors of the house."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from safelight.domain.errors import NotAllowed, SafelightError, ServiceFailed, Unreachable, Unsupported

DETAIL_LIMIT = 300
"""Characters of a service's own words that are passed on."""
DENIED = (401, 402, 403)
THROTTLED = (429, 503)


class Throttled(Unreachable):
    """The service has too much to do and accepted nothing: the same may be sent again."""


class Denied(ServiceFailed):
    """The credentials are not good for it."""

    retryable = False


class Passing(ServiceFailed):
    """It failed, or the connection did.

    Attributes:
        answered: the service itself says so, and asks for no money; else it may have drawn it all the same.
    """

    answered = False


class Gone(ServiceFailed):
    """What an earlier run had begun is not there any more."""


def of_status(service: str, status: int, *, said: str = "", headers: Mapping[str, str] | None = None) -> SafelightError:
    """The error for an HTTP status.

    Args:
        service: as it is called by people.
        said: the service's own words.
        headers: of its answer, with `retry-after` in any of its forms.
    """
    words = _short(said)
    if status in THROTTLED:
        return Throttled(
            f"{service} has too much to do{words}.",
            hint="Send it again in a while, or name another provider beside it.",
            retry_after=retry_after(headers or {}) or 1.0,
        )
    if status in DENIED:
        return Denied(
            f"{service} does not let this server in{words}.",
            hint="Look at the credentials and the account: PUT /api/v1/providers/{name}/credentials sets new ones.",
        )
    if 400 <= status < 500 and status not in (408, 409, 425):
        return Unsupported(f"{service} does not take this recipe{words}.", hint="Change what it names.")
    return gave_up(service, f"status {status}{words}")


def gave_up(service: str, said: str) -> Passing:
    """The service says that it failed."""
    error = Passing(f"{service} failed: {_plain(said)}.", hint="Try again, or with another provider.")
    error.answered = True
    return error


def cut(service: str, why: str) -> Passing:
    """The connection ended before the answer did."""
    return Passing(f"The connection to {service} failed: {_plain(why)}.", hint="Try again, or with another provider.")


def silent(service: str, seconds: float) -> Passing:
    return Passing(
        f"{service} said nothing for {seconds:g} seconds.",
        hint="It may have been paid for all the same. Try again, or with another provider.",
    )


def timed_out(service: str, seconds: float) -> Passing:
    return Passing(
        f"{service} was not done after {seconds / 60:g} minutes.", hint="Try again, or with another provider."
    )


def malformed(service: str, why: str) -> Passing:
    """It answered, and not with what it is documented to answer."""
    return Passing(
        f"{service} answered with something that cannot be used: {_plain(why)}.",
        hint="Try again, or with another provider; the service may have changed.",
    )


def refused(service: str, said: str = "", *, categories: tuple[str, ...] = ()) -> NotAllowed:
    """The service's own rules are against it."""
    return NotAllowed(
        f"{service} refuses to draw that{_short(said)}.",
        hint="Ask for something else: these are the rules of the service, and other services are not asked instead.",
        categories=categories,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now, whether the service says seconds, milliseconds or a date; None where it says nothing."""
    named = {name.lower(): value for name, value in headers.items()}
    try:
        if "retry-after-ms" in named:
            return max(0.0, float(named["retry-after-ms"]) / 1000)
        value = named["retry-after"]
        if value.replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, (parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def _short(said: str) -> str:
    return f": {_plain(said)}" if said.strip() else ""


def _plain(said: str) -> str:
    return " ".join(said.split())[:DETAIL_LIMIT].rstrip(" .")
