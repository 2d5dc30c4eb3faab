"""The OpenAPI document: FastAPI's own, with the types that no route signature shows."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from safelight.domain.events import Event
from safelight.domain.recipe import Recipe
from safelight.web.problems import Problem

REF = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Add the event union, the problem document and the recipe as it is sent to the components."""
    fastapis_own = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = fastapis_own()
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            for name, schema in _extra().items():
                schemas.setdefault(name, schema)
        assert app.openapi_schema is not None
        return app.openapi_schema

    # FastAPI's documented way to change the document.
    app.openapi = document  # type: ignore[method-assign]


def _extra() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    event = TypeAdapter(Event).json_schema(ref_template=REF, mode="serialization")
    problem = Problem.model_json_schema(ref_template=REF, mode="serialization")
    recipe = Recipe.model_json_schema(ref_template=REF, mode="validation")
    for name, schema in (("Event", event), ("Problem", problem), ("RecipeInput", recipe)):
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema
    return schemas
