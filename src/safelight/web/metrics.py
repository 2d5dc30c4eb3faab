"""What is measured, for Prometheus; and the time until every answer begins."""

import time

from fastapi import APIRouter, Request, Response
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import TracerProvider
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safelight.domain.measuring import Meter
from safelight.web import problems
from safelight.web.rooms import House

QUIET = ("/health", "/ready", "/metrics")
router = APIRouter(tags=["health"], responses=problems.RESPONSES)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Every metric."}},
)
async def metrics(request: Request, house: House) -> Response:
    """Counters, gauges and histograms in Prometheus' text format, or as OpenMetrics."""
    page, media_type = house.exposition.page(request.headers.get("accept", ""))
    return Response(page, media_type=media_type)


def telemetry_of(traces: TracerProvider | None) -> TelemetryConfig:
    """How FastAPI traces requests: not at all, unless somebody wants the traces. What is asked for all the time, and
    says nothing, is left out."""
    if traces is None:
        return {"tracing": False, "metrics": False, "logs": False}
    return {
        "tracer_provider": traces,
        "tracing": True,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "exclude": lambda scope: scope["path"] in QUIET,
    }


class Measured:
    """Around the app: which route answered what, and how soon."""

    def __init__(self, app: ASGIApp, *, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "")
                taken = time.monotonic() - began
                self._meter.answered(method=scope["method"], route=route, status=message["status"], seconds=taken)
            await send(message)

        await self._app(scope, receive, heard)
