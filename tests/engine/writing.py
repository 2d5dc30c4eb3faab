"""Tiny text encoders with random weights, in the layout of diffusers' folders, made without any download."""

import json
from pathlib import Path

import torch
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz,.!"
LIMIT = 16
"""Tokens that the encoders read at once: 14 letters, begin and end."""


def make_clip_folder(folder: Path) -> Path:
    """Two CLIP encoders as SDXL has them; each letter is a token."""
    torch.manual_seed(11)
    letters = [letter + end for end in ("", "</w>") for letter in LETTERS]
    vocabulary = {token: number for number, token in enumerate([*letters, "<|startoftext|>", "<|endoftext|>"])}
    begin, end = len(vocabulary) - 2, len(vocabulary) - 1
    index: dict[str, object] = {"_class_name": "StableDiffusionPipeline"}
    for number, (kind, width) in enumerate(((CLIPTextModel, 32), (CLIPTextModelWithProjection, 48))):
        suffix = "_2" if number else ""
        config = CLIPTextConfig(
            vocab_size=len(vocabulary),
            hidden_size=width,
            intermediate_size=64,
            num_hidden_layers=4,
            num_attention_heads=4,
            max_position_embeddings=LIMIT,
            projection_dim=24,
            bos_token_id=begin,
            eos_token_id=end,
            pad_token_id=end,
        )
        encoder = kind(config)
        # A trained encoder's states have a mean; those of a fresh one have none.
        getattr(encoder, "text_model", encoder).final_layer_norm.bias.data += 0.1
        encoder.save_pretrained(folder / f"text_encoder{suffix}")
        tokenizer = CLIPTokenizer(
            vocab=vocabulary, merges=[], model_max_length=LIMIT, pad_token="!</w>" if number else "<|endoftext|>"
        )
        tokenizer.save_pretrained(folder / f"tokenizer{suffix}")
        index |= {f"text_encoder{suffix}": ["transformers", kind.__name__]}
        index |= {f"tokenizer{suffix}": ["transformers", "CLIPTokenizer"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder
