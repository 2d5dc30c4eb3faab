"""What the engine costs and what it gains, on the embedded model, side by side in one run.

    python benchmarks/engine.py [--model models/sprite] [--rounds 5] [--json result.json]

1. engine step against the bare UNet forward with the same rows      (target: at most 1.03)
2. pictures per second with previews against without them            (target: at least 0.95)
3. eight mixed requests in a batch against one at a time             (target: at least 1.5 on two cores in bfloat16)

Every pair is measured in turns, so that a noisy machine disturbs both sides alike, and told as a ratio of medians.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch
from turns import in_turns

from safelight.domain.order import Order
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.batch import stack_rows
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.folder import ModelFolder
from safelight.engine.residency import Residency
from safelight.providers.local import PREVIEW_SHARE, LocalProvider
from safelight.providers.previews import PreviewBudget

PROMPTS = ("a red dragon", "a blue frog", "a green apple", "a castle", "a robot", "a cat", "a rocket", "a crown")
MIXED = (
    (Sampler.DPMPP_2M, 20, 3.5),
    (Sampler.EULER, 24, 5.0),
    (Sampler.DDIM, 16, 2.0),
    (Sampler.EULER_A, 28, 7.0),
    (Sampler.UNIPC, 12, 4.0),
    (Sampler.HEUN, 10, 3.0),
    (Sampler.DPMPP_2M_SDE, 22, 6.0),
    (Sampler.LCM, 8, 1.5),
)


def step_against_forward(residency: Residency, model: str, *, requests: int, rounds: int) -> dict[str, float]:
    """An engine step (rows gathered, forward, guidance, samplers, hand-out) against the forward alone."""
    family = residency.family(model)
    assert isinstance(family, StableDiffusion)
    engine = Engine(residency.family)
    for number in range(requests):
        wish = Recipe(prompt=PROMPTS[number], steps=200, seed=number, sampler=MIXED[number][0], guidance=4.0)
        engine.add(family.card.settle(wish))
    for _ in range(5):
        engine.step()
    waiting = [drawing.question for group in engine._drawings.values() for drawing in group]
    samples, timesteps, inputs = stack_rows([question for question in waiting if question])
    samples, unet = samples.to(residency.dtype), family._unet

    def forward() -> None:
        with torch.inference_mode():
            unet(samples, timesteps, inputs["states"], return_dict=False)

    step, bare = in_turns(min(rounds * 12, 150), engine.step, forward)
    engine.close()
    return {"rows": len(samples), "engine_ms": step * 1e3, "forward_ms": bare * 1e3, "ratio": step / bare}


def run_all(engine: Engine, recipes: Sequence[Recipe]) -> None:
    for recipe in recipes:
        engine.add(recipe)
    while engine.busy:
        engine.step()


def batched_against_one_at_a_time(residency: Residency, model: str, *, rounds: int) -> dict[str, float]:
    family, engine = residency.family(model), Engine(residency.family)
    recipes = [
        family.card.settle(Recipe(prompt=prompt, steps=steps, guidance=guidance, sampler=sampler, seed=1))
        for prompt, (sampler, steps, guidance) in zip(PROMPTS, MIXED, strict=True)
    ]

    def one_at_a_time() -> None:
        for recipe in recipes:
            run_all(engine, [recipe])

    run_all(engine, recipes)
    together, apart = in_turns(rounds, lambda: run_all(engine, recipes), one_at_a_time)
    engine.close()
    return {"batched_s": together, "one_at_a_time_s": apart, "ratio": apart / together}


async def previews_on_against_off(folder: Path, dtype: str, *, requests: int, rounds: int) -> dict[str, float]:
    """Through the provider, as the server uses it, every frame drawn and encoded where the budget allows.

    One provider for all rounds: two of them would also compare where their weights happen to lie. Without previews is
    measured twice, and how far the two are apart says what the machine's noise alone can do.
    """
    provider = LocalProvider([folder], preload=folder.name, dtype=dtype)
    await provider.open()
    while provider.ready():  # noqa: ASYNC110 - readiness is looked at, not announced
        await asyncio.sleep(0.05)
    card = provider.models()[0]
    recipes = [card.settle(Recipe(prompt=PROMPTS[number], steps=30, seed=number)) for number in range(requests)]
    frames = 0

    async def draw(recipe: Recipe) -> int:
        return sum(
            [
                getattr(progress, "frame", None) is not None
                async for progress in provider.generate(Order(key=recipe.prompt, recipe=recipe))
            ]
        )

    shares = (PREVIEW_SHARE, 0.0, 0.0)
    timings: list[list[float]] = [[] for _ in shares]
    for round_ in range(rounds + 1):
        for index in sorted(range(len(shares)), key=lambda place: (place + round_) % len(shares)):
            provider._previews = PreviewBudget(shares[index])
            begin = time.perf_counter()
            drawn = sum(await asyncio.gather(*map(draw, recipes)))
            if round_:
                timings[index].append(time.perf_counter() - begin)
                frames += drawn if index == 0 else 0
    await provider.close()
    on, off, again = (statistics.median(timing) for timing in timings)
    # Without previews the last frame of each picture is still drawn.
    share = (frames / rounds - requests) / (requests * 30)
    return {"on_s": on, "off_s": off, "frames_drawn": share, "ratio": off / on, "noise": again / off}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--model", type=Path, default=Path(__file__).parents[1] / "models" / "sprite")
    arguments.add_argument("--dtype", default="auto")
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--only", choices=("step", "previews", "batch"), help="one of the three")
    arguments.add_argument("--json", type=Path)
    asked = arguments.parse_args()
    folder, rounds = ModelFolder.open(asked.model), asked.rounds
    residency, model = Residency(lambda _: folder, dtype=asked.dtype), folder.id
    shape = f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}, {residency.dtype}"
    print(f"{model} on {residency.device.type}: {shape}")
    result: dict[str, object] = {"machine": shape, "model": model, "rounds": rounds}
    for requests in (1, 8) if asked.only in (None, "step") else ():
        found = step_against_forward(residency, model, requests=requests, rounds=rounds)
        result[f"step_against_forward_{requests}"] = found
        print(
            f"engine step / bare forward, {found['rows']:2} rows: {found['ratio']:.3f}"
            f"   ({found['engine_ms']:.1f} ms / {found['forward_ms']:.1f} ms; target <= 1.03)"
        )
    for requests in (1, 8) if asked.only in (None, "previews") else ():
        found = asyncio.run(previews_on_against_off(asked.model, asked.dtype, requests=requests, rounds=rounds))
        result[f"previews_{requests}"] = found
        print(
            f"previews on / off, {requests} requests: {found['ratio']:.3f}"
            f"   ({found['frames_drawn']:.0%} of the frames drawn; off / off: {found['noise']:.3f}; target >= 0.95)"
        )
    if asked.only in (None, "batch"):
        found = batched_against_one_at_a_time(residency, model, rounds=rounds)
        result["batched"] = found
        print(
            f"8 mixed requests batched / one at a time: {found['ratio']:.2f}x"
            f"   ({found['batched_s']:.2f} s / {found['one_at_a_time_s']:.2f} s; target >= 1.5)"
        )
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
