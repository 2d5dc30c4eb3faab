"""What the meters make of what they are told."""

import pytest
from prometheus_client import CollectorRegistry

from safelight.domain.events import Cancelled, Failed, Finished, Notice, Queued, Started, Stepped
from safelight.domain.verdict import Category, Stage, Subject, Verdict
from safelight.metering.meeting import Meeting
from safelight.metering.meters import NAMES_LIMIT, PrometheusMeter

STEP = Stepped(step=1, total=2, progress=0.5, sigma=1.0, ms=40.0)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def meter(registry: CollectorRegistry) -> PrometheusMeter:
    return PrometheusMeter(registry)


def begin(meter: PrometheusMeter, generation: str, *, model: str = "sprite") -> None:
    meter.told(generation, Queued(position=1, eta_s=3))
    meter.told(generation, Queued(position=0, eta_s=1))
    meter.told(generation, Started(provider="local", model=model, seed=1))


def test_only_the_first_preview_is_the_first(meter: PrometheusMeter, registry: CollectorRegistry) -> None:
    begin(meter, "one")
    for size in (None, 10, 20):
        meter.told("one", STEP, frame_bytes=size)
    by = {"provider": "local", "model": "sprite"}
    assert registry.get_sample_value("safelight_accepted_total") == 1
    assert registry.get_sample_value("safelight_first_preview_seconds_count", by) == 1
    assert registry.get_sample_value("safelight_preview_bytes_total", {"provider": "local"}) == 30
    assert registry.get_sample_value("safelight_previews_total", {"provider": "local", "shown": "false"}) == 1
    assert registry.get_sample_value("safelight_step_seconds_sum", by) == pytest.approx(0.12)


def test_what_goes_on_elsewhere_ends_there(meter: PrometheusMeter, registry: CollectorRegistry) -> None:
    begin(meter, "one")
    begin(meter, "two")
    meter.handed_over("one")
    meter.told("two", Notice(code="fallback", detail="…"))
    meter.told("two", Failed(code="unreachable", detail="…"))
    found = {
        sample.labels["outcome"]
        for family in registry.collect()
        for sample in family.samples
        if "outcome" in sample.labels
    }
    assert found == {"failed"}
    assert registry.get_sample_value("safelight_failures_total", {"code": "unreachable"}) == 1
    assert registry.get_sample_value("safelight_notices_total", {"code": "fallback"}) == 1


def test_what_was_cancelled_in_the_line_has_nobody_who_drew_it(
    meter: PrometheusMeter, registry: CollectorRegistry
) -> None:
    meter.told("one", Queued(position=1, eta_s=3))
    meter.told("one", Cancelled(step=0))
    by = {"outcome": "cancelled", "provider": "none", "model": "none"}
    assert registry.get_sample_value("safelight_generations_total", by) == 1


def test_names_of_models_are_bounded(meter: PrometheusMeter, registry: CollectorRegistry) -> None:
    for number in range(2 * NAMES_LIMIT):
        begin(meter, str(number), model=f"replicate/{number}")
        meter.told(str(number), Finished(pictures=()))
    (family,) = [family for family in registry.collect() if family.name == "safelight_generations"]
    models = {sample.labels["model"] for sample in family.samples}
    assert len(models) <= NAMES_LIMIT + 1 and "other" in models


def test_everybody_in_a_meeting_hears_everything(meter: PrometheusMeter, registry: CollectorRegistry) -> None:
    other = CollectorRegistry()
    both = Meeting([meter, PrometheusMeter(other)])
    refused = Verdict(allowed=False, stage=Stage.RULES, refused_for=(Category.HATE,), policy="p", reason="No.")
    both.told("one", Queued(position=0, eta_s=0))
    both.told("one", STEP)
    both.handed_over("one")
    both.previewed(seconds=0.01)
    both.freed(seconds=0.02)
    both.judged(Subject.PROMPT, refused)
    both.asked("openai", generation="one", seconds=3, error="unreachable")
    both.spent("openai", usd=0.04)
    both.answered(method="GET", route="/health", status=200, seconds=0.01)
    for one in (registry, other):
        assert one.get_sample_value("safelight_accepted_total") == 1
        assert one.get_sample_value("safelight_preview_seconds_count") == 1
        assert one.get_sample_value("safelight_cancel_seconds_count") == 1
        assert one.get_sample_value("safelight_refusals_total", {"category": "hate"}) == 1
        assert (
            one.get_sample_value("safelight_provider_errors_total", {"provider": "openai", "code": "unreachable"}) == 1
        )
        assert one.get_sample_value("safelight_provider_spend_usd_total", {"provider": "openai"}) == 0.04
        by = {"method": "GET", "route": "/health", "status": "200"}
        assert one.get_sample_value("safelight_http_request_seconds_count", by) == 1
