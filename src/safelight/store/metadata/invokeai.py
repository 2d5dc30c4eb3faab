"""What InvokeAI notes under `invokeai_metadata`: one JSON object."""

from collections.abc import Mapping
from typing import Any

from safelight.domain.picture import Origin
from safelight.domain.recipe import Sampler, Schedule
from safelight.store.metadata.draft import Draft

SAMPLERS = {
    "ddim": Sampler.DDIM,
    "euler": Sampler.EULER,
    "euler_a": Sampler.EULER_A,
    "heun": Sampler.HEUN,
    "kdpm_2": Sampler.DPM2,
    "dpmpp_2m": Sampler.DPMPP_2M,
    "dpmpp_2m_sde": Sampler.DPMPP_2M_SDE,
    "dpmpp_sde": Sampler.DPMPP_SDE,
    "unipc": Sampler.UNIPC,
    "lcm": Sampler.LCM,
    "pndm": Sampler.PNDM,
}
FIELDS = {
    "positive_prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "width": "width",
    "height": "height",
    "seed": "seed",
    "steps": "steps",
    "cfg_scale": "guidance",
    "clip_skip": "clip_skip",
}
SAYS_NOTHING = {"app_version", "generation_mode", "rand_device", "canvas_v2_metadata"}


def draft(document: Mapping[str, Any]) -> Draft | None:
    """What such an object says; None where it is another kind of object."""
    if not document.keys() & {"positive_prompt", "generation_mode"}:
        return None
    made, rest = Draft(Origin.INVOKEAI), dict(document)
    for name, field in FIELDS.items():
        made.take(field, rest.pop(name, None))
    made.take("model", _name(rest.pop("model", None)))
    _take_sampler(made, rest.pop("scheduler", None))
    loras = rest.pop("loras", None)
    for lora in loras if isinstance(loras, list) else ():
        if isinstance(lora, Mapping) and (adapter := _name(lora.get("model") or lora.get("lora"))):
            made.lora(adapter, lora.get("weight", 1.0))
    for name, value in rest.items():
        if value not in (None, [], {}, "", False) and name not in SAYS_NOTHING:
            made.note(f"{name}: {_name(value) or value}")
    return made


def _take_sampler(made: Draft, scheduler: object) -> None:
    """`_k` at the end of the name stands for Karras' schedule."""
    if isinstance(scheduler, str) and (plain := scheduler.removesuffix("_k")) in SAMPLERS:
        made.take("sampler", SAMPLERS[plain])
        made.take("schedule", Schedule.KARRAS if plain != scheduler else None)
    else:
        made.lookup("sampler", scheduler, SAMPLERS)


def _name(model: object) -> str | None:
    """Models were named in several ways over the years."""
    if isinstance(model, Mapping):
        found = model.get("name") or model.get("model_name")
        return found if isinstance(found, str) else None
    return model if isinstance(model, str) else None
