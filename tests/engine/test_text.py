"""Prompts to hidden states: diffusers' own to the bit where it has them, and what it does not have, measured."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from safelight.domain.errors import Unsupported
from safelight.engine.embeddings import Embeddings
from safelight.engine.folder import ModelFolder
from safelight.engine.parts import Parts
from safelight.engine.text import TextEncoder, weighted_states
from safelight.engine.tokens import PromptTokenizer
from safelight.engine.vocabulary import load_tokenizer
from tests.engine.writing import LIMIT, make_clip_folder

CPU = torch.device("cpu")
ROOM = LIMIT - 2


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return ModelFolder.open(make_clip_folder(tmp_path_factory.mktemp("clip")))


@pytest.fixture(scope="module")
def encoder(clip: ModelFolder) -> TextEncoder:
    return TextEncoder(parts_of(clip), device=CPU)


@pytest.fixture
def bert(stock_folder: Path) -> ModelFolder:
    return ModelFolder.open(stock_folder)


def loaded(folder: ModelFolder, *parts: str) -> dict[str, Any]:
    return {
        part: parts_of(folder).load(part, device=CPU, dtype=torch.float32)
        if "encoder" in part
        else load_tokenizer(folder, part)
        for part in parts
    }


def parts_of(folder: ModelFolder) -> Parts:
    return Parts(folder, folder.path)


def by_diffusers(folder: ModelFolder, prompt: str, clip_skip: int | None = None) -> Tensor:
    parts = loaded(folder, "text_encoder", "tokenizer")
    if not hasattr(parts["text_encoder"], "text_model"):
        # diffusers 0.42 looks for the final norm where transformers had it before version 5.
        object.__setattr__(parts["text_encoder"], "text_model", parts["text_encoder"])
    pipeline = bare_pipeline(parts)
    with torch.inference_mode():
        states: Tensor = pipeline.encode_prompt(prompt, CPU, 1, False, clip_skip=clip_skip)[0]
    return states


def bare_pipeline(parts: dict[str, Any]) -> Any:
    pipeline = object.__new__(StableDiffusionPipeline)
    pipeline._internal_dict = {}
    for name, part in parts.items():
        object.__setattr__(pipeline, name, part)
    return pipeline


@pytest.mark.parametrize("prompt", ["", "a red cat", "cat, dog", "abcdefghijklmn"])
@pytest.mark.parametrize("clip_skip", [0, 1, 3])
def test_states_are_diffusers_own(prompt: str, clip_skip: int, clip: ModelFolder, encoder: TextEncoder) -> None:
    states = encoder.encode(prompt, clip_skip).states
    assert torch.equal(states, by_diffusers(clip, prompt, clip_skip))
    if not clip_skip:
        assert torch.equal(states, by_diffusers(clip, prompt))


@pytest.mark.parametrize("prompt", ["", "a red dragon", "a cat in a castle"])
def test_a_masked_encoder_too(prompt: str, bert: ModelFolder) -> None:
    assert torch.equal(TextEncoder(parts_of(bert), device=CPU).encode(prompt).states, by_diffusers(bert, prompt))


def test_a_masked_encoder_without_its_last_layer(bert: ModelFolder) -> None:
    states = TextEncoder(parts_of(bert), device=CPU).encode("a cat", 1).states
    parts = loaded(bert, "text_encoder", "tokenizer")
    tokens = parts["tokenizer"]("a cat", padding="max_length", max_length=8, return_tensors="pt")
    parts["text_encoder"].encoder.layer = parts["text_encoder"].encoder.layer[:-1]
    with torch.inference_mode():
        assert torch.equal(states, parts["text_encoder"](tokens.input_ids, tokens.attention_mask)[0])


@pytest.mark.parametrize("clip_skip", [0, 2])
def test_two_encoders_as_sdxl_has_them(clip_skip: int, clip: ModelFolder) -> None:
    names = ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")
    pipeline = StableDiffusionXLPipeline(
        vae=None, unet=None, scheduler=EulerDiscreteScheduler(), add_watermarker=False, **loaded(clip, *names)
    )
    with torch.inference_mode():
        states, negative, pooled, negative_pooled = pipeline.encode_prompt(
            "a red cat", device=CPU, negative_prompt="dog", clip_skip=clip_skip or None
        )
    ours = [
        TextEncoder(parts_of(clip), device=CPU, penultimate=True),
        TextEncoder(parts_of(clip), device=CPU, part="text_encoder_2", tokenizer="tokenizer_2", penultimate=True),
    ]
    assert torch.equal(torch.cat([one.encode("a red cat", clip_skip).states for one in ours], dim=-1), states)
    assert torch.equal(torch.cat([one.encode("dog").states for one in ours], dim=-1), negative)
    assert torch.equal(pooled_of(ours[1], "a red cat"), pooled)
    assert torch.equal(pooled_of(ours[1], "dog"), negative_pooled)


def pooled_of(encoder: TextEncoder, prompt: str) -> Tensor:
    pooled = encoder.encode(prompt).pooled
    assert pooled is not None
    return pooled


@settings(deadline=None, max_examples=30)
@given(words=st.lists(st.sampled_from("ab c, red (cat: 1.0) [dog]".split()), min_size=1, max_size=4))
def test_a_weight_of_one_changes_nothing(words: list[str], encoder: TextEncoder) -> None:
    plain = " ".join(word.strip("()[]:") for word in words)
    marked = " ".join(f"({word.strip('()[]:')}:1.0)" for word in words)
    assert torch.equal(encoder.encode(marked).states, encoder.encode(plain).states)
    # Half a word may have a weight of its own without becoming another word.
    assert torch.equal(encoder.encode(f"({plain[:1]}:1){plain[1:]}").states, encoder.encode(plain).states)


def test_a_weight_scales_its_own_tokens_and_keeps_the_mean(encoder: TextEncoder) -> None:
    plain, weighted = encoder.encode("a red cat").states, encoder.encode("a (red:1.5) cat").states
    ratios = (weighted / plain).mean(dim=-1)[0]
    others = [place for place in range(LIMIT) if place not in (2, 3, 4)]
    assert torch.allclose(ratios[others], ratios[0].expand(len(others)), rtol=1e-4)
    assert torch.allclose(ratios[2:5], 1.5 * ratios[0].expand(3), rtol=1e-4)
    assert float(weighted.mean()) == pytest.approx(float(plain.mean()), rel=1e-4)


def test_a_mean_that_says_nothing_is_left_alone() -> None:
    states = torch.tensor([[[1.0, -1.0 + 1e-6], [1.0, -1.5]]])
    assert torch.equal(weighted_states(states, (1, 2)), states * torch.tensor([[[1.0], [2.0]]]))


def test_a_long_prompt_is_read_in_chunks_each_as_it_would_be_alone(encoder: TextEncoder) -> None:
    prompt = "abcdefghij klmn opqr"
    assert encoder.chunks(prompt) == 2
    states = encoder.encode(prompt).states
    assert states.shape == (1, 2 * LIMIT, 32)
    assert torch.equal(states[:, :LIMIT], encoder.encode("abcdefghij klmn").states)
    assert torch.equal(states[:, LIMIT:], encoder.encode("opqr").states)


def test_break_begins_a_chunk(encoder: TextEncoder) -> None:
    states = encoder.encode("red cat BREAK BREAK dog").states
    alone = [encoder.encode(part).states for part in ("red cat", "dog")]
    assert torch.equal(states, torch.cat(alone, dim=1))
    assert torch.equal(encoder.encode("BREAK").states, encoder.encode("").states)


def test_a_shorter_prompt_is_padded_with_empty_chunks(encoder: TextEncoder) -> None:
    padded = encoder.encode("red", 1, 3).states
    assert torch.equal(padded, torch.cat([encoder.encode(part, 1).states for part in ("red", "", "")], dim=1))
    assert torch.equal(encoder.encode("", chunks=2).states, encoder.encode("").states.repeat(1, 2, 1))


def test_a_prompt_of_too_many_chunks_is_cut(encoder: TextEncoder) -> None:
    prompt = " ".join(["(abcdefghijklmn:1.2)"] * 8 + ["(opq:1.3) rest"])
    encoded = encoder.encode(prompt)
    assert encoded.states.shape == (1, 8 * LIMIT, 32)
    assert encoded.cut == "opq:1.3) rest"
    assert encoder.encode(prompt[: -len("(opq:1.3) rest")]).cut == ""


def test_chunks_end_behind_a_comma_or_between_words(clip: ModelFolder) -> None:
    tokenizer = PromptTokenizer.open(clip)

    def chunks(prompt: str) -> list[int]:
        return [sum(chunk.mask) - 2 for chunk in tokenizer.read(prompt).chunks]

    assert tokenizer.room == ROOM
    assert chunks("abcdefghijk, mnopq") == [12, 5]
    assert chunks("a, cdefghij klmnopq") == [10, 7]
    assert chunks("abcdefghijklmnopqrst") == [14, 6]
    assert tokenizer.read("abcdefghijklmnopqrst").tokens == 20


def test_encoded_prompts_are_kept_and_shared(encoder: TextEncoder) -> None:
    assert encoder.encode("").states is encoder.encode("").states
    assert encoder.encode("red", 0, 1, "a LoRA").states is not encoder.encode("red").states


# ---- textual inversion

WORDS = {"moss": 3, "glow": 1}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embeddings")
    torch.manual_seed(5)
    save_file({"emb_params": torch.randn(3, 32)}, folder / "moss.safetensors")
    save_file({"clip_l": torch.randn(32), "clip_g": torch.randn(48)}, folder / "glow.safetensors")
    save_file({"x": torch.randn(2, 40)}, folder / "wide.safetensors")
    save_file({"x": torch.randn(ROOM + 1, 32)}, folder / "huge.safetensors")
    (folder / "sour.safetensors").write_bytes(b"\xff" * 40)
    (folder / "brine.pt").write_bytes(b"anything")
    (folder / "notes.txt").write_text("no embedding")
    return folder


@pytest.mark.parametrize("prompt", ["a moss cat", "moss, Glow", "mossy glowing", "(moss:1.0)"])
def test_an_embedding_is_what_diffusers_makes_of_it(prompt: str, clip: ModelFolder, shelf: Path) -> None:
    ours = TextEncoder(parts_of(clip), device=CPU, embeddings=Embeddings(shelf)).encode(prompt).states
    parts = loaded(clip, "text_encoder", "tokenizer")
    pipeline = bare_pipeline(parts)
    embeddings = Embeddings(shelf)
    for word in WORDS:
        parts["tokenizer"].add_tokens([f"<{word}>"] + [f"<{word}>_{n}" for n in range(1, WORDS[word])])
        parts["text_encoder"].resize_token_embeddings(len(parts["tokenizer"]), mean_resizing=False)
        table = parts["text_encoder"].get_input_embeddings().weight
        table.data[-WORDS[word] :] = embeddings.find(word).load(32)
    theirs = prompt.replace("(", "").replace(":1.0)", "")
    for word in WORDS:
        theirs = theirs.replace(f"{word} ", f"<{word}> ").replace(f"{word},", f"<{word}>,")
        theirs = f"<{word}>" if theirs == word else theirs.replace("Glow", "<glow>")
    with torch.inference_mode():
        assert torch.equal(ours, pipeline.encode_prompt(theirs, CPU, 1, False)[0])


def test_each_encoder_takes_the_vectors_of_its_own_width(clip: ModelFolder, shelf: Path) -> None:
    second = TextEncoder(
        parts_of(clip), device=CPU, part="text_encoder_2", tokenizer="tokenizer_2", embeddings=Embeddings(shelf)
    )
    assert not torch.equal(second.encode("glow").states, second.encode("!").states)


def test_an_embedding_has_its_words_weight_and_is_not_split(clip: ModelFolder, shelf: Path) -> None:
    tokenizer = PromptTokenizer.open(clip, embeddings=Embeddings(shelf))
    (chunk,) = tokenizer.read("a (moss:1.4)").chunks
    assert chunk.weights[:6] == (1, 1, 1.4, 1.4, 1.4, 1)
    assert [place for place, _, _ in chunk.vectors] == [2, 3, 4]
    first, second = tokenizer.read("abcdefghijkl moss").chunks
    assert (first.vectors, len(second.vectors)) == ((), 3)


@pytest.mark.parametrize(
    ("word", "says"),
    [("wide", "width 40"), ("brine", "pickle"), ("sour", "cannot be read"), ("huge", f"{ROOM} at once")],
)
def test_an_embedding_that_does_not_fit_is_refused_with_a_reason(
    word: str, says: str, clip: ModelFolder, shelf: Path
) -> None:
    encoder = TextEncoder(parts_of(clip), device=CPU, embeddings=Embeddings(shelf))
    with pytest.raises(Unsupported, match=says) as refused:
        encoder.encode(f"a {word} cat")
    assert refused.value.hint
    assert encoder.encode(f"a {word}ish cat").states.shape[1] == LIMIT
