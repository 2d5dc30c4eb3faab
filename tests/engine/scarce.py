"""An allocator with a limit, to run out of memory where and when a test wants it."""

from collections.abc import Callable
from typing import Any

import torch

from safelight.engine.watermark import Watermark


class Allowance(Watermark):  # type: ignore[no-untyped-call]
    """Raises what CUDA raises as soon as more than `limit` bytes have come into being while it is on, in its thread."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self._limit = limit

    def _count(self, storage: torch.UntypedStorage) -> None:
        super()._count(storage)
        if self.live > self._limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate more than this test allows.")


class Scarce:
    """A family whose forwards and decodes run out of memory when they take more than they are allowed.

    Args:
        forward, decode: bytes that the next forward or decode may take; asked for each.
    """

    def __init__(
        self,
        family: Any,
        *,
        forward: Callable[[], float] = lambda: float("inf"),
        decode: Callable[[], float] = lambda: float("inf"),
    ) -> None:
        self._family, self._forward, self._decode = family, forward, decode
        self.forwards = 0
        self.ways: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._family, name)

    def predict(self, questions: Any) -> Any:
        self.forwards += 1
        with Allowance(self._forward()):
            return self._family.predict(questions)

    def decode(self, latents: torch.Tensor, way: Any) -> Any:
        self.ways.append(way)
        with Allowance(self._decode()):
            return self._family.decode(latents, way)
