"""The crash drill: a server is killed again and again while it draws, and nothing of it may show.

python -m tests.way.crashing --generations 200 --kills 20 [--postgresql] [--seed 1]
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image
from sqlalchemy import func, select

from safelight.settings import Settings
from safelight.store.cleaning import look
from safelight.store.opening import open_store
from safelight.store.schema import GENERATIONS, PICTURES
from tests import postgresql
from tests.running import environment, free_port
from tests.store.making import png
from tests.way.house import Plan, running
from tests.way.reader import GENERATIONS as PATH
from tests.way.reader import heard
from tests.way.test_stopping import connected

STEP_S = 0.02


@dataclass
class Figures:
    """What a drill came to."""

    database: str
    generations: int
    kills: int
    pictures: int = 0
    attempts: int = 0
    """How often a generation was begun, over all."""
    went_on: int = 0
    """Generations that were begun more than once."""
    seconds: float = 0.0


@dataclass
class Server:
    """`safelight serve`, started as often as it takes."""

    folder: Path
    settings: dict[str, object]
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        # One for everything: to make one takes longer than to ask.
        self.client = connected(self.port)

    async def start(self) -> None:
        command = ["-m", "safelight", "serve", "--engine", "fake", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *command, env=environment(**self.settings), cwd=self.folder, stdout=log, stderr=log
            )

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def close(self) -> None:
        await self.kill()
        await self.client.aclose()

    async def ready(self) -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    if (await self.client.get("/health")).status_code == 200:
                        return
                except httpx2.TransportError:
                    assert self.process is not None
                    if self.process.returncode is not None:
                        raise AssertionError((self.folder / "server.log").read_text()[-4000:]) from None
                    await asyncio.sleep(0.05)


def recipes(number: int) -> list[dict[str, Any]]:
    """Short and long ones, one picture and several, and some that begin with an image of their own."""
    made: list[dict[str, Any]] = []
    for index in range(number):
        recipe = {"prompt": f"creature {index}", "seed": index, "steps": 4 + index % 9, "count": 1 + index % 3}
        if index % 10 == 7:
            recipe["image"] = {"image": "given", "strength": 0.5}
        made.append({**recipe, "width": 64, "height": 64})
    return made


async def drill(folder: Path, *, generations: int, kills: int, database: str | None = None, seed: int = 0) -> Figures:
    """Send generations, kill the server while they are drawn, and look at what came of them.

    Raises:
        AssertionError: something was lost, doubled, left lying about, or is not what an undisturbed server draws.
    """
    began, wanted, chance = time.monotonic(), recipes(generations), random.Random(seed)
    settings: dict[str, object] = {"home": folder / "home", "fake_step_s": STEP_S, "checkpoint_s": 0.1}
    settings |= {"queue_limit": 10 * generations, "lease_s": 5, "log_level": "warning"}
    settings |= {} if database is None else {"database_url": database}
    server = Server(folder, settings)
    await server.start()
    try:
        killing = asyncio.create_task(_kill_at_random(server, wanted, kills, chance))
        made = await _submitted(server.client, wanted)
        await killing
        figures = Figures("SQLite" if database is None else "PostgreSQL", generations, kills)
        drawn = await _drawn(server.client, made, wanted)
    finally:
        await server.close()
    assert drawn == await _undisturbed(folder, wanted), "a picture is not what an undisturbed server draws"
    await _check_store(settings, wanted, figures)
    figures.seconds = round(time.monotonic() - began, 1)
    return figures


async def _kill_at_random(server: Server, wanted: Sequence[object], kills: int, chance: random.Random) -> None:
    """Each time when some more have ended, and a moment later; one in four while it starts."""
    moments = sorted(chance.sample(range(len(wanted) - 1), min(kills, len(wanted) - 1)))
    while len(moments) < kills:
        moments.append(moments[-1])
    for moment in moments:
        if chance.random() < 0.25:
            await asyncio.sleep(chance.uniform(0.1, 2.0))
        else:
            await _until_ended(server, moment)
            await asyncio.sleep(chance.uniform(0, 8 * STEP_S))
        await server.kill()
        await server.start()
    await server.ready()


async def _until_ended(server: Server, number: int) -> None:
    await server.ready()
    while await _ended(server.client) < number:  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def _ended(client: httpx2.AsyncClient) -> int:
    ended, cursor = 0, ""
    while True:
        params: dict[str, str | int] = {"state": "finished", "limit": 200}
        if cursor:
            params["cursor"] = cursor
        page = (await client.get(PATH, params=params)).json()
        ended, cursor = ended + len(page["items"]), page["next_cursor"]
        if not cursor:
            return ended


async def _submitted(client: httpx2.AsyncClient, wanted: Sequence[dict[str, Any]]) -> list[str]:
    """The ids of all of them, sent as a careful client does: again, with the same key, until there is an answer."""
    places = asyncio.Semaphore(8)

    async def send(index: int, recipe: dict[str, Any]) -> str:
        async with places:
            while True:
                try:
                    if "image" in recipe:
                        data = png(width=64, height=64)
                        image = await client.post("/api/v1/images", content=data, headers={"Content-Type": "image/png"})
                        recipe = {**recipe, "image": {**recipe["image"], "image": image.json()["id"]}}
                    answer = await client.post(PATH, json=recipe, headers={"Idempotency-Key": f"drill {index}"})
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                assert answer.status_code == 202, answer.text
                return str(answer.json()["id"])

    return list(await asyncio.gather(*(send(index, recipe) for index, recipe in enumerate(wanted))))


async def _drawn(
    client: httpx2.AsyncClient, made: Sequence[str], wanted: Sequence[dict[str, Any]]
) -> list[list[tuple[int, bytes]]]:
    """The seed and the pixels of every picture, once all have ended."""
    assert len(set(made)) == len(wanted), "two keys stand for one generation"
    found = []
    for generation, recipe in zip(made, wanted, strict=True):
        async with asyncio.timeout(120):
            kinds = [event.kind for event in await heard(client, generation, preview="codec:none")]
        assert kinds[-1] == "finished" and kinds.count("finished") == 1, kinds
        shown = (await client.get(f"{PATH}/{generation}")).json()
        assert len(shown["pictures"]) == recipe["count"], shown
        pictures = [(picture["seed"], await _pixels(client, picture["url"])) for picture in shown["pictures"]]
        found.append(sorted(pictures))
    return found


async def _pixels(client: httpx2.AsyncClient, url: str) -> bytes:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    with Image.open(BytesIO(answer.content)) as image:
        return image.tobytes()


async def _undisturbed(folder: Path, wanted: Sequence[dict[str, Any]]) -> list[list[tuple[int, bytes]]]:
    (home := folder / "undisturbed").mkdir()
    with running(Plan(home=home, seconds_per_step=0, waiting_limit=10 * len(wanted))) as server:
        client = connected(int(server.url.rpartition(":")[2]))
        async with client:
            return await _drawn(client, await _submitted(client, wanted), wanted)


async def _check_store(settings: dict[str, object], wanted: Sequence[dict[str, Any]], figures: Figures) -> None:
    """Every file has its row and every row its file; nothing is there twice."""
    kept: dict[str, Any] = {name: settings[name] for name in ("home", "database_url") if name in settings}
    async with open_store(Settings.read(**kept)) as store:
        untidy = await look(store, young=timedelta())
        assert not any(vars(untidy).values()), untidy
        async with store.records.engine.connect() as connection:
            states = select(GENERATIONS.c.state, func.count(), func.sum(GENERATIONS.c.attempt)).group_by("state")
            ((state, rows, figures.attempts),) = (await connection.execute(states)).all()
            twice = select(func.count()).where(GENERATIONS.c.attempt > 1)
            figures.went_on = (await connection.execute(twice)).scalar_one()
            whole = select(PICTURES.c.whole, func.count()).group_by(PICTURES.c.whole)
            ((complete, figures.pictures),) = (await connection.execute(whole)).all()
        assert (state, rows, complete) == ("finished", len(wanted), True)
        assert figures.pictures == sum(recipe["count"] for recipe in wanted)
        files = await store.files.stats()
        assert files.count == 2 * figures.pictures, "a file too many, or too few"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--generations", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    wishes = parser.parse_args()
    with postgresql.made() if wishes.postgresql else nullcontext() as database, tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(
            drill(
                Path(folder),
                generations=wishes.generations,
                kills=wishes.kills,
                database=database,
                seed=wishes.seed,
            )
        )
    sys.stdout.write(json.dumps(asdict(figures)) + "\n")


if __name__ == "__main__":
    main()
