"""How well the forwards are shared."""

from dataclasses import dataclass


@dataclass
class Occupancy:
    """Counted since the engine began; read in any thread.

    Attributes:
        forwards: passes through a model that succeeded.
        pictures: evaluations that they answered.
        rows: of the batches, two for a guided picture.
        seconds: that they took.
    """

    forwards: int = 0
    pictures: int = 0
    rows: int = 0
    seconds: float = 0.0

    def count(self, *, pictures: int, rows: int, seconds: float) -> None:
        self.forwards += 1
        self.pictures += pictures
        self.rows += rows
        self.seconds += seconds

    @property
    def pictures_per_forward(self) -> float:
        return self.pictures / self.forwards if self.forwards else 0.0
