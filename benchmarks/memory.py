"""Whether what a picture takes is what was said before it ran: real architectures at real size, random weights.

    python benchmarks/memory.py [--model sd15] [--sizes 256,512] [--dtype float32] [--steps 1] [--json result.json]

The estimate is made from the files alone. The measurement is the high-water mark of the process (of CUDA's allocator
where there is one) while the picture is drawn, less what the process held before the model was loaded.
Targets: within 10 % for SD 1.5, within 15 % for SDXL.
"""

import argparse
import gc
import json
import os
import platform
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import diffusers
import torch
import transformers

from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.engine import Engine
from safelight.engine.estimating import estimate
from safelight.engine.folder import ModelFolder
from safelight.engine.footprint import expected
from safelight.engine.layout import WEIGHTS, layout
from safelight.engine.message import Drawn, Failed
from safelight.engine.profile import Profile
from safelight.engine.residency import Residency

LIBRARIES = {"diffusers": diffusers, "transformers": transformers}
STATUS = Path("/proc/self/status")


def build(name: str, folder: Path, dtype: torch.dtype) -> None:
    """A diffusers folder of a model's own shape with small random numbers for weights."""
    found = layout(name)
    for part, (library, kind) in ((part, found.index[part]) for part in WEIGHTS if part in found.index):
        config = dict(found.configs[part])
        with torch.device("meta"):
            cls = getattr(LIBRARIES[library], kind)
            network = cls.from_config(config) if library == "diffusers" else cls(cls.config_class.from_dict(config))
        network = network.to(dtype).to_empty(device="cpu")
        with torch.no_grad():
            for tensor in (*network.parameters(), *network.buffers()):
                if tensor.is_floating_point():
                    tensor.normal_(0, 0.02)
                else:
                    tensor.copy_(torch.arange(tensor.numel()).view(tensor.shape))  # positions
        network.save_pretrained(folder / part)
        del network
        gc.collect()
    for part, settings in found.configs.items():
        if part not in WEIGHTS:
            place = folder / part
            place.mkdir(parents=True, exist_ok=True)
            kind = "scheduler_config.json" if part == "scheduler" else "tokenizer_config.json"
            (place / kind).write_text(json.dumps(dict(settings)))
            if part.startswith("tokenizer"):
                tokenizer().save_pretrained(place)
    (folder / "model_index.json").write_text(json.dumps(dict(found.index)))


def tokenizer() -> transformers.CLIPTokenizer:
    """Letters are enough: what is asked for does not change what it takes."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return transformers.CLIPTokenizer(
        vocab={word: number for number, word in enumerate(words)}, merges=[], model_max_length=77
    )


def held(field: str) -> int:
    """Bytes of this process: `RssAnon` at the moment, `VmHWM` at the worst one since `forget`."""
    found = re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text())
    assert found is not None
    return int(found.group(1)) * 1024


def forget() -> None:
    """Begin the high-water mark anew."""
    Path("/proc/self/clear_refs").write_text("5")


def measured(folder: ModelFolder, sizes: list[int], *, dtype: str, steps: int) -> list[dict[str, Any]]:
    residency = Residency(lambda _: folder, device="auto", dtype=dtype)
    cuda = residency.device.type == "cuda"
    before = torch.cuda.memory_allocated() if cuda else held("VmRSS")
    # Probing tries batches; here one picture is drawn alone.
    engine = Engine(residency.family, profile=lambda _: Profile(budget=2))
    engine.load(folder.id)
    card, rows = folder.card(provider="local", loaded=True), []
    for size in sizes:
        wish = Recipe(
            prompt="a red dragon", steps=steps, seed=1, guidance=7, width=size, height=size, sampler=Sampler.EULER
        )
        recipe = card.settle(wish)
        told = estimate(
            recipe, card, expected(folder, number=residency.dtype.itemsize), factor=folder.vae_factor()
        ).memory
        assert told is not None
        gc.collect()
        torch.cuda.reset_peak_memory_stats() if cuda else forget()
        draw(engine, recipe)
        peak = (torch.cuda.max_memory_allocated() if cuda else held("VmHWM")) - before
        rows.append({"size": size, "estimated": told.peak_bytes, "measured": peak, "ratio": peak / told.peak_bytes})
    engine.close()
    return rows


def draw(engine: Engine, recipe: Recipe) -> None:
    engine.add(recipe)
    while engine.busy:
        for _, message in engine.step():
            if isinstance(message, Failed) and "overflowed" not in message.error.detail:
                raise message.error
            if isinstance(message, Drawn):
                message.image.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="sd15", help="a layout: sd15, sd21, sdxl, …")
    parser.add_argument("--sizes", default="256,512", help="sides of the pictures, in pixels")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="safelight-memory-") as scratch:
        build(asked.model, Path(scratch) / asked.model, getattr(torch, asked.dtype))
        folder = ModelFolder.open(Path(scratch) / asked.model)
        rows = measured(folder, [int(size) for size in asked.sizes.split(",")], dtype=asked.dtype, steps=asked.steps)
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} cores"
    print(f"{asked.model} in {asked.dtype} on {where}, {platform.machine()}, torch {torch.__version__}")
    for row in rows:
        gigabytes = f"{row['measured'] / 1e9:.2f} GB / {row['estimated'] / 1e9:.2f} GB"
        print(f"{row['size']}x{row['size']}: measured / estimated {row['ratio']:.3f}   ({gigabytes})")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
