"""`safelight doctor`: is everything in place, and if not, what mends it?"""

import asyncio
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from safelight import __version__
from safelight.cli.console import out
from safelight.domain.errors import SafelightError
from safelight.engine.folder import ModelFolder
from safelight.settings import EngineChoice, Settings
from safelight.store.opening import reach

FREE_BYTES = 500 * 2**20
INSTALL = "Run `make install`, or: pip install -c constraints.txt 'safelight[local]'."
PROBE = """
import torch, diffusers, transformers
where = "CUDA: " + torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
print(f"torch {torch.__version__}, diffusers {diffusers.__version__}, {where}")
"""


@dataclass(frozen=True)
class Finding:
    """What was looked at. A `mend` says what to do; without one all is well. A warning breaks nothing."""

    what: str
    found: str
    mend: str = ""
    warning: bool = False

    @property
    def broken(self) -> bool:
        return bool(self.mend) and not self.warning


def run(*, config: Path | None, **flags: object) -> bool:
    """Look at everything and say what was found. True when nothing is broken."""
    console, well = out(), True
    for finding in findings(config=config, **flags):
        mark = ("✗", "red") if finding.broken else ("!", "yellow") if finding.mend else ("✓", "green")
        console.print(Text.assemble(mark, " ", (f"{finding.what:<10}", "bold"), finding.found))
        if finding.mend:
            console.print(Text(f"             → {finding.mend}"))
        well = well and not finding.broken
    console.print("All is well: `safelight serve` will work." if well else "Something has to be mended first.")
    return well


def findings(*, config: Path | None, **flags: object) -> Iterator[Finding]:
    """Everything there is to look at, one after the other."""
    yield Finding("Safelight", f"{__version__}, Python {sys.version.split()[0]}")
    try:
        settings = Settings.read(config=config, **flags)
    except SafelightError as error:
        yield Finding("settings", error.detail, error.hint)
        return
    yield Finding("settings", f"engine {settings.engine}, device {settings.device}, {settings.host}:{settings.port}")
    yield _home(settings.home)
    if settings.database_url or settings.s3_bucket:
        yield _store(settings)
    yield _port(settings.host.strip("[]"), settings.port)
    yield _studio()
    if settings.engine is EngineChoice.LOCAL:
        yield _packages()
        yield from _models(settings.model_folders)


def _home(home: Path) -> Finding:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"x")
    except OSError as error:
        return Finding("home", f"{home}: {error.strerror}", "Choose a folder that can be written to with --home.")
    free = shutil.disk_usage(home).free
    found = f"{home}, {free / 2**30:.1f} GB free"
    return Finding("home", found, "" if free >= FREE_BYTES else "Make room: pictures need at least 500 MB.")


def _store(settings: Settings) -> Finding:
    try:
        asyncio.run(reach(settings))
    except SafelightError as error:
        return Finding("store", error.detail, error.hint)
    place = "pictures in home" if settings.s3_bucket is None else f"pictures in the bucket {settings.s3_bucket}"
    return Finding("store", f"the database answers, {place}")


def _port(host: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return Finding("port", f"{host}:{port} is free")
    except OSError as error:
        found = f"{host}:{port}: {error.strerror or error}"
        mend = "If that is not Safelight itself, stop it, or choose another with --port."
        return Finding("port", found, mend, warning=True)


def _studio() -> Finding:
    if (Path(__file__).parents[1] / "studio_dist" / "index.html").is_file():
        return Finding("studio", "built")
    return Finding("studio", "not built; the API works without it", "Run `make studio`.", warning=True)


def _packages() -> Finding:
    missing = [name for name in ("torch", "diffusers", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        return Finding("engine", f"missing: {', '.join(missing)}", INSTALL)
    # In a process of its own: a broken torch may take its process along.
    probe = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "TRANSFORMERS_VERBOSITY": "error"},
    )
    if probe.returncode == 0:
        return Finding("engine", probe.stdout.strip())
    lines = probe.stderr.strip().splitlines() or [f"it ended with {probe.returncode}"]
    return Finding("engine", f"does not start: {lines[-1]}", INSTALL)


def _models(folders: tuple[Path, ...]) -> Iterator[Finding]:
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
