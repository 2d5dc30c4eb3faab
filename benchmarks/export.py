"""Whether the server's memory stays flat while it sends a zip of very many pictures.

    python benchmarks/export.py [--gigabytes 10] [--bytes 2500000] [--json result.json]

A real server with as many pictures in its home as make up the size; their files are sparse, so that they take no room
on the disk, and are read and sent as any others. Its resident memory is looked at five times a second, while one reader
takes `/api/v1/pictures/export` and then `/api/v1/me/export`. Target: at most 64 MB more than before.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import secrets
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from sqlalchemy import insert

from safelight.domain.access import HOME, LOCAL
from safelight.domain.generation import State
from safelight.domain.pixels import Pixels
from safelight.domain.recipe import Recipe, Sampler
from safelight.store.picture_rows import moment_of, new_row
from safelight.store.records import GenerationRecord, Records
from safelight.store.schema import PICTURES

TARGET_MB = 64
EVERY_S = 0.2
BATCH = 500
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
ENDING = b"PK\x05\x06"
"""How the last record of a zip begins."""


async def fill(home: Path, *, pictures: int, size: int) -> None:
    """Rows as real ones, and files of nothing."""
    records = await Records.open(f"sqlite+aiosqlite:///{home}/safelight.db")
    recipe = Recipe(prompt="a red dragon", model="fake", sampler=Sampler.EULER, seed=7)
    accepted = GenerationRecord.accepted(recipe, access=LOCAL, idempotency_key=None, last_event=9)
    generation = await records.add(accepted)
    await records.change(generation.id, ended_at=FIRST, state=State.FINISHED)
    small, folder = Pixels(b"", "image/webp", 256, 256), home / "pictures" / "2026-01"
    folder.mkdir(parents=True)
    rows = []
    for number in range(pictures):
        name, moment = f"local_a-red-dragon_{number}.png", FIRST + timedelta(seconds=number)
        row = new_row(
            image=Pixels(b"", "image/png", 1024, 1024),
            small=small,
            recipe=recipe,
            workspace=HOME,
            generation=generation.id,
            picture=number,
        )
        blobs = {"blob": f"2026-01/{name}", "thumbnail": f"thumbnails/2026-01/{number}.webp"}
        rows.append(row | blobs | {"whole": True, "bytes": size, "created_at": moment, "moment": moment_of(moment)})
        with (folder / name).open("wb") as file:
            file.truncate(size)
    async with records.engine.begin() as connection:
        for first in range(0, len(rows), BATCH):
            await connection.execute(insert(PICTURES), rows[first : first + BATCH])
    await records.close()


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, int]]:
    """A server of its own; its address and its process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAFELIGHT_")}
    command = [sys.executable, "-m", "safelight", "serve", "--engine", "fake", "--port", "0", "--home", str(home)]
    with subprocess.Popen(command, env=kept, cwd=home, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            address = next(found.group() for line in process.stderr if (found := re.search(r"http://[\d.]+:\d+", line)))
            yield address, process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()


def resident(process: int) -> float:
    """Megabytes of main memory."""
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True)
    return int(said.stdout) * 1024 / 1e6


class Watch(threading.Thread):
    """Looks how much memory a process takes, again and again."""

    def __init__(self, process: int) -> None:
        super().__init__()
        self._process = process
        self._over = threading.Event()
        self.seen: list[float] = []

    def run(self) -> None:
        while not self._over.wait(EVERY_S):
            self.seen.append(resident(self._process))

    def stop(self) -> None:
        self._over.set()
        self.join()


def measured(address: str, process: int, path: str) -> dict[str, Any]:
    """Take all of it, and throw it away."""
    before, begun, taken, tail = resident(process), time.perf_counter(), 0, b""
    watch = Watch(process)
    watch.start()
    try:
        with httpx2.stream("GET", f"{address}{path}", timeout=60, trust_env=False) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                taken += len(piece)
                tail = (tail + piece)[-1000:]
    finally:
        watch.stop()
    seconds = time.perf_counter() - begun
    assert ENDING in tail, "the zip has no end"
    third = max(1, len(watch.seen) // 3)
    return {
        "path": path,
        "gigabytes": taken / 1e9,
        "seconds": round(seconds, 1),
        "megabytes_per_second": round(taken / 1e6 / seconds, 1),
        "before_mb": round(before, 1),
        "first_third_mb": round(statistics.median(watch.seen[:third]), 1),
        "last_third_mb": round(statistics.median(watch.seen[-third:]), 1),
        "most_mb": round(max(watch.seen), 1),
        "samples": len(watch.seen),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--bytes", type=int, default=2_500_000, help="of each picture")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    pictures = round(arguments.gigabytes * 1e9 / arguments.bytes)
    with TemporaryDirectory(prefix=f"export-{secrets.token_hex(4)}-") as folder:
        asyncio.run(fill(Path(folder), pictures=pictures, size=arguments.bytes))
        with serving(Path(folder)) as (address, process):
            results = [measured(address, process, path) for path in ("/api/v1/pictures/export", "/api/v1/me/export")]
    print(f"{pictures} pictures of {arguments.bytes / 1e6:g} MB, {platform.platform()}")
    flat = True
    for one in results:
        more = one["most_mb"] - one["before_mb"]
        flat = flat and more <= TARGET_MB
        within = "within" if more <= TARGET_MB else "OVER"
        print(f"{one['path']}: {one['gigabytes']:.2f} GB in {one['seconds']} s, {one['megabytes_per_second']} MB/s")
        thirds = f"{one['first_third_mb']} MB in the first third, {one['last_third_mb']} MB in the last"
        print(f"  memory: {one['before_mb']} MB before, {thirds}, {more:+.1f} MB at most ({within} {TARGET_MB})")
    if arguments.json:
        arguments.json.write_text(json.dumps({"pictures": pictures, "results": results}, indent=2))
    sys.exit(not flat)


if __name__ == "__main__":
    main()
