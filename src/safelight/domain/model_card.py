"""What a model is, what it can do, and what it does when a recipe leaves something out."""

import math
from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from safelight.domain.errors import InvalidRecipe, Unsupported
from safelight.domain.frozen import Frozen
from safelight.domain.recipe import SIGMA_SAMPLERS, SIZE_LIMIT, Recipe, Sampler, Schedule


class Capability(StrEnum):
    """What a model behind a provider can be asked for."""

    TEXT = "text"
    PREVIEWS = "previews"
    NEGATIVE_PROMPT = "negative_prompt"
    TRANSPARENCY = "transparency"
    IMAGE = "image"
    """Develops from an image (img2img), and from one at a step of one's own."""
    MASK = "mask"
    """Draws a part of an image anew (inpainting, outpainting)."""
    HIRES = "hires"
    """A second pass over an enlarged picture."""
    PROMPT_IMAGE = "prompt_image"
    LORA = "lora"
    CONTROL = "control"
    IP_ADAPTER = "ip_adapter"
    CLIP_SKIP = "clip_skip"
    FEATURE_CACHE = "feature_cache"
    """Uses deep features again, where a recipe asks for it."""
    INJECTION = "injection"
    STEERING = "steering"
    """Pause, resume, other directions, leave off: while it runs."""


WISHES: Mapping[str, Capability] = {
    "image": Capability.IMAGE,
    "mask": Capability.MASK,
    "outpaint": Capability.MASK,
    "hires": Capability.HIRES,
    "prompt_image": Capability.PROMPT_IMAGE,
    "loras": Capability.LORA,
    "controls": Capability.CONTROL,
    "ip_adapter": Capability.IP_ADAPTER,
    "clip_skip": Capability.CLIP_SKIP,
    "feature_cache": Capability.FEATURE_CACHE,
    "injections": Capability.INJECTION,
    "steering": Capability.STEERING,
    "stop_after": Capability.STEERING,
}
"""Fields of a recipe that only some models can fulfil."""


class ModelState(StrEnum):
    """How near a model is to drawing."""

    ABSENT = "absent"
    """Known, but not on this machine; it can be added."""
    DOWNLOADING = "downloading"
    INSTALLED = "installed"
    """Loaded when it is first asked for."""
    LOADED = "loaded"


class Sizes(Frozen):
    """The picture sizes a model draws, in pixels."""

    width: int
    """Native width."""
    height: int
    """Native height."""
    multiple: int = Field(default=8, ge=1)
    smallest: int = Field(default=64, ge=1)
    largest: int = Field(default=1024, ge=1)
    only: tuple[tuple[int, int], ...] = ()
    """The widths and heights that there are, where there are no others."""

    def nearest(self, width: int, height: int) -> tuple[int, int]:
        """The size that comes closest in shape, and then in pixels."""
        if self.only:
            return min(self.only, key=lambda size: _apart(size, (width, height)))
        scale = min(1.0, self.largest / max(width, height))
        within = (max(self.smallest, round(side * scale) // self.multiple * self.multiple) for side in (width, height))
        wide, high = within
        return min(wide, self.largest), min(high, self.largest)


def _apart(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    ratios = (width / height for width, height in (one, other))
    return round(abs(math.log(next(ratios) / next(ratios))), 2), abs(one[0] * one[1] - other[0] * other[1])


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
    schedules: tuple[Schedule, ...] = tuple(Schedule)
    capabilities: frozenset[Capability]
    clip_skip_limit: int = Field(default=12, ge=0)
    """Layers of the text encoder that a recipe may leave out, where the model has `clip_skip`."""
    weights_bytes: int = 0
    """On the disk; of a model that is not there yet, about what there is to download."""
    source: str = ""
    """What to add it from: the id of a repository on the Hugging Face hub. Empty for what lies in a folder here."""
    state: ModelState = ModelState.INSTALLED
    progress: float | None = Field(default=None, ge=0, le=1)
    """Part of the download that is done, while it is downloading."""
    fixed: frozenset[str] = frozenset()
    """Fields of a recipe that this model does not take: what they decide, it decides itself."""
    price_usd: float | None = None
    """What one picture in its native size costs, about; null where nobody asks for money, or nobody here knows."""
    problem: str | None = None
    """Why the last download did not come to its end."""

    @property
    def here(self) -> bool:
        """Whether it can be drawn with."""
        return self.state in (ModelState.INSTALLED, ModelState.LOADED)

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
        self._check_fixed(recipe)
        return settled

    def _check(self, recipe: Recipe) -> None:
        for wish, capability in WISHES.items():
            if getattr(recipe, wish) and capability not in self.capabilities:
                raise Unsupported(
                    f"{self.name} cannot do what `{wish}` asks for.",
                    hint=f"Leave `{wish}` out, or choose a model that /api/v1/models lists with `{capability}`.",
                )
        _check_start(recipe, multiple=self.sizes.multiple)
        size = (recipe.width or 0, recipe.height or 0)
        if self.sizes.only and size not in self.sizes.only:
            raise Unsupported(
                f"{self.name} cannot draw {size[0]}x{size[1]} pixels.",
                hint=f"Choose one of: {', '.join(f'{width}x{height}' for width, height in self.sizes.only)}.",
            )
        for side, value in zip(("width", "height"), size, strict=True):
            self._check_side(side, value)
        if recipe.clip_skip > self.clip_skip_limit:
            raise Unsupported(
                f"{self.name} cannot leave out {recipe.clip_skip} layers of its text encoder.",
                hint=f"Use a clip_skip from 0 to {self.clip_skip_limit}.",
            )
        if recipe.sampler not in self.samplers:
            raise Unsupported(
                f"{self.name} does not draw with the sampler '{recipe.sampler}'.",
                hint=f"Choose one of: {', '.join(self.samplers)}.",
            )
        if recipe.schedule not in self.schedules:
            raise Unsupported(
                f"{self.name} does not follow the schedule '{recipe.schedule}'.",
                hint=f"Choose one of: {', '.join(self.schedules)}.",
            )
        if recipe.schedule is not Schedule.MODEL and recipe.sampler not in SIGMA_SAMPLERS:
            raise Unsupported(
                f"The sampler '{recipe.sampler}' cannot follow the schedule '{recipe.schedule}'.",
                hint=f"Leave the schedule out, or choose one of: {', '.join(sorted(SIGMA_SAMPLERS))}.",
            )

    def _check_fixed(self, recipe: Recipe) -> None:
        for name in sorted(self.fixed):
            # What it would be anyway may be said: so a settled recipe can be settled again.
            if getattr(recipe, name) not in (None, getattr(self.defaults, name, "")):
                raise Unsupported(
                    f"{self.name} does not take `{name}`.",
                    hint=f"Leave `{name}` out, or choose a model whose `fixed` in /api/v1/models does not name it.",
                )

    def _check_side(self, side: str, value: int) -> None:
        sizes = self.sizes
        if not sizes.smallest <= value <= sizes.largest or value % sizes.multiple:
            raise Unsupported(
                f"{self.name} cannot draw a {side} of {value} pixels.",
                hint=f"Use a multiple of {sizes.multiple} from {sizes.smallest} to {sizes.largest}; "
                f"its native size is {sizes.width}x{sizes.height}.",
            )


def _check_start(recipe: Recipe, *, multiple: int) -> None:
    """Whether what a recipe starts from goes with its steps and sizes, which may be the model's own."""
    width, height = recipe.width or 0, recipe.height or 0
    if recipe.image is not None and (recipe.image.at_step or 0) > (recipe.steps or 0):
        raise _unfit("image.at_step", f"is behind the last of {recipe.steps} steps")
    sides = recipe.outpaint
    if sides is not None and (sides.left + sides.right >= width or sides.top + sides.bottom >= height):
        raise _unfit("outpaint", f"leaves nothing of a picture of {width}x{height} pixels for the image")
    if recipe.hires is not None and max(recipe.hires.size(width, height, multiple=multiple)) > SIZE_LIMIT:
        raise _unfit("hires.scale", f"makes the picture larger than {SIZE_LIMIT} pixels")


def _unfit(field: str, problem: str) -> InvalidRecipe:
    return InvalidRecipe(
        f"`{field}` {problem}.",
        hint="`steps`, `width` and `height` left out are the model's own.",
        fields={field: problem},
    )
