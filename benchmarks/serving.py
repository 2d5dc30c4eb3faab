"""How long people wait, and how much gets done: requests by step and by whole request, under the same load.

    python benchmarks/serving.py [--model sprite|tiny] [--only closed,open,mixes,previews] [--requests 60] [--json FILE]

Loads are parts of what batching whole requests can just bear, measured at the beginning of the same run. Everybody
draws the same recipes at the same times (open loop, Poisson), or keeps as many under way as are asked for (closed).
`tiny` is a small random UNet, whose steps take milliseconds. What is compared draws the same latents: that is looked at
first.
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from apart import Apart
from contenders import SHARE, STOCK, Diffusers, OurEngine, contenders
from summing_up import summed_up
from tiny import SPRITE, build, copy_of
from workloads import PHOTO, Job, Workload, arrivals, jobs_of, photo, workloads

from safelight.domain.model_card import ModelCard
from safelight.engine.engine import Engine
from safelight.engine.families.family import Way
from safelight.engine.folder import ModelFolder
from safelight.engine.profile import Profile
from safelight.engine.residency import Residency

LOADS = (0.3, 0.6, 0.8, 0.95, 1.2)
UNDER_WAY = (1, 2, 4, 8, 16)
MIX_LOAD = 0.8
SHARES = {"none": 0.0, "as the server does": SHARE, "every step": 1e9}


@dataclass(frozen=True)
class Course:
    """Where it is measured, and how much of it."""

    folder: Path
    card: ModelCard
    images: Mapping[str, bytes]
    requests: int
    steps: int
    seeds: int
    names: tuple[str, ...]

    def contender(self, name: str) -> Apart:
        title, make = contenders(self.folder, self.images)[name]
        return Apart(name, title, make)


class Solo:
    """What a request takes alone: a part for its beginning and end, and one that grows with the work.

    Attributes:
        at_once: how many requests, by what they take alone, batching them as wholes gets through in the same time.
    """

    def __init__(self, least: float, per_row_cell: float, card: ModelCard) -> None:
        self._least, self._per, self._native = least, per_row_cell, card.sizes.width * card.sizes.height
        self.at_once = 1.0

    def seconds(self, job: Job) -> float:
        recipe = job.recipe
        strength = recipe.image.strength if recipe.image is not None else 1.0
        rows = 2 if (recipe.guidance or 0) > 1 else 1
        area = (recipe.width or 1) * (recipe.height or 1) / self._native
        return (self._least + self._per * (recipe.steps or 1) * strength * rows) * area


async def measure_solo(course: Course) -> Solo:
    """By two lengths, each three times, alone."""
    one, work = course.contender("step"), Workload("")
    await one.open()
    found = {}
    for steps in (course.steps, max(1, course.steps // 4)):
        jobs = jobs_of(work, course.card, count=4, steps=steps, seed=9)
        await one.play(jobs[:1], under_way=1)
        run = await one.play(jobs[1:], under_way=1)
        found[steps] = run.seconds / 3
    await one.close()
    (long, most), (short, least) = found.items()
    per = max(0.0, (most - least) / (long - short) / 2)
    return Solo(max(0.0, most - per * 2 * long), per, course.card)


def made(course: Course, work: Workload, solo: Solo, *, seed: int, load: float | None) -> list[Job]:
    jobs = jobs_of(work, course.card, count=course.requests, steps=course.steps, seed=seed)
    for job in jobs:
        job.solo = solo.seconds(job)
    if load is not None:
        rate = load * solo.at_once * len(jobs) / sum(job.solo for job in jobs)
        for job, due in zip(jobs, arrivals(work, rate=rate, seed=seed), strict=False):
            job.due = due
    return jobs


async def measure_capacity(course: Course, solo: Solo) -> float:
    """As `Solo.at_once`: with as many under way as fill every batch."""
    one = course.contender("request")
    await one.open()
    jobs = made(course, Workload(""), solo, seed=8, load=None)[: 2 * max(UNDER_WAY)]
    await one.play(jobs[: max(UNDER_WAY)], under_way=max(UNDER_WAY))
    run = await one.play(jobs, under_way=max(UNDER_WAY))
    await one.close()
    return sum(job.solo for job in jobs) / run.seconds


@asynccontextmanager
async def all_open(course: Course, solo: Solo) -> AsyncIterator[list[Apart]]:
    """Everybody, warm. They are measured in turns, so that a noisy machine disturbs all alike."""
    ones = [course.contender(name) for name in course.names]
    for one in ones:
        await one.open()
        await one.play(made(course, Workload(""), solo, seed=99, load=None)[:2], under_way=2)
    try:
        yield ones
    finally:
        for one in ones:
            await one.close()


async def closed(ones: Sequence[Apart], course: Course, solo: Solo) -> list[dict[str, Any]]:
    """As many under way as are asked for, all alike."""
    cells = []
    for under_way in UNDER_WAY:
        for one in ones:
            jobs = made(course, Workload(""), solo, seed=1, load=None)[: max(12, 3 * under_way)]
            run = await one.play(jobs, under_way=under_way)
            cells.append({"who": one.name, "under_way": under_way, **summed_up(run)})
            told(one, f"{under_way} under way", cells[-1])
    return cells


async def opened(
    ones: Sequence[Apart], course: Course, solo: Solo, plan: Sequence[tuple[str, float]]
) -> list[dict[str, Any]]:
    """Requests that come whether or not the earlier ones are done."""
    cells, kinds = [], workloads(course.card)
    for (name, load), seed in itertools.product(plan, range(1, course.seeds + 1)):
        for one in ones:
            if one.name in STOCK and not kinds[name].diffusers:
                continue
            run = await one.play(made(course, kinds[name], solo, seed=seed, load=load))
            cells.append({"who": one.name, "workload": name, "load": load, "seed": seed, **summed_up(run)})
            told(one, f"{name} at {load:.2f}", cells[-1])
    return cells


async def previews(course: Course, solo: Solo) -> list[dict[str, Any]]:
    """Eight under way, without previews and with them, in turns."""
    cells: list[dict[str, Any]] = []
    ones = {name: Apart("step", name, partial(OurEngine, course.folder, share=share)) for name, share in SHARES.items()}
    for one in ones.values():
        await one.open()
    for round_ in range(4):
        for name, one in ones.items():
            jobs = made(course, Workload(""), solo, seed=round_, load=None)[:24]
            run = await one.play(jobs, under_way=8)
            if round_:  # the first of each warms up
                cells.append({"previews": name, "round": round_, **summed_up(run)})
                told(one, f"previews: {name}", cells[-1])
    for one in ones.values():
        await one.close()
    return cells


async def likeness(course: Course) -> float:
    """How far diffusers' latents are from the engine's, of their own scale: the same picture is measured."""
    one = Diffusers(course.folder, threads=1)
    await one.open()
    (job,) = jobs_of(Workload(""), course.card, count=1, steps=course.steps, seed=3)
    theirs = one.latents(job.recipe)
    kept: list[torch.Tensor] = []
    found = ModelFolder.open(course.folder)
    family: Any = Residency(lambda _: found, dtype="float32").family(found.id)
    decode = family.decode

    def keep(latents: torch.Tensor, way: Way = Way.WHOLE) -> Any:
        kept.append(latents)
        return decode(latents, way)

    family.decode = keep
    engine = Engine(lambda _: family, profile=lambda _: Profile())
    engine.add(job.recipe)
    while engine.busy:
        engine.step()
    engine.close()
    await one.close()
    return float((kept[0] - theirs).abs().max() / theirs.abs().max())


def told(one: Apart, what: str, cell: Mapping[str, Any]) -> None:
    print(
        f"{one.title:26} {what:26} first preview p95 {cell['first_preview_s']['p95']:7.2f} s"
        f"   whole p95 {cell['completion_s']['p95']:7.2f} s   {cell['pictures_per_s']:5.2f} pictures/s",
        flush=True,
    )


async def measure(asked: argparse.Namespace, home: Path) -> dict[str, Any]:
    folder = build(home / "tiny") if asked.model == "tiny" else copy_of(SPRITE, home / "sprite")
    card = ModelFolder.open(folder).card(provider="local", loaded=True)
    course = Course(
        folder=folder,
        card=card,
        images={PHOTO: photo(card.sizes.width)},
        requests=asked.requests,
        steps=asked.steps,
        seeds=asked.seeds,
        names=tuple(asked.who.split(",")),
    )
    shape = f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}, float32"
    apart, solo = await likeness(course), await measure_solo(course)
    alone = solo.seconds(jobs_of(Workload(""), card, count=1, steps=course.steps, seed=1)[0])
    solo.at_once = await measure_capacity(course, solo)
    print(
        f"{asked.model} on {shape}: a picture takes {alone:.2f} s alone, "
        f"{alone / solo.at_once:.2f} s batched as wholes; diffusers' latents differ by {apart:.1e}",
        flush=True,
    )
    if apart > 1e-5:
        raise SystemExit("what is compared does not draw the same picture")
    result: dict[str, Any] = {"machine": shape, "model": asked.model, "steps": course.steps, "alone_s": alone}
    result |= {"requests": course.requests, "likeness": apart, "at_once": solo.at_once}
    parts, loads = asked.only.split(","), [float(load) for load in asked.loads.split(",")]
    async with all_open(course, solo) as ones:
        if "open" in parts:
            result["open"] = await opened(ones, course, solo, [("W1", load) for load in loads])
        if "closed" in parts:
            result["closed"] = await closed(ones, course, solo)
        if "mixes" in parts:
            mixes = [name for name in workloads(card) if name in asked.mixes.split(",")]
            result["mixes"] = await opened(ones, course, solo, [(name, MIX_LOAD) for name in mixes])
    if "previews" in parts:
        result["previews"] = await previews(course, solo)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=("sprite", "tiny"), default="sprite")
    parser.add_argument("--only", default="closed,open,mixes,previews")
    parser.add_argument("--who", default="step,request,lock,threads")
    parser.add_argument("--loads", default=",".join(map(str, LOADS)))
    parser.add_argument("--mixes", default="W2,W3,W4,W5,W6,W7,W8")
    parser.add_argument("--requests", type=int, default=60, help="of every cell")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="safelight-bench-") as scratch:
        result = asyncio.run(measure(asked, Path(scratch)))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
