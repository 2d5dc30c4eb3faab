"""Whether this machine can draw: packages that fit together, a device that they reach, models that are whole."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from safelight.cli.finding import Finding
from safelight.domain.errors import SafelightError
from safelight.engine.folder import ModelFolder

NEEDED = ("torch", "diffusers", "transformers")
INSTALL = "Run `make install`, or: pip install -c constraints.txt 'safelight[local]'."
PROBE_S = 300
PROBE = """
import json, warnings
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    import torch, diffusers, transformers
    there = torch.cuda.is_available()
    why = [str(one.message) for one in said if "CUDA" in str(one.message) or "driver" in str(one.message)]
print(json.dumps({
    "torch": torch.__version__, "diffusers": diffusers.__version__, "transformers": transformers.__version__,
    "threads": torch.get_num_threads(), "built_for": torch.version.cuda or torch.version.hip, "why": why[:1],
    "cards": [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())] if there else [],
    "mps": torch.backends.mps.is_available(),
}))
"""


def engine(device: str) -> Iterator[Finding]:
    """Whether torch and what stands on it can be used, and compute where the settings say."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        yield Finding("engine", f"missing: {', '.join(missing)}", INSTALL)
        return
    if wrong := list(unfit(metadata.requires("safelight") or [])):
        yield Finding("packages", "; ".join(wrong), INSTALL)
    # In a process of its own: a broken torch may take its process along.
    probe = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        timeout=PROBE_S,
        check=False,
        env={**os.environ, "TRANSFORMERS_VERBOSITY": "error"},
    )
    if probe.returncode != 0:
        lines = probe.stderr.strip().splitlines() or [f"it ended with {probe.returncode}"]
        yield Finding("engine", f"does not start: {lines[-1]}", INSTALL)
        return
    told = json.loads(probe.stdout.strip().splitlines()[-1])
    yield Finding("engine", ", ".join(f"{name} {told[name]}" for name in NEEDED))
    yield computes(device, told, card=shutil.which("nvidia-smi") is not None)


def unfit(requirements: list[str]) -> Iterator[str]:
    """What is installed of the engine's packages in a version that does not go with this Safelight."""
    try:
        from packaging.requirements import Requirement
    except ImportError:  # It comes with the engine's own packages.
        return
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or not requirement.marker.evaluate({"extra": "local"}):
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield f"{requirement.name} is missing"
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield f"{requirement.name} is {found}, and {requirement.specifier} is needed"


def computes(device: str, told: Mapping[str, Any], *, card: bool) -> Finding:
    """Where the engine will compute.

    Args:
        device: as the settings say.
        told: by the probe.
        card: whether NVIDIA's driver is installed.
    """
    cards, built_for = told["cards"], told["built_for"]
    if cards and device != "cpu":
        return Finding("device", f"{', '.join(cards)}, by CUDA {built_for}")
    if told["mps"] and device in ("auto", "mps"):
        return Finding("device", "this Mac's graphics, by Metal")
    wanted = device.startswith("cuda") or (device == "auto" and card)
    if wanted and not card and built_for is None:
        mend = "Leave SAFELIGHT_DEVICE out, or install a graphics card's driver and a build of torch for it."
        return Finding("device", f"'{device}' is not there: no driver, and torch is built for processors only", mend)
    if wanted and built_for is None:
        mend = "Install the build of torch for your version of CUDA, as PyTorch's own page names it."
        return _if_wished(device, "there is a graphics card, and torch is built for processors only", mend)
    if wanted:
        why = told["why"][0] if told["why"] else f"torch is built for CUDA {built_for}, and reaches no card"
        mend = f"Bring the driver up to date (nvidia-smi shows which CUDA it knows; {built_for} is needed), or restart."
        return _if_wished(device, why, mend)
    if device == "mps":
        return Finding("device", "'mps' is not there", "Leave SAFELIGHT_DEVICE out: Metal is on Macs of Apple's own.")
    return Finding("device", f"the processor, {told['threads']} threads")


def _if_wished(device: str, found: str, mend: str) -> Finding:
    """Broken where somebody asked for the card; with `auto`, the processor draws, only slower."""
    return Finding("device", found, mend, warning=device == "auto")


def models(folders: tuple[Path, ...]) -> Iterator[Finding]:
    """Whether there is a model, and whether each is whole."""
    if not folders:
        mend = "Get models/sprite from the repository, or name a diffusers folder in SAFELIGHT_MODELS."
        yield Finding("model", "none is installed", mend)
    for folder in folders:
        yield _model(folder)


def _model(path: Path) -> Finding:
    try:
        card = ModelFolder.open(path).card(provider="local", loaded=False)
    except SafelightError as error:
        return Finding("model", error.detail, error.hint)
    except (KeyError, TypeError) as error:
        return Finding("model", f"{path}: its configuration lacks {error}", "Download the model again.")
    if card.weights_bytes < 2**10:
        return Finding("model", f"{path} has no weights", "Download the model again, with its large files.")
    return Finding("model", f"{card.id}: {card.weights_bytes / 2**20:.0f} MB in {path}")
