"""A model in one file: what it is shows without loading it, and it draws what it draws as a folder."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import diffusers
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from safelight.domain.errors import ModelBroken
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.folder import ModelFolder
from safelight.engine.layout import WEIGHTS, layout, names
from safelight.engine.residency import FAMILIES
from safelight.engine.vocabulary import load_tokenizer
from tests.engine.alignment import aligned
from tests.engine.original import original, save_header, save_original
from tests.engine.solo import drawn_alone
from tests.engine.stock_families import make_refiner, make_sd, make_sd3, make_sdxl

MAKERS: dict[str, Callable[[Path], Path]] = {
    "sd15": make_sd,
    "sd21": lambda folder: make_sd(folder, text=1024, prediction_type="v_prediction"),
    "sdxl": lambda folder: make_sdxl(folder, text=768, pooled=1280),
    "sdxl-refiner": lambda folder: make_refiner(folder, pooled=1280),
    "sd3": make_sd3,
    "sd35-medium": lambda folder: make_sd3(folder, newer=True, with_t5=False),
}
FLUX = [name for name in names() if name.startswith("flux")]


def draw(folder: ModelFolder) -> Tensor:
    family = FAMILIES[folder.family](folder, provider="local", device=torch.device("cpu"), dtype=torch.float32)
    wish = Recipe(prompt="a red dragon", seed=1, steps=3, guidance=3, sampler=Sampler.EULER, width=32, height=32)
    return drawn_alone(aligned(family), family.card.settle(wish))


@pytest.mark.parametrize("name", MAKERS)
def test_a_single_file_draws_what_its_folder_draws(name: str, tmp_path: Path) -> None:
    folder = MAKERS[name](tmp_path / "folder")
    single = ModelFolder.open(save_original(folder, tmp_path / "tiny.safetensors"), layout=str(folder))
    single.check()
    assert single.id == "tiny"
    assert torch.equal(draw(single), draw(ModelFolder.open(folder)))


def whole(name: str) -> dict[str, Tensor]:
    """The names and shapes of a whole model, under its authors' names."""
    found, parts = layout(name), dict[str, nn.Module]()
    with torch.device("meta"):
        for part in WEIGHTS:
            if part in found.index:
                library, kind = found.index[part]
                if library == "diffusers":
                    parts[part] = getattr(diffusers, kind).from_config(found.configs[part])
                else:
                    loader = getattr(transformers, kind)
                    parts[part] = loader(loader.config_class(**found.configs[part]))
    return original(parts)


@pytest.mark.parametrize("name", [name for name in names() if name not in FLUX])
def test_what_a_file_of_full_size_is_shows_in_its_keys(name: str, tmp_path: Path) -> None:
    names_itself = name in ("sd21-base", "sdxl-turbo")
    file = save_header(whole(name), tmp_path / "model.safetensors", notes={"title": name} if names_itself else None)
    folder = ModelFolder.open(file)
    assert folder.layout == layout(name)
    folder.check()
    card = folder.card(provider="local", loaded=False)
    assert card.sizes.width in (512, 768, 1024)
    assert card.license == layout(name).license
    assert card.weights_bytes == file.stat().st_size


@pytest.mark.parametrize("name", FLUX)
def test_a_flux_file_is_told_apart_and_says_what_it_lacks(name: str, tmp_path: Path) -> None:
    keys = {"img_in.weight": (3072, 64), "double_blocks.0.img_attn.norm.key_norm.scale": (128,)}
    keys |= {"guidance_in.in_layer.bias": (3072,)} if name == "flux-dev" else {}
    state = {key: torch.empty(shape, device="meta") for key, shape in keys.items()}
    folder = ModelFolder.open(save_header(state, tmp_path / "unet.safetensors"))
    assert folder.layout == layout(name)
    with pytest.raises(ModelBroken, match="has no vae") as broken:
        folder.check()
    assert layout(name).hub in broken.value.hint


def test_what_the_keys_do_not_say_can_be_said(tmp_path: Path) -> None:
    file = save_header(whole("sd21"), tmp_path / "mine.safetensors")
    assert ModelFolder.open(file).layout == layout("sd21")
    assert ModelFolder.open(file, layout="sd21-base").layout == layout("sd21-base")
    assert ModelFolder.open(file.rename(tmp_path / "v2-1_512-ema.safetensors")).layout == layout("sd21-base")


