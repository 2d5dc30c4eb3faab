"""Fallback: who draws it where the first cannot, and what is otherwise then."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from safelight.domain.errors import Broken, Busy, SafelightError, StoreAway, UnknownModel
from safelight.domain.model_card import ModelCard
from safelight.domain.order import Order
from safelight.domain.progress import Drawn, Progress, Rerouted
from safelight.domain.recipe import Recipe
from safelight.providers.provider import Provider

AUTO = "auto"
Link = tuple[Provider, ModelCard]
"""Who may draw it, and with what."""


@dataclass(frozen=True)
class Choice:
    """Who draws it.

    Attributes:
        exact: it is the one that was asked for; else it does what comes nearest.
    """

    provider: Provider
    card: ModelCard
    exact: bool

    def settle(self, recipe: Recipe) -> Recipe:
        """The recipe as it would draw it. Raises Unsupported, InvalidRecipe."""
        return self.card.settle(recipe) if self.exact else settled(recipe, self.card)


PASSING = (Busy, Broken)
"""Errors after which another provider is asked. A refusal is none of them: nobody shops around for lax rules."""
TOLD = ("steps", "guidance", "negative_prompt", "sampler", "schedule", "width", "height")


def chain(recipe: Recipe, first: Link | None, providers: Sequence[Provider]) -> tuple[Link, ...]:
    """Who is tried, in this order.

    Args:
        first: of the model that the recipe names; None where it names none.

    Raises:
        UnknownModel: a provider that the recipe names is not there, or has no model.
    """
    links = [] if first is None else [first]
    for provider in _named(recipe, providers):
        card = next((card for card in provider.models() if card.here), None)
        if card is not None and all(provider is not known for known, _ in links):
            links.append((provider, card))
    if not links:
        raise UnknownModel("No provider that it names has a model.", hint="GET /api/v1/providers lists them.")
    return tuple(links)


def _named(recipe: Recipe, providers: Sequence[Provider]) -> Iterator[Provider]:
    names = (recipe.provider,) if isinstance(recipe.provider, str) else recipe.provider or ()
    for name in names:
        found = [provider for provider in providers if name in (provider.name, AUTO)]
        if not found:
            known = ", ".join(provider.name for provider in providers)
            raise UnknownModel(f"There is no provider '{name}' here.", hint=f"There are: {known}, and `{AUTO}`.")
        yield from found


def settled(recipe: Recipe, card: ModelCard) -> Recipe:
    """The recipe for another model than it was made for: with the model's own settings, in the nearest size.

    Raises:
        Unsupported, InvalidRecipe: it asks for something that this model cannot do, and would not be the same without.
    """
    size = card.sizes.nearest(recipe.width or card.sizes.width, recipe.height or card.sizes.height)
    changed = dict.fromkeys(("steps", "guidance", "sampler", "schedule"), None)
    words = "" if "negative_prompt" in card.fixed else recipe.negative_prompt
    update = {**changed, "model": card.id, "width": size[0], "height": size[1], "negative_prompt": words}
    return card.settle(recipe.model_copy(update=update))


def difference(before: Recipe, after: Recipe, *, card: ModelCard) -> str:
    """What of a recipe another model changes, for people."""
    parts = [f"drawn with {card.name}"]
    for name in TOLD:
        old, new = getattr(before, name), getattr(after, name)
        if old != new and name not in card.fixed:
            parts.append(f"{name.replace('_', ' ')} {new} instead of {old}")
    if before.negative_prompt and not after.negative_prompt:
        parts.append("without the negative prompt")
    return ", ".join(parts)


async def drawn(links: Sequence[Link], order: Order) -> AsyncGenerator[Progress, None]:
    """Draw an order with the first of them that can. What one has finished, the next does not draw again.

    Raises:
        SafelightError: as the last one that was tried.
    """
    done = set(order.done)
    left = list(links)
    while True:
        provider, _ = left.pop(0)
        try:
            async with aclosing(provider.generate(order)) as progress:
                async for news in progress:
                    yield news
                    if isinstance(news, Drawn):
                        done.add(news.picture)
            return
        except PASSING as error:
            # Nobody else could keep what it draws either.
            rerouted = None if isinstance(error, StoreAway) else _next(order, left, error)
            if rerouted is None:
                raise
        yield rerouted
        order = replace(order, recipe=rerouted.recipe, checkpoints={}, done=frozenset(done))
        if not order.pictures:
            return


def _next(order: Order, left: list[Link], error: SafelightError) -> Rerouted | None:
    """The next one that can do what the recipe asks for; those before it are taken off."""
    while left:
        provider, card = left[0]
        try:
            recipe = settled(order.recipe, card)
        except SafelightError:
            left.pop(0)
            continue
        detail = f"{error.detail} It goes on with {provider.name}: {difference(order.recipe, recipe, card=card)}."
        return Rerouted(provider=provider.name, recipe=recipe, detail=detail)
    return None
