"""Loading networks that come beside a model: encoders, control networks, preprocessors."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from safelight.domain.errors import ModelBroken

BUILDING = threading.RLock()
"""Held while modules are made: to make theirs from files, diffusers, transformers and peft change what `nn.Module` does
in all threads. Two of them at once would leave it changed, and weights without values."""


@contextmanager
def loading(what: str) -> Iterator[None]:
    """Raises ModelBroken where something in a folder is missing, damaged or not what it should be. One at a time."""
    try:
        with BUILDING:
            yield
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelBroken(f"{what} cannot be loaded: {error}", hint="Download it again, with .safetensors.") from error


def load_network(kind: Any, folder: Path, *, device: torch.device, dtype: torch.dtype = torch.float32) -> Any:
    """A network of diffusers' or transformers', ready to be evaluated. Never a pickle, never from the network."""
    network = kind.from_pretrained(folder, torch_dtype=dtype, use_safetensors=True, local_files_only=True)
    return network.eval().requires_grad_(False).to(device)
