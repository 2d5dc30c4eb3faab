"""A circuit breaker: a service that failed several times in a row is left alone for a while.

After the while, one request goes through to see; the others are still refused until it has come back. M. Nygard,
Release It! (2007), chapter 5.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from safelight.domain.errors import NotAllowed, SafelightError, Unreachable, Unsupported
from safelight.providers.failures import Denied

THEIR_RIGHT = (NotAllowed, Unsupported, Denied)
"""Errors of a service that works."""


class Circuit(StrEnum):
    CLOSED = "closed"
    """Everything goes through."""
    OPEN = "open"
    """Nothing does."""
    HALF_OPEN = "half_open"
    """One request is on its way, to see."""


@dataclass
class Breaker:
    """Of one service.

    Attributes:
        service: as it is called by people.
        after: failures in a row.
        rest_s: how long it is left alone at first; twice as long after every time that it has not come back.
        longest_s: at most.
    """

    service: str
    after: int = 5
    rest_s: float = 30.0
    longest_s: float = 600.0
    now: Callable[[], float] = time.monotonic
    _failures: int = field(default=0, init=False)
    _until: float | None = field(default=None, init=False)
    _rest: float = field(default=0.0, init=False)
    _probing: bool = field(default=False, init=False)
    last: str | None = field(default=None, init=False)
    """What went wrong last, since it last went well."""

    @property
    def state(self) -> Circuit:
        if self._until is None:
            return Circuit.CLOSED
        return Circuit.HALF_OPEN if self._probing else Circuit.OPEN

    def check(self) -> None:
        """Raises Unreachable where nothing goes through at this moment."""
        if self._until is None:
            return
        left = self._until - self.now()
        if left > 0 or self._probing:
            raise Unreachable(
                f"{self.service} failed {self._failures} times in a row and is left alone for now: {self.last}",
                hint="Send it again then, or name another provider beside it.",
                retry_after=max(1.0, left),
            )

    @contextmanager
    def through(self) -> Generator[None, None, None]:
        """Around a request. Whoever cancels it has said nothing about the service. Raises as `check` does."""
        self.check()
        probe = self._probing = self._until is not None
        try:
            yield
        except THEIR_RIGHT:
            self._well()
            raise
        except SafelightError as error:
            self._badly(error)
            raise
        else:
            self._well()
        finally:
            if probe:
                self._probing = False

    def _well(self) -> None:
        self._failures, self._until, self._rest, self.last = 0, None, 0.0, None

    def _badly(self, error: SafelightError) -> None:
        self._failures += 1
        self.last = error.detail
        if self._failures >= self.after or self._until is not None:
            self._rest = min(self.longest_s, self._rest * 2 or self.rest_s)
            self._until = self.now() + self._rest
