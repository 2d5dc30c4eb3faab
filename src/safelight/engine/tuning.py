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
        graphs: compile the whole denoiser and let CUDA play back its kernels as one graph, recorded for every shape:
            then a forward costs the processor nearly nothing. Rows are filled up to a few sizes, so that there are few
            shapes; a shape's first forward takes a minute or more. On a CPU nothing is recorded.
        offload: let the layers of the denoiser and of T5 wait in main memory until they are computed with: least memory
            on the device, and slower. Of no use on a CPU.
    """

    compile: bool = False
    graphs: bool = False
    attention: str = ""
    offload: bool = False

    def filled(self, rows: int) -> int:
        """Rows that a forward of so many is filled up to: with graphs 1, 2, 3, 4, 6, 8, 12, 16, 24 and so on, at most a
        half more; else as many as there are."""
        if not self.graphs:
            return rows
        power = 1 << (rows - 1).bit_length()
        return power * 3 // 4 if power > 2 and rows <= power * 3 // 4 else power


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
    if tuning.graphs:
        _record(network)
    elif tuning.compile:
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


def _record(network: Any) -> None:
    """As a whole, and a graph for every shape: pieces would each have to be started by the processor again."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script_method` is deprecated", DeprecationWarning)
        network.compile(mode="reduce-overhead", dynamic=False)


def _attend(network: Any, backend: str) -> None:
    try:
        network.set_attention_backend(backend)
    except (ValueError, RuntimeError, ImportError) as error:
        raise Misconfigured(
            f"Attention cannot be computed with '{backend}' here: {error}",
            hint="Leave SAFELIGHT_ATTENTION out, or install the package that the backend needs.",
        ) from error
