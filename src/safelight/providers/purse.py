"""What providers ask of those who keep money and secrets. The store has both; providers do not know the store."""

from collections.abc import Mapping
from typing import Protocol

from safelight.domain.spending import Account, Budget, Expense, Spent


class Purse(Protocol):
    """The money of every workspace."""

    async def budget(self, account: Account) -> Budget:
        """What a workspace and somebody in it have spent, and what they may."""
        ...

    async def check(self, account: Account, usd: float | None) -> None:
        """Whether it may be spent now. Raises BudgetReached."""
        ...

    async def reserve(
        self, *, account: Account, provider: str, model: str, generation: str, picture: int, usd: float | None
    ) -> Expense:
        """Put money aside for one picture, or find what was put aside for it before the server stopped.

        Raises:
            BudgetReached: there is not that much left.
        """
        ...

    async def hold(self, expense: str, *, handle: str) -> None:
        """Note by what the service knows it."""
        ...

    async def settle(self, expense: str, state: Spent, *, usd: float | None = None) -> None:
        """What became of it; `usd` is what it really was, where that is known."""
        ...


class Vault(Protocol):
    """The workspaces' own credentials."""

    async def opened(self, workspace: str, provider: str) -> Mapping[str, str] | None:
        """In the clear; None where the workspace has put none there, or they can no longer be read."""
        ...

    async def put(self, workspace: str, provider: str, values: Mapping[str, str]) -> None:
        """Keep them, in the place of those before. Raises NotFound, Unsupported, Misconfigured."""
        ...

    async def remove(self, workspace: str, provider: str) -> bool:
        """Forget them; whether there were any. Idempotent."""
        ...
