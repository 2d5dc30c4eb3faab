"""Builds the studio into the wheel, so that whoever installs it needs no Node.js."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STUDIO = Path("studio")
BUILT = Path("src/safelight/studio_dist")
MODEL = Path("models/sprite")


class StudioHook(BuildHookInterface):
    """An editable install takes what is built already; a wheel builds it where it is missing.

    `SKIP_STUDIO=1` leaves the studio out: the API works without it.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version == "editable":
            return
        if os.environ.get("SKIP_STUDIO") != "1":
            if not (root / BUILT / "index.html").is_file():
                self._build(root / STUDIO)
            build_data["force_include"][str(root / BUILT)] = "safelight/studio_dist"
        if (root / MODEL / "model_index.json").is_file():
            build_data["force_include"][str(root / MODEL)] = "safelight/models/sprite"

    def _build(self, studio: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("The studio needs Node.js 20.19 or newer to be built (SKIP_STUDIO=1 leaves it out).")
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            self.app.display_info(f"studio: npm {' '.join(command)}")
            subprocess.run([npm, *command], cwd=studio, check=True)
