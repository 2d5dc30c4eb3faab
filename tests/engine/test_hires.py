"""The second pass over an enlarged picture, and pictures that are only enlarged."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from diffusers import StableDiffusionImg2ImgPipeline
from PIL import Image
from safetensors.torch import save_file

from safelight.domain.errors import InvalidRecipe, ModelBroken
from safelight.domain.recipe import Recipe, Sampler
from safelight.domain.steering import Change, Injection, Pattern
from safelight.engine.checkpoint import Checkpoint
from safelight.engine.engine import Engine
from safelight.engine.esrgan import Esrgan, RRDBNet
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.message import Drawn, Failed, Message, Stepped
from safelight.engine.passes import SECOND
from safelight.engine.shelf import Shelf
from safelight.engine.upscaling import Upscalers
from tests.engine.conftest import run, unmeasured
from tests.engine.solo import developed, drawn_alone, drawn_by_diffusers, file_of, name_of, photograph, white_box

Make = Callable[..., Recipe]

IMAGES = {name_of(1): file_of(photograph()), name_of(2): file_of(white_box((8, 8, 24, 24)))}


def picture_of(told: list[Message]) -> Image.Image:
    return next(message.image for message in told if isinstance(message, Drawn))


@pytest.mark.parametrize("sampler", [Sampler.DDIM, Sampler.EULER_A, Sampler.HEUN, Sampler.DPMPP_2M])
def test_two_passes_are_diffusers_own_two_pipelines(
    sampler: Sampler, stock_folder: Path, stock_family: StableDiffusion, recipe: Make
) -> None:
    fields = {"sampler": sampler, "steps": 5, "guidance": 4.0}
    small = drawn_alone(stock_family, recipe(**fields))
    second = recipe(**fields, seed=3 ^ SECOND)
    # Four channels are taken for latents, and left as they are.
    large = F.interpolate(small, size=(32, 32), mode="bilinear")
    theirs = drawn_by_diffusers(StableDiffusionImg2ImgPipeline, stock_folder, second, image=large, strength=0.6)
    assert torch.equal(drawn_alone(stock_family, recipe(**fields, hires={"strength": 0.6})), theirs)


def test_steps_are_counted_through_both_passes(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(steps=6, sampler=Sampler.EULER, hires={"scale": 1.5, "strength": 0.5, "steps": 8}))
    told = [message for _, message in run(engine)]
    steps = [message for message in told if isinstance(message, Stepped)]
    assert [step.step for step in steps] == list(range(1, 11))
    assert {step.total for step in steps} == {10}
    assert picture_of(told).size == (48, 48)
    assert sum(later.sigma > earlier.sigma for earlier, later in pairwise(steps)) == 1


@pytest.mark.parametrize("upscale", ["latent", "lanczos"])
@pytest.mark.parametrize("sampler", [Sampler.EULER_A, Sampler.HEUN, Sampler.DPMPP_SDE])
def test_going_on_from_a_checkpoint_of_either_pass_gives_the_same_picture(
    engine: Engine, recipe: Make, sampler: Sampler, upscale: str
) -> None:
    """With everything that a pass keeps in mind: a mask, injections, and a change of direction in each."""
    wish = recipe(
        steps=4,
        sampler=sampler,
        image={"image": name_of(1), "strength": 0.8},
        mask={"image": name_of(2)},
        hires={"scale": 1.5, "strength": 0.6, "upscale": upscale},
        injections=[{"pattern": "circle", "first": 2}, {"pattern": "edges", "first": 4, "last": 5}],
        steering=[{"step": 2, "guidance": 3.0}, {"step": 5, "prompt": "a blue cat"}],
    )
    engine.add(wish, images=IMAGES)
    told = [message for _, message in run(engine)]
    kept = [step.checkpoint for step in told if isinstance(step, Stepped) and step.checkpoint is not None]
    assert {tuple(checkpoint.latents.shape[-2:]) for checkpoint in kept} == {(16, 16), (24, 24)}
    for checkpoint in kept:
        again = Checkpoint.from_bytes(checkpoint.to_bytes(), torch.device("cpu"))
        engine.add(wish, images=IMAGES, checkpoints={0: again})
        whole = picture_of([message for _, message in run(engine)])
        assert whole.tobytes() == picture_of(told).tobytes(), f"from step {checkpoint.step}"


def test_a_branch_in_the_second_pass_is_what_its_recipe_draws(engine: Engine, recipe: Make) -> None:
    wish = recipe(steps=4, sampler=Sampler.EULER_A, hires={"strength": 0.75})
    engine.add(wish)
    told = [message for _, message in run(engine)]
    checkpoint = next(m.checkpoint for m in told if isinstance(m, Stepped) and m.step == 5)
    assert checkpoint is not None and checkpoint.step == 6
    noise = Injection(pattern=Pattern.LEFT, first=6, strength=1.0)
    other = wish.model_copy(update={"steering": (Change(step=6, prompt="a blue cat"),), "injections": (noise,)})
    engine.add(other, checkpoints={0: checkpoint})
    branch = picture_of([message for _, message in run(engine)])
    engine.add(other)
    assert picture_of([message for _, message in run(engine)]).tobytes() == branch.tobytes()
    assert branch.tobytes() != picture_of(told).tobytes()


def test_leaving_off_in_the_first_pass_leaves_the_picture_small(engine: Engine, recipe: Make) -> None:
    engine.add(recipe(steps=4, hires={}, stop_after=2))
    assert picture_of([message for _, message in run(engine)]).size == (32, 32)
    engine.add(recipe(steps=4, hires={}, stop_after=5))
    assert picture_of([message for _, message in run(engine)]).size == (64, 64)


def test_what_is_kept_of_an_image_is_kept_at_the_larger_size(stock_family: StableDiffusion, recipe: Make) -> None:
    wish = recipe(steps=3, image={"image": name_of(1)}, mask={"image": name_of(2)}, hires={"scale": 2})
    picture = developed(stock_family, wish, IMAGES)[1]
    large = photograph().resize((64, 64), Image.Resampling.LANCZOS)
    assert picture.crop((0, 0, 64, 16)).tobytes() == large.crop((0, 0, 64, 16)).tobytes()


def test_without_strength_the_finished_pixels_are_enlarged(stock_family: StableDiffusion, recipe: Make) -> None:
    plain = developed(stock_family, recipe())[1]
    large = developed(stock_family, recipe(hires={"strength": 0, "upscale": "lanczos"}))[1]
    assert large.tobytes() == plain.resize((64, 64), Image.Resampling.LANCZOS).tobytes()


def test_a_second_pass_larger_than_any_picture_may_be_is_refused(stock_family: StableDiffusion) -> None:
    sizes = stock_family.card.sizes.model_copy(update={"largest": 2048})
    wish = Recipe.model_validate({"prompt": "a cat", "width": 1032, "hires": {"scale": 4.0}})
    with pytest.raises(InvalidRecipe) as refused:
        stock_family.card.model_copy(update={"sizes": sizes}).settle(wish)
    assert "hires.scale" in refused.value.fields


@pytest.fixture(scope="module")
def upscalers(tmp_path_factory: pytest.TempPathFactory) -> Upscalers:
    folder = tmp_path_factory.mktemp("home") / "upscalers"
    folder.mkdir()
    torch.manual_seed(2)
    weights = RRDBNet(features=8, growth=4, blocks=2, doublings=2).state_dict()
    save_file(weights, folder / "tiny-x4.safetensors")
    save_file({"unet.weight": torch.zeros(2)}, folder / "other.safetensors")
    (folder / "damaged.safetensors").write_bytes(b"not weights")
    return Upscalers(Shelf((folder.parent,)))


def test_an_installed_upscaler_enlarges_between_the_passes(
    stock_family: StableDiffusion, recipe: Make, upscalers: Upscalers
) -> None:
    drawn = {}
    for upscale in ("tiny-x4", "lanczos"):
        engine = Engine(lambda _: stock_family, profile=unmeasured, upscalers=upscalers)
        engine.add(recipe(steps=3, hires={"scale": 2, "strength": 0.5, "upscale": upscale}))
        drawn[upscale] = picture_of([message for _, message in run(engine)])
        engine.close()
    assert drawn["tiny-x4"].size == drawn["lanczos"].size == (64, 64)
    assert drawn["tiny-x4"].tobytes() != drawn["lanczos"].tobytes()


@pytest.mark.parametrize(
    ("upscale", "error"), [("missing", InvalidRecipe), ("other", ModelBroken), ("damaged", ModelBroken)]
)
def test_an_upscaler_that_cannot_be_used_is_said_before_the_first_step(
    stock_family: StableDiffusion, recipe: Make, upscalers: Upscalers, upscale: str, error: type[Exception]
) -> None:
    engine = Engine(lambda _: stock_family, profile=unmeasured, upscalers=upscalers)
    engine.add(recipe(hires={"upscale": upscale}))
    told = [message for _, message in run(engine)]
    engine.close()
    failed = told[0]
    assert isinstance(failed, Failed) and isinstance(failed.error, error) and failed.error.hint


OLD = {"conv_first": "model.0", "conv_body": "model.1.sub.2", "ups.0": "model.3", "ups.1": "model.6"}
OLD |= {"conv_hr": "model.8", "conv_last": "model.10"}
REAL = {"ups.0": "conv_up1", "ups.1": "conv_up2"}
BSR = {"conv_body": "trunk_conv", "ups.0": "upconv1", "ups.1": "upconv2", "conv_hr": "HRconv"}


@pytest.mark.parametrize(
    ("names", "body"),
    [(OLD, "model.1.sub.{}.RDB{}.{}.0"), (REAL, "body.{}.rdb{}.{}"), (BSR, "RRDB_trunk.{}.RDB{}.{}")],
    ids=["ESRGAN", "Real-ESRGAN", "BSRGAN"],
)
def test_an_upscaler_is_known_by_any_of_its_names(names: dict[str, str], body: str) -> None:
    torch.manual_seed(4)
    network = RRDBNet(features=8, growth=4, blocks=2, doublings=2)
    weights = {}
    for name, weight in network.state_dict().items():
        place, kind = name.rsplit(".", 1)
        if place.startswith("body."):
            _, block, dense, conv = place.split(".")
            place = body.format(block, dense[-1], conv)
        weights[f"{names.get(place, place)}.{kind}"] = weight
    pixels = torch.rand(1, 3, 9, 7)
    with torch.inference_mode():
        assert torch.equal(RRDBNet.from_weights(weights)(pixels), network(pixels))


@pytest.mark.parametrize("shuffle", [1, 2])
def test_tiles_leave_no_seams(shuffle: int, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(4)
    network = RRDBNet(features=4, growth=2, blocks=1, doublings=2, shuffle=shuffle)
    upscaler = Esrgan(network, device=torch.device("cpu"))
    picture = photograph(75, 50, "RGBA")
    picture.putalpha(white_box((0, 0, 30, 50), 75, 50))
    whole = upscaler.enlarge(picture, 150, 100)
    assert whole.mode == "RGBA" and whole.size == (150, 100) and whole.getpixel((140, 50))[3] == 0  # type: ignore[index]
    monkeypatch.setattr("safelight.engine.esrgan.TILE", 32)
    tiled = upscaler.enlarge(picture, 150, 100)
    difference = torch.tensor(list(whole.tobytes())).sub(torch.tensor(list(tiled.tobytes()))).abs()
    assert difference.max() <= 1
