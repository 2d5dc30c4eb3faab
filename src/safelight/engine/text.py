"""Prompts to hidden states, with any tokenizer and text encoder that transformers knows."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from safelight.engine.embeddings import Embedding, Embeddings
from safelight.engine.folder import CHUNKS_LIMIT
from safelight.engine.layout import TOKENIZERS
from safelight.engine.parts import Parts
from safelight.engine.tokens import Chunk, PromptTokenizer

KEPT = 256
"""Prompts whose states are kept."""


class Encoded(NamedTuple):
    """A prompt as the model is told it.

    Attributes:
        states: hidden states `[1, chunks x limit, width]`.
        pooled: one vector `[1, width]` for the whole prompt (of its first chunk), where the encoder has one.
        cut: the end of the prompt that did not fit (often empty).
    """

    states: Tensor
    pooled: Tensor | None
    cut: str


class TextEncoder:
    """One text encoder of a model. Encoded prompts are kept, the least recently used forgotten first.

    A prompt without weights that fits into one chunk gives the states that diffusers' pipelines compute, to the bit.

    Args:
        part: the encoder, and `tokenizer` its tokenizer: SDXL's second are `text_encoder_2`, `tokenizer_2`.
        penultimate: take the states before the last layer, without the final norm, as SDXL does.
        embeddings: words that stand for vectors of their own.
        limit: tokens that the encoder reads at once; left out, what its tokenizer says.
        chunks: that a prompt may have at most; 1 for an encoder whose model takes no more.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
        part: str = "text_encoder",
        tokenizer: str = "tokenizer",
        penultimate: bool = False,
        embeddings: Embeddings | None = None,
        limit: int | None = None,
        chunks: int = CHUNKS_LIMIT,
    ) -> None:
        self._device = device
        self._tokens = PromptTokenizer.open(parts.folder, tokenizer, embeddings=embeddings, limit=limit, chunks=chunks)
        self._model = parts.load(part, device=device, dtype=dtype)
        self._masked = bool(getattr(self._model.config, "use_attention_mask", False))
        self._penultimate = penultimate
        self._encode_cached = lru_cache(maxsize=KEPT)(self._encode)

    @property
    def network(self) -> nn.Module:
        network: nn.Module = self._model
        return network

    def chunks(self, prompt: str) -> int:
        """How many chunks the prompt has. Raises Unsupported where an embedding in it cannot be used."""
        return len(self._tokens.read(prompt).chunks)

    def encode(self, prompt: str, clip_skip: int = 0, chunks: int = 1, variant: Hashable = None) -> Encoded:
        """The states of a prompt.

        Args:
            clip_skip: layers to leave out at the end, as diffusers counts them.
            chunks: at least so many, empty ones behind the prompt's own: what is guided needs as many for its
                negative prompt as for its prompt.
            variant: what else the states depend on, such as the LoRAs that the encoder wears; states are kept by it.

        Raises:
            Unsupported: an embedding in the prompt cannot be used.
        """
        return self._encode_cached(prompt, clip_skip, chunks, variant)

    def _encode(self, prompt: str, clip_skip: int, chunks: int, variant: Hashable) -> Encoded:
        reading = self._tokens.read(prompt)
        read = [self._states(chunk, clip_skip) for chunk in reading.chunks]
        states = [states for states, _ in read]
        if len(states) < chunks:
            states += [self.encode("", clip_skip, variant=variant).states] * (chunks - len(states))
        return Encoded(torch.cat(states, dim=1), read[0][1], reading.cut)

    def _states(self, chunk: Chunk, clip_skip: int) -> tuple[Tensor, Tensor | None]:
        ids = torch.tensor([chunk.ids], device=self._device)
        mask = torch.tensor([chunk.mask], device=self._device) if self._masked else None
        with torch.inference_mode(), self._embedded(chunk):
            output = self._model(ids, attention_mask=mask, output_hidden_states=bool(clip_skip) or self._penultimate)
            pooled = output.get("text_embeds", output.get("pooler_output"))
            return weighted_states(self._layer(output, clip_skip), chunk.weights), pooled

    def _layer(self, output: Any, clip_skip: int) -> Tensor:
        """The states before the last `clip_skip` layers."""
        if self._penultimate:
            penultimate: Tensor = output.hidden_states[-(clip_skip + 2)]
            return penultimate
        if not clip_skip:
            last: Tensor = output.last_hidden_state
            return last
        earlier: Tensor = output.hidden_states[-(clip_skip + 1)]
        # CLIP norms its states once more behind the last layer; BERT's layers end with a norm of their own.
        norm = getattr(getattr(self._model, "text_model", self._model), "final_layer_norm", nn.Identity())
        normed: Tensor = norm(earlier)
        return normed

    @contextmanager
    def _embedded(self, chunk: Chunk) -> Iterator[None]:
        """While the model reads, the chunk's vectors stand in their places; its table of words stays as it is."""
        if not chunk.vectors:
            yield
            return
        table = self._model.get_input_embeddings()
        vectors = [(place, self._vectors(embedding)[number]) for place, embedding, number in chunk.vectors]

        def put(module: nn.Module, ids: tuple[Tensor, ...], looked_up: Tensor) -> Tensor:
            changed = looked_up.clone()
            for place, vector in vectors:
                changed[0, place] = vector.to(changed)
            return changed

        hook = table.register_forward_hook(put)
        try:
            yield
        finally:
            hook.remove()

    def _vectors(self, embedding: Embedding) -> Tensor:
        return embedding.load(self._model.get_input_embeddings().weight.shape[-1])


def weighted_states(states: Tensor, weights: tuple[float, ...]) -> Tensor:
    """Each token's states times its weight, then all of them scaled so that their mean is what it was.

    This is AUTOMATIC1111's way (`sd_emphasis.py`, "Original"). The mean tells little where it is close to zero; there
    it is left alone.
    """
    if all(weight == 1 for weight in weights):
        return states
    scaled = states * torch.tensor(weights, device=states.device, dtype=states.dtype)[None, :, None]
    ratio = float(states.mean() / scaled.mean())
    return scaled * ratio if 0.5 <= ratio <= 2 else scaled


def clip_pair(
    parts: Parts,
    *,
    device: torch.device,
    dtype: torch.dtype,
    embeddings: Embeddings | None,
    chunks: int = CHUNKS_LIMIT,
) -> dict[str, TextEncoder]:
    """The two CLIP encoders of SDXL and SD3, by their names in the pipeline; the refiner has the second alone."""
    return {
        part: TextEncoder(
            parts,
            device=device,
            dtype=dtype,
            part=part,
            tokenizer=TOKENIZERS[part],
            penultimate=True,
            embeddings=embeddings,
            chunks=chunks,
        )
        for part in ("text_encoder", "text_encoder_2")
        if part in parts
    }
