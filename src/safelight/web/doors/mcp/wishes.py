"""The tools of an assistant: what they take, and the recipe that it is."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from safelight.domain.events import Event
from safelight.domain.model_card import ModelCard
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe
from safelight.web.doors.images import as_given
from safelight.web.doors.recipes import recipe_of


class Workplace(Protocol):
    """Something that draws for an assistant."""

    async def models(self) -> Sequence[ModelCard]: ...

    def events(self, recipe: Recipe) -> AsyncGenerator[Event, None]:
        """Everything that happens to one recipe, until its end. Closing it cancels the drawing."""
        ...

    async def file(self, picture: Picture) -> bytes: ...


class GenerateImage(BaseModel):
    """Draw a picture from words."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, title="generate_image")

    prompt: str
    """What the picture shows."""
    negative_prompt: str | None = None
    """What it should not show."""
    model: str | None = None
    """One that list_models names; left out, the default model."""
    width: int | None = None
    """In pixels; left out, the model's own."""
    height: int | None = None
    """In pixels; left out, the model's own."""
    steps: int | None = None
    """More is slower and finer; left out, the model's own."""
    guidance: float | None = None
    """How closely the words are followed; left out, the model's own."""
    seed: int | None = None
    """The same seed and words draw the same picture."""
    count: int = Field(default=1, ge=1, le=4)
    """How many pictures."""

    def recipe(self) -> Recipe:
        """Raises InvalidRecipe."""
        return recipe_of(**self.model_dump())


class EditImage(GenerateImage):
    """Draw a picture from words and another picture, or a part of that anew."""

    model_config = ConfigDict(title="edit_image")

    image: str
    """The id of a picture that was drawn here (`pic_…`), or an image in base64."""
    mask: str | None = None
    """An image in base64: white is drawn anew, black is kept. Left out, all of it is drawn anew."""
    strength: float = Field(default=0.6, ge=0, le=1)
    """How far it is changed: 0 not at all, 1 until nothing is left of it."""

    def recipe(self) -> Recipe:
        fields = self.model_dump(exclude={"image", "mask", "strength"})
        start = {"image": as_given(self.image, field="image"), "strength": self.strength}
        mask = None if self.mask is None else {"image": as_given(self.mask, field="mask")}
        return recipe_of(image=start, mask=mask, **fields)


TOOLS: dict[str, type[GenerateImage]] = {"generate_image": GenerateImage, "edit_image": EditImage}
LIST_MODELS = "list_models"
