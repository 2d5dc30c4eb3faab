"""Traces as a collector receives them, of a server that really runs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from safelight.domain.events import Failed, Queued, Started
from safelight.metering.opening import measuring
from safelight.metering.settings import MeteringSettings
from safelight.metering.tracing import Tracing, provider_to
from tests.metering.collector import receiving
from tests.way.conftest import connected
from tests.way.house import Plan, running
from tests.way.reader import GENERATIONS

pytestmark = pytest.mark.anyio
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


async def test_a_request_its_generation_and_every_evaluation_are_one_trace(tmp_path: Path) -> None:
    with receiving() as collector:
        settings = MeteringSettings(otlp_url=collector.url, otlp_headers=SecretStr("X-Team=ours, y=1"))
        with measuring(settings) as metering, running(Plan(home=tmp_path, metering=metering)) as server:
            async with connected(server) as client:
                answer = await client.post(
                    GENERATIONS,
                    json={"prompt": "a secret", "steps": 3},
                    headers={"traceparent": PARENT, "Prefer": "wait=30"},
                )
                await client.get("/health")
        spans = collector.spans()
    generation = answer.json()["id"]
    by_name = {span.name: span for span in spans}
    assert {span.trace_id.hex() for span in spans} == {PARENT.split("-")[1]}
    request, whole = by_name[f"POST {GENERATIONS}"], by_name["generation"]
    assert request.parent_span_id.hex() == PARENT.split("-")[2]
    assert whole.parent_span_id == request.span_id
    assert attributes(whole) == {
        "safelight.generation": generation,
        "safelight.provider": "fake",
        "safelight.model": "fake",
        "safelight.outcome": "finished",
    }
    assert by_name["wait"].parent_span_id == by_name["draw"].parent_span_id == whole.span_id
    steps = [span for span in spans if span.name == "evaluation"]
    assert [attributes(step)["safelight.step"] for step in steps] == [1, 2, 3]
    assert {step.parent_span_id for step in steps} == {by_name["draw"].span_id}
    assert all(attributes(span)["safelight.generation"] == generation for span in (*steps, by_name["draw"]))
    assert all(b"a secret" not in body for _, _, body in collector.requests)
    headers = {name.lower(): value for name, value in collector.requests[0][1].items()}
    assert (headers["x-team"], headers["y"], headers["content-type"]) == ("ours", "1", "application/x-protobuf")


def test_services_elsewhere_and_failures_are_told() -> None:
    with receiving() as collector:
        provider = provider_to(f"{collector.url}/v1/traces", headers=None, share=1.0)
        tracing = Tracing(provider)
        for generation in ("one", "two"):
            tracing.told(generation, Queued(position=0, eta_s=0))
            tracing.told(generation, Started(provider="openai", model="openai/gpt-image-1", seed=1))
        tracing.asked("openai", generation="one", seconds=1.5, error="unreachable")
        tracing.told("one", Failed(code="unreachable", detail="…"))
        tracing.handed_over("two")
        provider.shutdown()
        spans = collector.spans()
    (asked,) = [span for span in spans if span.name == "openai draws"]
    assert 1.4e9 < asked.end_time_unix_nano - asked.start_time_unix_nano < 60e9
    assert (asked.status.message, asked.kind) == ("unreachable", 3)
    outcomes = {attributes(span)["safelight.outcome"] for span in spans if span.name == "generation"}
    assert outcomes == {"failed", "handed_over"}


def test_nothing_is_imported_where_nothing_is_sent() -> None:
    code = (
        "import sys, safelight.web.app, safelight.bootstrap; from safelight.metering.opening import measuring;"
        "from safelight.metering.settings import MeteringSettings; measuring(MeteringSettings()).__enter__();"
        "print([m for m in ('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'sentry_sdk') if m in sys.modules])"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert answer.stdout.strip() == "[]"
