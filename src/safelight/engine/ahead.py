"""What is read from the disk ahead of its use."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
Read = Callable[[Callable[[], Any]], "Future[Any]"]
"""Begins to read something in another thread."""
KEPT = 8
"""Readings that wait to be taken: those who asked for more have given up."""


class Ahead(Generic[Value]):
    """What is read ahead, by its id, until it is taken. For the engine's thread alone."""

    def __init__(self) -> None:
        self._readings: dict[str, Future[Value]] = {}

    def begin(self, id: str, read: Callable[[], Value], begin: Read) -> Future[Value]:
        """Begin to read, or go on reading; again where it failed the last time."""
        if (earlier := self._readings.get(id)) is not None and earlier.done() and earlier.exception() is not None:
            del self._readings[id]
        while len(self._readings) >= KEPT:
            del self._readings[next(iter(self._readings))]
        if id not in self._readings:
            self._readings[id] = begin(read)
        return self._readings[id]

    def take(self, id: str, read: Callable[[], Value]) -> Value:
        """What was read ahead, or why it could not be; read now where nobody did."""
        reading = self._readings.pop(id, None)
        return read() if reading is None else reading.result()
