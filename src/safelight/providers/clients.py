"""Clients of services, kept for the next picture: to make one takes longer than to use it."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from safelight.providers.upstream import Credentials

Client = TypeVar("Client")
KEPT = 8
"""Credentials whose clients are kept; those that were not used for longest are closed first."""


class Clients(Generic[Client]):
    """One for each set of credentials.

    Args:
        make: makes one.
        close: closes one; it may be in use, as long as what it is used for comes to its end.
    """

    def __init__(
        self, make: Callable[[Credentials], Client], close: Callable[[Client], Awaitable[None]] | None = None
    ) -> None:
        self._make = make
        self._close = close
        self._kept: OrderedDict[tuple[tuple[str, str], ...], Client] = OrderedDict()
        self._left: list[Client] = []

    def of(self, credentials: Credentials) -> Client:
        key = tuple(sorted(credentials.items()))
        if key not in self._kept:
            self._kept[key] = self._make(credentials)
            if len(self._kept) > KEPT:
                # Somebody may be using it: it is closed with the rest.
                self._left.append(self._kept.popitem(last=False)[1])
        self._kept.move_to_end(key)
        return self._kept[key]

    async def close(self) -> None:
        clients = [*self._kept.values(), *self._left]
        self._kept.clear()
        self._left.clear()
        if self._close is not None:
            for client in clients:
                await self._close(client)
