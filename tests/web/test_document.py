"""The OpenAPI document, from which the studio's types are made."""

import subprocess
import sys
from typing import Any

import pytest

from safelight.domain.events import EVENT, Event
from safelight.web.app import openapi_document
from safelight.web.problems import Problem


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    return set().union(*(references(value) for value in node)) if isinstance(node, list) else set()


def test_the_events_are_one_union_told_apart_by_kind(document: dict[str, Any]) -> None:
    event = document["components"]["schemas"]["Event"]
    assert event["discriminator"]["propertyName"] == "kind"
    assert set(event["discriminator"]["mapping"]) == {
        "queued", "started", "step", "notice", "gap", "finished", "failed", "cancelled",
    }  # fmt: skip


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


def test_the_problem_document_is_what_errors_are_answered_with(document: dict[str, Any]) -> None:
    """Another type of that name would take its place."""
    schema = document["components"]["schemas"]["Problem"]
    assert set(schema["properties"]) == set(Problem.model_fields)


def test_a_recipe_is_sent_with_its_prompt_alone(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["RecipeInput"]["required"] == ["prompt"]
    assert "seed" in schemas["Recipe"]["required"]


def test_the_gap_travels_under_the_name_from() -> None:
    gap: Event = EVENT.validate_python({"kind": "gap", "from": 1, "to": 2})
    assert gap.model_dump(by_alias=True) == {"kind": "gap", "from": 1, "to": 2}


def test_the_web_does_not_import_torch() -> None:
    code = (
        "import sys, safelight.web.app; print([m for m in ('torch', 'diffusers', 'transformers') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert answer.stdout.strip() == "[]"
