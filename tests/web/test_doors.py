"""The small translations of the doors, without a server."""

from typing import Any

import pytest

from safelight.domain.adapting import Preprocessor
from safelight.domain.errors import InvalidRecipe
from safelight.domain.events import Failed, Frame, Stepped
from safelight.domain.model_card import Defaults
from safelight.domain.recipe import Recipe, Sampler
from safelight.providers.fake import CARD
from safelight.settings import Settings
from safelight.web.doors.a1111.asking import Asked, hires_of
from safelight.web.doors.a1111.scripts import controls_of
from safelight.web.doors.early.saved import spoken as size_spoken
from safelight.web.doors.early.sprites import spoken
from safelight.web.doors.following import as_error
from safelight.web.doors.openai.streaming import Partials
from safelight.web.doors.recipes import effort, size_of, tier_of
from safelight.web.hardware import parsed

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"  # one by one
FRAME = Frame(url="/frame", width=8, height=8, media_type="image/webp")


def step(number: int, total: int, *, shown: bool = True, picture: int = 0) -> Stepped:
    frame = FRAME if shown else None
    return Stepped(picture=picture, step=number, total=total, progress=0, sigma=1, ms=1, frame=frame)


@pytest.mark.parametrize(("wished", "total"), [(1, 20), (2, 20), (3, 20), (3, 4), (3, 7), (1, 2)])
def test_partial_images_are_spread_over_the_steps(wished: int, total: int) -> None:
    partials = Partials(wished)
    shown = [number for number in range(1, total + 1) if partials.next(step(number, total)) is not None]
    assert len(shown) == wished and shown[-1] < total
    assert all(abs(number / total - (n + 1) / (wished + 1)) <= 1 / total for n, number in enumerate(shown))


def test_a_step_without_a_preview_leaves_the_partial_image_to_the_next() -> None:
    partials = Partials(1)
    assert partials.next(step(2, 4, shown=False)) is None
    assert partials.next(step(3, 4)) == 0
    assert partials.next(step(2, 4, picture=1)) == 0, "each picture has its own"
    assert Partials(3).next(step(1, 1)) is None, "the last step is the picture"


def test_control_networks_come_as_units_of_a_script() -> None:
    unit = {
        "enabled": True, "image": PIXEL, "module": "openpose_full", "model": "pose [d14c016b]", "weight": 0.8,
        "guidance_start": 0.1, "guidance_end": 0.9,
    }  # fmt: skip
    (control,) = controls_of({"ControlNet": {"args": [unit, {**unit, "enabled": False}]}}, script=None) or ()
    assert (control["model"], control["preprocessor"], control["weight"]) == ("pose", Preprocessor.POSE, 0.8)
    assert control["image"].startswith("data:image/png;base64,") and (control["start"], control["end"]) == (0.1, 0.9)
    assert (
        controls_of({"ADetailer": {"args": [False]}, "x": [], "y": {"args": [{"enabled": False}]}}, script="") is None
    )
    for wrong in ({"ControlNet": [{**unit, "module": "scribble"}]}, {"ControlNet": [{**unit, "image": None}]}):
        with pytest.raises(InvalidRecipe):
            controls_of(wrong, script=None)


@pytest.mark.parametrize(
    ("wish", "hires"),
    [
        ({"hr_scale": 1.5, "hr_upscaler": "Latent (nearest)"}, (1.5, 0.5, "latent", None)),
        ({"hr_resize_x": 128, "hr_second_pass_steps": 7}, (2.0, 0.5, "latent", 7)),
        ({"hr_upscaler": "Lanczos", "denoising_strength": 0.3}, (2.0, 0.3, "lanczos", None)),
        ({"hr_upscaler": "4x-UltraSharp"}, (2.0, 0.5, "4x-UltraSharp", None)),
    ],
)
def test_a_second_pass(wish: dict[str, Any], hires: tuple[object, ...]) -> None:
    made = hires_of(Asked(prompt="a", enable_hr=True, width=64, **wish))
    pass_ = Recipe(prompt="a", hires=made).hires
    assert pass_ and (pass_.scale, pass_.strength, pass_.upscale, pass_.steps) == hires


def test_a_tier_leaves_distilled_models_as_they_are() -> None:
    assert effort(tier_of("Ultra"), CARD) == {"steps": 35, "guidance": 7.5}
    distilled = CARD.model_copy(update={"defaults": Defaults(steps=4, guidance=0.0, sampler=Sampler.EULER)})
    assert effort(tier_of("ultra"), distilled) == {} == effort(None, CARD)
    with pytest.raises(InvalidRecipe, match="finest"):
        tier_of("finest")


def test_sizes_and_amounts() -> None:
    assert size_of("512x768") == (512, 768) and size_of("auto") == size_of(None) == (None, None)
    for wrong in ("512", "x", "-1x5", "1e3x5", "999999x8", "５x５"):
        with pytest.raises(InvalidRecipe):
            size_of(wrong)
    assert [spoken(seconds) for seconds in (0, 59.4, 272)] == ["0s", "59s", "4m 32s"]
    assert [size_spoken(size) for size in (5, 2048, 3 * 2**20)] == ["5 B", "2.0 KB", "3.0 MB"]


def test_the_cards_of_the_driver() -> None:
    (card,) = parsed("NVIDIA H200, 812, 143771\nNo devices were found\n[N/A], [N/A], [N/A]\n")
    assert (card.name, card.total) == ("NVIDIA H200", 143771 * 2**20)
    assert card.usage == "0.8GB / 140.4GB"


def test_a_failure_is_the_error_that_it_was() -> None:
    error = as_error(Failed(code="out_of_memory", detail="Too large.", hint="Draw it smaller.", retryable=True))
    assert (type(error).__name__, error.retryable, error.hint) == ("OutOfMemory", True, "Draw it smaller.")
    assert as_error(Failed(code="of another version", detail="?")).code == "failed"


@pytest.mark.parametrize(("value", "names"), [("openai, mcp", ["openai", "mcp"]), ("off", []), ("", None)])
def test_doors_are_named(monkeypatch: pytest.MonkeyPatch, value: str, names: list[str] | None) -> None:
    monkeypatch.setenv("SAFELIGHT_DOORS", value)
    doors = [door.value for door in Settings.read().doors]
    assert doors == names if names is not None else len(doors) == 8
