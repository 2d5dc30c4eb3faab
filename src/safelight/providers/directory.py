"""Every provider of this server, and which of them draws a given model."""

from collections.abc import Sequence
from difflib import get_close_matches

from safelight.domain.errors import UnknownModel
from safelight.domain.model_card import ModelCard
from safelight.providers.provider import Provider


class Providers:
    """The providers in order of preference.

    Args:
        providers: at least one, each with models whose ids no other has.
        default_model: what is drawn with where a recipe names no model; left out, the first provider's first.
    """

    def __init__(self, providers: Sequence[Provider], *, default_model: str | None = None) -> None:
        self.all = tuple(providers)
        self._default_model = default_model

    def models(self) -> tuple[ModelCard, ...]:
        """Every model; the default one first."""
        cards = [card for provider in self.all for card in provider.models()]
        return tuple(sorted(cards, key=lambda card: card.id != self._default_model))

    def find(self, model: str | None) -> tuple[Provider, ModelCard]:
        """The provider that draws a model, and the model's card; None is the default model.

        Raises:
            UnknownModel: no provider has it; the hint names the nearest known ids.
        """
        wanted = model or self._default_model
        for provider in self.all:
            for card in provider.models():
                if wanted in (card.id, None):
                    return provider, card
        raise self._unknown(wanted)

    def ready(self) -> str | None:
        """None when the default model would begin at once; else one sentence that says what is missing."""
        if not self.models():
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
        known = [card.id for card in self.models()]
        if not known:
            return UnknownModel("No model is installed.", hint="Run `safelight doctor` to see what is missing.")
        near = get_close_matches(str(model), known, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Installed: {', '.join(known[:8])}."
        return UnknownModel(
            f"No model '{str(model)[:80]}' is installed.", hint=f"{hint} GET /api/v1/models lists them all."
        )
