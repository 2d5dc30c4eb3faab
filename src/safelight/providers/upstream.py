"""What one file per image service says: its models, its credentials, and how it draws one picture.

Everything that services have in common (money, turns, time, previews, errors) is in `remote.py`, which leans on this.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from safelight.domain.model_card import ModelCard
from safelight.domain.pixels import FrameSource
from safelight.domain.recipe import Recipe
from safelight.providers.patience import Patience

Credentials = Mapping[str, str]
"""By the names of the service's `Secret`s."""


class Tier(StrEnum):
    """Where a service computes, which decides how long it is waited for."""

    LOCAL = "local"
    SERVERLESS = "serverless"


@dataclass(frozen=True, kw_only=True)
class Secret:
    """One of the things that let somebody into a service.

    Attributes:
        instead: another one, with which this one is not needed.
        pattern: what a workspace's own has to look like, as a whole; an address is one of the service's own.
    """

    name: str
    required: bool = True
    instead: str = ""
    pattern: str = r"[\x21-\x7e]{1,4096}"


def missing(secrets: Sequence[Secret], credentials: Credentials) -> list[str]:
    """Names of what is needed and not there."""
    needed = (secret for secret in secrets if secret.required)
    return [one.name for one in needed if not credentials.get(one.name) and not credentials.get(one.instead)]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One picture that a service is asked for.

    Attributes:
        recipe: settled; its `count` is other pictures.
        model: as the service calls it.
        seed: of this picture.
        images: the files that the recipe refers to, by their ids.
        handle: what an earlier run of the server noted of it: it is taken up again instead of sent.
        quiet_s: how long a single answer of the service may take.
    """

    recipe: Recipe
    model: str
    seed: int
    images: Mapping[str, bytes]
    credentials: Credentials = field(repr=False)
    patience: Patience
    handle: str | None = None
    quiet_s: float = 180.0


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The service has it, under `handle` where it can be asked for it again."""

    handle: str | None = None


@dataclass(frozen=True, kw_only=True)
class Waits:
    """It is alive. `ahead` says how many others go first, where it tells."""

    ahead: int | None = None


@dataclass(frozen=True, kw_only=True)
class Shows:
    """It is so far, and looks like this where there is something to see."""

    step: int
    total: int
    image: bytes | None = None
    source: FrameSource = FrameSource.PROVIDER_PARTIAL


@dataclass(frozen=True, kw_only=True)
class Tells:
    """Something the user should know."""

    code: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Done:
    """The finished file, byte for byte, and what the service says that it cost."""

    image: bytes
    usd: float | None = None


News = Accepted | Waits | Shows | Tells | Done


class Service(Protocol):
    """An image service elsewhere. Implementations: one file each, beside this one."""

    @property
    def name(self) -> str:
        """In ids of models and in addresses: short, lower case."""
        ...

    @property
    def title(self) -> str:
        """As people call it."""
        ...

    @property
    def tier(self) -> Tier: ...

    @property
    def secrets(self) -> tuple[Secret, ...]: ...

    def models(self) -> Sequence[ModelCard]:
        """With ids that begin with `name/`. Cheap."""
        ...

    def problem(self) -> str | None:
        """One sentence that says why it cannot be used at all, such as that it is away; None where nothing is known."""
        ...

    def check(self, recipe: Recipe) -> None:
        """Look through what a model's card cannot say. Raises Unsupported, InvalidRecipe."""
        ...

    def draw(self, wish: Wish) -> AsyncGenerator[News, None]:
        """Draw one picture; the last news is `Done`. Closing it cancels what is under way there, as far as can be.

        Raises:
            Throttled, Denied, Passing, Gone, NotAllowed, Unsupported: as `failures.py` says.
        """
        ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...
