"""The model that comes with Safelight."""

from pathlib import Path


def embedded_models() -> tuple[Path, ...]:
    """Its folder, where it is there: inside the installed package, or at the root of a checkout."""
    package = Path(__file__).parents[1]
    candidates = (package / "models" / "sprite", package.parents[1] / "models" / "sprite")
    return tuple(folder for folder in candidates if (folder / "model_index.json").is_file())[:1]
