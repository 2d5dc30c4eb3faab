"""Where a model runs, and in which numbers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch


def choose_device(wish: str = "auto") -> torch.device:
    """`auto` takes the first of CUDA, Apple's MPS and the CPU that is there."""
    if wish != "auto":
        return torch.device(wish)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def choose_dtype(device: torch.device, wish: str = "auto") -> torch.dtype:
    """`auto` takes bfloat16 where the device computes in it faster than in float32."""
    named = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if wish in named:
        return named[wish]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if device.type == "cpu" and _cpu_has_bfloat16() else torch.float32


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given; the CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def free_memory(device: torch.device) -> None:
    """Give back what the allocator keeps for later."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def memory_of(device: torch.device) -> int:
    """Bytes of memory that the device has; on a CPU, that this process may have."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory())
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_cgroup_limits()])


def peak_of(device: torch.device) -> int | None:
    """The most bytes that were taken of a device with memory of its own."""
    return int(torch.cuda.max_memory_reserved(device)) if device.type == "cuda" else None


def compute_alone() -> None:
    """Keep this thread's arithmetic to one core. Beside a forward a second team of threads would stall both."""
    torch.set_num_threads(1)


@contextmanager
def on_one_core(*, wished: bool = True) -> Iterator[None]:
    """Keep what this thread computes in here to one core, where that is wished."""
    cores = torch.get_num_threads()
    if wished and cores > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch.get_num_threads() != cores:
            torch.set_num_threads(cores)


def _cgroup_limits() -> Iterator[int]:
    """What a container may take, by either version of control groups."""
    for file in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        with suppress(OSError, ValueError):
            yield int(file.read_text())


def _cpu_has_bfloat16() -> bool:
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
