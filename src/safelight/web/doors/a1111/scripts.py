"""Scripts that come along with a request. There is one: ControlNet. What says that a script is off is passed over."""

from collections.abc import Mapping
from typing import Any

from safelight.domain.adapting import Preprocessor
from safelight.domain.errors import InvalidRecipe
from safelight.web.doors.images import as_given
from safelight.web.doors.recipes import unsupported

CONTROLNET = "controlnet"
MODULES = {
    "canny": Preprocessor.CANNY, "depth": Preprocessor.DEPTH, "openpose": Preprocessor.POSE,
    "lineart": Preprocessor.LINEART,
}  # fmt: skip
OFF: tuple[object, ...] = (None, False, 0, "", "None", [], {})


def controls_of(scripts: Mapping[str, Any], *, script: str | None) -> tuple[dict[str, Any], ...] | None:
    """The control networks of a request. Raises InvalidRecipe where it asks for another script."""
    if script:
        raise InvalidRecipe("Script not found", hint=f"'{script[:60]}' is none of GET /sdapi/v1/scripts.")
    controls: list[dict[str, Any]] = []
    for name, wish in scripts.items():
        args = wish.get("args", []) if isinstance(wish, dict) else wish
        args = list(args.values()) if isinstance(args, dict) else args if isinstance(args, list) else [args]
        if name.lower() == CONTROLNET:
            controls += [_control(unit) for unit in args if isinstance(unit, dict) and _wanted(unit)]
        elif not _is_off(args):
            raise InvalidRecipe(
                f"always on script {name[:60]} not found",
                hint="Leave it out of `alwayson_scripts`; there is ControlNet, and no other.",
                fields={"alwayson_scripts": f"{name[:60]} is not there"},
            )
    return tuple(controls) or None


def _is_off(args: list[Any]) -> bool:
    """Whether a script is sent along without being asked for: their first argument says so."""
    first = args[0] if args else None
    return first in OFF or (isinstance(first, dict) and not first.get("enabled", first.get("enable", True)))


def _wanted(unit: Mapping[str, Any]) -> bool:
    return bool(unit.get("enabled", True)) and unit.get("model") not in OFF


def _control(unit: Mapping[str, Any]) -> dict[str, Any]:
    image = unit.get("image") or unit.get("input_image")
    image = image.get("image") if isinstance(image, dict) else image
    if not isinstance(image, str):
        raise InvalidRecipe("A ControlNet unit has no image.", hint="Send it in base64 in `image`.")
    module = str(unit.get("module") or "none").lower()
    preprocessor = next((kind for name, kind in MODULES.items() if module.startswith(name)), None)
    if preprocessor is None and module != "none":
        raise unsupported("module", module)
    return {
        "model": str(unit["model"]).partition(" [")[0],
        "image": as_given(image, field="controlnet.image"),
        "preprocessor": preprocessor,
        "weight": unit.get("weight", 1.0),
        "start": unit.get("guidance_start", 0.0),
        "end": unit.get("guidance_end", 1.0),
    }
