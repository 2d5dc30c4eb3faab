"""The models that draw, each with what was measured of it, and what of both follows for the memory there is."""

from collections.abc import Callable

from torch import Tensor

from safelight.engine.evaluation import GroupKey
from safelight.engine.failure import DRAWING_ERRORS, explain
from safelight.engine.families.family import Family, Way
from safelight.engine.profile import Profile


class Measured:
    """
    Args:
        family: gives the loaded model of that id; may take its time the first time, and may raise `SafelightError`.
        profile: measures a model that has just been loaded.
        room: bytes of memory that there are beside the models; None where nobody counts.
    """

    def __init__(
        self, family: Callable[[str], Family], profile: Callable[[Family], Profile], room: Callable[[], int | None]
    ) -> None:
        self._family = family
        self._measure = profile
        self._room = room
        self._profiles: dict[str, Profile] = {}

    def load(self, model: str) -> Family:
        """The model, loaded and profiled. Raises SafelightError where that cannot be done."""
        family = self._family(model)
        if model not in self._profiles:
            try:
                self._profiles[model] = self._measure(family)
            except DRAWING_ERRORS as error:
                raise explain(error) from error
        return family

    def forget(self, model: str) -> None:
        self._profiles.pop(model, None)

    def get(self, model: str) -> Profile | None:
        """None before it is loaded. In any thread."""
        return self._profiles.get(model)

    def of(self, key: GroupKey) -> Profile:
        return self._profiles[key.model]

    def rows(self, key: GroupKey) -> int:
        """Rows that a forward should have at most."""
        return self.of(key).rows(key, room=self._room())

    def way(self, family: Family, latents: Tensor) -> Way:
        """How to decode latents in the memory there is."""
        room = self._room()
        needed = self._profiles[family.card.id].decode_cell_bytes * latents[0, 0].numel()
        return Way.WHOLE if room is None or needed <= room else Way.TILED
