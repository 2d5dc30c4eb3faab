"""Reading adapters from the disk beside the forwards: whoever asked for one waits for it, and nobody else does."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

from safelight.domain.recipe import Recipe
from safelight.engine.families.family import Family
from safelight.engine.message import Ticket

GLANCE_S = 0.005


class Preparing:
    """One thread that reads for pictures that have not begun."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="adapters")
        self._readings: dict[Ticket, list[Future[object]]] = {}

    def begin(self, ticket: Ticket, family: Family, recipe: Recipe) -> None:
        """Read what a recipe wears and the model does not have yet."""
        if recipe.loras or recipe.controls or recipe.ip_adapter:
            self._readings[ticket] = list(family.prepare(recipe, self._pool.submit))

    def waits(self, ticket: Ticket) -> bool:
        """Whether it is still being read for."""
        if any(not reading.done() for reading in self._readings.get(ticket, ())):
            return True
        self._readings.pop(ticket, None)
        return False

    def look_away(self, *, idle: bool) -> None:
        """Let a moment pass where something is being read, and there is nothing else to do."""
        if idle and self._readings:
            time.sleep(GLANCE_S)

    def forget(self, ticket: Ticket) -> None:
        """Nobody waits for it any more."""
        self._readings.pop(ticket, None)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
