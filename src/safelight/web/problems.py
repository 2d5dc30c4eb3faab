"""Errors as RFC 9457 problem documents. One table says which error has which status."""

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket

from safelight.domain import errors
from safelight.domain.frozen import Frozen
from safelight.domain.links import API

STATUS: Mapping[type[errors.SafelightError], int] = {
    errors.SafelightError: 500,
    errors.Refused: 400,
    errors.InvalidRecipe: 422,
    errors.UnusableImage: 422,
    # Not 403: whoever asks may ask, and no other key or sign-in changes the answer.
    errors.NotAllowed: 422,
    errors.Foreign: 403,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.UnknownModel: 422,
    errors.Unsupported: 422,
    errors.DoesNotFit: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.WrongContentType: 415,
    errors.ModelBroken: 422,
    errors.Busy: 503,
    errors.QueueFull: 429,
    errors.LimitReached: 429,
    errors.BudgetReached: 429,
    errors.ServiceFailed: 502,
}
MEDIA_TYPE = "application/problem+json"


class FieldError(Frozen):
    """What is wrong with one field."""

    field: str
    detail: str


class Problem(Frozen):
    """What went wrong and what to do next (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    code: str
    retryable: bool = False
    errors: tuple[FieldError, ...] = ()
    categories: tuple[str, ...] = ()
    """What moderation refuses it for."""


class ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong and what to do next (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def status_of(error: errors.SafelightError) -> int:
    """The HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def headers_of(error: errors.SafelightError) -> dict[str, str]:
    """The headers that belong to its answer: when to come back, how to show who one is."""
    if isinstance(error, errors.Busy):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
    return {"WWW-Authenticate": 'Bearer realm="safelight"'} if isinstance(error, errors.Unauthenticated) else {}


def answer(
    error: errors.SafelightError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> ProblemResponse:
    """The problem document for an error."""
    status = status or status_of(error)
    fields = error.fields if isinstance(error, errors.InvalidRecipe) else {}
    problem = Problem(
        type=f"urn:safelight:problem:{error.code}",
        title=error.title,
        status=status,
        detail=error.detail,
        hint=error.hint or "The documentation of this request is at /openapi.json.",
        code=error.code,
        retryable=error.retryable,
        errors=tuple(FieldError(field=name, detail=detail) for name, detail in fields.items()),
        categories=error.categories if isinstance(error, errors.NotAllowed) else (),
    )
    told = {**(headers or {}), **headers_of(error)}
    return ProblemResponse(problem.model_dump(mode="json"), status_code=status, headers=told)


def unexpected() -> ProblemResponse:
    """For a fault of ours. The log has the details, and the answer none of them."""
    return answer(
        errors.SafelightError(
            "The server could not answer because of a fault of its own.",
            hint="Nothing you sent has to change. The server's log tells what happened.",
        )
    )


def invalid(
    error: ValidationError | RequestValidationError, *, known: frozenset[str], what: str = "a recipe"
) -> errors.InvalidRecipe:
    """A failed validation in the words of the house. `known` are the names that an unknown field of `what` may have
    meant."""
    fields = {_name(fault): _fault(fault, what=what) for fault in error.errors()}
    names = ", ".join(fields)
    hints = [near for fault in error.errors() if (near := _nearest(fault, known=known, what=what))]
    return errors.InvalidRecipe(
        f"Not valid: {names}." if names else "The request is not valid.",
        hint=" ".join(hints) or "; ".join(f"{name}: {detail}" for name, detail in fields.items())[:600],
        fields=fields,
    )


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.add_exception_handler(errors.SafelightError, _on_safelight_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)


def no_such_page(path: str) -> errors.NotFound:
    return errors.NotFound(
        f"There is nothing at {path[:200]}.", hint=f"The native API lies under {API}; /openapi.json lists all of it."
    )


async def _on_safelight_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, errors.SafelightError)
    problem = answer(error)
    # Starlette brings sockets here as well, and does nothing with what is returned for them.
    if isinstance(request, WebSocket):
        await request.send_denial_response(problem)
    return problem


async def _on_invalid_request(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    return answer(invalid_query(error, route=request.scope.get("route")))


def invalid_query(error: RequestValidationError, *, route: object) -> errors.InvalidRecipe:
    """What is wrong with the query of a request, in the words of the house."""
    return invalid(error, known=_query_of(route), what="the query")


def _query_of(route: object) -> frozenset[str]:
    """What can be asked for behind the question mark."""
    names = set[str]()
    for parameter in route.dependant.query_params if isinstance(route, APIRoute) else ():
        model = parameter.field_info.annotation
        fields = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
        names |= {field.alias or name for name, field in fields.items()} or {parameter.alias}
    return frozenset(names)


async def on_http_error(request: Request, error: Exception) -> ProblemResponse:
    """For a page that is not there, or that does not take what was sent."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return answer(no_such_page(request.url.path))
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "other methods")
        refused = errors.Refused(
            f"{request.method} does nothing at {request.url.path[:200]}.", hint=f"It takes {allowed}."
        )
        return answer(refused, status=405, headers=error.headers)
    return answer(errors.Refused(str(error.detail)), status=error.status_code, headers=error.headers)


def _name(fault: Mapping[str, Any]) -> str:
    where = [str(part) for part in fault["loc"] if part not in ("body", "query", "header", "path")]
    return ".".join(where)[:100] or "body"


def _fault(fault: Mapping[str, Any], *, what: str) -> str:
    if fault["type"] == "extra_forbidden":
        return f"is not a field of {what}"
    return str(fault["msg"]).removeprefix("Value error, ")[:400]


def _nearest(fault: Mapping[str, Any], *, known: frozenset[str], what: str) -> str:
    if fault["type"] != "extra_forbidden":
        return ""
    near = get_close_matches(_name(fault), known, n=1, cutoff=0.5)
    return f"Did you mean '{near[0]}'?" if near else f"{what.capitalize()} has: {', '.join(sorted(known))}."
