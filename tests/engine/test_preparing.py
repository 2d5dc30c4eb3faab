"""Adapters are read beside the forwards: who draws meanwhile does not notice."""

import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from safelight.domain.recipe import Recipe
from safelight.engine.control import Controls
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.ip_adapter import IPAdapters
from safelight.engine.lora import Loras
from safelight.engine.message import Done, Failed, Stepped
from tests.engine.conftest import run, unmeasured
from tests.engine.stock import make_stock_pipeline
from tests.engine.wardrobe import (
    apart,
    draw,
    load,
    make_controlnet,
    make_image_encoder,
    make_ip_adapter,
    make_lora,
    picture,
)

IMAGE = f"img_{'0' * 64}"
WORN: dict[str, tuple[type, str, dict[str, Any]]] = {
    "lora": (Loras, "_read_file", {"loras": [{"id": "style"}]}),
    "control": (Controls, "_load", {"controls": [{"model": "edges", "image": IMAGE}]}),
    "ip_adapter": (IPAdapters, "_load", {"ip_adapter": {"id": "manner", "image": IMAGE}}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stock_pipeline(tmp_path_factory.mktemp("preparing") / "tiny", text="clip")


@pytest.fixture(scope="module")
def home(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_lora(folder, home / "loras" / "style.safetensors", seed=1)
    make_controlnet(folder, home / "controlnets" / "edges")
    make_ip_adapter(folder, home / "ip_adapters" / "manner.safetensors")
    make_image_encoder(home / "ip_adapters" / "image_encoder", width=20)
    return home


@pytest.fixture
def family(folder: Path, home: Path) -> StableDiffusion:
    return load(folder, home)


def settled(family: StableDiffusion, **fields: Any) -> Recipe:
    return family.card.settle(Recipe.model_validate({"prompt": "a red dragon", "steps": 4, "seed": 3, **fields}))


class Gate:
    """Lets nobody read until it is opened, and knows in which thread they tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, of: type, name: str) -> None:
        self.opened, self.threads = threading.Event(), list[str]()
        read = getattr(of, name)

        def held(*arguments: Any) -> Any:
            self.threads.append(threading.current_thread().name)
            assert self.opened.wait(30)
            return read(*arguments)

        monkeypatch.setattr(of, name, held)


@pytest.mark.parametrize("worn", list(WORN))
def test_steps_keep_coming_while_an_adapter_is_read(
    worn: str, family: StableDiffusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, name, wish = WORN[worn]
    gate = Gate(monkeypatch, of, name)
    engine = Engine(lambda _: family, profile=unmeasured)
    plain = engine.add(settled(family, steps=12))
    engine.step()
    dressed = engine.add(settled(family, **wish), images={IMAGE: picture()})
    told: list[Any] = []
    while not any(ticket == plain and isinstance(message, Done) for ticket, message in told):
        told += engine.step()
    # All of its steps, while nothing could be read.
    assert {ticket for ticket, _ in told} == {plain} and engine.busy
    gate.opened.set()
    rest = run(engine)
    engine.close()
    assert not [message for _, message in rest if isinstance(message, Failed)]
    assert len([message for ticket, message in rest if ticket == dressed and isinstance(message, Stepped)]) == 4
    assert gate.threads and all(thread.startswith("adapters") for thread in gate.threads)


def test_the_picture_is_the_one_of_an_adapter_that_was_there(family: StableDiffusion, folder: Path, home: Path) -> None:
    wish = settled(family, loras=[{"id": "style"}])
    first, again, plain = draw(family, wish), draw(family, wish), draw(family, settled(family))
    assert torch.equal(first[0], again[0]) and apart(first[0], plain[0]) > 1e-4


def test_a_damaged_file_is_told_whenever_it_is_asked_for(folder: Path, tmp_path: Path, family: StableDiffusion) -> None:
    file = tmp_path / "loras" / "style.safetensors"
    file.parent.mkdir()
    file.write_bytes(b"nothing of use")
    family = load(folder, tmp_path)
    engine = Engine(lambda _: family, profile=unmeasured)

    def failure() -> str:
        engine.add(settled(family, loras=[{"id": "style"}]))
        return next(message.error.detail for _, message in run(engine) if isinstance(message, Failed))

    assert "cannot be read" in failure() and "cannot be read" in failure()
    make_lora(folder, file, seed=1)
    engine.add(settled(family, loras=[{"id": "style"}]))
    assert [message for _, message in run(engine) if isinstance(message, Done)], "it was mended"
    engine.close()


def test_whoever_gives_up_meanwhile_leaves_nothing_behind(
    family: StableDiffusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, name, wish = WORN["lora"]
    gate = Gate(monkeypatch, of, name)
    engine = Engine(lambda _: family, profile=unmeasured)
    ticket = engine.add(settled(family, **wish))
    engine.step()
    engine.cancel(ticket)
    assert not engine.busy
    gate.opened.set()
    engine.add(settled(family, **wish))
    assert [message for _, message in run(engine) if isinstance(message, Done)]
    engine.close()
    assert len(gate.threads) == 1, "what was begun is used"
