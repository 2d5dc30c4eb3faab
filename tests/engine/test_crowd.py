"""Sixteen recipes of every kind at once, of three families and in four sizes, with people stepping in: each as if it
were alone."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from safelight.domain.recipe import Recipe
from safelight.domain.steering import Change, Injection, Pattern
from safelight.engine.engine import Engine
from safelight.engine.families.family import Family
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Drawn, Failed, Message, Stepped, Ticket
from safelight.engine.residency import FAMILIES
from safelight.engine.shelf import Shelf
from tests.engine.conftest import unmeasured
from tests.engine.solo import Finals, drawn_alone, file_of, name_of, photograph, white_box
from tests.engine.stock import make_stock_pipeline
from tests.engine.stock_families import make_flux, make_sdxl
from tests.engine.wardrobe import apart, make_controlnet, make_image_encoder, make_ip_adapter, make_lora

PHOTO, MASK, OTHER = name_of(1), name_of(2), name_of(3)
IMAGES = {PHOTO: file_of(photograph()), MASK: file_of(white_box((8, 4, 22, 20))), OTHER: file_of(photograph(seed=4))}
START = {"image": PHOTO, "strength": 0.6}
SQUARE, WIDE, TALL, LARGE = ({"width": w, "height": h} for w, h in ((32, 32), (48, 32), (32, 48), (48, 48)))

WISHES: list[dict[str, object]] = [
    {"model": "sd"},
    {"model": "sd", "sampler": "dpmpp_2m", "guidance": 1.0, "count": 2},
    {"model": "sd", "sampler": "heun", **WIDE},
    {"model": "sd", "loras": [{"id": "ink", "weight": 0.7}], "sampler": "euler_a"},
    {"model": "sd", "controls": [{"model": "canny", "image": PHOTO, "preprocessor": "canny", "end": 0.5}]},
    {"model": "sd", "ip_adapter": {"id": "ip", "image": OTHER}},
    {"model": "sd", "prompt_image": {"image": OTHER, "weight": 0.5}, **TALL},
    {"model": "sd", "image": START},
    {"model": "sd", "image": START, "mask": {"image": MASK, "feather": 2}, "sampler": "unipc"},
    {"model": "sd", "image": START, "outpaint": {"right": 16}, **WIDE},
    {"model": "sd", "hires": {"scale": 1.5, "strength": 0.5}},
    {"model": "sd", "injections": [{"pattern": "circle", "first": 2, "last": 4, "seed": 5}], **LARGE},
    {"model": "sdxl", "sampler": "euler"},
    {"model": "sdxl", "image": START, "mask": {"image": MASK}, "sampler": "ddim"},
    {"model": "flux", "sampler": "euler", "guidance": 3.5},
    {"model": "flux", "sampler": "euler", "image": START, "stop_after": 3},
]
CANCELLED, PAUSED, TURNED, INJECTED = 2, 5, 0, 12
"""Whom somebody steps in with, by their place in the list."""


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Family]:
    home: Path = tmp_path_factory.mktemp("home")
    sd = make_stock_pipeline(home / "sd", text="clip")
    make_lora(sd, home / "loras" / "ink.safetensors")
    make_controlnet(sd, home / "controlnets" / "canny")
    make_ip_adapter(sd, home / "ip_adapters" / "ip.safetensors")
    make_image_encoder(home / "image_encoders" / "clip")
    folders = {"sd": sd, "sdxl": make_sdxl(home / "sdxl"), "flux": make_flux(home / "flux")}
    return {name: _load(name, folder, Shelf((home,))) for name, folder in folders.items()}


def _load(name: str, folder: Path, shelf: Shelf) -> Family:
    found = ModelFolder.open(folder, shelf=shelf)
    return FAMILIES[name](found, provider="local", device=torch.device("cpu"), dtype=torch.float32)


def wish(families: dict[str, Family], number: int) -> Recipe:
    fields: dict[str, Any] = {"prompt": "a red dragon", "steps": 5 + number % 4, "seed": number, **SQUARE}
    if WISHES[number]["model"] != "flux":
        fields |= {"negative_prompt": "blue", "sampler": "ddim", "guidance": 4.0}
    recipe = Recipe.model_validate(fields | WISHES[number])
    return families[str(recipe.model)].card.settle(recipe)


@dataclass
class Crowd:
    """An engine with several families, and the final latents of what it drew, by ticket."""

    families: dict[str, Family]
    finals: dict[Ticket, list[torch.Tensor]] = field(default_factory=dict)
    told: list[tuple[Ticket, Message]] = field(default_factory=list)

    def __post_init__(self) -> None:
        seen = {name: Finals(family) for name, family in self.families.items()}
        self._latents: list[torch.Tensor] = []
        for one in seen.values():
            one.latents = self._latents  # in the order in which the decoder was given them, and tells of them
        self.engine = Engine(lambda model: seen[model], profile=unmeasured)  # type: ignore[arg-type, return-value]

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.told += self.engine.step()

    def finish(self) -> None:
        while self.engine.busy:
            self.step()
        self.engine.close()
        drawn = [ticket for ticket, message in self.told if isinstance(message, Drawn)]
        for ticket, latents in zip(drawn, self._latents, strict=True):
            self.finals.setdefault(ticket, []).append(latents)


def test_sixteen_of_every_kind_are_each_as_if_alone(families: dict[str, Family]) -> None:
    crowd = Crowd(families)
    wishes = [wish(families, number) for number in range(len(WISHES))]
    tickets = [crowd.engine.add(recipe, images=IMAGES) for recipe in wishes[:10]]
    crowd.step(3)
    tickets += [crowd.engine.add(recipe, images=IMAGES) for recipe in wishes[10:]]  # while the others are under way
    crowd.step(4)
    crowd.engine.cancel(tickets[CANCELLED])
    crowd.engine.pause(tickets[PAUSED])
    turned = crowd.engine.steer(tickets[TURNED], Change(step=1, prompt="a blue cat", guidance=6.0))
    injected = crowd.engine.inject(tickets[INJECTED], Injection(pattern=Pattern.LEFT, strength=0.7, seed=9))
    assert turned is not None and injected is not None
    before = len(crowd.told)
    crowd.step(12)
    assert tickets[PAUSED] not in {ticket for ticket, _ in crowd.told[before:]}
    crowd.engine.pause(tickets[PAUSED], paused=False)
    crowd.finish()

    # What was done to them is in their recipes, and a recipe draws the same again.
    wishes[TURNED] = wishes[TURNED].model_copy(update={"steering": (turned,)})
    wishes[INJECTED] = wishes[INJECTED].model_copy(update={"injections": (injected,)})
    assert not [message.error.detail for _, message in crowd.told if isinstance(message, Failed)]
    assert tickets[CANCELLED] not in crowd.finals
    for number, (ticket, recipe) in enumerate(zip(tickets, wishes, strict=True)):
        if number != CANCELLED:
            first = crowd.finals[ticket][0]
            alone = drawn_alone(families[str(recipe.model)], recipe.model_copy(update={"count": 1}), IMAGES)
            assert apart(first, alone) <= 1e-5, (number, WISHES[number])


def test_whoever_may_share_a_forward_does(families: dict[str, Family]) -> None:
    crowd = Crowd(families)
    numbers = [0, 1, 7, 8, 14]
    for number in numbers:
        crowd.engine.add(wish(families, number), images=IMAGES)
    crowd.finish()
    occupancy = crowd.engine.occupancy
    steps = [message for _, message in crowd.told if isinstance(message, Stepped)]
    assert occupancy.pictures == len(steps)
    assert occupancy.forwards == round(sum(1 / step.batch for step in steps))
    assert occupancy.pictures_per_forward > 1.5
    assert occupancy.pictures <= occupancy.rows <= 2 * occupancy.pictures
    assert occupancy.seconds > 0
