"""Trails: the checkpoints of generations in memory, to branch off from, and to write down when the server stops."""

from collections import OrderedDict
from collections.abc import Mapping

from safelight.domain.progress import Checkpoint

MIB = 2**20


class Trail:
    """The checkpoints of one generation. Over the budget, every second one goes, the newest stays."""

    def __init__(self, *, budget: int = 32 * MIB) -> None:
        self._budget = budget
        self._pictures: dict[int, list[Checkpoint]] = {}
        self.nbytes = 0

    def add(self, picture: int, checkpoint: Checkpoint) -> None:
        self._pictures.setdefault(picture, []).append(checkpoint)
        self.nbytes += checkpoint.nbytes
        if self.nbytes > self._budget:
            self._thin()

    def latest(self) -> Mapping[int, Checkpoint]:
        """By picture, where each of them is."""
        return {picture: kept[-1] for picture, kept in self._pictures.items()}

    def of(self, picture: int) -> tuple[Checkpoint, ...]:
        """What is kept of a picture, the latest first."""
        return tuple(reversed(self._pictures.get(picture, ())))

    def _thin(self) -> None:
        self._pictures = {picture: kept[::-2][::-1] for picture, kept in self._pictures.items()}
        self.nbytes = sum(checkpoint.nbytes for kept in self._pictures.values() for checkpoint in kept)


class Trails:
    """The trails of all generations; over the budget, that of the generation that is longest untouched goes.

    Args:
        budget: bytes that all of them may take.
        each: bytes that one of them may take.
    """

    def __init__(self, *, budget: int = 256 * MIB, each: int = 32 * MIB) -> None:
        self._budget = budget
        self._each = each
        self._trails: OrderedDict[str, Trail] = OrderedDict()
        self.nbytes = 0

    def add(self, generation: str, picture: int, checkpoint: Checkpoint) -> None:
        trail = self._trails.setdefault(generation, Trail(budget=self._each))
        self._trails.move_to_end(generation)
        self.nbytes -= trail.nbytes
        trail.add(picture, checkpoint)
        self.nbytes += trail.nbytes
        while self.nbytes > self._budget and len(self._trails) > 1:
            _, oldest = self._trails.popitem(last=False)
            self.nbytes -= oldest.nbytes

    def of(self, generation: str) -> Trail:
        return self._trails.get(generation, Trail())

    @property
    def generations(self) -> tuple[str, ...]:
        return tuple(self._trails)

    def forget(self, generation: str) -> None:
        """Idempotent."""
        if trail := self._trails.pop(generation, None):
            self.nbytes -= trail.nbytes
