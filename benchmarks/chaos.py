"""A cluster under load, of which a process is killed again and again: nothing is lost, nothing is drawn twice.

.venv/bin/python benchmarks/chaos.py --minutes 10 [--model sprite] [--json chaos.json]

It starts what `safelight cluster up` starts, keeps a few generations under way, follows each of them at a server that
changes whenever the connection breaks, and kills one process at random every few seconds: a server, a replica of the
engine, Redis, the mailroom, PostgreSQL. The bucket, which is kept in memory, is stopped for a while instead. What died
is started again. In the end every picture is compared with that of an undisturbed run.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image

from safelight.scale.supervisor import Supervisor
from safelight.scale.trying import Trial, Wish, bring_up

GENERATIONS = "/api/v1/generations"
BATCH_S = 120.0
"""Silence after which a stream is cut and joined elsewhere."""
REPLICA = re.compile(rb"ray::ServeReplica:safelight-[^:\0]*:(Engine|Mailroom)")


@dataclass
class Outcome:
    """What came of it; printed as JSON."""

    seconds: float = 0.0
    accepted: int = 0
    finished: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    reconnects: int = 0
    went_on: int = 0
    """Generations that another server or engine went on with."""
    lost: list[str] = field(default_factory=list)
    drawn_twice: list[str] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)
    """Generations of which a step was seen by nobody."""
    differing: list[str] = field(default_factory=list)
    ids_fell: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    @property
    def complaints(self) -> list[str]:
        return [*self.lost, *self.drawn_twice, *self.holes, *self.differing, *self.ids_fell]


@dataclass
class Story:
    """One generation, as its reader saw it."""

    recipe: dict[str, Any]
    key: str
    generation: str = ""
    last: int = 0
    steps: set[int] = field(default_factory=set)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    ending: dict[str, Any] = field(default_factory=dict)
    reconnects: int = 0
    went_on: bool = False
    fell: bool = False


class Drill:
    """
    Args:
        together: generations under way at a time.
        seeds: different recipes; each is drawn many times, and always the same.
    """

    def __init__(
        self, trial: Trial, *, steps: int, size: int, together: int, seeds: int = 8, chance: random.Random
    ) -> None:
        self._trial = trial
        self._steps = steps
        self._size = size
        self._seeds = seeds
        self._chance = chance
        self._places = asyncio.Semaphore(together)
        self.stories: list[Story] = []
        self.outcome = Outcome()
        self._client = httpx2.AsyncClient(timeout=httpx2.Timeout(10, read=BATCH_S), trust_env=False)

    async def run(self, *, seconds: float, every_s: float, kinds: set[str]) -> Outcome:
        """Draw and kill for so long, let everything end, then look at all of it."""
        began = time.monotonic()
        before = await asyncio.gather(*(self._told(self._story(seed)) for seed in range(self._seeds)))
        undisturbed = {story.recipe["seed"]: await self._picture(story) for story in before}
        self.stories.clear()
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            killing = tasks.create_task(self._kill(until=until, every_s=every_s, kinds=kinds))
            number = 0
            while time.monotonic() < until:
                await self._places.acquire()
                tasks.create_task(self._one(self._story(number % self._seeds)))
                number += 1
            await killing
        await self._judge(undisturbed)
        self.outcome.seconds = round(time.monotonic() - began, 1)
        await self._client.aclose()
        return self.outcome

    def _story(self, seed: int) -> Story:
        recipe = {"prompt": f"a dragon, the {seed}th", "seed": seed, "steps": self._steps}
        size = {"width": self._size, "height": self._size}
        story = Story({**recipe, **size}, key=f"chaos-{self._chance.getrandbits(64):x}")
        self.stories.append(story)
        return story

    async def _one(self, story: Story) -> None:
        began = time.monotonic()
        try:
            await self._told(story)
        finally:
            self._places.release()
            self.outcome.slowest_s = round(max(self.outcome.slowest_s, time.monotonic() - began), 1)

    async def _told(self, story: Story) -> Story:
        """Submit it until it is accepted, and follow it to its end."""
        while not story.generation:
            try:
                answer = await self._client.post(
                    self._anywhere() + GENERATIONS, json=story.recipe, headers={"Idempotency-Key": story.key}
                )
                if answer.status_code == 202:
                    story.generation = answer.json()["id"]
                elif answer.status_code < 500 and answer.status_code not in (409, 429):
                    raise SystemExit(f"refused: {answer.text}")
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(0 if story.generation else 0.3)
        while not story.ending:
            try:
                await self._follow(story)
            except httpx2.HTTPError:
                await asyncio.sleep(0.3)
            story.reconnects += not story.ending
        return story

    async def _follow(self, story: Story) -> None:
        url = f"{self._anywhere()}{GENERATIONS}/{story.generation}/events"
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(story.last)}
        async with self._client.stream("GET", url, headers=headers, params={"preview": "every:5"}) as response:
            if response.status_code != 200:
                await asyncio.sleep(0.5)
                return
            async for number, event in _events(response):
                story.fell |= number <= story.last
                story.last = number
                match event["kind"]:
                    case "step":
                        story.steps.add(event["step"])
                    case "gap":
                        story.gaps.append((event["from"], event["to"]))
                    case "notice":
                        story.went_on |= event["code"] == "went_on"
                    case "finished" | "failed" | "cancelled":
                        story.ending = event

    async def _picture(self, story: Story) -> bytes:
        if story.ending.get("kind") != "finished":
            raise SystemExit(f"an undisturbed run ended like this: {story.ending}")
        return await self._pixels(story.ending["pictures"][0]["url"])

    async def _pixels(self, url: str) -> bytes:
        for _ in range(60):
            try:
                answer = await self._client.get(self._anywhere() + url)
                if answer.status_code == 200:
                    with Image.open(BytesIO(answer.content)) as image:
                        return image.tobytes()
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(0.5)
        raise SystemExit(f"{url} cannot be had any more")

    async def _judge(self, undisturbed: dict[int, bytes]) -> None:
        outcome = self.outcome
        for story in self.stories:
            name = story.generation
            outcome.accepted += 1
            outcome.reconnects += story.reconnects
            outcome.went_on += story.went_on
            if story.ending.get("kind") != "finished":
                outcome.lost.append(f"{name}: {story.ending}")
                continue
            outcome.finished += 1
            if len(story.ending["pictures"]) != 1:
                outcome.drawn_twice.append(name)
            if missing := set(range(1, max(story.steps) + 1)) - story.steps:
                outcome.holes.append(f"{name}: steps {sorted(missing)[:5]}, gaps {story.gaps[:3]}")
            if story.fell:
                outcome.ids_fell.append(name)
            if await self._pixels(story.ending["pictures"][0]["url"]) != undisturbed[story.recipe["seed"]]:
                outcome.differing.append(name)
        listed = await self._listed()
        outcome.drawn_twice += [key for key, count in listed.items() if count > 1]
        outcome.lost += [story.generation for story in self.stories if not listed[story.generation]]

    async def _listed(self) -> Counter[str]:
        """By generation, how many pictures of it the gallery has."""
        found: Counter[str] = Counter()
        cursor: str | None = None
        while True:
            params = {"limit": "200", **({"cursor": cursor} if cursor else {})}
            page = (await self._client.get(f"{self._anywhere()}/api/v1/pictures", params=params)).json()
            found.update(picture["generation"] for picture in page["items"])
            if (cursor := page["next_cursor"]) is None:
                return found

    def _anywhere(self) -> str:
        return self._chance.choice(self._trial.addresses)

    async def _kill(self, *, until: float, every_s: float, kinds: set[str]) -> None:
        while time.monotonic() < until:
            await asyncio.sleep(every_s * self._chance.uniform(0.5, 1.5))
            targets = [target for target in self._targets() if target[0] in kinds]
            if not targets or time.monotonic() >= until:
                continue
            kind = self._chance.choice(sorted({kind for kind, _ in targets}))
            process = self._chance.choice([process for of, process in targets if of == kind])
            self.outcome.kills[kind] += 1
            print(f"{kind} ({process})", file=sys.stderr, flush=True)
            if kind == "s3":
                os.kill(process, signal.SIGSTOP)
                await asyncio.sleep(3)
                os.kill(process, signal.SIGCONT)
            else:
                os.kill(process, signal.SIGKILL)

    def _targets(self) -> list[tuple[str, int]]:
        parts = self._trial.supervisor.parts.items()
        found = [(name.partition("-")[0], running.pid) for name, running in parts if running.pid is not None]
        return found + _replicas(self._trial.supervisor)


def _replicas(supervisor: Supervisor) -> list[tuple[str, int]]:
    """The processes of Ray Serve's replicas that belong to this cluster."""
    ray = supervisor.parts.get("ray")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = REPLICA.match((folder / "cmdline").read_bytes())
            # Everything that Ray starts is in the session of the part that started it.
            ours = ray is not None and os.getsid(int(folder.name)) == ray.pid
        except OSError:
            continue
        if name and ours:
            found.append(("engine" if name[1] == b"Engine" else "mailroom", int(folder.name)))
    return found


