"""Models that are run otherwise than as they come draw the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from safelight.domain.errors import Misconfigured
from safelight.domain.recipe import Recipe
from safelight.engine.engine import Engine
from safelight.engine.families.family import Family
from safelight.engine.folder import ModelFolder
from safelight.engine.footprint import expected, offloaded_parts
from safelight.engine.profile import Profile
from safelight.engine.residency import FAMILIES
from safelight.engine.shelf import Shelf
from safelight.engine.tuning import Tuning
from tests.engine.conftest import run
from tests.engine.original import save_original
from tests.engine.solo import drawn_alone
from tests.engine.stock_families import make_flux, make_sd, make_sd3, make_sdxl
from tests.engine.wardrobe import apart, draw, make_lora

MAKERS: dict[str, Callable[[Path], Path]] = {"sd": make_sd, "sdxl": make_sdxl, "sd3": make_sd3, "flux": make_flux}
LAYERS = Tuning(offload=True)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelFolder]:
    home = tmp_path_factory.mktemp("home")
    made = {name: make(home / name) for name, make in MAKERS.items()}
    return {name: ModelFolder.open(folder, shelf=Shelf((home,))) for name, folder in made.items()}


def loaded(folder: ModelFolder, tuning: Tuning, dtype: torch.dtype = torch.float32) -> Any:
    return FAMILIES[folder.family](folder, provider="local", device=CPU, dtype=dtype, tuning=tuning)


def denoiser(family: Any) -> nn.Module:
    network: nn.Module = getattr(family, "_unet", None) or family._transformer
    return network


def latents(family: Family, **fields: object) -> torch.Tensor:
    wished = {"prompt": "a red dragon", "steps": 2, "seed": 3, "guidance": 4.0, "width": 32, "height": 32, **fields}
    return drawn_alone(family, family.card.settle(Recipe.model_validate(wished)))


@pytest.mark.parametrize("name", MAKERS)
def test_layers_that_come_and_go_draw_the_same(name: str, folders: dict[str, ModelFolder]) -> None:
    assert torch.equal(latents(loaded(folders[name], LAYERS)), latents(loaded(folders[name], Tuning())))


def test_they_wear_loras(folders: dict[str, ModelFolder], tmp_path: Path) -> None:
    make_lora(folders["sd"].path, tmp_path / "loras" / "ink.safetensors")
    folder = ModelFolder.open(folders["sd"].path, shelf=Shelf((tmp_path,)))
    worn = {"loras": [{"id": "ink"}]}
    plain, tuned = loaded(folder, Tuning()), loaded(folder, LAYERS)
    assert apart(latents(tuned, **worn), latents(plain, **worn)) <= 1e-6
    assert torch.equal(latents(tuned), latents(plain))


@pytest.mark.parametrize("name", MAKERS)
def test_of_layers_that_come_and_go_two_are_counted(name: str, folders: dict[str, ModelFolder]) -> None:
    folder = folders[name]
    sizes = sorted(tensor.numel() for tensor in denoiser(loaded(folder, Tuning())).state_dict().values())
    part = folder.facts.denoiser
    assert folder.parameters(part) == sum(sizes)
    assert folder.passing_parameters(part) == sum(sizes[-2:])
    whole, spared = expected(folder, number=2), expected(folder, number=2, offloaded=offloaded_parts(folder))
    assert spared.weights < whole.weights
    assert (spared.row_cell, spared.decode_cell) == (whole.row_cell, whole.decode_cell)


def test_a_single_file_is_counted_alike(folders: dict[str, ModelFolder], tmp_path: Path) -> None:
    folder = folders["sd"]
    file = save_original(folder.path, tmp_path / "tiny.safetensors")
    single = ModelFolder.open(file, layout=str(folder.path))
    assert single.passing_parameters("unet") == pytest.approx(folder.passing_parameters("unet"), rel=0.01)


def test_attention_by_name(folders: dict[str, ModelFolder]) -> None:
    plainly = latents(loaded(folders["flux"], Tuning(attention="_native_math")))
    assert apart(plainly, latents(loaded(folders["flux"], Tuning()))) <= 1e-5


@pytest.mark.parametrize("backend", ["flash", "no_such_thing"])
def test_attention_that_is_not_there_is_said(backend: str, folders: dict[str, ModelFolder]) -> None:
    with pytest.raises(Misconfigured) as caught:
        loaded(folders["sd"], Tuning(attention=backend))
    assert backend in caught.value.detail and "SAFELIGHT_ATTENTION" in caught.value.hint


@pytest.mark.parametrize("name", MAKERS)
def test_what_repeats_is_compiled(name: str, folders: dict[str, ModelFolder]) -> None:
    network = denoiser(loaded(folders[name], Tuning(compile=True)))
    assert any(module._compiled_call_impl is not None for module in network.modules())


@given(rows=st.integers(1, 300))
def test_batches_are_filled_up_to_few_sizes(rows: int) -> None:
    graphs = Tuning(graphs=True)
    filled = graphs.filled(rows)
    assert rows <= filled <= max(rows, 1.5 * rows) and graphs.filled(filled) == filled
    assert Tuning().filled(rows) == rows
    assert len({graphs.filled(one) for one in range(1, rows + 1)}) <= 2 * rows.bit_length()


@pytest.mark.parametrize("name", MAKERS)
def test_rows_that_nobody_reads_change_nothing(name: str, folders: dict[str, ModelFolder]) -> None:
    plain, graphs = loaded(folders[name], Tuning()), loaded(folders[name], Tuning(graphs=True))
    seen: list[int] = []
    denoiser(graphs).register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(len((args or tuple(kwargs.values()))[0])), with_kwargs=True
    )
    wished = {"prompt": "a red dragon", "negative_prompt": "", "width": 32, "height": 32}
    if name == "flux":
        del wished["negative_prompt"]
    recipes = [
        plain.card.settle(Recipe.model_validate({**wished, "steps": steps, "seed": steps, "guidance": guidance}))
        for steps, guidance in ((2, 4.0), (3, 0.0), (4, 5.0), (5, 3.0), (3, 2.0))
    ]
    with torch.compiler.set_stance("force_eager"):  # what is compiled would take minutes
        together = draw(graphs, *recipes)
    for recipe, drawn in zip(recipes, together, strict=True):
        assert apart(drawn, drawn_alone(plain, recipe)) <= 1e-5
    assert set(seen) <= {1, 2, 3, 4, 6, 8, 12} and len(seen) == 5


def test_a_batch_is_not_filled_up_beyond_what_there_is_room_for(folders: dict[str, ModelFolder]) -> None:
    family, seen = loaded(folders["sd"], Tuning(graphs=True)), []
    denoiser(family).register_forward_pre_hook(lambda _, args: seen.append(len(args[0])))
    wished = {"prompt": "a", "steps": 1, "guidance": 0.0, "width": 32, "height": 32}
    engine = Engine(lambda _: family, profile=lambda _: Profile(budget=5))
    for seed in range(5):
        engine.add(family.card.settle(Recipe.model_validate({**wished, "seed": seed})))
    with torch.compiler.set_stance("force_eager"):
        run(engine)
    engine.close()
    assert seen == [5]


@pytest.mark.gpu
@pytest.mark.parametrize("name", MAKERS)
def test_what_is_played_back_is_what_would_be_computed(name: str, folders: dict[str, ModelFolder]) -> None:
    played, computed = (
        FAMILIES[name](folders[name], provider="local", device=torch.device("cuda"), dtype=torch.float32, tuning=tuning)
        for tuning in (Tuning(graphs=True), Tuning())
    )
    assert apart(latents(played, steps=4).cpu(), latents(computed, steps=4).cpu()) <= 1e-4


def test_memory_is_laid_out_for_half_precision_alone(folders: dict[str, ModelFolder]) -> None:
    def laid_out(dtype: torch.dtype) -> bool:
        network = denoiser(loaded(folders["sd"], Tuning(), dtype))
        kernels = [weight for weight in network.parameters() if weight.ndim == 4 and min(weight.shape) > 1]
        return all(weight.is_contiguous(memory_format=torch.channels_last) for weight in kernels)

    assert laid_out(torch.bfloat16) and not laid_out(torch.float32)
