"""The text that AUTOMATIC1111 began to write under pictures, and that most tools understand.

a red dragon, (fire:1.2)
Negative prompt: blurry
Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 7, Size: 512x768, Model: dream
"""

import json
import re
from collections.abc import Mapping

from safelight import __version__
from safelight.domain.picture import Origin
from safelight.domain.recipe import Recipe, Sampler, Schedule
from safelight.domain.starting import LANCZOS, LATENT
from safelight.store.metadata.draft import Draft

SAMPLER_NAMES = {
    Sampler.DDIM: "DDIM",
    Sampler.EULER: "Euler",
    Sampler.EULER_A: "Euler a",
    Sampler.HEUN: "Heun",
    Sampler.DPM2: "DPM2",
    Sampler.DPMPP_2M: "DPM++ 2M",
    Sampler.DPMPP_2M_SDE: "DPM++ 2M SDE",
    Sampler.DPMPP_SDE: "DPM++ SDE",
    Sampler.UNIPC: "UniPC",
    Sampler.LCM: "LCM",
    Sampler.PNDM: "PNDM",
}
SCHEDULE_NAMES = {Schedule.KARRAS: "Karras", Schedule.EXPONENTIAL: "Exponential"}
SAMPLERS = {name.lower(): sampler for sampler, name in SAMPLER_NAMES.items()} | {"plms": Sampler.PNDM}
SCHEDULES = {name.lower(): schedule for schedule, name in SCHEDULE_NAMES.items()}
NEGATIVE = "Negative prompt:"
NUMBERS = {"Steps": "steps", "CFG scale": "guidance", "Seed": "seed"}
SAYS_NOTHING = {"Version", "Model hash", "Lora hashes", "TI hashes", "Hashes", "VAE hash"}
HIRES = ("Hires upscale", "Hires steps", "Hires upscaler", "Denoising strength")
TEXT_LIMIT = 2**16
"""Characters; what is longer was not written by a person, nor by a program that means well."""
# Every repetition has an end: a text may be made so that a search for something without one takes for ever.
_PARAMETER = re.compile(r'\s{0,9}(\w[\w \-/.+]{0,63}):\s{0,9}("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_SETTINGS = re.compile(r"Steps: \d+(, |$)")
_LORA = re.compile(r"<lora:([^:>]{1,200})(?::(-?\d{1,3}(?:\.\d{1,9})?|-?\.\d{1,9}))?[^>]{0,99}>")


def infotext(recipe: Recipe) -> str:
    """The recipe as AUTOMATIC1111 writes it."""
    lines = [recipe.prompt]
    if recipe.negative_prompt:
        lines.append(f"{NEGATIVE} {recipe.negative_prompt}")
    settings = {
        "Steps": recipe.steps,
        "Sampler": None if recipe.sampler is None else SAMPLER_NAMES[recipe.sampler],
        "Schedule type": None if recipe.schedule is None else SCHEDULE_NAMES.get(recipe.schedule),
        "CFG scale": None if recipe.guidance is None else f"{recipe.guidance:g}",
        "Seed": recipe.seed,
        "Size": f"{recipe.width}x{recipe.height}" if recipe.width and recipe.height else None,
        "Feature cache": recipe.feature_cache,
        "Model": recipe.model,
        "Version": f"Safelight {__version__}",
    }
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in settings.items() if value is not None))
    return "\n".join(lines)


def draft(text: str) -> Draft | None:
    """What such a text says; None where it is another kind of text."""
    if len(text) > TEXT_LIMIT:
        return None
    lines = text.strip().split("\n")
    at = _settings_at(lines)
    if at is None:
        return None
    prompts, settings = lines[:at], _settings(lines[at])
    made = Draft(Origin.A1111)
    for line in lines[at + 1 :]:
        made.note(line.strip())
    turn = next((n for n, line in enumerate(prompts) if line.startswith(NEGATIVE)), len(prompts))
    _take_prompts(made, "\n".join(prompts[:turn]), "\n".join(prompts[turn:]).removeprefix(NEGATIVE))
    _take_settings(made, settings)
    return made


def _settings_at(lines: list[str]) -> int | None:
    """Which line has the settings. A prompt may have a line that looks like it, so the last one counts."""
    for at in range(len(lines) - 1, -1, -1):
        if _SETTINGS.match(lines[at].strip()):
            return at
    return len(lines) - 1 if len(_PARAMETER.findall(lines[-1])) >= 3 else None


def _settings(line: str) -> dict[str, str]:
    return {name.strip(): _unquoted(value.strip()) for name, value in _PARAMETER.findall(line)}


def without_loras(prompt: str) -> tuple[str, list[tuple[str, float]]]:
    """A prompt without its `<lora:name:0.8>`, and those with their weights."""
    loras = [(name, float(weight or 1)) for name, weight in _LORA.findall(prompt)]
    return (_LORA.sub("", prompt).strip(" ,\n") if loras else prompt.strip()), loras


def sampler_of(sampler: str, schedule: str = "") -> tuple[str, str]:
    """The name of a sampler and of a schedule, which once was part of it: `DPM++ 2M Karras`."""
    first, _, last = sampler.rpartition(" ")
    return (first, last) if not schedule and last.lower() in SCHEDULES else (sampler, schedule)


def _take_prompts(made: Draft, prompt: str, negative: str) -> None:
    plain, loras = without_loras(prompt)
    for name, weight in loras:
        made.lora(name, weight)
    made.take("prompt", plain)
    made.take("negative_prompt", negative.strip())


def _take_settings(made: Draft, settings: dict[str, str]) -> None:
    for name, field in NUMBERS.items():
        made.take(field, settings.pop(name, None))
    width, _, height = settings.pop("Size", "").partition("x")
    made.take("width", width or None)
    made.take("height", height or None)
    made.take("model", settings.pop("Model", None))
    _take_sampler(made, settings.pop("Sampler", ""), settings.pop("Schedule type", ""))
    if (skip := settings.pop("Clip skip", "1")) != "1":
        made.take("clip_skip", int(skip) - 1 if skip.isdecimal() else skip)
    if "Hires upscale" in settings:
        _take_hires(made, {name: settings.pop(name) for name in HIRES if name in settings})
    for name, value in settings.items():
        if name not in SAYS_NOTHING:
            made.note(f"{name}: {value}")


def _take_sampler(made: Draft, sampler: str, schedule: str) -> None:
    sampler, schedule = sampler_of(sampler, schedule)
    made.lookup("sampler", sampler, SAMPLERS)
    if schedule != "Automatic":
        made.lookup("schedule", schedule, SCHEDULES)


def _take_hires(made: Draft, settings: Mapping[str, str]) -> None:
    upscaler = settings.get("Hires upscaler", "Latent")
    plain = upscaler.lower()
    if not plain.startswith((LATENT, LANCZOS)):
        made.note(f"Hires upscaler: {upscaler}")
    made.take(
        "hires",
        {
            "scale": settings["Hires upscale"],
            "strength": settings.get("Denoising strength", 0.5),
            "steps": settings.get("Hires steps") or None,
            "upscale": LATENT if plain.startswith(LATENT) else LANCZOS,
        },
    )


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(mark in text for mark in ',:"\n') else text


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text