def test_a_file_for_inpainting_has_nine_channels(tmp_path: Path) -> None:
    state = {**whole("sd15"), "model.diffusion_model.input_blocks.0.0.weight": torch.empty(320, 9, 3, 3, device="meta")}
    folder = ModelFolder.open(save_header(state, tmp_path / "inpainting.safetensors"))
    assert folder.config("unet")["in_channels"] == 9
    assert layout("sd15").configs["unet"]["in_channels"] == 4


def test_clip_reads_words_as_it_was_trained_to(tmp_path: Path) -> None:
    folder = ModelFolder.open(save_header(whole("sd15"), tmp_path / "model.safetensors"))
    tokenizer = load_tokenizer(folder)
    # As OpenAI's own tokenizer writes them.
    assert tokenizer("isn't we'll (red:1.2)").input_ids == [
        *(49406, 2923, 713, 649, 1342, 263, 736, 281, 272, 269, 273, 264, 49407)
    ]
    assert tokenizer("日本語 ドラゴン 🐉").input_ids == [
        *(49406, 39121, 44353, 34002, 508, 2429, 231, 23007, 3909, 112, 26875, 46908, 49407)
    ]
    assert (len(tokenizer), tokenizer.model_max_length, tokenizer.pad_token_id) == (49408, 77, 49407)


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ({"lora_unet_down_blocks_0.lora_up.weight": (1,)}, "a LoRA"),
        ({"control_model.time_embed.0.weight": (1,)}, "a ControlNet"),
        ({"first_stage_model.decoder.conv_in.weight": (1,)}, "an autoencoder"),
        ({"down_blocks.0.resnets.0.conv1.weight": (1,)}, "one part of a diffusers folder"),
        ({"something.else": (1,)}, "not a model that the engine knows"),
        ({"img_in.weight": (3072, 384), "double_blocks.0.img_attn.norm.key_norm.scale": (128,)}, "384 channels"),
    ],
)
def test_a_file_that_is_no_whole_model_says_what_it_is(
    state: dict[str, tuple[int, ...]], what: str, tmp_path: Path
) -> None:
    file = tmp_path / "file.safetensors"
    save_file({name: torch.zeros(shape) for name, shape in state.items()}, file)
    with pytest.raises(ModelBroken, match=what) as broken:
        ModelFolder.open(file)
    assert broken.value.hint


@pytest.mark.parametrize("name", ["model.ckpt", "model.pt", "pytorch_model.bin", "renamed.safetensors"])
def test_a_pickle_is_refused_with_the_way_out(name: str, tmp_path: Path) -> None:
    torch.save({"state_dict": {}}, tmp_path / name)
    with pytest.raises(ModelBroken, match="pickle") as broken:
        ModelFolder.open(tmp_path / name)
    assert "safetensors.torch" in broken.value.hint


def test_the_way_out_of_a_pickle_works(tmp_path: Path) -> None:
    """The command that the hint gives, run as it stands there."""
    torch.save({"state_dict": {"weight": torch.ones(2), "step": 3}}, tmp_path / "model.ckpt")
    with pytest.raises(ModelBroken) as broken:
        ModelFolder.open(tmp_path / "model.ckpt")
    command = broken.value.hint[broken.value.hint.index("python -c") :].replace("python", sys.executable, 1)
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    assert torch.equal(load_file(tmp_path / "model.safetensors")["weight"], torch.ones(2))


def test_a_file_that_is_cut_short_or_damaged_says_so(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"weight": torch.zeros(1000)}, file)
    data = file.read_bytes()
    for damaged, what in ((data[:-100], "cut short"), (data[:40], "damaged"), (b"", "damaged"), (b"x" * 99, "damaged")):
        file.write_bytes(damaged)
        with pytest.raises(ModelBroken, match=what):
            ModelFolder.open(file)


def test_a_part_that_lacks_weights_is_not_filled_with_noise(tmp_path: Path) -> None:
    folder = make_sd(tmp_path / "folder")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    del state["conv_in.weight"]
    save_file(state, file)
    with pytest.raises(ModelBroken, match=r"1 of its tensors are missing, such as 'conv_in.weight'"):
        draw(ModelFolder.open(folder))


def test_weights_in_half_precision_are_enough(tmp_path: Path) -> None:
    folder = make_sd(tmp_path / "folder")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    save_file({name: value.half() for name, value in load_file(file).items()}, file.with_suffix(".fp16.safetensors"))
    file.unlink()
    assert torch.isfinite(draw(ModelFolder.open(folder))).all()


def test_a_folder_with_pickles_only_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    folder = make_sd(tmp_path / "folder")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(ModelBroken, match="no weights for its unet but a pickle"):
        ModelFolder.open(folder).check()
