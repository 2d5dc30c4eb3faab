"""Errors in the words of a door's own clients."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from safelight.domain.errors import SafelightError
from safelight.web.problems import invalid_query

Shape = Callable[[SafelightError], Response]


def router_of(shape: Shape, *, prefix: str = "") -> APIRouter:
    """A router whose errors, those of who may not come in included, are answered in the shape that its clients read.

    Its routes are not part of the OpenAPI document: their documents are the other programs' own.
    """

    class Told(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def told(request: Request) -> Response:
                try:
                    return await handle(request)
                except SafelightError as error:
                    return shape(error)
                except RequestValidationError as error:
                    return shape(invalid_query(error, route=self))

            return told

    return APIRouter(prefix=prefix, route_class=Told, include_in_schema=False)
