"""What a workspace used the server for, as the database adds it up. `usage.py` makes sense of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from safelight.domain.generation import State
from safelight.domain.picture import Origin
from safelight.domain.spending import Spent
from safelight.store.dialects import seconds_between
from safelight.store.picture_rows import moment_of
from safelight.store.records import Records
from safelight.store.schema import GENERATIONS, KEYS, PICTURES, PREFERENCES, SPENDINGS, USERS, VERDICTS

PERCENTS = (50, 90, 95, 99)
PROMPTS_READ = 5000
"""Of the most used prompts, whose words are counted."""
WAITING, DRAWING, WHOLE = "waiting", "drawing", "whole"
Rows = Sequence[Row[Any]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whose use is meant, and when.

    Attributes:
        named: names, prompts and styles are read as well.
        people: who it was is read as well.
    """

    workspace: str
    since: datetime
    until: datetime
    named: bool
    people: bool


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Rows as the database adds them up; see the queries for what is in them."""

    outcomes: Rows
    lasting: Rows
    failures: Rows
    pictures: Rows
    verdicts: Rows
    spendings: Rows
    prompts: Rows = ()
    styles: Rows = ()
    people: Rows = ()
    names: Mapping[str, str]


async def counts(records: Records, asked: Asked) -> Counts:
    """Everything of one span, of one moment. Every query goes along an index that begins with the workspace."""
    async with records.engine.connect() as connection:
        if asked.named and asked.people:
            people = await _rows(connection, _people(asked))
        else:
            people = ()
        return Counts(
            outcomes=await _rows(connection, _outcomes(asked)),
            lasting=await _rows(connection, _lasting(asked)),
            failures=await _rows(connection, _failures(asked)),
            pictures=await _rows(connection, _pictures(asked)),
            verdicts=await _rows(connection, _verdicts(asked)),
            spendings=await _rows(connection, _spendings(asked)),
            prompts=await _rows(connection, _prompts(asked)) if asked.named else (),
            styles=await _rows(connection, _styles(asked)) if asked.named else (),
            people=people,
            names=await _names(connection, {row.caller for row in people}),
        )


async def _rows(connection: AsyncConnection, query: Select[Any]) -> Rows:
    rows: Rows = (await connection.execute(query)).all()
    return rows


def _asked_for(asked: Asked) -> ColumnElement[bool]:
    """The generations that are meant."""
    created = GENERATIONS.c.created_at
    return (GENERATIONS.c.workspace == asked.workspace) & (created >= asked.since) & (created < asked.until)


def _countable() -> ColumnElement[bool]:
    """Of generations: that their caller, or whoever the caller's key belongs to, lets be counted by name."""
    silent = select(PREFERENCES.c.caller).where(PREFERENCES.c.analytics.is_(False))
    theirs = select(KEYS.c.id).where(KEYS.c.user.in_(silent))
    return ~or_(GENERATIONS.c.caller.in_(silent), GENERATIONS.c.caller.in_(theirs))


def _read(asked: Asked, **columns: ColumnElement[Any]) -> Subquery:
    """Columns of the generations that are meant, under names: PostgreSQL cannot group by what is taken out of JSON
    anew."""
    return select(*(column.label(name) for name, column in columns.items())).where(_asked_for(asked)).subquery()


def _outcomes(asked: Asked) -> Select[Any]:
    """day, model, state, number, device_s"""
    of = _read(
        asked,
        day=func.date(GENERATIONS.c.created_at),
        model=_text("model"),
        state=GENERATIONS.c.state,
        device_s=GENERATIONS.c.device_s,
    )
    by = (of.c.day, of.c.model, of.c.state)
    return select(*by, func.count().label("number"), func.sum(of.c.device_s).label("device_s")).group_by(*by)


