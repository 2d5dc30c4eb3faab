"""Cards of models that services elsewhere have: what they take, and what they decide themselves."""

from collections.abc import Iterable

from safelight.domain.model_card import Capability, Defaults, ModelCard, ModelState, Sizes
from safelight.domain.recipe import Sampler, Schedule

OWN_WAY = frozenset({"steps", "guidance", "sampler", "schedule"})
"""What a model decides itself that is asked for pictures, and not for steps."""


def card(
    *,
    provider: str,
    model: str,
    name: str,
    sizes: Sizes,
    description: str = "",
    capabilities: Iterable[Capability] = (),
    fixed: Iterable[str] = OWN_WAY,
    defaults: Defaults | None = None,
    price_usd: float | None = None,
    family: str = "",
) -> ModelCard:
    """A card; `fixed` names the fields of a recipe that the model does not take."""
    return ModelCard(
        id=f"{provider}/{model}",
        name=name,
        provider=provider,
        family=family or provider,
        description=description,
        sizes=sizes,
        # One step: what is decided elsewhere is not counted here.
        defaults=defaults or Defaults(steps=1, guidance=1.0, sampler=Sampler.EULER),
        samplers=(Sampler.EULER,),
        schedules=(Schedule.MODEL,),
        capabilities=frozenset({Capability.TEXT, *capabilities}),
        fixed=frozenset(fixed),
        price_usd=price_usd,
        state=ModelState.LOADED,
    )
