"""What there is to choose from."""

import asyncio
import json
import struct
from pathlib import Path
from typing import Any

from fastapi.responses import JSONResponse

from safelight.domain.adapting import AdapterKind
from safelight.domain.recipe import Sampler
from safelight.store.metadata.a1111 import SAMPLER_NAMES, SCHEDULE_NAMES
from safelight.web.doors.a1111.answering import refusal
from safelight.web.doors.a1111.extras import RESAMPLERS
from safelight.web.doors.a1111.scripts import CONTROLNET
from safelight.web.doors.recipes import here
from safelight.web.doors.telling import router_of
from safelight.web.hardware import TheHardware
from safelight.web.health import machine_of
from safelight.web.rooms import House, Rooms

router = router_of(refusal, prefix="/sdapi/v1")
HEADER_LIMIT = 2**20
SECOND_ORDER = (Sampler.HEUN, Sampler.DPM2, Sampler.DPMPP_SDE)


@router.get("/sd-models")
async def models(house: House) -> JSONResponse:
    """The models that can be drawn with."""
    nothing = {"hash": None, "sha256": None, "config": None}
    return JSONResponse(
        [
            {"title": card.id, "model_name": card.id, "filename": card.source or card.id, **nothing}
            for card in here(house)
        ]
    )


@router.get("/samplers")
async def samplers() -> JSONResponse:
    """The samplers, by A1111's names."""
    return JSONResponse(
        [
            {"name": name, "aliases": [sampler.value], "options": _order(sampler)}
            for sampler, name in SAMPLER_NAMES.items()
        ]
    )


@router.get("/schedulers")
async def schedulers() -> JSONResponse:
    """The schedules."""
    nothing = {"aliases": None, "default_rho": -1.0, "need_inner_model": False}
    named = {"automatic": "Automatic", "uniform": "Uniform"} | {
        schedule.value: name for schedule, name in SCHEDULE_NAMES.items()
    }
    return JSONResponse([{"name": name, "label": label, **nothing} for name, label in named.items()])


@router.get("/upscalers")
async def upscalers(house: House) -> JSONResponse:
    """Ways to enlarge; networks only in a second pass."""
    networks = await asyncio.to_thread(_files, house.library / "upscalers")
    names = ["None", *RESAMPLERS, *(path.stem for path in networks)]
    nothing = {"model_name": None, "model_path": None, "model_url": None, "scale": 4.0}
    return JSONResponse([{"name": name, **nothing} for name in names])


@router.get("/latent-upscale-modes")
async def latent_upscale_modes() -> JSONResponse:
    """The way to enlarge latents."""
    return JSONResponse([{"name": "Latent"}])


@router.get("/loras")
async def loras(house: House) -> JSONResponse:
    """The LoRAs that a prompt can name."""
    cards = await asyncio.to_thread(house.runner.providers.adapters)
    return JSONResponse(
        [
            {"name": card.id, "alias": card.name, "path": card.id, "metadata": _metadata(card.base, card.triggers)}
            for card in cards
            if card.kind is AdapterKind.LORA
        ]
    )


@router.get("/embeddings")
async def embeddings(house: House) -> JSONResponse:
    """The words that stand for textual inversions."""
    return JSONResponse(await asyncio.to_thread(_embeddings, house.library / "embeddings"))


@router.get("/prompt-styles")
async def prompt_styles(house: House) -> JSONResponse:
    """The styles."""
    styles = house.runner.prompts.styles.values()
    return JSONResponse(
        [{"name": one.name, "prompt": one.prompt, "negative_prompt": one.negative_prompt} for one in styles]
    )


@router.get("/scripts")
async def scripts(house: House) -> JSONResponse:
    """ControlNet, where there is a control network."""
    names = _scripts(house)
    return JSONResponse({"txt2img": names, "img2img": names})


@router.get("/script-info")
async def script_info(house: House) -> JSONResponse:
    """The same, at more length."""
    return JSONResponse(
        [
            {"name": name, "is_alwayson": True, "is_img2img": is_img2img, "args": []}
            for name in _scripts(house)
            for is_img2img in (False, True)
        ]
    )


@router.get("/sd-vae")
@router.get("/hypernetworks")
@router.get("/face-restorers")
@router.get("/realesrgan-models")
async def none() -> JSONResponse:
    """There are none of these."""
    return JSONResponse([])


@router.get("/cmd-flags")
async def cmd_flags() -> JSONResponse:
    """How A1111 would have been started."""
    return JSONResponse({"api": True, "nowebui": True})


@router.get("/memory")
async def memory(house: House, hardware: TheHardware) -> JSONResponse:
    """Main memory and the first card's, in bytes."""
    machine, gpus = machine_of(house), await hardware.gpus()
    total, used = machine.memory_bytes or 0, machine.resident_bytes or 0
    ram = {"free": max(0, total - used), "used": used, "total": total}
    if not gpus:
        return JSONResponse({"ram": ram, "cuda": {"error": "There is no NVIDIA card."}})
    card = gpus[0]
    system = {"free": card.total - card.used, "used": card.used, "total": card.total}
    return JSONResponse({"ram": ram, "cuda": {"system": system, "events": {"retries": 0, "oom": 0}}})


def _order(sampler: Sampler) -> dict[str, str]:
    return {"second_order": "true"} if sampler in SECOND_ORDER else {}


def _scripts(house: Rooms) -> list[str]:
    kinds = {card.kind for card in house.runner.providers.adapters()}
    return [CONTROLNET] if AdapterKind.CONTROL in kinds else []


def _metadata(base: str, triggers: tuple[str, ...]) -> dict[str, str]:
    told = {"ss_base_model_version": base, "ss_trigger_words": ", ".join(triggers)}
    return {name: value for name, value in told.items() if value}


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors")) if folder.is_dir() else []


def _embeddings(folder: Path) -> dict[str, dict[str, Any]]:
    told = {True: dict[str, Any](), False: dict[str, Any]()}
    for path in _files(folder):
        shapes = _shapes(path)
        largest = max(shapes, key=lambda shape: shape[-1], default=[0, 0])
        vectors = largest[0] if len(largest) > 1 else 1
        about = {"shape": largest[-1], "vectors": vectors, "step": None}
        told[bool(shapes)][path.stem] = about | {"sd_checkpoint": None, "sd_checkpoint_name": None}
    return {"loaded": told[True], "skipped": told[False]}


def _shapes(path: Path) -> list[list[int]]:
    """Of the tensors in a safetensors file; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, HEADER_LIMIT)))
        shapes = [about["shape"] for name, about in header.items() if name != "__metadata__"]
        return [shape for shape in shapes if shape and all(isinstance(side, int) for side in shape)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return []
