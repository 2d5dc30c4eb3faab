from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from safelight.engine.families.family import Family
from safelight.engine.folder import ModelFolder
from safelight.engine.footprint import Footprint, Footprints, expected
from safelight.engine.residency import FAMILIES
from tests.engine.original import save_original
from tests.engine.stock_families import make_flux, make_sd, make_sd3, make_sdxl

MAKERS: dict[str, Callable[[Path], Path]] = {"sd": make_sd, "sdxl": make_sdxl, "sd3": make_sd3, "flux": make_flux}
MEASURED = Footprint(weights=1000, row_cell=2.0, decode_cell=30.0, measured=True)


def loaded_bytes(family: Family) -> int:
    """Of every network that hangs on a family, wherever."""
    networks: dict[int, nn.Module] = {}

    def collect(thing: object, depth: int) -> None:
        if isinstance(thing, nn.Module):
            networks[id(thing)] = thing
        elif isinstance(thing, list | tuple):
            for one in thing:
                collect(one, depth)
        elif depth and hasattr(thing, "__dict__") and type(thing).__module__.startswith("safelight"):
            for one in vars(thing).values():
                collect(one, depth - 1)

    collect(family, 3)
    held = [one for network in networks.values() for one in (*network.parameters(), *network.buffers())]
    return sum(one.numel() * one.element_size() for one in held)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", MAKERS)
def test_the_weights_are_known_before_they_are_loaded(name: str, dtype: torch.dtype, tmp_path: Path) -> None:
    folder = ModelFolder.open(MAKERS[name](tmp_path / name))
    family = FAMILIES[folder.family](folder, provider="local", device=torch.device("cpu"), dtype=dtype)
    told = expected(folder, number=dtype.itemsize).weights
    assert told == pytest.approx(loaded_bytes(family), rel=0.01)


def test_a_single_file_takes_what_its_folder_takes(tmp_path: Path) -> None:
    folder = make_sd(tmp_path / "folder")
    single = ModelFolder.open(save_original(folder, tmp_path / "tiny.safetensors"), layout=str(folder))
    whole = expected(ModelFolder.open(folder), number=2)
    assert expected(single, number=2).weights == pytest.approx(whole.weights, rel=0.01)


def test_a_picture_takes_the_weights_and_the_worse_of_its_two_moments() -> None:
    assert MEASURED.peak(rows=2, cells=10) == 1000 + 300
    assert MEASURED.peak(rows=20, cells=10) == 1000 + 400
    assert MEASURED.peak(rows=2, cells=10, tiled=True) == 1000 + 40


def test_what_was_measured_is_known_the_next_time(tmp_path: Path) -> None:
    file = tmp_path / "home" / "footprints.json"
    Footprints(file).learn("a", MEASURED)
    known = Footprints(file)
    guess = Footprint(1000, 9, 9)
    assert known.get("a", otherwise=guess) == MEASURED
    assert known.get("b", otherwise=guess) == guess


def test_what_was_measured_of_another_model_of_that_name_does_not_count(tmp_path: Path) -> None:
    known = Footprints()
    known.learn("a", MEASURED)
    changed = Footprint(1001, 9, 9)
    assert known.get("a", otherwise=changed) == changed


@pytest.mark.parametrize("text", ["", "{", '{"a": 3}', '{"a": {"weight": 1}}', "[]"])
def test_a_damaged_file_costs_the_measurements_and_nothing_else(text: str, tmp_path: Path) -> None:
    file = tmp_path / "footprints.json"
    file.write_text(text)
    known = Footprints(file)
    known.learn("a", MEASURED)
    assert Footprints(file).get("a", otherwise=Footprint(1000, 9, 9)) == MEASURED
