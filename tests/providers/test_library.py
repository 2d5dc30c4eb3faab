"""The models of a machine: added from folders, files and the hub, remembered, removed."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.domain.catalogue import CATALOGUE
from safelight.domain.errors import (
    Conflict,
    InvalidRecipe,
    Misconfigured,
    ModelBroken,
    NotReady,
    Refused,
    SafelightError,
    UnknownModel,
    Unreachable,
)
from safelight.domain.model_card import ModelCard, ModelState
from safelight.engine.hub import Hub, Told, Wanted
from safelight.providers.library import Library
from tests.engine.hub_server import FakeHub, serving
from tests.engine.original import save_original
from tests.engine.stock import make_stock_pipeline
from tests.engine.stock_families import make_sd, make_sd3

REPOSITORY = "someone/tiny-hub"


@pytest.fixture(scope="module")
def hub_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hub")
    make_stock_pipeline(root / REPOSITORY)
    return root


@pytest.fixture
def fake(hub_root: Path) -> Iterator[FakeHub]:
    with serving(FakeHub(hub_root)) as hub:
        yield hub


class SlowHub(Hub):
    """Waits with the large files until it is let."""

    def __init__(self, fake: FakeHub, cache: Path) -> None:
        super().__init__(endpoint=fake.url, cache=cache, offline=False)
        self.let = threading.Event()

    def fetch(self, wanted: Wanted, *, told: Told, stopped: Callable[[], bool]) -> None:
        told(wanted.total // 2, wanted.total)
        while not self.let.wait(0.01) and not stopped():
            pass
        super().fetch(wanted, told=told, stopped=stopped)


@pytest.fixture
def hub(fake: FakeHub, tmp_path: Path) -> SlowHub:
    return SlowHub(fake, tmp_path / "cache")


@pytest.fixture
def library(tmp_path: Path, hub: SlowHub) -> Iterator[Library]:
    with opened(tmp_path, hub) as library:
        yield library


class opened:
    def __init__(self, tmp_path: Path, hub: Hub) -> None:
        self._library = Library([], provider="local", home=tmp_path / "home", hub=lambda: hub)

    def __enter__(self) -> Library:
        self._library.open()
        return self._library

    def __exit__(self, *error: object) -> None:
        self._library.close()


def card(library: Library, model: str) -> ModelCard:
    return next(one for one in library.cards(loaded=lambda _: False) if one.id == model)


def wait_until(library: Library, model: str, state: ModelState) -> ModelCard:
    deadline = time.monotonic() + 60
    while (seen := card(library, model)).state is not state:
        assert time.monotonic() < deadline, seen
        time.sleep(0.01)
    return seen


def test_a_folder_is_there_at_once_and_still_after_a_restart(
    library: Library, hub: SlowHub, hub_root: Path, tmp_path: Path
) -> None:
    folder = hub_root / REPOSITORY
    added = library.add(str(folder), id="mine")
    assert (added.id, added.state, added.family) == ("mine", ModelState.INSTALLED, "sd")
    with opened(tmp_path, hub) as again:
        assert again.find("mine").path == folder
        again.remove("mine")
    with opened(tmp_path, hub) as again, pytest.raises(UnknownModel):
        again.find("mine")


def test_a_model_of_the_hub_comes_in_the_background(library: Library, hub: SlowHub) -> None:
    added = library.add(REPOSITORY)
    assert (added.id, added.state) == ("tiny-hub", ModelState.DOWNLOADING)
    assert added.sizes.width == 32, "what it is, is known before it is there"
    with pytest.raises(NotReady):
        library.find("tiny-hub")
    assert 0 <= (card(library, "tiny-hub").progress or 0) <= 0.5
    hub.let.set()
    there = wait_until(library, "tiny-hub", ModelState.INSTALLED)
    assert there.progress is None and there.weights_bytes > 100_000 and there.source == REPOSITORY
    library.find("tiny-hub").check()


def test_a_download_goes_on_after_a_restart(library: Library, hub: SlowHub, tmp_path: Path) -> None:
    library.add(REPOSITORY, id="later")
    library.close()
    hub.let.set()
    with opened(tmp_path, hub) as again:
        wait_until(again, "later", ModelState.INSTALLED)


def test_a_download_that_fails_says_why_and_can_be_tried_again(library: Library, hub: SlowHub, fake: FakeHub) -> None:
    fake.corrupt = True
    hub.let.set()
    library.add(REPOSITORY)
    failed = wait_until(library, "tiny-hub", ModelState.ABSENT)
    assert failed.problem is not None and "not the file it promised" in failed.problem
    fake.corrupt = False
    library.add(REPOSITORY)
    assert wait_until(library, "tiny-hub", ModelState.INSTALLED).problem is None


def test_a_single_file_takes_what_it_lacks_from_the_hub(
    tmp_path: Path, hub_root: Path, fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_sd3(tmp_path / "sd3")
    file = save_original(folder, tmp_path / "small.safetensors")
    make_sd3(fake.root / "stabilityai/stable-diffusion-3-medium-diffusers")
    hub = Hub(endpoint=fake.url, cache=tmp_path / "cache", offline=False)
    with opened(tmp_path, hub) as library:
        assert library.add(str(file)).state is ModelState.INSTALLED
        borrowed = library.find("small").borrowed
    assert borrowed is not None
    assert (borrowed / "tokenizer_3" / "tokenizer.json").is_file()
    assert not list(borrowed.rglob("*.safetensors")), "the file has the weights itself"


def test_a_single_file_that_lacks_nothing_never_asks_the_hub(library: Library, fake: FakeHub, tmp_path: Path) -> None:
    file = save_original(make_sd(tmp_path / "sd"), tmp_path / "alone.safetensors")
    assert library.add(str(file)).license == "creativeml-openrail-m"
    assert fake.asked == []


@pytest.mark.parametrize(
    ("source", "id", "error"),
    [
        ("/no/such/folder", None, ModelBroken),
        ("model.ckpt", None, ModelBroken),
        ("someone/nothing", None, UnknownModel),
        (REPOSITORY, "no/slashes", InvalidRecipe),
        ("what is this", None, SafelightError),
    ],
)
def test_what_cannot_be_added_says_why(
    source: str, id: str | None, error: type[SafelightError], library: Library
) -> None:
    before = library.cards(loaded=lambda _: False)
    with pytest.raises(error) as refused:
        library.add(source, id=id)
    assert refused.value.hint
    assert library.cards(loaded=lambda _: False) == before


def test_no_two_models_have_one_name(library: Library, hub_root: Path) -> None:
    library.add(str(hub_root / REPOSITORY), id="same")
    with pytest.raises(Conflict):
        library.add(str(hub_root / REPOSITORY), id="same")


def test_what_was_set_up_is_not_removed(tmp_path: Path, hub_root: Path) -> None:
    library = Library([hub_root / REPOSITORY], provider="local", home=tmp_path)
    with pytest.raises(Refused, match="set up"):
        library.remove("tiny-hub")
    with pytest.raises(UnknownModel):
        library.remove("nothing")


def test_the_catalogue_can_be_added_by_name(library: Library, fake: FakeHub, hub: SlowHub) -> None:
    named = card(library, "dreamshaper-8")
    assert (named.state, named.license) == (ModelState.ABSENT, "creativeml-openrail-m")
    make_stock_pipeline(fake.root / named.source)
    hub.let.set()
    library.add("dreamshaper-8")
    there = wait_until(library, "dreamshaper-8", ModelState.INSTALLED)
    assert (there.name, there.license, there.defaults) == (named.name, named.license, named.defaults)
    assert [one.id for one in library.cards(loaded=lambda _: False)].count("dreamshaper-8") == 1


def test_the_catalogue_has_what_the_earlier_systems_had() -> None:
    earlier = {"stable-diffusion-v1-5", "stable-diffusion-v2-1", "dreamshaper-8", "sdxl-base", "openjourney-v4"}
    assert earlier <= {entry.id for entry in CATALOGUE}
    assert len({entry.id for entry in CATALOGUE}) == len(CATALOGUE)


def test_a_model_that_is_lost_is_not_forgotten(library: Library, hub: SlowHub, hub_root: Path, tmp_path: Path) -> None:
    """A disk that is not mounted today is mounted tomorrow."""
    away = make_sd(tmp_path / "away")
    library.add(str(away))
    away.rename(tmp_path / "elsewhere")
    with opened(tmp_path, hub) as again:
        with pytest.raises(UnknownModel):
            again.find("away")
        again.add(str(hub_root / REPOSITORY), id="other")
    (tmp_path / "elsewhere").rename(away)
    with opened(tmp_path, hub) as again:
        assert again.find("away").path == away


def test_a_damaged_memory_says_which_file_it_is(library: Library, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "models.json").write_text("{")
    with pytest.raises(Misconfigured, match=r"models\.json"):
        Library([], provider="local", home=tmp_path / "home")


def test_offline_it_says_how_to_bring_a_model(tmp_path: Path) -> None:
    offline = Hub(cache=tmp_path / "cache", offline=True)
    with opened(tmp_path, offline) as library, pytest.raises(Unreachable) as unreachable:
        library.add("sdxl-base")
    assert "hf download stabilityai/stable-diffusion-xl-base-1.0" in unreachable.value.hint


def test_a_part_that_a_model_can_do_without_is_waited_for(
    library: Library, hub: SlowHub, fake: FakeHub, tmp_path: Path
) -> None:
    """A server that stops before the last part is there does not take the model for whole at the next start."""
    make_sd3(fake.root / "someone/three")
    wanted = hub.want("someone/three")
    hub.let.set()
    early = tuple(file for file in wanted.files if not file[0].startswith("text_encoder_3"))
    hub.fetch(replace(wanted, files=early), told=lambda *_: None, stopped=lambda: False)
    hub.let.clear()
    assert library.add("someone/three").state is ModelState.DOWNLOADING
    library.close()
    with opened(tmp_path, hub) as again:
        assert card(again, "three").state is ModelState.DOWNLOADING
        hub.let.set()
        wait_until(again, "three", ModelState.INSTALLED)
        assert "text_encoder_3" in again.find("three").parts
