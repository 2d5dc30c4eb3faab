"""Whose turn it is: everybody gets the same share of the device, whatever they put into the line.

Start-time fair queueing (Goyal, Vin and Cheng, 1997, https://doi.org/10.1109/90.649569) on two levels: what was drawn
for each workspace is counted, and within it for each caller. The one that has had least is next, and its own come in
their order. So whoever sends one generation waits for one of each other, not for a hundred of somebody's.

Priorities are of a workspace's own: what is urgent goes before the rest of it, whichever of its callers sent that, and
the other workspaces have the same share as ever.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar


class Owner(NamedTuple):
    """For whom something is drawn."""

    workspace: str = ""
    caller: str = ""


class Waiting(Protocol):
    """Something that takes a part of the device's time.

    Attributes:
        work: how much, in any unit that is the same for all.
        urgency: what is lower goes before the rest of its workspace.
        place: among those of the same owner and urgency; lower is sooner.
    """

    @property
    def owner(self) -> Owner: ...

    @property
    def work(self) -> float: ...

    @property
    def urgency(self) -> int: ...

    @property
    def place(self) -> float: ...


T = TypeVar("T", bound=Waiting)
Account = str | Owner
"""A workspace, or a caller in it."""
WORKSPACES = "*"
"""The level of the workspaces; no workspace is called that."""


class Fairness:
    """Counts what was drawn for whom, for as long as they have anything in the line."""

    def __init__(self) -> None:
        self._served: dict[Account, float] = {}
        self._present: Counter[Account] = Counter()
        self._now: dict[str, float] = {}
        """How much those had who were drawn last, before that: of the workspaces, and within each of its callers."""

    def enter(self, one: Waiting) -> None:
        """It comes into the line. Nobody saves up turns: who was away begins where the others are now."""
        for account, level in _accounts(one):
            self._present[account] += 1
            self._served.setdefault(account, self._now.get(level, 0.0))

    def charge(self, one: Waiting) -> None:
        """It is being drawn."""
        for account, level in _accounts(one):
            self._now[level] = self._served[account]
            self._served[account] += one.work

    def leave(self, one: Waiting) -> None:
        """It is drawn, or was taken out of the line."""
        for account, _ in _accounts(one):
            self._present[account] -= 1
            if not self._present[account]:
                del self._present[account], self._served[account]
        if one.owner.workspace not in self._present:
            self._now.pop(one.owner.workspace, None)
        if not self._present:
            self._now.clear()

    def order(self, waiting: Sequence[T]) -> Iterator[T]:
        """Those who wait, in the order in which they will be drawn if nobody else comes.

        Args:
            waiting: all of them have entered.
        """
        ranked = sorted(waiting, key=lambda one: (one.urgency, one.place))
        if len({one.owner for one in waiting}) <= 1:
            yield from ranked
            return
        spaces: dict[str, dict[Owner, deque[T]]] = {}
        for one in ranked:
            spaces.setdefault(one.owner.workspace, {}).setdefault(one.owner, deque()).append(one)
        served = dict(self._served)
        while spaces:
            # Where two had the same, who came first.
            space = min(spaces, key=lambda name: (served[name], min(queue[0].place for queue in spaces[name].values())))
            queues = spaces[space]
            one = min(
                (queue[0] for queue in queues.values()), key=lambda one: (one.urgency, served[one.owner], one.place)
            )
            yield one
            for account, _ in _accounts(one):
                served[account] += one.work
            queues[one.owner].popleft()
            if not queues[one.owner]:
                del queues[one.owner]
            if not queues:
                del spaces[space]


def _accounts(one: Waiting) -> tuple[tuple[Account, str], ...]:
    """What is counted of it, and on which level: among the workspaces, and within its own."""
    return (one.owner.workspace, WORKSPACES), (one.owner, one.owner.workspace)
