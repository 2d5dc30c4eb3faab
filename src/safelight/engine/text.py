"""Prompts to hidden states, with any tokenizer and text encoder that transformers knows."""

from typing import Any

import torch
import transformers
from torch import Tensor

from safelight.domain.errors import ModelBroken
from safelight.engine.folder import ModelFolder


class TextEncoder:
    """The first text encoder of a diffusers folder."""

    def __init__(self, folder: ModelFolder, *, device: torch.device) -> None:
        self._device = device
        self._tokenizer = _load(folder, "tokenizer")
        self._model = _load(folder, "text_encoder", torch_dtype=torch.float32).eval().requires_grad_(False).to(device)
        self._masked = bool(getattr(self._model.config, "use_attention_mask", False))

    def encode(self, prompt: str) -> tuple[Tensor, str]:
        """Hidden states `[1, tokens, width]`, and the end of the prompt that did not fit (often empty)."""
        limit = self._tokenizer.model_max_length
        tokens = self._tokenizer(prompt, padding="max_length", max_length=limit, truncation=True, return_tensors="pt")
        mask = tokens.attention_mask.to(self._device) if self._masked else None
        with torch.inference_mode():
            states = self._model(tokens.input_ids.to(self._device), attention_mask=mask)[0]
        return states, self._overflow(prompt, limit)

    def _overflow(self, prompt: str, limit: int) -> str:
        tokens = self._tokenizer(prompt, return_offsets_mapping=True, verbose=False)
        # The last place within the limit is taken by the end-of-text token.
        return prompt[tokens.offset_mapping[limit - 1][0] :] if len(tokens.input_ids) > limit else ""


def _load(folder: ModelFolder, part: str, **options: object) -> Any:
    library, name = folder.index[part]
    if library != "transformers" or not hasattr(transformers, name):
        raise ModelBroken(
            f"'{folder.path}' asks for {library}.{name} as its {part}, which is not installed.",
            hint="Models may only use classes of transformers and diffusers; code inside a model is never run.",
        )
    return getattr(transformers, name).from_pretrained(folder.path / part, **options)
