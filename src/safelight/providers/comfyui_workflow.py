"""A recipe as ComfyUI's graph of nodes: made from scratch, or the user's own with placeholders filled in.

Nodes are named by what they do, so that a message about one can be read. The graph is ComfyUI's own "API format".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safelight.domain.errors import Misconfigured, Unsupported
from safelight.domain.recipe import Recipe, Sampler, Schedule

Graph = dict[str, dict[str, Any]]

SAMPLERS: Mapping[Sampler, str] = {
    Sampler.DDIM: "ddim",
    Sampler.EULER: "euler",
    Sampler.EULER_A: "euler_ancestral",
    Sampler.HEUN: "heun",
    Sampler.DPM2: "dpm_2",
    Sampler.DPMPP_2M: "dpmpp_2m",
    Sampler.DPMPP_2M_SDE: "dpmpp_2m_sde",
    Sampler.DPMPP_SDE: "dpmpp_sde",
    Sampler.UNIPC: "uni_pc",
    Sampler.LCM: "lcm",
}
SCHEDULES: Mapping[Schedule, str] = {
    Schedule.MODEL: "normal",
    Schedule.KARRAS: "karras",
    Schedule.EXPONENTIAL: "exponential",
}
SAMPLING, SAVING = "sample", "save"
PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
REQUIRED = "prompt"


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """Names under which ComfyUI has the images of a recipe."""

    image: str | None = None
    mask: str | None = None
    controls: tuple[str, ...] = ()


@dataclass
class _Made:
    """A graph that is being made, and the outputs that the next node takes."""

    nodes: Graph = field(default_factory=dict)

    def add(self, name: str, kind: str, **inputs: Any) -> str:
        self.nodes[name] = {"class_type": kind, "inputs": inputs}
        return name


def graph(recipe: Recipe, *, checkpoint: str, seed: int, uploads: Uploads) -> Graph:
    """The graph that draws one picture of a settled recipe with a checkpoint."""
    made = _Made()
    loaded = made.add("checkpoint", "CheckpointLoaderSimple", ckpt_name=checkpoint)
    model, clip, vae = [loaded, 0], [loaded, 1], [loaded, 2]
    for number, lora in enumerate(recipe.loras):
        name = made.add(
            f"lora{number}",
            "LoraLoader",
            model=model,
            clip=clip,
            lora_name=lora.id,
            strength_model=lora.weight,
            strength_clip=lora.weight,
        )
        model, clip = [name, 0], [name, 1]
    if recipe.clip_skip:
        clip = [made.add("clip_skip", "CLIPSetLastLayer", clip=clip, stop_at_clip_layer=-1 - recipe.clip_skip), 0]
    positive = [made.add("prompt", "CLIPTextEncode", clip=clip, text=recipe.prompt), 0]
    negative = [made.add("negative", "CLIPTextEncode", clip=clip, text=recipe.negative_prompt), 0]
    for number, (control, image) in enumerate(zip(recipe.controls, uploads.controls, strict=True)):
        net = made.add(f"control_model{number}", "ControlNetLoader", control_net_name=control.model)
        shown = made.add(f"control_image{number}", "LoadImage", image=image)
        applied = made.add(
            f"control{number}",
            "ControlNetApplyAdvanced",
            positive=positive,
            negative=negative,
            control_net=[net, 0],
            image=[shown, 0],
            strength=control.weight,
            start_percent=control.start,
            end_percent=control.end,
        )
        positive, negative = [applied, 0], [applied, 1]
    made.add(
        SAMPLING,
        "KSampler",
        model=model,
        positive=positive,
        negative=negative,
        latent_image=_latents(made, recipe, uploads, vae),
        seed=seed,
        steps=recipe.steps,
        cfg=recipe.guidance,
        sampler_name=SAMPLERS[recipe.sampler or Sampler.EULER],
        scheduler=SCHEDULES[recipe.schedule or Schedule.MODEL],
        denoise=1.0 if recipe.image is None else recipe.image.strength,
    )
    made.add("decode", "VAEDecode", samples=[SAMPLING, 0], vae=vae)
    made.add(SAVING, "SaveImage", images=["decode", 0], filename_prefix="safelight")
    return made.nodes


def _latents(made: _Made, recipe: Recipe, uploads: Uploads, vae: list[Any]) -> list[Any]:
    """What the sampler starts from: nothing, an image, or an image of which a part is drawn anew."""
    if uploads.image is None:
        size = {"width": recipe.width, "height": recipe.height, "batch_size": 1}
        return [made.add("empty", "EmptyLatentImage", **size), 0]
    image = made.add("image", "LoadImage", image=uploads.image)
    encoded = made.add("encode", "VAEEncode", pixels=[image, 0], vae=vae)
    if uploads.mask is None:
        return [encoded, 0]
    mask = made.add("mask", "LoadImageMask", image=uploads.mask, channel="red")
    return [made.add("masked", "SetLatentNoiseMask", samples=[encoded, 0], mask=[mask, 0]), 0]


@dataclass(frozen=True)
class Workflow:
    """The user's own graph, with `{{prompt}}` and others where a recipe's fields belong.

    Attributes:
        fields: names of the placeholders that stand in it.
    """

    name: str
    nodes: Graph
    fields: frozenset[str]

    def filled(self, values: Mapping[str, Any]) -> Graph:
        """The graph for one picture. Numbers that stand alone stay numbers."""
        filled: Graph = _filled(self.nodes, values)
        return filled


def read_workflows(folder: Path) -> dict[str, Workflow]:
    """Every `*.json` of a folder, by its name; none where there is no such folder.

    Raises:
        Misconfigured: one is not in ComfyUI's API format, or has a placeholder that nothing belongs to.
    """
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return {path.stem: _read(path) for path in paths}


KNOWN = frozenset(
    "prompt negative_prompt seed steps guidance width height sampler schedule strength image mask".split()
)


def _read(path: Path) -> Workflow:
    try:
        nodes = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(nodes, dict) or not all("class_type" in node for node in nodes.values()):
            raise ValueError("it is not in the API format: choose Export (API) in ComfyUI")
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(
            f"The workflow {path} cannot be used: {error}.", hint="See docs/how-to/comfyui.md."
        ) from error
    fields = frozenset(PLACEHOLDER.findall(json.dumps(nodes)))
    if unknown := sorted(fields - KNOWN):
        raise Misconfigured(
            f"The workflow {path} has a placeholder {{{{{unknown[0]}}}}}, which nothing belongs to.",
            hint=f"There are: {', '.join(sorted(KNOWN))}.",
        )
    if REQUIRED not in fields:
        raise Misconfigured(
            f"The workflow {path} has no place for a prompt.", hint='Write "{{prompt}}" where the text stands.'
        )
    return Workflow(path.stem, nodes, fields)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    match value:
        case dict():
            return {name: _filled(one, values) for name, one in value.items()}
        case list():
            return [_filled(one, values) for one in value]
        case str():
            if (alone := PLACEHOLDER.fullmatch(value)) is not None:
                return values[alone[1]]
            return PLACEHOLDER.sub(lambda found: str(values[found[1]]), value)
        case _:
            return value


def check_files(recipe: Recipe, *, loras: frozenset[str], controls: frozenset[str]) -> None:
    """Raises Unsupported where a recipe names something that ComfyUI has not."""
    for lora in recipe.loras:
        if lora.id not in loras:
            raise Unsupported(f"ComfyUI has no LoRA '{lora.id}'.", hint=_nearest(loras))
    for control in recipe.controls:
        if control.model not in controls:
            raise Unsupported(f"ComfyUI has no control network '{control.model}'.", hint=_nearest(controls))
        if control.preprocessor is not None:
            raise Unsupported(
                "ComfyUI is given control images as they are.", hint="Leave `preprocessor` out, or use a workflow."
            )


def _nearest(known: frozenset[str]) -> str:
    return f"It has: {', '.join(sorted(known)[:8]) or 'none'}."
