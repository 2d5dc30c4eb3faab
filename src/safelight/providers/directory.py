"""Every provider of this server, and which of them draws a given model."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from safelight.domain.adapting import AdapterCard
from safelight.domain.errors import NotReady, UnknownModel, Unsupported
from safelight.domain.model_card import ModelCard, ModelState
from safelight.providers.provider import Provider

if TYPE_CHECKING:
    from safelight.providers.local import LocalProvider


class Providers:
    """The providers in order of preference.

    Args:
        providers: at least one, each with models whose ids no other has.
        default_model: what is drawn with where a recipe names no model; left out, the first provider's first.
        local: the one of them whose models can be added, removed, loaded and unloaded.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        default_model: str | None = None,
        local: "LocalProvider | None" = None,
    ) -> None:
        self.all = tuple(providers)
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
