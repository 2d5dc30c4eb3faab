"""How well the forwards are shared, and why they are not shared better."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from safelight.domain.measuring import Apart
from safelight.engine.evaluation import GroupKey


@dataclass
class Occupancy:
    """Counted since the engine began; read in any thread.

    Attributes:
        forwards: passes through a model that succeeded.
        pictures: evaluations that they answered.
        rows: of the batches, two for a guided picture.
        seconds: that they took.
        sizes: how many forwards answered how many pictures.
        apart: how often a picture waited while another forward ran, by why it did not take part in it.
    """

    forwards: int = 0
    pictures: int = 0
    rows: int = 0
    seconds: float = 0.0
    sizes: Counter[int] = field(default_factory=Counter)
    apart: Counter[Apart] = field(default_factory=Counter)

    def count(self, *, pictures: int, rows: int, seconds: float) -> None:
        self.forwards += 1
        self.pictures += pictures
        self.rows += rows
        self.seconds += seconds
        self.sizes[pictures] += 1

    def leave(self, groups: Mapping[GroupKey, Sequence[object]], *, chosen: GroupKey, taken: int) -> None:
        """Of those that wait, by group, so many of the chosen one are answered; the others go on waiting."""
        for key, waiting in groups.items():
            left = len(waiting) - (taken if key == chosen else 0)
            if left:
                self.apart[why_apart(key, chosen)] += left

    @property
    def pictures_per_forward(self) -> float:
        return self.pictures / self.forwards if self.forwards else 0.0


def why_apart(one: GroupKey, other: GroupKey) -> Apart:
    """What keeps the questions of two groups from sharing a forward; of several reasons, the plainest."""
    if one.model != other.model:
        return Apart.MODEL
    if (one.channels, one.height, one.width) != (other.channels, other.height, other.width):
        return Apart.SHAPE
    if one.structure != other.structure:
        return Apart.STRUCTURE
    if one.inputs != other.inputs:
        return Apart.PROMPT
    return Apart.FEATURES if one.reuses != other.reuses else Apart.ROWS