def _lasting(asked: Asked) -> Select[Any]:
    """what, model, number, most, p50, p90, p95, p99: by nearest rank. With an empty model, of all of them."""
    began, ended, made = GENERATIONS.c.started_at, GENERATIONS.c.ended_at, GENERATIONS.c.created_at
    of = _read(
        asked,
        model=_text("model"),
        state=GENERATIONS.c.state,
        waiting=seconds_between(made, began),
        drawing=seconds_between(began, ended),
        whole=seconds_between(made, ended),
    )
    done = of.c.state == State.FINISHED.value
    everyone = literal("")
    parts = (
        select(literal(WAITING).label("what"), everyone.label("model"), of.c.waiting.label("seconds")),
        select(literal(DRAWING), everyone, of.c.drawing).where(done),
        select(literal(WHOLE), everyone, of.c.whole).where(done),
        select(literal(DRAWING), of.c.model, of.c.drawing).where(done),
    )
    each = union_all(*parts).subquery()
    known = each.c.seconds.is_not(None)
    within = (each.c.what, each.c.model)
    rank = func.row_number().over(partition_by=within, order_by=each.c.seconds).label("rank")
    ranked = select(each, rank, func.count().over(partition_by=within).label("of")).where(known).subquery()
    at = {p: (ranked.c.of * p + 99) // 100 for p in PERCENTS}
    percentiles = (func.max(ranked.c.seconds).filter(ranked.c.rank == at[p]).label(f"p{p}") for p in PERCENTS)
    shown = (func.count().label("number"), func.max(ranked.c.seconds).label("most"), *percentiles)
    return select(ranked.c.what, ranked.c.model, *shown).group_by(ranked.c.what, ranked.c.model)


def _failures(asked: Asked) -> Select[Any]:
    """code, number"""
    of = _read(asked, code=GENERATIONS.c.error["code"].as_string(), state=GENERATIONS.c.state)
    failed = of.c.state == State.FAILED.value
    return select(of.c.code, func.count().label("number")).where(failed).group_by(of.c.code)


def _pictures(asked: Asked) -> Select[Any]:
    """day, model, number, bytes"""
    moment, day = PICTURES.c.moment, func.date(PICTURES.c.created_at).label("day")
    meant = (
        PICTURES.c.workspace == asked.workspace,
        moment >= moment_of(asked.since),
        moment < moment_of(asked.until),
        PICTURES.c.whole.is_(True),
        PICTURES.c.origin == Origin.DRAWN.value,
    )
    shown = select(day, PICTURES.c.model, func.count().label("number"), func.sum(PICTURES.c.bytes).label("bytes"))
    return shown.where(*meant).group_by(day, PICTURES.c.model)


def _verdicts(asked: Asked) -> Select[Any]:
    """day, allowed, stage, refused_for (a list in JSON), number"""
    said = VERDICTS.c.created_at
    of = (
        select(
            func.date(said).label("day"),
            VERDICTS.c.allowed,
            VERDICTS.c.verdict["stage"].as_string().label("stage"),
            VERDICTS.c.verdict["refused_for"].as_string().label("refused_for"),
        )
        .where(VERDICTS.c.workspace == asked.workspace, said >= asked.since, said < asked.until)
        .subquery()
    )
    return select(of, func.count().label("number")).group_by(*of.c)


def _spendings(asked: Asked) -> Select[Any]:
    """day, provider, model, usd"""
    day = func.date(SPENDINGS.c.created_at).label("day")
    within = (SPENDINGS.c.workspace == asked.workspace, *_then(SPENDINGS.c.created_at, asked))
    by = (day, SPENDINGS.c.provider, SPENDINGS.c.model)
    kept = SPENDINGS.c.state != Spent.RELEASED.value
    return select(*by, func.sum(SPENDINGS.c.usd).label("usd")).where(*within, kept).group_by(*by)


def _prompts(asked: Asked) -> Select[Any]:
    """name, number: the most used first"""
    asked_for = func.coalesce(_text("prompt_template"), _text("prompt"))
    of = _named(asked, name=asked_for)
    count = func.count().label("number")
    return select(of.c.name, count).group_by(of.c.name).order_by(count.desc(), of.c.name).limit(PROMPTS_READ)


def _styles(asked: Asked) -> Select[Any]:
    """name (a list in JSON), number"""
    of = _named(asked, name=_text("styles"))
    return select(of.c.name, func.count().label("number")).where(of.c.name != "[]").group_by(of.c.name)


def _named(asked: Asked, **columns: ColumnElement[Any]) -> Subquery:
    shown = (column.label(name) for name, column in columns.items())
    return select(*shown).where(_asked_for(asked), _countable()).subquery()


def _people(asked: Asked) -> Select[Any]:
    """caller, state, number, device_s, pictures, usd"""
    drawn = _by_generation(PICTURES.c.generation, func.count(), PICTURES.c.whole.is_(True), asked)
    paid = _by_generation(
        SPENDINGS.c.generation, func.sum(SPENDINGS.c.usd), SPENDINGS.c.state != Spent.RELEASED.value, asked
    )
    by = (GENERATIONS.c.caller, GENERATIONS.c.state)
    return (
        select(
            *by,
            func.count().label("number"),
            func.sum(GENERATIONS.c.device_s).label("device_s"),
            func.coalesce(func.sum(drawn.c.value), 0).label("pictures"),
            func.coalesce(func.sum(paid.c.value), 0).label("usd"),
        )
        .outerjoin(drawn, drawn.c.generation == GENERATIONS.c.id)
        .outerjoin(paid, paid.c.generation == GENERATIONS.c.id)
        .where(_asked_for(asked), _countable())
        .group_by(*by)
    )


def _by_generation(
    generation: ColumnElement[Any], value: ColumnElement[Any], counts: ColumnElement[bool], asked: Asked
) -> Subquery:
    """One value for each generation that is meant."""
    meant = select(GENERATIONS.c.id).where(_asked_for(asked))
    return (
        select(generation.label("generation"), value.label("value"))
        .where(generation.in_(meant), counts)
        .group_by(generation)
        .subquery()
    )


async def _names(connection: AsyncConnection, callers: set[str]) -> Mapping[str, str]:
    """What keys and users among them are called."""
    parts = (select(table.c.id, table.c.name).where(table.c.id.in_(callers)) for table in (KEYS, USERS))
    return {row.id: row.name for row in (await connection.execute(union_all(*parts))).all()} if callers else {}


def _then(moment: ColumnElement[datetime], asked: Asked) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return moment >= asked.since, moment < asked.until


def _text(field: str) -> ColumnElement[Any]:
    """A field of the recipe; of a list, its JSON."""
    text: ColumnElement[Any] = GENERATIONS.c.recipe[field].as_string()
    return text
