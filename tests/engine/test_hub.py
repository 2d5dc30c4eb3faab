"""The hub over its real wire protocol, spoken by a server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.domain.errors import Interrupted, ModelBroken, Refused, SafelightError, UnknownModel, Unreachable
from safelight.engine.folder import ModelFolder
from safelight.engine.hub import Hub, choose
from tests.engine.hub_server import COMMIT, FakeHub, serving
from tests.engine.stock import make_stock_pipeline

REPOSITORY = "someone/tiny"


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hub")
    folder = make_stock_pipeline(root / REPOSITORY)
    for name in ("README.md", "tiny.ckpt", "tiny.safetensors", "unet/diffusion_pytorch_model.bin", "modeling.py"):
        (folder / name).write_bytes(b"not needed")
    (root / "someone/empty").mkdir()
    return root


@pytest.fixture
def fake(repositories: Path) -> Iterator[FakeHub]:
    with serving(FakeHub(repositories)) as hub:
        yield hub


@pytest.fixture
def hub(fake: FakeHub, tmp_path: Path) -> Hub:
    return Hub(endpoint=fake.url, cache=tmp_path / "cache", offline=False)


def fetch(hub: Hub, *, stop_after: int | None = None) -> tuple[Path, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    wanted = hub.want(REPOSITORY)
    hub.fetch(
        wanted,
        told=lambda done, total: told.append((done, total)),
        stopped=lambda: stop_after is not None and bool(told) and told[-1][0] >= stop_after,
    )
    return wanted.folder, told


def test_only_what_is_needed_is_fetched_into_the_hubs_own_cache(hub: Hub, fake: FakeHub, tmp_path: Path) -> None:
    folder, told = fetch(hub)
    assert folder == tmp_path / "cache" / "models--someone--tiny" / "snapshots" / COMMIT
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert {"model_index.json", "unet/diffusion_pytorch_model.safetensors", "vae/config.json"} <= there
    assert not [name for name in there if name.endswith((".bin", ".ckpt", ".py", ".md")) or name == "tiny.safetensors"]
    ModelFolder.open(folder, id="tiny").check()
    done = [bytes_done for bytes_done, _ in told]
    assert done == sorted(done)
    assert told[-1][0] == told[-1][1] > 0


def test_what_is_there_is_not_fetched_again(hub: Hub, fake: FakeHub) -> None:
    fetch(hub)
    fake.asked.clear()
    fetch(hub)
    assert fake.fetched() == []


def test_the_small_files_are_enough_to_know_the_model(hub: Hub, fake: FakeHub) -> None:
    wanted = hub.want(REPOSITORY)
    assert ModelFolder.open(wanted.folder, id="tiny").card(provider="local", loaded=False).family == "sd"
    assert not [name for name in fake.fetched() if name.endswith(".safetensors")]
    assert wanted.total > 100_000


def test_a_download_that_was_stopped_is_gone_on_with(hub: Hub, fake: FakeHub) -> None:
    with pytest.raises(Interrupted):
        fetch(hub, stop_after=1)
    fake.asked.clear()
    folder, _ = fetch(hub)
    ModelFolder.open(folder, id="tiny").check()


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: Hub, fake: FakeHub) -> None:
    fake.cut_after = 5000
    with pytest.raises(Unreachable):
        fetch(hub)
    fake.asked.clear()
    folder, _ = fetch(hub)
    assert "bytes=5000-" in [byte_range for _, _, byte_range in fake.asked]
    ModelFolder.open(folder, id="tiny").check()


def test_what_arrives_damaged_is_not_kept(hub: Hub, fake: FakeHub) -> None:
    fake.corrupt = True
    with pytest.raises(ModelBroken, match="not the file it promised"):
        fetch(hub)
    fake.corrupt = False
    folder, _ = fetch(hub)
    ModelFolder.open(folder, id="tiny").check()


def test_offline_the_cache_is_enough(hub: Hub, fake: FakeHub, tmp_path: Path) -> None:
    folder, _ = fetch(hub)
    fake.asked.clear()
    offline = Hub(endpoint=fake.url, cache=tmp_path / "cache", offline=True)
    assert offline.want(REPOSITORY).folder == folder
    assert fake.asked == []


@pytest.mark.parametrize(
    ("repository", "error", "words"),
    [
        ("someone/nothing", UnknownModel, "no repository"),
        ("not a name at all", UnknownModel, "neither a file or folder"),
        ("someone/empty", ModelBroken, "no model_index.json"),
    ],
)
def test_what_is_not_to_be_had_says_why(repository: str, error: type[SafelightError], words: str, hub: Hub) -> None:
    with pytest.raises(error, match=words) as refused:
        hub.want(repository)
    assert refused.value.hint


def test_a_gated_repository_wants_a_token(hub: Hub, fake: FakeHub, tmp_path: Path) -> None:
    fake.gated.add(REPOSITORY)
    with pytest.raises(Refused, match="has to let you") as refused:
        hub.want(REPOSITORY)
    assert "HF_TOKEN" in refused.value.hint
    fetch(Hub(endpoint=fake.url, cache=tmp_path / "cache", token="hf_good", offline=False))


def test_without_a_net_or_in_offline_mode_it_says_how_else(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as unreachable:
        Hub(cache=tmp_path, offline=True).want(REPOSITORY)
    assert f"hf download {REPOSITORY}" in unreachable.value.hint
    with pytest.raises(Unreachable):
        Hub(endpoint="http://127.0.0.1:9", cache=tmp_path, offline=False).want(REPOSITORY)


def test_half_precision_is_taken_where_it_is_and_pieces_come_with_their_index() -> None:
    names = [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model-00001-of-00002.safetensors",
        "text_encoder/model-00002-of-00002.safetensors",
        "text_encoder/model.safetensors.index.json",
        "text_encoder/pytorch_model.bin",
        "tokenizer/vocab.json",
        "tokenizer/merges.txt",
        "safety_checker/model.safetensors",
    ]
    chosen = choose("x/y", ["unet", "vae", "text_encoder", "tokenizer"], names)
    assert set(names) - set(chosen) == {
        "unet/diffusion_pytorch_model.safetensors",
        "text_encoder/pytorch_model.bin",
        "safety_checker/model.safetensors",
    }


def test_a_part_that_is_a_pickle_only_is_refused() -> None:
    with pytest.raises(ModelBroken, match="only as a pickle"):
        choose("x/y", ["unet"], ["model_index.json", "unet/diffusion_pytorch_model.bin"])
