"""Reading a recipe from a request body: bounded, strict, and with an answer for everything that can be wrong."""

import json
from typing import Annotated, NoReturn

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from safelight.domain.errors import Malformed, TooLarge, WrongContentType
from safelight.domain.recipe import Recipe
from safelight.web.problems import invalid
from safelight.web.rooms import House

FIELDS = frozenset(Recipe.model_fields)
FORM = "application/x-www-form-urlencoded"


async def _read_recipe(request: Request, house: House) -> Recipe:
    """The recipe in the body.

    Raises:
        TooLarge, WrongContentType, Malformed, InvalidRecipe
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not _reads(request, kind):
        raise _wrong_type(kind)
    body = await read_body(request, limit=house.body_limit)
    _check_object(body, kind=kind)
    try:
        return Recipe.model_validate_json(body, strict=True)
    except ValidationError as error:
        if any(fault["type"] == "json_invalid" for fault in error.errors()):
            raise Malformed(f"The body is not JSON: {error.errors()[0]['msg'][:200]}.", hint=EXAMPLE) from error
        raise invalid(error, known=FIELDS) from error


RecipeBody = Annotated[Recipe, Depends(_read_recipe)]
EXAMPLE = 'Send a JSON object like {"prompt": "a red dragon"}.'


async def read_body(request: Request, *, limit: int) -> bytes:
    """The whole body, counted while it arrives so that a chunked one cannot be larger either.

    Raises:
        TooLarge: it has more than `limit` bytes.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise TooLarge(
                    f"The body is larger than {limit // 1024} KiB.",
                    hint="A prompt may have 10,000 characters; a recipe never needs this much.",
                )
    except ClientDisconnect as error:
        raise Malformed("The connection closed before the whole body was there.", hint=EXAMPLE) from error
    return bytes(body)


def _reads(request: Request, kind: str) -> bool:
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return True
    # `curl -d` says it sends a form even when it sends JSON. A page of another site may say so too, or say nothing,
    # without asking the browser for leave (CORS), so what comes from a page has to say that it is JSON.
    return kind in ("", FORM) and not {"origin", "sec-fetch-site"}.intersection(request.headers)


def _check_object(body: bytes, *, kind: str) -> None:
    try:
        value = json.loads(body.decode(), parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:
        if kind == FORM:
            raise _wrong_type(kind) from error
        raise Malformed(f"The body is not JSON: {str(error)[:200]}.", hint=EXAMPLE) from error
    if not isinstance(value, dict):
        raise Malformed("The body is JSON, but not an object.", hint=EXAMPLE)


def _not_a_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _wrong_type(kind: str) -> WrongContentType:
    return WrongContentType(
        f"A body of the type '{kind[:80]}' is not read here.", hint=f"Use Content-Type: application/json. {EXAMPLE}"
    )
