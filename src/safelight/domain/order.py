"""What a provider is asked to draw."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from safelight.domain.access import HOME, LOCAL
from safelight.domain.recipe import Recipe
from safelight.domain.spending import Account


class Saved(NamedTuple):
    """A checkpoint as it was written down: what `Checkpoint.to_bytes` gave before evaluation `step`."""

    step: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A recipe with everything that it takes to draw it.

    Attributes:
        key: what it is called by while it is drawn; no two at a time have the same.
        recipe: settled.
        images: the files that the recipe refers to, by their ids.
        checkpoints: by picture, what the provider goes on from; the others begin at the beginning. They save time
            and change nothing.
        done: pictures that are kept already and not drawn again; never all of them.
        workspace: on whose account, and
        caller: on whose behalf.
    """

    key: str
    recipe: Recipe
    images: Mapping[str, bytes] = field(default_factory=dict)
    checkpoints: Mapping[int, Saved] = field(default_factory=dict)
    done: frozenset[int] = frozenset()
    workspace: str = HOME
    caller: str = LOCAL.caller

    @property
    def account(self) -> Account:
        return Account(workspace=self.workspace, caller=self.caller)

    @property
    def pictures(self) -> tuple[int, ...]:
        """The pictures that are to be drawn."""
        return tuple(picture for picture in range(self.recipe.count) if picture not in self.done)
