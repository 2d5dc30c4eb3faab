"""The OpenAPI document, held against a real server by made-up requests: no fault of the server, and nothing that the
document does not know. `python -m tests.way.test_document_holds 200` makes more of them."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from safelight.domain.access import Openness
from safelight.web.app import openapi_document
from tests.store.making import png
from tests.way.house import Plan, Running, running

EXAMPLES = 4
"""Of each operation, half of them valid."""
HELD = [checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = from_dict(openapi_document())
OPERATIONS: dict[str, Any] = {found.ok().label: found.ok() for found in cast(Any, SCHEMA.get_all_operations())}
Things = Mapping[str, str]


def plan(home: Path) -> Plan:
    return Plan(home=home, openness=Openness.SINGLE, seconds_per_step=0.0, waiting_limit=20)


def things_of(server: Running) -> Things:
    """Ids that are there, by the names that stand in the paths."""
    with httpx2.Client(base_url=server.url, trust_env=False, timeout=60) as client:
        body = {"prompt": "an owl", "steps": 2}
        drawn = client.post("/api/v1/generations", json=body, headers={"Prefer": "wait=50"}).json()
        picture = drawn["pictures"][0]["id"]
        image = client.post("/api/v1/images", content=png(), headers={"Content-Type": "image/png"}).json()
        batch = client.post("/api/v1/batches", json={"recipes": [body]}).json()
        link = client.post(f"/api/v1/pictures/{picture}/share", json={}).json()
    known = {"generation": drawn["id"], "step": "1", "picture": picture, "image": image["id"], "batch": batch["id"]}
    return {**known, "token": link["url"].rpartition("/")[2], "workspace": "default", "model": "fake"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(plan(tmp_path_factory.mktemp("home"))) as server:
        yield server


@pytest.fixture(scope="module")
def things(server: Running) -> Things:
    return things_of(server)


def ask(server: Running, operation: Any, things: Things, *, examples: int) -> None:
    """Make requests of one operation: valid ones, about what is there and what is not, and others."""
    asked = 0

    @seed(0)
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def valid(case: Any) -> None:
        nonlocal asked
        asked += 1
        # What is deleted would be missing the next time.
        if asked % 2 and operation.method.upper() != "DELETE":
            case.path_parameters.update({name: things[name] for name in case.path_parameters if name in things})
        case.call_and_validate(base_url=server.url, checks=HELD, timeout=60)

    @seed(0)
    @settings(valid._hypothesis_internal_use_settings, max_examples=max(1, examples // 2))  # type: ignore[attr-defined]
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def wrong(case: Any) -> None:
        case.call_and_validate(base_url=server.url, checks=HELD, timeout=60)

    valid()
    with suppress(Unsatisfiable):  # Where any text will do, nothing can be wrong.
        wrong()


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_the_document_holds(server: Running, things: Things, label: str) -> None:
    ask(server, OPERATIONS[label], things, examples=EXAMPLES)


def main(examples: int) -> None:
    failed = 0
    with tempfile.TemporaryDirectory() as home, running(plan(Path(home))) as server:
        things = things_of(server)
        for label in sorted(OPERATIONS):
            try:
                ask(server, OPERATIONS[label], things, examples=examples)
                print(f"ok      {label}", flush=True)  # noqa: T201
            except BaseException as error:
                failed += 1
                print(f"FAILED  {label}\n{error}", flush=True)  # noqa: T201
    sys.exit(failed)


if __name__ == "__main__":
    main(int(sys.argv[1]))
