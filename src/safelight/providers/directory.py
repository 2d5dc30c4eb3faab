"""Every provider of this server, and which of them draws a given model."""

from collections.abc import AsyncGenerator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from safelight.domain.adapting import AdapterCard
from safelight.domain.errors import NotFound, NotReady, SafelightError, UnknownModel, Unsupported
from safelight.domain.measuring import Tally
from safelight.domain.model_card import ModelCard, ModelState
from safelight.domain.order import Order
from safelight.domain.progress import Progress
from safelight.domain.recipe import Recipe
from safelight.domain.spending import Account, Budget
from safelight.providers import routing
from safelight.providers.provider import Provider
from safelight.providers.purse import Purse, Vault
from safelight.providers.remote import RemoteProvider

if TYPE_CHECKING:
    from safelight.providers.local import LocalProvider


class Providers:
    """The providers in order of preference.

    Args:
        providers: at least one, each with models whose ids no other has.
        default_model: what is drawn with where a recipe names no model; left out, the first provider's first.
        local: the one of them whose models can be added, removed, loaded and unloaded.
        purse: keeps the money of those that have to be paid.
        vault: keeps the workspaces' credentials for them.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        default_model: str | None = None,
        local: "LocalProvider | None" = None,
        purse: Purse | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.all = tuple(providers)
        self._purse, self._vault = purse, vault
        self._default_model = default_model
        self._local = local

    @property
    def local(self) -> "LocalProvider":
        """This machine's own engine. Raises Unsupported where there is none."""
        if self._local is None:
            raise Unsupported(
                "This server has no engine of its own, so it has no models to add or load.",
                hint="Start it with SAFELIGHT_ENGINE=local.",
            )
        return self._local

    @property
    def tally(self) -> Tally | None:
        """What this machine's own engine has done; None where there is none, or it has not begun."""
        return None if self._local is None else self._local.tally

    def models(self) -> tuple[ModelCard, ...]:
        """Every model; the default one first. Some may not be here yet."""
        cards = [card for provider in self.all for card in provider.models()]
        return tuple(sorted(cards, key=lambda card: card.id != self._default_model))

    def adapters(self) -> tuple[AdapterCard, ...]:
        """Everything that may be put on models."""
        return tuple(card for provider in self.all for card in provider.adapters())

    def find(self, model: str | None) -> tuple[Provider, ModelCard]:
        """The provider that draws a model, and the model's card; None is the default model.

        Raises:
            UnknownModel: no provider has it; the hint names the nearest known ids.
            NotReady: it is still being downloaded.
        """
        wanted = model or self._default_model
        for provider in self.all:
            for card in provider.models():
                if card.id == wanted or (wanted is None and card.here):
                    _check_here(card)
                    return provider, card
        raise self._unknown(wanted)

    async def choose(self, recipe: Recipe, *, account: Account) -> routing.Choice:
        """Who will draw a recipe, as it stands now: of those that it names, the first that can.

        Raises:
            SafelightError: nobody can; what is in the way of the first.
        """
        if recipe.provider is None:
            return routing.Choice(*self.find(recipe.model), exact=True)
        first: SafelightError | None = None
        for number, (provider, card) in enumerate(self._chain(recipe)):
            # What the first one is asked for is meant; the others do what comes nearest to it.
            choice = routing.Choice(provider, card, exact=not number)
            try:
                await self.admit(provider, choice.settle(recipe), account=account)
            except SafelightError as error:
                first = first or error
                continue
            return choice
        assert first is not None, "a chain has a link"
        raise first

    async def admit(self, provider: Provider, recipe: Recipe, *, account: Account) -> None:
        """Whether a service elsewhere would draw a settled recipe on this account. Raises as `RemoteProvider.admit`."""
        if isinstance(provider, RemoteProvider):
            await provider.admit(recipe, account=account)

    def draw(self, order: Order) -> AsyncGenerator[Progress, None]:
        """Draw an order, and go on with others that its recipe names where one cannot. Raises as `generate`."""
        if order.recipe.provider is None:
            provider, _ = self.find(order.recipe.model)
            return provider.generate(order)
        return routing.drawn(self._chain(order.recipe), order)

    def takes(self, recipe: Recipe) -> int:
        """How many pictures of it this machine draws itself."""
        remote = (provider for provider in self.all if isinstance(provider, RemoteProvider))
        elsewhere = any(card.id == recipe.model for provider in remote for card in provider.models())
        return 0 if elsewhere else recipe.count

    def remote(self, name: str) -> RemoteProvider:
        """The service of that name. Raises NotFound."""
        for provider in self.all:
            if isinstance(provider, RemoteProvider) and provider.name == name:
                return provider
        raise NotFound(
            f"This server has no image service '{name[:40]}'.", hint="SAFELIGHT_PROVIDERS names those that it has."
        )

    @property
    def vault(self) -> Vault:
        """Raises Unsupported where no service is elsewhere."""
        if self._vault is None:
            raise _nowhere_else()
        return self._vault

    async def budget(self, account: Account) -> Budget | None:
        """What was spent; None where nothing has to be paid."""
        return None if self._purse is None else await self._purse.budget(account)

    def _chain(self, recipe: Recipe) -> tuple[routing.Link, ...]:
        # Without a model, `auto` begins with the default one, and a list with what it names first.
        begins = recipe.model is not None or recipe.provider == routing.AUTO
        return routing.chain(recipe, self.find(recipe.model) if begins else None, self.all)

    def ready(self) -> str | None:
        """None when the default model would begin at once; else one sentence that says what is missing."""
        if not any(card.here for card in self.models()):
            return "No model is installed."
        provider, _ = self.find(None)
        return provider.ready()

    async def open(self) -> None:
        for provider in self.all:
            await provider.open()

    async def close(self) -> None:
        for provider in self.all:
            await provider.close()

    def _unknown(self, model: str | None) -> UnknownModel:
        known = [card.id for card in self.models() if card.here]
        if not known:
            return UnknownModel("No model is installed.", hint="Run `safelight doctor` to see what is missing.")
        near = get_close_matches(str(model), known, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Installed: {', '.join(known[:8])}."
        return UnknownModel(
            f"No model '{str(model)[:80]}' is installed.", hint=f"{hint} GET /api/v1/models lists them all."
        )


def _nowhere_else() -> Unsupported:
    return Unsupported(
        "This server draws everything itself.", hint="SAFELIGHT_PROVIDERS=openai,replicate adds image services."
    )


def _check_here(card: ModelCard) -> None:
    if card.here:
        return
    if card.state is ModelState.DOWNLOADING:
        done = f"{card.progress:.0%}" if card.progress else "It has only begun"
        raise NotReady(f"{card.name} is still being downloaded.", hint=f"{done} so far; try again.", retry_after=10)
    size = f"{card.weights_bytes / 1e9:.1f} GB" if card.weights_bytes else "its files"
    raise UnknownModel(
        f"{card.name} is known, but not on this machine.",
        hint=f'POST /api/v1/models {{"source": "{card.source or card.id}"}} downloads it ({size}).',
    )
