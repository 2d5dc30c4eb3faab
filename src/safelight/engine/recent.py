"""A cache that forgets what was not used for the longest time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """
    Args:
        limit: values that are kept.
        drop: is told each one that is forgotten.
    """

    def __init__(self, limit: int, drop: Callable[[Value], None] = lambda value: None) -> None:
        self._limit = limit
        self._drop = drop
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value, made where it is not there."""
        if key not in self._values:
            # First, so that both never have to fit.
            while len(self._values) >= self._limit:
                self._drop(self._values.popitem(last=False)[1])
            self._values[key] = make()
        self._values.move_to_end(key)
        return self._values[key]
