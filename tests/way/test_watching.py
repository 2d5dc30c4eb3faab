"""Dashboard and rules ask for what a server really says."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from safelight.domain.errors import ModelBroken
from safelight.domain.measuring import Apart, Tally
from safelight.domain.verdict import Category, Stage, Subject, Verdict
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS

pytestmark = pytest.mark.anyio

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "safelight.json").read_text())
RULES = [
    rule
    for name in ("rules.yml", "alerts.yml")
    for group in yaml.safe_load((DEPLOY / "prometheus" / name).read_text())["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
FROM_PROMETHEUS = {"up": {"job"}, **{name: {"outcome"} for name in RECORDED}}
"""What is not scraped, and the labels that it has."""
ADDED = {"instance", "job", "le"}
Labels = dict[str, set[str]]


def queries() -> Iterator[tuple[str, str]]:
    """Each with where it stands."""
    for rule in RULES:
        yield rule.get("record") or rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            # Grafana puts these in before it asks.
            asked = target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")
            yield panel["title"], asked


def selectors(node: Any) -> Iterator[Any]:
    """Every selector within a parsed query."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
        return
    if isinstance(node, promql_parser.MatrixSelector):
        yield from selectors(node.vector_selector)
        return
    for name in ("expr", "lhs", "rhs", "param"):
        if (part := getattr(node, name, None)) is not None:
            yield from selectors(part)
    for part in getattr(node, "args", None) or ():
        yield from selectors(part)


@pytest.fixture
def labels(serve: Callable[..., Running], anyio_backend: str) -> Callable[[], Any]:
    """What a scrape has by name, with the labels of each, after everything has happened once."""

    async def scrape() -> Labels:
        server = serve()
        providers = server.runner.providers
        meter = server.runner.meter
        for category, subject in zip(Category, Subject, strict=False):
            refused = Verdict(allowed=False, stage=Stage.RULES, refused_for=(category,), policy="p", reason="No.")
            meter.judged(subject, refused)
        meter.asked("openai", generation="gen_1", seconds=1.0, error="unreachable")
        meter.spent("openai", usd=0.04)
        one = {"sprite": 1}
        tally = Tally(
            forwards=1,
            evaluations=1,
            rows=2,
            seconds=0.1,
            sizes={1: 1},
            apart={Apart.MODEL: 1},
            loads=one,
            load_seconds={"sprite": 0.5},
            unloads=one,
            resident=one,
            budget=1,
            peak=1,
        )
        # An engine is more than the point: what it counts has tests of its own.
        providers._local = type("Local", (), {"tally": tally})()
        async with connected(server) as client:
            wish = {"prompt": "an owl", "steps": 2}
            await client.post(GENERATIONS, json=wish, headers={"Prefer": "wait=30"})
            server.fake._fails_at, server.fake._failure = 1, ModelBroken("It broke.", hint="Mend it.")
            await client.post(GENERATIONS, json=wish, headers={"Prefer": "wait=30"})
            page = (await client.get("/metrics")).text
        providers._local = None
        found: Labels = {name: set(of) for name, of in FROM_PROMETHEUS.items()}
        for family in text_string_to_metric_families(page):
            of = {label for sample in family.samples for label in sample.labels}
            for name in {family.name, *(sample.name for sample in family.samples)}:
                found[name] = of
        # No service elsewhere, no remark: these have no sample here.
        found |= {"safelight_provider_left_alone": {"provider"}, "safelight_notices_total": {"code"}}
        return found

    return scrape


async def test_every_query_asks_for_metrics_and_labels_that_there_are(labels: Callable[[], Any]) -> None:
    known: Labels = await labels()
    asked = set()
    for where, query in queries():
        parsed = promql_parser.parse(query)
        found = list(selectors(parsed))
        assert found, (where, query)
        for selector in found:
            assert selector.name in known, (where, selector.name)
            wanted = {matcher.name for matcher in selector.matchers.matchers}
            assert wanted <= known[selector.name] | ADDED, (where, selector.name, wanted)
            asked.add(selector.name)
        grouped = {name.strip() for names in re.findall(r"(?:by|on) \(([^)]*)\)", query) for name in names.split(",")}
        there = set[str]().union(*(known[selector.name] for selector in found))
        assert grouped <= there | ADDED, (where, grouped)
    shown = {name for name in known if name.startswith("safelight_") and name.endswith("_total")}
    # Every counter is on the dashboard or in a rule, but for what the others tell as well.
    assert shown - asked <= {"safelight_accepted_total", "safelight_model_load_seconds_total"}


def test_alerts_say_what_is_the_matter_and_how_urgent_it_is() -> None:
    alerts = [rule for rule in RULES if "alert" in rule]
    assert len({rule["alert"] for rule in alerts}) == len(alerts) >= 8
    for rule in alerts:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]


def test_panels_do_not_overlap_and_have_names() -> None:
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert panel["title"] and at["x"] + at["w"] <= 24 and not places & cells
        places |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