async def _events(response: httpx2.Response) -> AsyncGenerator[tuple[int, dict[str, Any]], None]:
    number = 0
    async for line in response.aiter_lines():
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("data: "):
            yield number, json.loads(line[6:])


async def main(arguments: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="safelight-chaos-") as folder:
        Path(folder).chmod(0o755)
        supervisor = Supervisor(Path(folder) / "logs")
        wish = Wish(
            folder=Path(folder),
            model=arguments.model,
            port=0,
            database=arguments.database,
            redis=arguments.redis,
            engine_arguments={"fake_step_s": str(arguments.step_s)},
            settings={
                "SAFELIGHT_LEASE_S": "8",
                "SAFELIGHT_CHECKPOINT_S": "0.5",
                "SAFELIGHT_RATE_LIMIT": "off",
                "SAFELIGHT_MEDIA_RATE_LIMIT": "off",
                "SAFELIGHT_CONCURRENT_LIMIT": "1000",
            },
        )
        try:
            trial = await bring_up(wish, supervisor, say=lambda what: print(f"starting {what}", file=sys.stderr))
            drill = Drill(
                trial,
                steps=arguments.steps,
                size=arguments.size,
                together=arguments.together,
                chance=random.Random(arguments.seed),
            )
            outcome = await drill.run(
                seconds=60 * arguments.minutes, every_s=arguments.every, kinds=set(arguments.kill.split(","))
            )
        finally:
            await supervisor.close()
    report = json.dumps({**vars(outcome), "well": not outcome.complaints}, indent=2)
    print(report)
    if arguments.json:
        arguments.json.write_text(report + "\n")
    return 1 if outcome.complaints else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--model", default="fake", help="`fake`, `sprite`, or a model's folder")
    parser.add_argument("--every", type=float, default=15, help="seconds between two kills")
    parser.add_argument("--together", type=int, default=6, help="generations under way at a time")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--step-s", type=float, default=0.1, help="seconds of a step of the fake model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kill", default="server,engine,mailroom,redis,postgresql,s3")
    parser.add_argument("--database")
    parser.add_argument("--redis")
    parser.add_argument("--json", type=Path)
    sys.exit(asyncio.run(main(parser.parse_args())))
