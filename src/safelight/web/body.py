"""Reading JSON from a request body: bounded, strict, and with an answer for everything that can be wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, NoReturn, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from safelight.domain.errors import Malformed, TooLarge, WrongContentType
from safelight.domain.recipe import Recipe
from safelight.web.problems import invalid
from safelight.web.rooms import House

FORM = "application/x-www-form-urlencoded"
IMAGE_MARK = b'"data:image/'
"""How an image inside of a recipe begins; a body without one has no reason to be large."""
SILENCE_S = 60.0
"""How long a body may stop in the middle."""
LARGE = 2**18
"""Bytes above which JSON is read in a thread, so that it delays nobody."""

Model = TypeVar("Model", bound=BaseModel)


def body_of(
    model: type[Model], *, what: str, strict: bool = True, images: bool = False
) -> Callable[[Request, House], Awaitable[Model]]:
    """A dependency that reads `model` from the body.

    Args:
        what: `a recipe`, for the answer to a field that it does not have.
        strict: False takes a number for what is written like one, as older clients write them.
        images: True lets it be as large as images are, also where they do not come as `data:` URLs.
    """

    async def read(request: Request, house: House) -> Model:
        """Raises TooLarge, WrongContentType, Malformed, InvalidRecipe."""
        kind = content_type(request)
        if not _reads(request, kind):
            raise _wrong_type(kind)
        limit = house.images_limit if images else house.body_limit
        body = await read_body(request, limit=limit, images_limit=house.images_limit)
        if len(body) > LARGE:
            return await asyncio.to_thread(_parse, model, body, kind=kind, what=what, strict=strict)
        return _parse(model, body, kind=kind, what=what, strict=strict)

    return read


def sent(schema: str) -> dict[str, Any]:
    """What the document says about a body that `body_of` reads."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"requestBody": {"required": True, "content": content}}


RecipeBody = Annotated[Recipe, Depends(body_of(Recipe, what="a recipe"))]
EXAMPLE = 'Send a JSON object like {"prompt": "a red dragon"}.'


def content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _parse(model: type[Model], body: bytes, *, kind: str, what: str, strict: bool) -> Model:
    _check_object(body, kind=kind)
    try:
        return model.model_validate_json(body, strict=strict)
    except ValidationError as error:
        if any(fault["type"] == "json_invalid" for fault in error.errors(include_input=False)):
            raise Malformed(f"The body is not JSON: {error.errors()[0]['msg'][:200]}.", hint=EXAMPLE) from error
        raise invalid(error, known=frozenset(model.model_fields), what=what) from error


async def read_body(request: Request, *, limit: int, images_limit: int | None = None) -> bytes:
    """The whole body, counted while it arrives so that a chunked one cannot be larger either.

    Args:
        limit: bytes it may have.
        images_limit: bytes it may have where an image begins within the first `limit` ones.

    Raises:
        TooLarge: it has more.
        Malformed: it stopped in the middle.
    """
    body = bytearray()
    try:
        async for chunk in _chunks(request):
            body += chunk
            if len(body) > limit:
                if images_limit is not None and IMAGE_MARK in body:
                    limit, images_limit = images_limit, None
                if len(body) > limit:
                    raise TooLarge(
                        f"The body is larger than {limit // 1024} KiB.",
                        hint="A prompt may have 10,000 characters; send a large image to /api/v1/images by itself.",
                    )
    except ClientDisconnect as error:
        raise Malformed("The connection closed before the whole body was there.", hint=EXAMPLE) from error
    return bytes(body)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """What comes of a body, as long as something does: who holds a connection without a word is let go."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Malformed(
                f"Nothing more of the body came for {SILENCE_S:g} seconds.", hint="Send it again, in one go."
            ) from error
        yield chunk


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
