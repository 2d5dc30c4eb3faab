"""The OpenAPI document: FastAPI's own, with the types that no route signature shows."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter

from safelight.domain.batch import BatchWish
from safelight.domain.batch_events import BatchEvent
from safelight.domain.events import Event
from safelight.domain.gallery import Bulk, Change, ShareWish
from safelight.domain.privacy import Preferences
from safelight.domain.recipe import Recipe
from safelight.domain.workspace import WorkspaceSettings
from safelight.jobs.branching import Branch
from safelight.web.admitting import COOKIE
from safelight.web.gallery import Chosen
from safelight.web.generations import Submission
from safelight.web.keys import KeyWish
from safelight.web.models import ModelSource
from safelight.web.moderations import ModerationRequest
from safelight.web.people import MemberWish, PasswordWish, UserWish, WorkspaceWish
from safelight.web.privacy import Acknowledgement, Confirmation
from safelight.web.problems import Problem
from safelight.web.prompts import AnalysisRequest, EnhancementRequest
from safelight.web.providers import CredentialsWish
from safelight.web.session import SignIn
from safelight.web.stepping import Steering

WAYS_IN: dict[str, dict[str, str]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key (`sl_…`), or a JSON Web Token."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Begun with POST /api/v1/session."},
}
REF = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Add the event union, the problem document and what is sent to the components."""
    fastapis_own = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = fastapis_own()
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            for name, schema in _extra().items():
                schemas.setdefault(name, schema)
            _tell_items(made)
            made["components"]["securitySchemes"] = WAYS_IN
            made["security"] = [{}, *({name: []} for name in WAYS_IN)]
        assert app.openapi_schema is not None
        return app.openapi_schema

    # FastAPI's documented way to change the document.
    app.openapi = document  # type: ignore[method-assign]


def _tell_items(node: Any) -> None:
    """Of a stream, `itemSchema` says what each event is; FastAPI adds of all events together that they are a text."""
    if isinstance(node, dict):
        if "itemSchema" in node:
            node.pop("schema", None)
        node = list(node.values())
    for value in node if isinstance(node, list) else ():
        _tell_items(value)


def _extra() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    event = TypeAdapter(Event).json_schema(ref_template=REF, mode="serialization")
    of_batches: Any = TypeAdapter(BatchEvent).json_schema(ref_template=REF, mode="serialization")
    problem = Problem.model_json_schema(ref_template=REF, mode="serialization")
    sent: dict[str, type[BaseModel]] = {
        "RecipeInput": Recipe,
        "SubmissionInput": Submission,
        "BatchInput": BatchWish,
        "SteeringInput": Steering,
        "BranchInput": Branch,
        "ModelSource": ModelSource,
        "EnhancementRequest": EnhancementRequest,
        "AnalysisRequest": AnalysisRequest,
        "SignIn": SignIn,
        "KeyWish": KeyWish,
        "CredentialsWish": CredentialsWish,
        "UserWish": UserWish,
        "PasswordWish": PasswordWish,
        "WorkspaceWish": WorkspaceWish,
        "MemberWish": MemberWish,
        "WorkspaceSettingsInput": WorkspaceSettings,
        "Confirmation": Confirmation,
        "Acknowledgement": Acknowledgement,
        "PreferencesInput": Preferences,
        "PictureChange": Change,
        "Bulk": Bulk,
        "Chosen": Chosen,
        "ShareWish": ShareWish,
        "ModerationRequest": ModerationRequest,
    }
    read = {name: model.model_json_schema(ref_template=REF, mode="validation") for name, model in sent.items()}
    for name, schema in {"Event": event, "BatchEvent": of_batches, "Problem": problem, **read}.items():
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema
    return schemas
