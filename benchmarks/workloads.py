"""What is asked of a server under load: the recipes, when they come, and who gives up.

W1 alike, W2 mixed steps, W3 mixed guidance and negative prompts, W4 mixed sizes, W5 in bursts, W6 a fifth cancelled,
W7 begun from an image, W8 wearing one of two LoRAs or none.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import torch
from PIL import Image
from torch import nn

from safelight.domain.model_card import ModelCard
from safelight.domain.recipe import Recipe

SUBJECTS = ("dragon", "frog", "apple", "castle", "robot", "cat", "rocket", "crown", "fish", "mushroom")
COLOURS = ("red", "blue", "green", "yellow", "purple", "white")
PHOTO = "img_" + "5" * 64
LORAS = ("first", "second")
BURST = 4.0
"""In bursts, requests come so many times as fast as on average, a quarter of the time."""
BURST_OF = 8.0
"""How many requests a burst and the pause after it have, on average."""
GIVE_UP = 0.2


@dataclass
class Job:
    """One request, and what became of it; times in seconds since the run began.

    Attributes:
        kind: requests of the same kind are compared for fairness.
        due: when it comes; 0 where the next comes when one is done.
        gives_up: after this part of its solo time it is cancelled; None where it is waited for.
        solo: seconds that it takes alone.
        previews: when each came.
        freed: when the device was done with it, where it was cancelled.
        wasted: forwards that ended after it was cancelled and answered it.
    """

    number: int
    recipe: Recipe
    kind: str = ""
    due: float = 0.0
    gives_up: float | None = None
    solo: float = 0.0
    came: float = 0.0
    previews: list[float] = field(default_factory=list)
    ended: float | None = None
    cancelled: float | None = None
    freed: float | None = None
    wasted: int = 0
    error: str = ""


Dice = random.Random
Wish = tuple[str, dict[str, Any]]
"""The kind, and what is special about the recipe."""


def _steps(dice: Dice, steps: int) -> Wish:
    taken = dice.choice((4, 10, 20, 30, 50))
    return str(taken), {"steps": taken}


def _guidance(dice: Dice, steps: int) -> Wish:
    guidance = dice.choice((0.0, 1.0, 3.0, 5.0, 7.5, 12.0))
    negative = dice.choice(("", "blue", "text"))
    return ("guided" if guidance > 1 else "plain"), {"guidance": guidance, "negative_prompt": negative}


def _starts(dice: Dice, steps: int) -> Wish:
    strength = dice.choice((0.3, 0.5, 0.7, 0.9))
    return str(strength), {"image": {"image": PHOTO, "strength": strength}}


def _loras(dice: Dice, steps: int) -> Wish:
    """Half of them wear none; of the others two in three the first (Zipf)."""
    worn = dice.choices(("", *LORAS), weights=(3, 2, 1))[0]
    return worn or "none", {"loras": [{"id": worn, "weight": 0.7}]} if worn else {}


def _sizes(card: ModelCard) -> Callable[[Dice, int], Wish]:
    side = card.sizes.width
    shapes = ((side, side), (side, side * 3 // 2 // 8 * 8), (side * 3 // 2 // 8 * 8, side * 3 // 2 // 8 * 8))

    def choose(dice: Dice, steps: int) -> Wish:
        width, height = dice.choice(shapes)
        return f"{width}x{height}", {"width": width, "height": height}

    return choose


@dataclass(frozen=True)
class Workload:
    """
    Attributes:
        title: for people.
        diffusers: whether diffusers' text-to-image pipeline draws it.
    """

    title: str
    wish: Callable[[Dice, int], Wish] | None = None
    bursts: bool = False
    gives_up: float = 0.0
    diffusers: bool = True


def workloads(card: ModelCard) -> Mapping[str, Workload]:
    return {
        "W1": Workload("all alike"),
        "W2": Workload("4 to 50 steps", _steps),
        "W3": Workload("guidance off to 12", _guidance),
        "W4": Workload("three sizes", _sizes(card)),
        "W5": Workload("in bursts", bursts=True),
        "W6": Workload("a fifth is cancelled", gives_up=GIVE_UP),
        "W7": Workload("from an image", _starts, diffusers=False),
        "W8": Workload("two LoRAs", _loras, diffusers=False),
    }


def jobs_of(work: Workload, card: ModelCard, *, count: int, steps: int, seed: int) -> list[Job]:
    """The same for the same seed, whoever has to draw them."""
    dice, jobs = random.Random(seed), []
    for number in range(count):
        kind, special = work.wish(dice, steps) if work.wish is not None else ("", {})
        wish = {
            "prompt": f"a {dice.choice(COLOURS)} {dice.choice(SUBJECTS)}",
            "seed": seed * 1000 + number,
            "model": card.id,
            "steps": steps,
            "sampler": "euler",
            **special,
        }
        job = Job(number, card.settle(Recipe.model_validate(wish)), kind=kind)
        if dice.random() < work.gives_up:
            job.gives_up = dice.random()
        jobs.append(job)
    return jobs


def arrivals(work: Workload, *, rate: float, seed: int) -> Iterator[float]:
    """Seconds at which requests come: a Poisson process, or one that is on and off with the same mean."""
    dice, now = random.Random(seed + 1), 0.0
    until = now + dice.expovariate(rate / BURST_OF * BURST) if work.bursts else float("inf")
    while True:
        now += dice.expovariate(rate * BURST if work.bursts else rate)
        if now > until:
            now = until + dice.expovariate(rate / BURST_OF * BURST / (BURST - 1))
            until = now + dice.expovariate(rate / BURST_OF * BURST)
        yield now


def photo(side: int) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((side, side)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def lora(unet: nn.Module, *, seed: int, rank: int = 4) -> dict[str, torch.Tensor]:
    """A LoRA of random numbers for the attention of a UNet, in peft's layout."""
    generator, tensors = torch.Generator().manual_seed(seed), {}
    for name, module in unet.named_modules():
        if name.endswith(("to_q", "to_k", "to_v")) and isinstance(module, nn.Linear):
            down, up = (rank, module.in_features), (module.out_features, rank)
            tensors[f"unet.{name}.lora_A.weight"] = torch.randn(down, generator=generator) * 0.02
            tensors[f"unet.{name}.lora_B.weight"] = torch.randn(up, generator=generator) * 0.02
    return tensors
