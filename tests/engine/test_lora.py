"""LoRAs: diffusers' own picture with them, and without them as if they had never been loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from safelight.domain.errors import UnknownModel, Unsupported
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.lora import KEPT
from safelight.engine.message import Stepped
from tests.engine.conftest import unmeasured
from tests.engine.stock import make_stock_pipeline
from tests.engine.wardrobe import ROUNDING, apart, draw, drawn_by, fail, load, make_lora, stock

# The stock pipeline's: several adapters are what is meant.
pytestmark = pytest.mark.filterwarnings("ignore:Already found a `peft_config`:UserWarning")

Wish = Callable[..., Recipe]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stock_pipeline(tmp_path_factory.mktemp("lora") / "tiny", text="clip")


@pytest.fixture(scope="module")
def home(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_lora(folder, home / "loras" / "peft.safetensors", seed=1)
    make_lora(folder, home / "loras" / "kohya.safetensors", seed=2, layout="kohya")
    make_lora(folder, home / "loras" / "styles" / "spoken.safetensors", seed=3, layout="kohya", text=True)
    make_lora(folder, home / "loras" / "small.safetensors", seed=4, dtype=torch.float16)
    return home


@pytest.fixture
def family(folder: Path, home: Path) -> StableDiffusion:
    return load(folder, home)


@pytest.fixture
def wish(family: StableDiffusion) -> Wish:
    def make(**fields: object) -> Recipe:
        wished = {"prompt": "a red dragon", "negative_prompt": "blue", "steps": 4, "seed": 3, **fields}
        return family.card.settle(Recipe.model_validate({"sampler": Sampler.DDIM, "guidance": 5.0, **wished}))

    return make


@pytest.mark.parametrize(
    "set_",
    [
        {"peft": 1.0},
        {"kohya": 0.7},
        {"small": 1.0},
        {"kohya": -0.5, "peft": 1.5},
        {"peft": 0.4, "styles/spoken": 1.2},
    ],
    ids=str,
)
def test_it_is_diffusers_own_picture(
    set_: dict[str, float], folder: Path, home: Path, family: StableDiffusion, wish: Wish
) -> None:
    recipe = wish(loras=[{"id": id, "weight": weight} for id, weight in set_.items()])
    pipeline = stock(folder)
    for id in set_:
        file = home / "loras" / f"{id}.safetensors"
        pipeline.load_lora_weights(file.parent, weight_name=file.name, adapter_name=file.stem)
    pipeline.set_adapters([id.rpartition("/")[2] for id in set_], adapter_weights=list(set_.values()))
    with_them = draw(family, recipe)[0]
    assert apart(with_them, drawn_by(pipeline, recipe)) <= 1e-6
    assert apart(with_them, draw(family, wish())[0]) > 1e-2, "the LoRAs change nothing"


def test_with_every_sampler(folder: Path, home: Path, family: StableDiffusion, wish: Wish) -> None:
    pipeline = stock(folder)
    pipeline.load_lora_weights(home / "loras", weight_name="peft.safetensors")
    for sampler in Sampler:
        recipe = wish(loras=[{"id": "peft"}], sampler=sampler)
        assert apart(draw(family, recipe)[0], drawn_by(pipeline, recipe)) <= ROUNDING, sampler


def test_after_them_and_at_weight_0_the_model_draws_to_the_bit_what_it_did(family: StableDiffusion, wish: Wish) -> None:
    before = draw(family, wish())[0]
    spoken = {"id": "styles/spoken", "weight": 1.0}
    assert not torch.equal(draw(family, wish(loras=[spoken]))[0], before)
    assert torch.equal(draw(family, wish())[0], before)
    assert torch.equal(draw(family, wish(loras=[{"id": "peft", "weight": 0.0}]))[0], before)


def test_equal_sets_share_forwards_and_others_take_turns(family: StableDiffusion, wish: Wish) -> None:
    from safelight.engine.engine import Engine

    engine = Engine(lambda _: family, profile=unmeasured)
    one, other = [{"id": "peft"}, {"id": "kohya", "weight": 0.5}], [{"id": "peft", "weight": 0.5}]
    sets = [one, one[::-1], other, [], []]
    tickets = [engine.add(wish(loras=set_, steps=6, seed=seed)) for seed, set_ in enumerate(sets)]
    turns: list[set[int]] = []
    while engine.busy:
        stepped = [(ticket, message) for ticket, message in engine.step() if isinstance(message, Stepped)]
        if stepped:
            turns.append({tickets.index(ticket) for ticket, _ in stepped})
    engine.close()
    assert {frozenset(turn) for turn in turns} == {frozenset({0, 1}), frozenset({2}), frozenset({3, 4})}
    assert turns[:9].count({2}) >= 2, "one set waited for all of another"


def test_only_so_many_stay_loaded(folder: Path, tmp_path: Path, wish: Wish) -> None:
    for number in range(KEPT + 2):
        make_lora(folder, tmp_path / "loras" / f"n{number}.safetensors", seed=number)
    family = load(folder, tmp_path)
    first = draw(family, wish(loras=[{"id": "n0"}], steps=2))[0]
    for number in range(1, KEPT + 2):
        draw(family, wish(loras=[{"id": f"n{number}"}], steps=1))
    assert len(family._unet.peft_config) == KEPT
    assert torch.equal(draw(family, wish(loras=[{"id": "n0"}], steps=2))[0], first)


def test_an_unknown_one_names_the_nearest(family: StableDiffusion, wish: Wish) -> None:
    error = fail(family, wish(loras=[{"id": "style/spoken"}]))
    assert isinstance(error, UnknownModel) and "styles/spoken" in error.hint


def test_one_for_another_model_is_refused_with_its_shapes(folder: Path, tmp_path: Path, wish: Wish) -> None:
    make_lora(folder, tmp_path / "loras" / "other.safetensors", wider=8)
    family = load(folder, tmp_path)
    plain = draw(family, wish())[0]
    error = fail(family, wish(loras=[{"id": "other"}]))
    assert isinstance(error, Unsupported)
    assert "16" in str(error) and "24" in str(error) and "proj_in" in str(error)
    assert torch.equal(draw(family, wish())[0], plain)


def test_a_pickle_and_rubbish_are_refused(folder: Path, tmp_path: Path, wish: Wish) -> None:
    loras = tmp_path / "loras"
    loras.mkdir()
    (loras / "old.pt").write_bytes(b"\x80\x02.")
    (loras / "rubbish.safetensors").write_bytes(b"not a file of tensors")
    save_file({"lora_unet_x.dora_scale": torch.zeros(1)}, loras / "dora.safetensors")
    family = load(folder, tmp_path)
    for id, word in {"dora": "DoRA", "old": "pickle", "rubbish": "cannot be read", "../../etc": "No LoRA"}.items():
        assert word in str(fail(family, wish(loras=[{"id": id}])))


def test_a_model_keeps_loras_of_its_own(tmp_path: Path) -> None:
    folder = make_stock_pipeline(tmp_path / "tiny")
    said = {"modelspec.title": "Sketch", "ss_base_model_version": "sd_v1", "modelspec.trigger_phrase": "skx, pencil"}
    make_lora(folder, folder / "loras" / "own.safetensors", metadata=said)
    family = load(folder, tmp_path / "home")
    recipe = family.card.settle(Recipe(prompt="a cat", seed=1, steps=2))
    lora = Recipe.model_validate({**recipe.model_dump(), "loras": [{"id": "own"}]})
    assert not torch.equal(draw(family, recipe)[0], draw(family, lora)[0])
