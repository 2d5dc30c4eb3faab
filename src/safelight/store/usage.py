"""What a workspace used the server for, counted."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from safelight.domain.generation import State
from safelight.domain.usage import (
    Day,
    Failure,
    Latency,
    Looked,
    ModelUse,
    Named,
    Percentiles,
    PersonUse,
    ProviderUse,
    Refusals,
    Tally,
    Usage,
)
from safelight.domain.verdict import Category
from safelight.store.people import People
from safelight.store.records import Records
from safelight.store.usage_rows import DRAWING, PERCENTS, WAITING, WHOLE, Asked, Counts, Rows, counts
from safelight.store.words import words

SAYING_NOTHING = frozenset(
    "about above after all along and any are around been before behind below beside between but each for from had has "
    "have her his into its near not off one onto other our out over she some than that the their them then there these "
    "they this those through under upon very was were what when where which while who will with without you "
    "your".split()
)
SHORTEST = 3
"""Letters of a word that is counted: shorter ones hold sentences together."""
OUTCOMES = {State.FINISHED: "finished", State.FAILED: "failed", State.CANCELLED: "cancelled"}


async def used(
    records: Records,
    *,
    workspace: str,
    since: datetime,
    until: datetime,
    top: int,
    providers: Mapping[str, str],
    people: bool,
) -> Usage:
    """What a workspace used the server for.

    Args:
        since, until: the second is not in it any more.
        top: how many prompts, words, styles and people are listed at most.
        providers: who draws which model, of those that there are.
        people: list them.
    """
    named = (await People(records).settings(workspace)).analytics
    found = await counts(records, Asked(workspace=workspace, since=since, until=until, named=named, people=people))
    sums = _Sums(found, providers)
    prompts = Counter({row.name: row.number for row in found.prompts})
    return Usage(
        since=since,
        until=until,
        total=sums.total(),
        bytes=sum(int(row.bytes) for row in found.pictures),
        days=sums.days(_days(since, until)),
        models=sums.models(),
        providers=sums.providers(),
        latency=_latency(found.lasting),
        failures=tuple(
            Failure(code=row.code or "broken", generations=row.number)
            for row in sorted(found.failures, key=lambda row: (-row.number, row.code or ""))
        ),
        moderation=_looked(found.verdicts),
        named=named,
        prompts=_most(prompts, top),
        words=_most(_words(prompts), top),
        styles=_most(_styles(found.styles), top),
        people=_people(found, top) if people else None,
    )


class _Sums:
    """Adds up by day, by model and by provider."""

    def __init__(self, found: Counts, providers: Mapping[str, str]) -> None:
        self._found = found
        self._owners = providers
        self._by_day: dict[str, Counter[str]] = defaultdict(Counter)
        self._by_model: dict[str, Counter[str]] = defaultdict(Counter)
        self._by_provider: dict[str | None, Counter[str]] = defaultdict(Counter)
        for row in found.outcomes:
            self._add(row, _outcome(row))
        for row in found.pictures:
            self._add(row, {"pictures": row.number})
        for row in found.spendings:
            self._add(row, {"usd": row.usd}, provider=row.provider)
        for row in found.verdicts:
            if not row.allowed:
                self._by_day[str(row.day)]["refused"] += row.number

    def total(self) -> Tally:
        every: Counter[str] = Counter()
        for one in self._by_provider.values():
            every.update(one)
        return Tally(**_plain(every))

    def days(self, days: Iterable[date]) -> tuple[Day, ...]:
        return tuple(Day(day=day, **_plain(self._by_day[day.isoformat()])) for day in days)

    def models(self) -> tuple[ModelUse, ...]:
        drawing = {row.model: _percentiles(row) for row in self._found.lasting if row.what == DRAWING and row.model}
        return tuple(
            ModelUse(model=model, provider=self._owners.get(model), drawing=drawing.get(model), **_plain(sums))
            for model, sums in _ordered(self._by_model)
        )

    def providers(self) -> tuple[ProviderUse, ...]:
        return tuple(ProviderUse(provider=name, **_plain(sums)) for name, sums in _ordered(self._by_provider))

    def _add(self, row: Row[Any], what: Mapping[str, float], *, provider: str | None = None) -> None:
        model = row.model or ""
        for sums in (
            self._by_day[str(row.day)],
            self._by_model[model],
            self._by_provider[provider or self._owners.get(model)],
        ):
            for name, count in what.items():
                sums[name] += count  # type: ignore[assignment]


def _outcome(row: Row[Any]) -> dict[str, float]:
    """What a row of generations of one state adds."""
    found: dict[str, float] = {"generations": row.number, "device_seconds": float(row.device_s or 0)}
    if outcome := OUTCOMES.get(State(row.state)):
        found[outcome] = row.number
    return found


def _plain(sums: Mapping[str, float]) -> dict[str, Any]:
    """Fields of a tally: fractions of a micro-dollar are of the adding."""
    exact = {"device_seconds": 3, "usd": 6}
    return {name: round(value, exact[name]) if name in exact else int(value) for name, value in sums.items()}


def _ordered(sums: Mapping[Any, Counter[str]]) -> list[tuple[Any, Counter[str]]]:
    """The most used first."""
    return sorted(sums.items(), key=lambda one: (-one[1]["generations"], -one[1]["pictures"], one[0] or ""))


def _days(since: datetime, until: datetime) -> Iterable[date]:
    last = (until - timedelta(microseconds=1)).date()
    return (since.date() + timedelta(days=number) for number in range((last - since.date()).days + 1))


def _percentiles(row: Row[Any]) -> Percentiles:
    ranks = {f"p{p}": max(0.0, round(row._mapping[f"p{p}"], 3)) for p in PERCENTS}
    return Percentiles(count=row.number, most=max(0.0, round(row.most, 3)), **ranks)


def _latency(rows: Rows) -> Latency:
    all_of = {row.what: _percentiles(row) for row in rows if not row.model}
    return Latency(waiting=all_of.get(WAITING), drawing=all_of.get(DRAWING), whole=all_of.get(WHOLE))


def _looked(rows: Rows) -> Looked:
    outcomes: Counter[bool] = Counter()
    stages: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    for row in rows:
        outcomes[bool(row.allowed)] += row.number
        stages[row.stage] += row.number
        for category in json.loads(row.refused_for or "[]"):
            categories[category] += row.number
    return Looked(
        allowed=outcomes[True],
        refused=outcomes[False],
        categories=tuple(Refusals(category=Category(name), count=count) for name, count in _sorted(categories)),
        stages=dict(_sorted(stages)),
    )


def _words(prompts: Mapping[str, int]) -> Counter[str]:
    """In how many generations a word was, however often in each."""
    found: Counter[str] = Counter()
    for prompt, count in prompts.items():
        for word in {word for word in words(prompt) if len(word) >= SHORTEST and not word.isdigit()} - SAYING_NOTHING:
            found[word] += count
    return found


def _styles(rows: Rows) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        for style in json.loads(row.name):
            found[style] += row.number
    return found


def _most(found: Counter[str], top: int) -> tuple[Named, ...]:
    return tuple(Named(name=name, generations=count) for name, count in _sorted(found)[:top])


def _people(found: Counts, top: int) -> tuple[PersonUse, ...]:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for row in found.people:
        own = sums[row.caller]
        for name, count in (_outcome(row) | {"pictures": int(row.pictures), "usd": float(row.usd)}).items():
            own[name] += count  # type: ignore[assignment]
    return tuple(
        PersonUse(caller=caller, name=found.names.get(caller, caller), **_plain(own))
        for caller, own in _ordered(sums)[:top]
    )


def _sorted(found: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))
