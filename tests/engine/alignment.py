"""Where weights begin in memory decides on some processors (AVX2) how their products are added up, to the last bit.

Weights that are mapped from a file begin wherever the file says. To compare two models to the bit, both are laid where
every processor reads them alike.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from torch import nn

DEPTH = 4
Owner = TypeVar("Owner")


def aligned(owner: Owner) -> Owner:
    """The same model or pipeline, its weights where the allocator would have put them."""
    for network in _networks(owner, set(), DEPTH):
        for tensor in [*network.parameters(), *network.buffers()]:
            tensor.data = tensor.data.clone()
    return owner


def _networks(owner: Any, seen: set[int], depth: int) -> Iterator[nn.Module]:
    if id(owner) in seen or depth < 0:
        return
    seen.add(id(owner))
    if isinstance(owner, nn.Module):
        yield owner
        return
    held = owner if isinstance(owner, list | tuple) else (owner if isinstance(owner, dict) else _fields(owner)).values()
    for one in list(held):
        yield from _networks(one, seen, depth - 1)


def _fields(owner: Any) -> dict[str, Any]:
    return getattr(owner, "__dict__", {})
