"""What Ray costs: the same pictures by the engine in this process and by one in a replica of its own, in turns.

    python benchmarks/clustered.py [--rounds 8] [--steps 20] [--json FILE]

Both draw with the embedded model; whoever is not asked waits. A picture crosses the boundary with every event it has,
previews and state to go on from included.
"""

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from tiny import SPRITE

from safelight.domain.order import Order
from safelight.domain.progress import Drawn, Step
from safelight.domain.recipe import Recipe
from safelight.providers.local import LocalProvider
from safelight.providers.provider import Provider

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_worker_niceness": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",
}
COUNTS = (1, 4)


@asynccontextmanager
async def both() -> AsyncIterator[Mapping[str, Provider]]:
    """Each ready to draw."""
    os.environ.update(QUIET)
    import ray
    from ray import serve

    from safelight.scale.app import deploy
    from safelight.scale.plan import Plan
    from safelight.scale.provider import RayProvider

    ray.init("local", num_cpus=2, include_dashboard=False, object_store_memory=100 * 2**20, log_to_driver=False)
    distant, here = RayProvider(), LocalProvider([SPRITE], preload=SPRITE.name, dtype="float32")
    try:
        serve.start(proxy_location="Disabled")
        deploy(Plan(model=str(SPRITE), dtype="float32", cpus=1, least=1, most=1))
        for one in (distant, here):
            await one.open()
            while one.ready() is not None:  # noqa: ASYNC110 - readiness is looked at, not announced
                await asyncio.sleep(0.1)
        yield {"ray": distant, "here": here}
    finally:
        await here.close()
        await distant.close(leaving=False)
        serve.shutdown()
        ray.shutdown()


async def draw(provider: Provider, recipe: Recipe) -> tuple[float, float]:
    """Seconds to the first preview, and to the last picture."""
    begin, first, left = time.perf_counter(), 0.0, recipe.count
    order = Order(key=f"bench_{time.monotonic_ns()}", recipe=recipe)
    async with aclosing(provider.generate(order)) as progress:
        async for news in progress:
            if isinstance(news, Step) and news.frame is not None:
                first = first or time.perf_counter() - begin
            left -= isinstance(news, Drawn)
    assert not left
    return first, time.perf_counter() - begin


async def compared(providers: Mapping[str, Provider], *, count: int, steps: int, rounds: int) -> dict[str, Any]:
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in providers}
    for round_ in range(rounds + 1):
        names = list(providers) if round_ % 2 else list(providers)[::-1]
        for name in names:
            card = providers[name].models()[0]
            recipe = card.settle(Recipe(prompt="a red dragon", steps=steps, seed=round_, count=count))
            timing = await draw(providers[name], recipe)
            if round_:  # the first of each warms up
                taken[name].append(timing)
    cell: dict[str, Any] = {"count": count, "rounds": rounds}
    for index, field in enumerate(("first_preview_s", "whole_s")):
        medians = {name: statistics.median(one[index] for one in timings) for name, timings in taken.items()}
        cell[field] = {**medians, "ratio": medians["ray"] / medians["here"]}
    return cell


async def measure(asked: argparse.Namespace) -> dict[str, Any]:
    cells = []
    async with both() as providers:
        for count in COUNTS:
            cells.append(await compared(providers, count=count, steps=asked.steps, rounds=asked.rounds))
            first, whole = cells[-1]["first_preview_s"], cells[-1]["whole_s"]
            print(
                f"{count} at once: {whole['here']:.3f} s here, {whole['ray']:.3f} s by Ray, {whole['ratio']:.3f}; "
                f"first preview {first['here']:.3f} and {first['ray']:.3f} s",
                flush=True,
            )
    return {"cores": os.cpu_count(), "steps": asked.steps, "cells": cells}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    result = asyncio.run(measure(asked))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
