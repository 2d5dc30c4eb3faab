"""What A1111 keeps for its only user: the settings, and what is being drawn. Here every caller has their own."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from safelight.domain.access import Access

CALLERS, TASKS = 1000, 200
"""How many are remembered; of more, the longest unused are forgotten."""


@dataclass
class Place:
    """One caller's.

    Attributes:
        options: settings that were changed.
        tasks: generations by the ids that clients gave them, the last ones, ended or not.
        under_way: generations that somebody waits for, oldest first.
    """

    options: dict[str, Any] = field(default_factory=dict)
    tasks: OrderedDict[str, str] = field(default_factory=OrderedDict)
    under_way: dict[str, None] = field(default_factory=dict)

    @contextmanager
    def drawing(self, generation: str, *, task: str | None) -> Iterator[None]:
        """While somebody waits for it."""
        self.under_way[generation] = None
        if task:
            self.tasks[task] = generation
            while len(self.tasks) > TASKS:
                self.tasks.popitem(last=False)
        try:
            yield
        finally:
            self.under_way.pop(generation, None)

    def change(self, options: Mapping[str, Any]) -> None:
        self.options = {**self.options, **options}


class Desk:
    """Everybody's places."""

    def __init__(self) -> None:
        self._places: OrderedDict[tuple[str, str], Place] = OrderedDict()

    def of(self, access: Access) -> Place:
        who = access.workspace, access.caller
        place = self._places.setdefault(who, Place())
        self._places.move_to_end(who)
        for other in list(self._places)[: max(0, len(self._places) - CALLERS)]:
            if not self._places[other].under_way:
                del self._places[other]
        return place


def desk_of(request: Request) -> Desk:
    return cast(Desk, request.app.state.desk)


TheDesk = Annotated[Desk, Depends(desk_of)]
