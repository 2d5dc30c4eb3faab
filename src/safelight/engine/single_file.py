"""A model in one `.safetensors` file: which layout it has is told from its header, without loading any weights."""

from pathlib import Path

from safelight.domain.errors import ModelBroken
from safelight.engine.layout import OPTIONAL, WEIGHTS, Layout, layout, names
from safelight.engine.weights import Among, Header

PREFIX = "model.diffusion_model."
DENOISERS = frozenset({"unet", "transformer"})
EMA = "model_ema."
"""A second copy of the denoiser that some files carry along."""
TEXT_KEY = ".transformer_blocks.0.attn2.to_k.weight"
CROSS_ATTENTION = {768: "sd15", 1024: "sd21", 2048: "sdxl", 1280: "sdxl-refiner"}
"""Width of the text that a UNet reads: what tells its generations apart."""
NOT_MODELS = {
    "lora_unet_": "a LoRA",
    "lora_te": "a LoRA",
    "unet.down_blocks.": "a LoRA",
    "control_model.": "a ControlNet",
    "controlnet_cond_embedding.": "a ControlNet",
    "ip_adapter.": "an IP-Adapter",
    "image_proj.": "an IP-Adapter",
    "emb_params": "a textual inversion",
    "down_blocks.": "one part of a diffusers folder",
    "transformer_blocks.": "one part of a diffusers folder",
    "decoder.": "an autoencoder",
    "first_stage_model.": "an autoencoder",
    "text_model.": "a text encoder",
    "encoder.block.": "a text encoder",
}


def name_layout(header: Header) -> str:
    """Which of `layout.names()` a file has.

    Two questions no key answers: whether an SD 2.x model predicts velocities, and whether an SDXL model is distilled
    to a few steps. They are decided by what the file says about itself, and then by its name.

    Raises:
        ModelBroken: it is none of them.
    """
    shapes = {name.removeprefix(PREFIX): shape for name, shape in header.shapes.items()}
    said = " ".join([header.path.stem, *map(str, header.notes.values())]).lower()
    if "double_blocks.0.img_attn.norm.key_norm.scale" in shapes:
        name = "flux-dev" if "guidance_in.in_layer.bias" in shapes else "flux-schnell"
        if (channels := shapes.get("img_in.weight", (0, 0))[1]) != 64:
            raise _unknown(header, f"its transformer takes {channels} channels, not 64")
    elif "joint_blocks.0.context_block.adaLN_modulation.1.bias" in shapes:
        large = "joint_blocks.37.x_block.mlp.fc1.weight" in shapes
        newer = "joint_blocks.0.x_block.attn2.qkv.weight" in shapes
        name = "sd35-large" if large else "sd35-medium" if newer else "sd3"
    elif "input_blocks.0.0.weight" in shapes:
        name = _name_unet(header, said)
    else:
        raise _not_a_model(header)
    return name


def layout_of(header: Header, said: str | None = None) -> Layout:
    """The layout of a file.

    Args:
        said: what it is, where it is not told right: a layout's name, or a diffusers folder configured like it.

    Raises:
        ModelBroken: the file is no model of a layout that is known.
    """
    if said in names():
        found = layout(said)
    else:
        found = layout(name_layout(header))
        if said is not None:
            found = found.configured(Path(said))
    channels = header.shapes.get(f"{PREFIX}input_blocks.0.0.weight", (0, 4))[1]
    if channels != 9:
        return found
    configs = {**found.configs, "unet": {**found.configs["unet"], "in_channels": 9}}
    return found.model_copy(update={"configs": configs})


def lacking(header: Header, found: Layout) -> tuple[str, ...]:
    """The parts with weights that the file does not hold and that the model cannot do without."""
    needed = [part for part in WEIGHTS if part in found.index and part not in OPTIONAL]
    return tuple(part for part in needed if not holds(header, found, part))


def holds(header: Header, found: Layout, part: str) -> bool:
    """Whether a part's weights are in the file. A denoiser alone often lies there without its usual prefix."""
    start = found.keys.get(part)
    return start is not None and (header.holds(start) or header.holds(f"{PREFIX}{start}"))


def belongs_to(part: str, found: Layout) -> Among:
    """Whether a tensor is a part's. A denoiser's names have many beginnings: it is what is left."""
    if part not in DENOISERS:
        return lambda name: name.startswith(found.keys[part])
    others = (EMA, *(start for name, start in found.keys.items() if name not in DENOISERS))
    return lambda name: not name.startswith(others)


def _name_unet(header: Header, said: str) -> str:
    widths = [shape[-1] for name, shape in header.shapes.items() if name.startswith(PREFIX) and TEXT_KEY in name]
    if not widths or widths[0] not in CROSS_ATTENTION:
        raise _not_a_model(header)
    name = CROSS_ATTENTION[widths[0]]
    if (channels := header.shapes[f"{PREFIX}input_blocks.0.0.weight"][1]) not in (4, 9):
        raise _unknown(header, f"its UNet takes {channels} channels, not 4 or 9")
    if name == "sd21" and ("base" in said or "512" in said or "epsilon" in said):
        return "sd21-base"
    if name == "sdxl" and ("turbo" in said or "lightning" in said):
        return "sdxl-turbo"
    return name


def _unknown(header: Header, why: str) -> ModelBroken:
    return ModelBroken(
        f"'{header.path.name}' is a variant that the engine cannot run: {why}.",
        hint=f"Known layouts: {', '.join(names())}.",
    )


def _not_a_model(header: Header) -> ModelBroken:
    for start, what in NOT_MODELS.items():
        if header.holds(start):
            return ModelBroken(
                f"'{header.path.name}' is {what}, not a whole model.",
                hint="Add the model that it belongs to; give a diffusers model as its folder.",
            )
    return ModelBroken(
        f"'{header.path.name}' is not a model that the engine knows: none of its {len(header.shapes)} keys says so.",
        hint=f"Known layouts: {', '.join(names())}.",
    )
