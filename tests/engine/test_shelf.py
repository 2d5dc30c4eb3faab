"""Which adapters are installed, and what they say about themselves."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from safelight.domain.adapting import AdapterKind
from safelight.domain.errors import UnknownModel, Unsupported
from safelight.engine.shelf import Shelf


def lora(path: Path, **said: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"weight": torch.zeros(2)}, path, metadata=said or None)
    return path


def test_what_lies_in_its_place_is_listed_and_found_at_once(tmp_path: Path) -> None:
    shelf = Shelf((tmp_path,))
    assert shelf.cards() == ()
    file = lora(tmp_path / "loras" / "styles" / "ink.safetensors")
    adapter = lora(tmp_path / "ip_adapters" / "sd15.safetensors")
    encoder = lora(tmp_path / "ip_adapters" / "image_encoder" / "model.safetensors")
    network = lora(tmp_path / "controlnets" / "canny" / "diffusion_pytorch_model.safetensors").parent
    for folder in (encoder.parent, network):
        (folder / "config.json").write_text("{}")
    listed = {(card.kind, card.id) for card in shelf.cards()}
    assert listed == {("lora", "styles/ink"), ("ip_adapter", "sd15"), ("control", "canny")}
    assert shelf.find(AdapterKind.LORA, "styles/ink") == file
    assert shelf.find(AdapterKind.CONTROL, "canny") == network
    assert shelf.find(AdapterKind.IP_ADAPTER, "sd15") == adapter
    assert all(card.weights_bytes > 0 for card in shelf.cards())


def test_the_first_roots_adapter_counts(tmp_path: Path) -> None:
    own, everyones = lora(tmp_path / "own/loras/a.safetensors"), lora(tmp_path / "home/loras/a.safetensors")
    roots = (tmp_path / "own", tmp_path / "home")
    assert Shelf(roots).find(AdapterKind.LORA, "a") == own
    assert Shelf(roots[::-1]).find(AdapterKind.LORA, "a") == everyones


def test_a_card_says_what_its_maker_wrote(tmp_path: Path) -> None:
    lora(
        tmp_path / "loras" / "named.safetensors", **{"modelspec.title": "Ink", "modelspec.trigger_phrase": "ink, wash"}
    )
    tags = {"10_cat": {"cat": 9, "sitting": 2}, "5_dog": {"dog": 4, "sitting": 3}}
    lora(tmp_path / "loras" / "tags.safetensors", ss_tag_frequency=json.dumps(tags), ss_base_model_version="sd_v1")
    cards = {card.id: card for card in Shelf((tmp_path,)).cards(model="sprite")}
    assert (cards["named"].name, cards["named"].triggers) == ("Ink", ("ink", "wash"))
    assert (cards["tags"].base, cards["tags"].triggers) == ("sd_v1", ("cat", "sitting", "dog"))
    assert cards["tags"].name == "tags" and cards["tags"].model == "sprite"


def test_damaged_files_are_listed_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "loras").mkdir()
    for name, content in {"empty": b"", "long": b"\xff" * 64, "list": b"\x02" + bytes(7) + b"[]"}.items():
        (tmp_path / "loras" / f"{name}.safetensors").write_bytes(content)
    assert {(card.id, card.triggers) for card in Shelf((tmp_path,)).cards()} == {
        (id, ()) for id in ("empty", "long", "list")
    }


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    lora(tmp_path / "loras" / "ink-wash.safetensors")
    (tmp_path / "loras" / "old.ckpt").write_bytes(b"")
    shelf = Shelf((tmp_path,))
    with pytest.raises(UnknownModel) as unknown:
        shelf.find(AdapterKind.LORA, "ink_wash")
    assert "ink-wash" in unknown.value.hint
    with pytest.raises(Unsupported, match="pickle"):
        shelf.find(AdapterKind.LORA, "old")
    for id in ("../loras/ink-wash", "/etc/passwd", ""):
        with pytest.raises(UnknownModel):
            shelf.find(AdapterKind.LORA, id)
