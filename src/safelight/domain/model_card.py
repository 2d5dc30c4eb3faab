"""What a model is, what it can do, and what it does when a recipe leaves something out."""

from enum import StrEnum

from pydantic import Field

from safelight.domain.errors import Unsupported
from safelight.domain.frozen import Frozen
from safelight.domain.recipe import SIGMA_SAMPLERS, Recipe, Sampler, Schedule


class Capability(StrEnum):
    """What a model behind a provider can be asked for."""

    TEXT = "text"
    PREVIEWS = "previews"
    NEGATIVE_PROMPT = "negative_prompt"
    TRANSPARENCY = "transparency"


class Sizes(Frozen):
    """The picture sizes a model draws, in pixels."""

    width: int
    """Native width."""
    height: int
    """Native height."""
    multiple: int = Field(default=8, ge=1)
    smallest: int = Field(default=64, ge=1)
    largest: int = Field(default=1024, ge=1)


class Defaults(Frozen):
    """What a recipe gets where it says nothing."""

    steps: int = 20
    guidance: float = 7.0
    sampler: Sampler = Sampler.DPMPP_2M
    schedule: Schedule = Schedule.MODEL


class ModelCard(Frozen):
    """One model of one provider, as `/api/v1/models` shows it."""

    id: str
    name: str
    provider: str
    family: str
    description: str = ""
    license: str = ""
    sizes: Sizes
    defaults: Defaults
    samplers: tuple[Sampler, ...]
    capabilities: frozenset[Capability]
    weights_bytes: int = 0
    loaded: bool = False

    def settle(self, recipe: Recipe) -> Recipe:
        """The recipe with every field filled in, so that it draws the same picture again.

        Raises:
            Unsupported: the recipe wishes for a size or sampler that this model does not have.
        """
        settled = recipe.with_seed().model_copy(
            update={
                "model": self.id,
                "steps": recipe.steps or self.defaults.steps,
                "guidance": self.defaults.guidance if recipe.guidance is None else recipe.guidance,
                "sampler": recipe.sampler or self.defaults.sampler,
                "schedule": recipe.schedule or self.defaults.schedule,
                "width": recipe.width or self.sizes.width,
                "height": recipe.height or self.sizes.height,
            }
        )
        self._check(settled)
        return settled

    def _check(self, recipe: Recipe) -> None:
        for side, value in (("width", recipe.width), ("height", recipe.height)):
            self._check_side(side, value or 0)
        if recipe.sampler not in self.samplers:
            raise Unsupported(
                f"{self.name} does not draw with the sampler '{recipe.sampler}'.",
                hint=f"Choose one of: {', '.join(self.samplers)}.",
            )
        if recipe.schedule is not Schedule.MODEL and recipe.sampler not in SIGMA_SAMPLERS:
            raise Unsupported(
                f"The sampler '{recipe.sampler}' cannot follow the schedule '{recipe.schedule}'.",
                hint=f"Leave the schedule out, or choose one of: {', '.join(sorted(SIGMA_SAMPLERS))}.",
            )

    def _check_side(self, side: str, value: int) -> None:
        sizes = self.sizes
        if not sizes.smallest <= value <= sizes.largest or value % sizes.multiple:
            raise Unsupported(
                f"{self.name} cannot draw a {side} of {value} pixels.",
                hint=f"Use a multiple of {sizes.multiple} from {sizes.smallest} to {sizes.largest}; "
                f"its native size is {sizes.width}x{sizes.height}.",
            )
