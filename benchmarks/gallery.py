"""How long the gallery takes to find and to page among very many pictures, on SQLite and on PostgreSQL.

    python benchmarks/gallery.py [--pictures 100000] [--rounds 20] [--postgresql URL] [--json result.json]

The rows are as real ones, the files are left out. PostgreSQL is measured where an address is given, in a database that
is made for it and dropped at the end. Target: a 95th percentile of at most 50 ms on both.
"""

import argparse
import asyncio
import json
import platform
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from safelight.domain.access import HOME, LOCAL
from safelight.domain.gallery import Wanted
from safelight.domain.generation import State
from safelight.domain.pixels import Pixels
from safelight.domain.recipe import Recipe, Sampler
from safelight.store.blobs import MemoryBlobs
from safelight.store.gallery import Gallery
from safelight.store.picture_rows import moment_of, new_row
from safelight.store.pictures import Pictures
from safelight.store.records import GenerationRecord, Records
from safelight.store.schema import PICTURE_TAGS, PICTURES

TARGET_MS = 50
CREATURES = "dragon cat knight ghost robot wolf fairy slime owl golem".split()
COLOURS = "red blue green golden violet black white silver".split()
PLACES = "forest castle beach tavern cave mountain city library harbour swamp".split()
STYLES = "pixel art, oil painting, watercolour, sketch, low poly, line art".split(", ")
NEGATIVE = "blurry, low quality, text, watermark"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 2000

QUERIES: dict[str, dict[str, Any]] = {
    "newest": {},
    "oldest": {"sort": "oldest"},
    "a common word": {"q": "dragon"},
    "a word of every picture": {"q": "blurry"},
    "two words": {"q": "red dragon"},
    "a phrase": {"q": '"golden owl"'},
    "a beginning": {"q": "drag*"},
    "one word without another": {"q": "dragon -red"},
    "a rare word": {"q": "number77777"},
    "no such word": {"q": "nobodywrotethis"},
    "a model": {"model": "dream"},
    "a seed": {"seed": 4321},
    "favourites": {"favourite": True},
    "a folder": {"folder": "folder 3"},
    "a common tag": {"tag": ("common",)},
    "a rare tag": {"tag": ("rare",)},
    "both tags": {"tag": ("common", "rare")},
    "either tag": {"tag": ("common", "rare"), "tags": "any"},
    "a day": {"from": "2026-01-03", "to": "2026-01-04"},
    "a word, a tag, a model": {"q": "castle", "tag": ("common",), "model": "sprite"},
    "a word and a rare tag": {"q": "dragon", "tag": ("rare",)},
    "a word among favourites": {"q": "wolf", "favourite": True},
    "the trash": {"trash": True},
}


def rows(count: int, *, generation: str) -> Iterator[dict[str, Any]]:
    chance, pixels = random.Random(7), Pixels(b"", "image/png", 512, 512)
    samplers = list(Sampler)
    for number in range(count):
        pick = chance.choice
        prompt = f"a {pick(COLOURS)} {pick(CREATURES)} in a {pick(PLACES)}, {pick(STYLES)}, number{number}"
        recipe = Recipe(
            prompt=prompt,
            negative_prompt=NEGATIVE,
            model=pick(["sprite", "dream", "photo"]),
            steps=20,
            guidance=6.5,
            sampler=pick(samplers),
            seed=chance.randrange(10_000),
            width=512,
            height=512,
        )
        when = FIRST + timedelta(seconds=number * 10)
        row = new_row(image=pixels, small=pixels, recipe=recipe, workspace=HOME, generation=generation, picture=number)
        row |= {"whole": True, "created_at": when, "moment": moment_of(when)}
        row |= {"blob": f"2026-01/{number}.png", "thumbnail": f"thumbnails/{number}.webp"}
        row |= {"favourite": chance.random() < 0.05, "folder": f"folder {chance.randrange(20)}"}
        row["deleted_at"] = when if chance.random() < 0.01 else None
        yield row


async def fill(records: Records, count: int) -> None:
    record = GenerationRecord.accepted(Recipe(prompt="many"), idempotency_key=None, last_event=0, access=LOCAL)
    await records.add(record)
    await records.change(record.id, state=State.FINISHED, ended_at=FIRST)
    made = list(rows(count, generation=record.id))
    tags = [{"moment": row["moment"], "tag": "common"} for row in made[::4]]
    tags += [{"moment": row["moment"], "tag": "rare"} for row in made[::1000]]
    for table, what in ((PICTURES, made), (PICTURE_TAGS, tags)):
        for start in range(0, len(what), BATCH):
            async with records.engine.begin() as connection:
                await connection.execute(insert(table), what[start : start + BATCH])


async def measure(gallery: Gallery, *, rounds: int) -> dict[str, dict[str, float]]:
    """For each query, the first page and those after it, as somebody scrolls."""
    answers: dict[str, dict[str, float]] = {}
    everything: list[float] = []
    for name, query in QUERIES.items():
        wanted, cursor, taken = Wanted.model_validate(query), None, []
        for _ in range(rounds):
            begun = time.perf_counter()
            page = await gallery.page(wanted, cursor=cursor, workspace=HOME)
            taken.append((time.perf_counter() - begun) * 1000)
            cursor = page.next_cursor
        answers[name] = {**quantiles(taken), "found": len(page.items)}
        everything += taken
    return {**answers, "all of these": quantiles(everything)}


def quantiles(taken: list[float]) -> dict[str, float]:
    p95 = statistics.quantiles(taken, n=20, method="inclusive")[-1]
    return {"p50_ms": statistics.median(taken), "p95_ms": p95, "worst_ms": max(taken)}


async def run(url: str, *, count: int, rounds: int) -> dict[str, dict[str, float]]:
    records = await Records.open(url)
    try:
        begun = time.perf_counter()
        await fill(records, count)
        async with records.engine.begin() as connection:
            await connection.execute(text("ANALYZE"))
        print(f"{records.engine.dialect.name}: {count} pictures in {time.perf_counter() - begun:.0f} s")
        return await measure(Gallery(records, Pictures(records, MemoryBlobs())), rounds=rounds)
    finally:
        await records.close()


async def administer(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def run_postgresql(server: str, **how: int) -> dict[str, dict[str, float]]:
    name = f"safelight_benchmark_{uuid4().hex[:12]}"
    await administer(server, f"CREATE DATABASE {name}")
    try:
        return await run(make_url(server).set(database=name).render_as_string(hide_password=False), **how)
    finally:
        await administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def show(database: str, answers: dict[str, dict[str, float]]) -> None:
    print(f"\n{database:<28}{'p50 ms':>10}{'p95 ms':>10}{'worst':>10}")
    for name, answer in answers.items():
        over = "  over the target" if answer["p95_ms"] > TARGET_MS else ""
        print(f"  {name:<26}{answer['p50_ms']:>10.1f}{answer['p95_ms']:>10.1f}{answer['worst_ms']:>10.1f}{over}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--postgresql", help="address of a server on which databases may be made")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    how = {"count": arguments.pictures, "rounds": arguments.rounds}
    answers: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        answers["sqlite"] = asyncio.run(run(f"sqlite+aiosqlite:///{folder}/safelight.db", **how))
    show("sqlite", answers["sqlite"])
    if arguments.postgresql:
        answers["postgresql"] = asyncio.run(run_postgresql(arguments.postgresql, **how))
        show("postgresql", answers["postgresql"])
    result = {"machine": platform.platform(), "target_p95_ms": TARGET_MS, **how, **answers}
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
