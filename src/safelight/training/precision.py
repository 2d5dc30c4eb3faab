"""Which numbers to train in: bfloat16 where the device computes in it faster than in single precision."""

from __future__ import annotations

from functools import cache

import torch

from safelight.engine.device import choose_dtype


@cache
def has_bfloat16(device: str) -> bool:
    """Whether bfloat16 is fast there. Processors without it compute in it too, several times slower."""
    return choose_dtype(torch.device(device)) == torch.bfloat16


def mixed(device: str) -> torch.autocast:
    """A context in which a network runs in bfloat16 where that pays, and in single precision where it does not."""
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=has_bfloat16(device))
