"""A recipe in the making, out of what another program noted: whatever has no place in it becomes a note."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from safelight.domain.picture import Origin
from safelight.domain.recipe import Recipe

NOTE_LIMIT = 500
NOTES_LIMIT = 64


@dataclass(frozen=True)
class Found:
    """How a picture was made, as far as the file tells."""

    origin: Origin
    recipe: Recipe | None = None
    notes: tuple[str, ...] = ()


@dataclass
class Draft:
    """Fields of a recipe by name, not yet checked, and what could not become one."""

    origin: Origin
    fields: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        short = text if len(text) <= NOTE_LIMIT else f"{text[: NOTE_LIMIT - 1]}…"
        if len(self.notes) < NOTES_LIMIT and short not in self.notes:
            self.notes.append(short)

    def take(self, name: str, value: object) -> None:
        """A field, where there is a value for it."""
        if value is not None:
            self.fields[name] = value

    def lookup(self, name: str, value: object, table: Mapping[str, Any]) -> None:
        """A field whose values have other names there; they are looked up in small letters."""
        if isinstance(value, str) and value.lower() in table:
            self.take(name, table[value.lower()])
        elif value not in (None, ""):
            self.note(f"{name}: {value}")

    def lora(self, name: str, weight: float) -> None:
        self.fields.setdefault("loras", []).append({"id": name, "weight": weight})

    def found(self, known: Collection[str]) -> Found:
        """What there is of the recipe.

        Args:
            known: ids of the models and adapters that are here.
        """
        here = {one.lower(): one for one in known}
        self._name_model(here)
        self._name_loras(here)
        recipe = self._checked()
        return Found(self.origin, recipe, tuple(self.notes))

    def _name_model(self, here: Mapping[str, str]) -> None:
        if (model := self.fields.pop("model", None)) is None:
            return
        if found := _installed(model, here):
            self.fields["model"] = found
        else:
            self.note(f"model: {model}, which is not installed here")

    def _name_loras(self, here: Mapping[str, str]) -> None:
        loras = self.fields.pop("loras", ())
        for lora in loras:
            if found := _installed(lora["id"], here):
                self.fields.setdefault("loras", []).append({**lora, "id": found})
            else:
                self.note(f"LoRA: {lora['id']} at {lora['weight']}, which is not installed here")

    def _checked(self) -> Recipe | None:
        while True:
            try:
                return Recipe.model_validate(self.fields)
            except ValidationError as error:
                wrong = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
                if "prompt" in wrong:
                    self.note("There is no prompt, and a recipe needs one.")
                    return None
                if not wrong & self.fields.keys():
                    self.note(f"It makes no recipe: {error.errors()[0]['msg']}")
                    return None
                for name in sorted(wrong & self.fields.keys()):
                    self.note(f"{name}: {self.fields.pop(name)}")


def _installed(name: object, here: Mapping[str, str]) -> str | None:
    """What it is called here: the same, or what is left of the name of a file, as in `SD15/dream.safetensors`."""
    full = str(name).replace("\\", "/").lower().removesuffix(".safetensors").removesuffix(".ckpt")
    return here.get(full) or here.get(full.rpartition("/")[2])
