"""Where SQLite and PostgreSQL differ: full text, and time. Nothing else in the store knows which one it is.

SQLite has FTS5 over the column `words`, kept by triggers; PostgreSQL has the column itself as a `tsvector` under a GIN
index. Both are given words that are folded already, and find the same.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Float,
    Insert,
    Table,
    Text,
    and_,
    cast,
    column,
    func,
    not_,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from safelight.store.words import Search, Term

POSTGRESQL = "postgresql"
RARE = 2000
"""Pictures up to which a search is one for a rare word."""
NEAR = 5000
"""Pictures with a word that SQLite looks through at first: where it is in most of them, a page is among these."""
POSITIONS = 16_383
"""The last place in a text that a `tsvector` can tell from those after it."""

# The tokenizer called `ascii` takes what lies between spaces as it is, letters that SQLite has not heard of included.
FTS5 = (
    """CREATE VIRTUAL TABLE picture_words USING fts5(
        words, content='pictures', content_rowid='moment', tokenize='ascii')""",
    """CREATE TRIGGER pictures_words_in AFTER INSERT ON pictures BEGIN
        INSERT INTO picture_words (rowid, words) VALUES (new.moment, new.words); END""",
    """CREATE TRIGGER pictures_words_out AFTER DELETE ON pictures BEGIN
        INSERT INTO picture_words (picture_words, rowid, words) VALUES ('delete', old.moment, old.words); END""",
    "INSERT INTO picture_words (picture_words) VALUES ('rebuild')",
)
# Without `fastupdate`: what waits to be merged into the index is looked through word by word at every search.
GIN = ("CREATE INDEX picture_words ON pictures USING gin (words) WITH (fastupdate = off)",)


class WordList(TypeDecorator[list[str]]):
    """Words in their order. They are there to be searched; who moves rows to another database reads them, too."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(postgresql.TSVECTOR() if dialect.name == POSTGRESQL else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _tsvector(value) if dialect.name == POSTGRESQL else " ".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> list[str] | None:
        if value is None:
            return None
        return _in_order(value) if dialect.name == POSTGRESQL else value.split()


class _Seconds(FunctionElement[float]):
    type = Float()
    inherit_cache = True


@compiles(_Seconds)
def _epochs(element: _Seconds, compiler: SQLCompiler, **more: Any) -> str:
    begin, end = (compiler.process(moment, **more) for moment in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM {end} - {begin}) AS DOUBLE PRECISION)"


@compiles(_Seconds, "sqlite")
def _julian(element: _Seconds, compiler: SQLCompiler, **more: Any) -> str:
    begin, end = (compiler.process(moment, **more) for moment in element.clauses)
    # Days, to a part of a millisecond. SQLite's own seconds are whole ones.
    return f"(JULIANDAY({end}) - JULIANDAY({begin})) * 86400.0"


def seconds_between(begin: ColumnElement[datetime], end: ColumnElement[datetime]) -> ColumnElement[float]:
    """From one moment to the other; NULL where either is."""
    return _Seconds(begin, end)


def index_words(connection: Connection) -> None:
    """Make the index over `pictures.words`, with what is there already. To be called again by whatever migration makes
    the table anew: its triggers go with it."""
    for statement in GIN if connection.dialect.name == POSTGRESQL else FTS5:
        connection.execute(text(statement))


def forget_words(connection: Connection) -> None:
    """Take the index away."""
    lite = ("DROP TRIGGER pictures_words_in", "DROP TRIGGER pictures_words_out", "DROP TABLE picture_words")
    for statement in ("DROP INDEX picture_words",) if connection.dialect.name == POSTGRESQL else lite:
        connection.execute(text(statement))


class Near(NamedTuple):
    """From where a page goes on: `last` is the moment before its first, None at the beginning."""

    last: int | None
    newest: bool


def matches(dialect: Dialect, pictures: Table, search: Search, near: Near | None = None) -> ColumnElement[bool]:
    """Whether a picture is what somebody searches for; on SQLite, with `near`, and is among the first to be so."""
    conditions = []
    if search.needed:
        conditions.append(_has(dialect, pictures, search.needed, near, all_of_them=True))
    if search.excluded:
        conditions.append(not_(_has(dialect, pictures, search.excluded, all_of_them=False)))
    return and_(*conditions) if conditions else true()


async def begin_writing(connection: AsyncConnection) -> None:
    """At the beginning of what reads rows to write others by them: nobody else writes in between.

    SQLite would begin at the first write only; PostgreSQL locks the rows that are read `FOR UPDATE`.
    """
    if connection.dialect.name != POSTGRESQL:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")


async def order(connection: AsyncConnection, pictures: Table, search: Search) -> ColumnElement[int]:
    """What to order by to get them by `moment`.

    For any word PostgreSQL would walk along the index of `moment` until it has a page full, which for a rare word leads
    past every picture there is. An expression that no index has keeps it off.
    """
    moment = pictures.c.moment
    if connection.dialect.name != POSTGRESQL or not search.needed:
        return moment
    some = select(true()).where(matches(connection.dialect, pictures, search)).limit(RARE + 1).subquery()
    found = await connection.scalar(select(func.count()).select_from(some))
    return moment if (found or 0) > RARE else moment + 0


def insert_new(dialect: Dialect, into: Table) -> Insert:
    """An INSERT that leaves alone what is there already."""
    if dialect.name == POSTGRESQL:
        return postgresql.insert(into).on_conflict_do_nothing()
    return sqlite.insert(into).on_conflict_do_nothing()


def looks_near(dialect: Dialect, search: Search) -> bool:
    """Whether a page is worth looking for near by: SQLite collects all that have a word before it looks at one."""
    return dialect.name != POSTGRESQL and bool(search.needed)


async def compact_words(connection: AsyncConnection) -> None:
    """Write the full text anew without what was deleted: SQLite only notes there that a word is gone."""
    if connection.dialect.name != POSTGRESQL:
        await connection.exec_driver_sql("INSERT INTO picture_words (picture_words) VALUES ('optimize')")


def _has(
    dialect: Dialect, pictures: Table, terms: Sequence[Term], near: Near | None = None, *, all_of_them: bool
) -> ColumnElement[bool]:
    if dialect.name == POSTGRESQL:
        query = (" & " if all_of_them else " | ").join(map(_tsquery, terms))
        return pictures.c.words.bool_op("@@")(cast(query, postgresql.TSQUERY))
    query = (" AND " if all_of_them else " OR ").join(map(_fts5, terms))
    index = table("picture_words", column("rowid"), column("picture_words"))
    found = select(index.c.rowid).where(index.c.picture_words.bool_op("MATCH")(query))
    if near is not None:
        found = found.order_by(index.c.rowid.desc() if near.newest else index.c.rowid).limit(NEAR)
        if near.last is not None:
            found = found.where(index.c.rowid < near.last if near.newest else index.c.rowid > near.last)
    return pictures.c.moment.in_(found)


def _fts5(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.prefix else "")


def _tsquery(term: Term) -> str:
    lexemes = [f"'{word}'" for word in term.words]
    return "(" + " <-> ".join(lexemes) + (":*)" if term.prefix else ")")


def _tsvector(words: Sequence[str]) -> str:
    places: dict[str, list[str]] = defaultdict(list)
    for place, word in enumerate(words[:POSITIONS], 1):
        places[word].append(str(place))
    return " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())


def _in_order(tsvector: str) -> list[str]:
    found = re.findall(r"'([^']*)':([\d,]+)", tsvector)
    placed = {int(place): word for word, places in found for place in places.split(",")}
    return [placed[place] for place in sorted(placed)]
