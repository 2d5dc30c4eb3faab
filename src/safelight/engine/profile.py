"""How long a forward takes, measured: at load for the native shape, and on every forward after that."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from safelight.engine.evaluation import GroupKey

PROBE_SECONDS = 0.6
"""Forwards are probed with more rows until they have taken this long in all: loading should not take a minute."""
PROBE_ROWS = (1, 2, 4, 8, 16, 32, 64)
LEAST_ROWS = 4
"""A batch of two guided pictures is worth having even where it saves no time: both of them move."""
UNPROBED_ROWS = 8
SHORT = 4e9
"""Operations of a forward below which the cores have more trouble meeting than work to share: they meet some thousand
times, and each time wait for the one that something else on this machine holds up. On a busy machine of two cores a
forward of the embedded model took ten times as long on both as on one; on an idle one it took the same."""
WORTH = 1.04
"""The budget is the smallest batch whose rows cost at most 4 % more than the cheapest rows measured."""


def is_short(operations: float) -> bool:
    """Whether a forward of so many operations is over so soon that it is better left to one core."""
    return operations <= SHORT


@dataclass
class Profile:
    """Measured seconds per forward.

    Attributes:
        budget: rows per forward beyond which a row gets no cheaper, at the native latent area.
        area: latent cells of the native shape.
        row_cell_bytes: memory that a forward takes beside the weights, per row and latent cell.
        decode_cell_bytes: memory that decoding takes beside the weights, per latent cell.
        row_cell_operations: floating-point operations of a forward, per row and latent cell. Counted, not timed: what
            follows from it is the same at every start, and so are the pictures, to the bit.
    """

    budget: int = UNPROBED_ROWS
    area: int = 0
    row_cell_bytes: float = 0.0
    decode_cell_bytes: float = 0.0
    row_cell_operations: float = math.inf
    _seconds_per_row_cell: float = 0.0
    _measured: dict[tuple[GroupKey, int], float] = field(default_factory=dict)

    @classmethod
    def probe(
        cls,
        run: Callable[[int], float],
        *,
        area: int,
        row_cell_bytes: float = 0.0,
        decode_cell_bytes: float = 0.0,
        row_cell_operations: float = math.inf,
    ) -> "Profile":
        """Measure forwards of growing size until they no longer pay.

        Args:
            run: seconds that a forward of so many rows takes.
        """
        run(1)  # the first forward of a process pays for kernels being chosen
        per_row: dict[int, float] = {}
        spent = 0.0
        for rows in PROBE_ROWS:
            if spent > PROBE_SECONDS:
                break
            timings = [run(rows), run(rows)] if spent < PROBE_SECONDS / 2 else [run(rows)]
            spent += sum(timings)
            per_row[rows] = min(timings) / rows
        good_enough = min(per_row.values()) * WORTH
        budget = next(rows for rows, seconds in per_row.items() if seconds <= good_enough)
        # Where not even a handful of rows could be tried, the trend is unknown, and batching rarely hurts this early.
        least = LEAST_ROWS if max(per_row) > LEAST_ROWS else UNPROBED_ROWS
        return cls(
            budget=max(budget, least),
            area=area,
            row_cell_bytes=row_cell_bytes,
            decode_cell_bytes=decode_cell_bytes,
            row_cell_operations=row_cell_operations,
            _seconds_per_row_cell=per_row[1] / area,
        )

    def rows(self, key: GroupKey, *, room: int | None = None) -> int:
        """Rows that a forward of this shape should have at most; at least the two of one guided picture.

        Args:
            room: bytes of memory that it may take; None for any.
        """
        cells = max(1, key.height * key.width)
        rows = self.budget * self.area // cells if self.area else self.budget
        if room is not None and self.row_cell_bytes:
            rows = min(rows, int(room / (self.row_cell_bytes * cells)))
        return max(2, rows)

    def short(self, key: GroupKey, rows: int) -> bool:
        """Whether a forward of so many rows is better left to one core."""
        return is_short(self.row_cell_operations * rows * key.height * key.width)

    @property
    def seconds_per_row_cell(self) -> float:
        """What a row costs at load, per latent cell; 0 where it was not measured."""
        return self._seconds_per_row_cell

    def seconds(self, key: GroupKey, rows: int) -> float:
        """What a forward is expected to take."""
        guess = self._seconds_per_row_cell * rows * key.height * key.width
        return self._measured.get((key, rows), guess)

    def learn(self, key: GroupKey, rows: int, seconds: float) -> None:
        before = self._measured.get((key, rows), seconds)
        self._measured[key, rows] = 0.8 * before + 0.2 * seconds

    def shrink(self) -> None:
        """Halve the budget: the device ran out of memory."""
        self.budget = max(2, self.budget // 2)
