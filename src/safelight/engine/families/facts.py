"""What each family is like, known before anything is loaded (and without torch)."""

from collections.abc import Mapping
from dataclasses import dataclass

from safelight.domain.model_card import Capability, Defaults
from safelight.domain.recipe import Sampler, Schedule

FLOW_SAMPLERS = (Sampler.EULER, Sampler.HEUN)
"""Solvers of a flow's equation; the others are made for noise that was added, not mixed in."""
EVERYWHERE = frozenset(
    {
        Capability.TEXT,
        Capability.PREVIEWS,
        Capability.STEERING,
        Capability.IMAGE,
        Capability.MASK,
        Capability.HIRES,
        Capability.INJECTION,
        Capability.LORA,
        Capability.CONTROL,
        Capability.IP_ADAPTER,
        Capability.FEATURE_CACHE,
    }
)
DECODE_CELL = 61_440
"""Numbers that decoding holds at its worst moment per latent cell: all families have the same kind of decoder.

Where it upsamples to the picture's size, with 256 channels: 3.7 times these 256 * 8 * 8 numbers were measured at 1024
pixels, on a CPU and with what its convolutions copy, and 4.0 times at 512.
"""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """
    Attributes:
        denoiser: its part of the pipeline.
        samplers, schedules: those that fit.
        defaults: for a recipe that leaves them out; a distilled model has others.
        distilled: the defaults of a model that was distilled to a few steps.
        largest: pixels of the longest side that pictures still hold together at, where nobody says otherwise.
        skips: whether the last layers of its text encoder may be left out.
        t5_tokens: that its T5 reads; half of them in a distilled model.
        single: parts whose weights stay float32 whatever the others are loaded in.
        row_cell: numbers that a forward holds at its worst moment beside the weights, per row and latent cell.
        patch: latent cells that the denoiser takes as one, in each direction; None where a UNet's stages decide.
    """

    family: str
    denoiser: str
    samplers: tuple[Sampler, ...]
    schedules: tuple[Schedule, ...]
    defaults: Defaults
    distilled: Defaults
    largest: int
    single: frozenset[str] = frozenset({"vae"})
    row_cell: int
    patch: int | None = None
    skips: bool = True
    t5_tokens: int = 0
    capabilities: frozenset[Capability] = EVERYWHERE | {Capability.NEGATIVE_PROMPT}


SD = Facts(
    family="sd",
    denoiser="unet",
    samplers=tuple(Sampler),
    schedules=tuple(Schedule),
    defaults=Defaults(),
    distilled=Defaults(steps=4, guidance=0.0, sampler=Sampler.EULER_A),
    largest=1024,
    row_cell=8320,
    single=frozenset({"vae", "text_encoder"}),
)
SDXL = Facts(
    family="sdxl",
    denoiser="unet",
    samplers=tuple(Sampler),
    schedules=tuple(Schedule),
    defaults=Defaults(steps=30, guidance=5.0),
    distilled=Defaults(steps=4, guidance=0.0, sampler=Sampler.EULER_A),
    largest=2048,
    row_cell=5040,
)
SD3 = Facts(
    family="sd3",
    denoiser="transformer",
    samplers=FLOW_SAMPLERS,
    schedules=(Schedule.MODEL,),
    defaults=Defaults(steps=28, guidance=4.5, sampler=Sampler.EULER),
    distilled=Defaults(steps=4, guidance=0.0, sampler=Sampler.EULER),
    largest=1536,
    row_cell=8050,
    patch=2,
    t5_tokens=256,
)
FLUX = Facts(
    family="flux",
    denoiser="transformer",
    samplers=FLOW_SAMPLERS,
    schedules=(Schedule.MODEL,),
    defaults=Defaults(steps=28, guidance=3.5, sampler=Sampler.EULER),
    distilled=Defaults(steps=4, guidance=0.0, sampler=Sampler.EULER),
    largest=2048,
    row_cell=14840,
    patch=2,
    skips=False,
    t5_tokens=512,
    capabilities=EVERYWHERE,
)

PIPELINES: Mapping[str, Facts] = {
    "StableDiffusionPipeline": SD,
    "StableDiffusionInpaintPipeline": SD,
    "StableDiffusionXLPipeline": SDXL,
    "StableDiffusionXLImg2ImgPipeline": SDXL,
    "StableDiffusionXLInpaintPipeline": SDXL,
    "StableDiffusion3Pipeline": SD3,
    "FluxPipeline": FLUX,
}
"""By the `_class_name` of a `model_index.json`."""
