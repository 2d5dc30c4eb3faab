"""What services on the internet have in common: models that are known beforehand, and a client for each account."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from safelight.domain.model_card import ModelCard
from safelight.domain.recipe import Recipe
from safelight.providers.clients import Clients
from safelight.providers.upstream import Tier

Client = TypeVar("Client")


class Hosted(Generic[Client]):
    """The greater part of a `Service`; what is left is how it draws."""

    tier = Tier.SERVERLESS

    def __init__(self, clients: Clients[Client], cards: Sequence[ModelCard]) -> None:
        self._clients = clients
        self._cards = cards

    def models(self) -> Sequence[ModelCard]:
        return self._cards

    def problem(self) -> str | None:
        return None

    def check(self, recipe: Recipe) -> None:
        """Its models' cards say all of it."""

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        await self._clients.close()
