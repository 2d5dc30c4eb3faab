"""How a denoiser is run faster, or in less memory, than as it comes."""

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.hooks import apply_group_offloading

from safelight.domain.errors import Misconfigured


@dataclass(frozen=True)
class Tuning:
    """
    Attributes:
        compile: let `torch.compile` build the blocks that a denoiser repeats. The first pictures of every shape wait
            for it, the later ones take less time. Needs a C++ compiler.
        attention: one of diffusers' attention backends; empty for PyTorch's own.
        offload: let the layers of the denoiser and of T5 wait in main memory until they are computed with: least memory
            on the device, and slower. Of no use on a CPU.
    """

    compile: bool = False
    attention: str = ""
    offload: bool = False


UNTUNED = Tuning()


def tune_denoiser(network: Any, tuning: Tuning, *, device: torch.device) -> Any:
    """Bring a denoiser to its device, tuned.

    Raises:
        Misconfigured: its attention cannot be computed in that way here.
    """
    if tuning.attention:
        _attend(network, tuning.attention)
    if next(network.parameters()).dtype != torch.float32:
        # A tenth faster in bfloat16, where the convolutions' kernels read it so. In single precision next to nothing is
        # gained, and the pictures stay diffusers' own to the bit.
        network = network.to(memory_format=torch.channels_last)
    network = offloaded(network, device) if tuning.offload else network.to(device)
    if tuning.compile:
        _compile(network)
    return network


def offloaded(network: Any, device: torch.device) -> Any:
    """Let a network wait in main memory. Each layer comes while the one before it computes, and goes again."""
    apply_group_offloading(network, device, offload_type="leaf_level", use_stream=device.type == "cuda")
    return network


def _compile(network: Any) -> None:
    """Block by block where diffusers names what repeats: much sooner done than the whole, and as fast."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script_method` is deprecated", DeprecationWarning)
        if network._repeated_blocks:
            network.compile_repeated_blocks(dynamic=True)
        else:
            network.compile(dynamic=True)


def _attend(network: Any, backend: str) -> None:
    try:
        network.set_attention_backend(backend)
    except (ValueError, RuntimeError, ImportError) as error:
        raise Misconfigured(
            f"Attention cannot be computed with '{backend}' here: {error}",
            hint="Leave SAFELIGHT_ATTENTION out, or install the package that the backend needs.",
        ) from error
