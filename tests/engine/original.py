"""Writes a diffusers folder as one file, as the model's authors lay theirs out: diffusers' own conversion, inverted."""

import json
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from safelight.engine.folder import ModelFolder
from safelight.engine.layout import WEIGHTS
from safelight.engine.parts import opened

State = dict[str, Tensor]
RESNET = [
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("time_emb_proj", "emb_layers.1"),
    ("conv_shortcut", "skip_connection"),
]
UNET_ENDS = [
    ("time_embedding.linear_1", "time_embed.0"),
    ("time_embedding.linear_2", "time_embed.2"),
    ("add_embedding.linear_1", "label_emb.0.0"),
    ("add_embedding.linear_2", "label_emb.0.2"),
    ("conv_norm_out", "out.0"),
    ("conv_out", "out.2"),
    ("conv_in", "input_blocks.0.0"),
]
OPENCLIP = [
    ("layer_norm1", "ln_1"),
    ("layer_norm2", "ln_2"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
    ("self_attn.out_proj", "attn.out_proj"),
]
SD3_BLOCK = [
    ("attn.to_out.0", "x_block.attn.proj"),
    ("attn.to_add_out", "context_block.attn.proj"),
    ("attn2.to_out.0", "x_block.attn2.proj"),
    ("attn.norm_q", "x_block.attn.ln_q"),
    ("attn.norm_k", "x_block.attn.ln_k"),
    ("attn2.norm_q", "x_block.attn2.ln_q"),
    ("attn2.norm_k", "x_block.attn2.ln_k"),
    ("attn.norm_added_q", "context_block.attn.ln_q"),
    ("attn.norm_added_k", "context_block.attn.ln_k"),
    ("norm1.linear", "x_block.adaLN_modulation.1"),
    ("norm1_context.linear", "context_block.adaLN_modulation.1"),
    ("ff.net.0.proj", "x_block.mlp.fc1"),
    ("ff.net.2", "x_block.mlp.fc2"),
    ("ff_context.net.0.proj", "context_block.mlp.fc1"),
    ("ff_context.net.2", "context_block.mlp.fc2"),
]
SD3_ENDS = [
    ("pos_embed.pos_embed", "pos_embed"),
    ("pos_embed.proj", "x_embedder.proj"),
    ("time_text_embed.timestep_embedder.linear_1", "t_embedder.mlp.0"),
    ("time_text_embed.timestep_embedder.linear_2", "t_embedder.mlp.2"),
    ("time_text_embed.text_embedder.linear_1", "y_embedder.mlp.0"),
    ("time_text_embed.text_embedder.linear_2", "y_embedder.mlp.2"),
    ("norm_out.linear", "final_layer.adaLN_modulation.1"),
    ("proj_out", "final_layer.linear"),
]


def save_original(folder: Path, file: Path) -> Path:
    """The model of a diffusers folder, in one file."""
    with opened(ModelFolder.open(folder)) as parts:
        loaded = {
            part: parts.load(part, device=torch.device("cpu"), dtype=torch.float32) for part in WEIGHTS if part in parts
        }
    save_file({name: value.contiguous().clone() for name, value in original(loaded).items()}, file)
    return file


def original(parts: Mapping[str, nn.Module]) -> State:
    """The weights of all parts, under their authors' names."""
    state: State = {}
    for name, part in parts.items():
        state.update(_writer(name, "transformer" in parts, len(parts))(part))
    return state


def save_header(state: Mapping[str, Tensor], file: Path, *, notes: Mapping[str, str] | None = None) -> Path:
    """A file of the size that the tensors would have, with nothing in it but their names and shapes."""
    entries: dict[str, object] = {"__metadata__": dict(notes or {})}
    end = 0
    for name, value in state.items():
        start, end = end, end + value.numel() * 4
        entries[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [start, end]}
    header = json.dumps(entries).encode()
    with file.open("wb") as out:
        out.write(struct.pack("<Q", len(header)) + header)
        out.truncate(8 + len(header) + end)
    return file


def _writer(name: str, flow: bool, parts: int) -> Callable[[nn.Module], State]:
    """What writes one part; where it goes depends on what else there is."""
    if flow:
        return {
            "transformer": _sd3,
            "vae": _vae,
            "text_encoder": lambda part: _under("text_encoders.clip_l.transformer.", part, without="text_projection"),
            "text_encoder_2": lambda part: _under("text_encoders.clip_g.transformer.", part),
            "text_encoder_3": lambda part: _under("text_encoders.t5xxl.transformer.", part),
        }[name]
    if name == "text_encoder_2":
        # The base has two encoders, the refiner this one alone.
        return lambda part: _openclip(part, f"conditioner.embedders.{parts - 3}.model.")
    if name == "text_encoder":
        return lambda part: _first_clip(part, "conditioner.embedders.0." if parts == 4 else "cond_stage_model.")
    return {"unet": _unet, "vae": _vae}[name]


def _first_clip(part: Any, prefix: str) -> State:
    if part.config.hidden_size == 1024:
        return _openclip(part, f"{prefix}model.")
    return _under(f"{prefix}transformer.text_model.", part)


def _under(prefix: str, part: nn.Module, without: str = "nothing") -> State:
    return {f"{prefix}{name}": value for name, value in part.state_dict().items() if without not in name}


def _renamed(name: str, table: Iterable[tuple[str, str]]) -> str:
    for new, old in table:
        name = name.replace(f"{new}.", f"{old}.") if name != new else old
    return name


def _unet(part: Any) -> State:
    state = part.state_dict()
    layers = part.config.layers_per_block + 1

    def place(found: re.Match[str]) -> str:
        way, block, kind, layer = found[1], int(found[2]), found[3], int(found[4])
        if way == "down":
            if kind == "downsamplers":
                return f"input_blocks.{(block + 1) * layers}.0."
            return f"input_blocks.{1 + block * layers + layer}.{int(kind == 'attentions')}."
        if kind == "upsamplers":
            attends = any(name.startswith(f"up_blocks.{block}.attentions") for name in state)
            return f"output_blocks.{block * layers + layers - 1}.{1 + attends}."
        return f"output_blocks.{block * layers + layer}.{int(kind == 'attentions')}."

    original: State = {}
    for name, value in state.items():
        if "resnets" in name:
            name = _renamed(name, RESNET)
        elif not name.startswith(("down_blocks", "up_blocks", "mid_block")):
            name = _renamed(name, UNET_ENDS)
        name = re.sub(r"^(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.", place, name).replace("0.conv.", "0.op.")
        for new, old in (("resnets.0", "0"), ("attentions.0", "1"), ("resnets.1", "2")):
            name = name.replace(f"mid_block.{new}.", f"middle_block.{old}.")
        original[f"model.diffusion_model.{name}"] = value
    return original


def _vae(part: Any) -> State:
    stages = len(part.config.block_out_channels)
    original: State = {}
    for name, value in part.state_dict().items():
        name = re.sub(r"down_blocks\.(\d+)\.resnets", r"down.\1.block", name)
        name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
        name = re.sub(r"up_blocks\.(\d+)\.resnets", lambda found: f"up.{stages - 1 - int(found[1])}.block", name)
        name = re.sub(
            r"up_blocks\.(\d+)\.upsamplers\.0", lambda found: f"up.{stages - 1 - int(found[1])}.upsample", name
        )
        name = re.sub(r"mid_block\.resnets\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", name)
        name = name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
        if "mid_block.attentions.0" in name:
            name = name.replace("mid_block.attentions.0", "mid.attn_1").replace("group_norm", "norm")
            name = re.sub(r"to_([qkv])\.", r"\1.", name).replace("to_out.0", "proj_out")
            value = value[:, :, None, None] if value.ndim == 2 else value
        original[f"first_stage_model.{name}"] = value
    return original


def _openclip(part: nn.Module, prefix: str) -> State:
    original: State = {}
    state = {name.removeprefix("text_model."): value for name, value in part.state_dict().items()}
    for name, value in state.items():
        if ".self_attn." in name and "out_proj" not in name:
            if ".q_proj." in name:
                three = [state[name.replace("q_proj", f"{letter}_proj")] for letter in "qkv"]
                stem, kind = name.split(".self_attn.")[0], name.rsplit(".", 1)[1]
                block = stem.replace("encoder.layers", "transformer.resblocks")
                original[f"{prefix}{block}.attn.in_proj_{kind}"] = torch.cat(three)
            continue
        if name == "text_projection.weight":
            original[f"{prefix}text_projection"] = value.T
            continue
        name = name.replace("encoder.layers", "transformer.resblocks").replace("final_layer_norm", "ln_final")
        name = name.replace("embeddings.token_embedding", "token_embedding")
        name = name.replace("embeddings.position_embedding.weight", "positional_embedding")
        original[f"{prefix}{_renamed(name, OPENCLIP)}"] = value
    return original


def _sd3(part: nn.Module) -> State:
    state = part.state_dict()
    last = max(int(name.split(".")[1]) for name in state if name.startswith("transformer_blocks."))
    swapped = ("norm_out.linear", f"transformer_blocks.{last}.norm1_context.linear")
    original: State = {}
    for name, value in state.items():
        if name.startswith(swapped):
            value = torch.cat(value.chunk(2)[::-1])
        found = re.match(r"transformer_blocks\.(\d+)\.(.+)", name)
        if found is None:
            original[f"model.diffusion_model.{_renamed(name, SD3_ENDS)}"] = value
            continue
        block, rest = f"model.diffusion_model.joint_blocks.{found[1]}.", found[2]
        three = re.match(r"(attn2?)\.(to_q|add_q_proj)\.(weight|bias)", rest)
        if three:
            side = "x_block" if three[2] == "to_q" else "context_block"
            q = name
            k, v = (q.replace("to_q", f"to_{letter}").replace("add_q", f"add_{letter}") for letter in "kv")
            original[f"{block}{side}.{three[1]}.qkv.{three[3]}"] = torch.cat([state[q], state[k], state[v]])
        elif not re.match(r"attn2?\.(to|add)_[kv]", rest):
            stem, kind = rest.rsplit(".", 1)
            original[f"{block}{dict(SD3_BLOCK)[stem]}.{kind}"] = value
    return original
