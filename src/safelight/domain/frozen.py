"""The base of every public value: frozen, strict about unknown fields."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that never changes once made. Unknown fields are an error that names them."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        protected_namespaces=(),
        # What is sent always has every field, and the document says so: `kind` tells the events apart in TypeScript.
        json_schema_serialization_defaults_required=True,
    )
