"""Files of weights, looked at without loading them: only `.safetensors`, and whole."""

import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safelight.domain.errors import ModelBroken
from safelight.engine.reading import read_json

PICKLES = frozenset({".ckpt", ".bin", ".pt", ".pth", ".pkl"})
HEADER_LIMIT = 100_000_000
"""Bytes; safetensors' own limit."""
Among = Callable[[str], bool]
"""Whether a tensor of that name is meant."""
CONVERT = (
    "A pickle can run any program on the machine that opens it. Look for a .safetensors file of the same model, or "
    "convert this one where you trust it: "
    'python -c "import sys, torch; from safetensors.torch import save_file; w = torch.load(sys.argv[1], '
    "weights_only=True); w = w.get('state_dict', w); save_file({k: v.contiguous().clone() for k, v in w.items() if "
    "hasattr(v, 'shape')}, sys.argv[2])\" model.ckpt model.safetensors"
)


@dataclass(frozen=True)
class Header:
    """What a safetensors file says at its beginning.

    Attributes:
        shapes: of every tensor, by name.
        notes: what whoever wrote the file added to it (`__metadata__`).
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    notes: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> "Header":
        """Raises ModelBroken where the file is not safetensors, or not whole."""
        refuse_pickle(path)
        try:
            with path.open("rb") as file:
                start = file.read(8)
                length = struct.unpack("<Q", start)[0] if len(start) == 8 else HEADER_LIMIT + 1
                entries = _parse(file.read(length)) if length <= HEADER_LIMIT else None
                size = file.seek(0, 2)
        except OSError as error:
            raise ModelBroken(
                f"'{path}' cannot be read: {error.strerror}.", hint="Look whether the path is right."
            ) from error
        if entries is None:
            raise ModelBroken(
                f"'{path}' is not a safetensors file, or its beginning is damaged.", hint="Download the file again."
            )
        notes = entries.pop("__metadata__", {})
        whole = 8 + length + max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        if size < whole:
            raise ModelBroken(
                f"'{path}' is cut short: {size / 1e6:.1f} of {whole / 1e6:.1f} MB are there.",
                hint="Download the file again.",
            )
        return cls(path, {name: tuple(entry["shape"]) for name, entry in entries.items()}, notes)

    def sizes(self, among: Among = lambda name: True) -> Iterator[int]:
        """Numbers in each tensor among those."""
        return (math.prod(shape) for name, shape in self.shapes.items() if among(name))

    def holds(self, start: str) -> bool:
        """Whether there is a tensor whose name begins like this."""
        return any(name.startswith(start) for name in self.shapes)


def refuse_pickle(path: Path) -> None:
    """Raises ModelBroken for a file that could run code; what it is shows in its name or in its first bytes."""
    start = b""
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(4)
    if path.suffix.lower() in PICKLES or start in (b"PK\x03\x04",) or start[:2] in (b"\x80\x02", b"\x80\x04"):
        raise ModelBroken(f"'{path.name}' is a pickle, which Safelight does not open.", hint=CONVERT)


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that one part of a diffusers folder is loaded from: half precision where that is all."""
    found = sorted(folder.glob("*.safetensors"))
    full = tuple(file for file in found if ".fp16" not in file.name)
    return full or tuple(found)


def missing_pieces(folder: Path) -> tuple[str, ...]:
    """Files of a part that is kept in several pieces, where some of them are there and others are not."""
    lacking: list[str] = []
    for index in folder.glob("*.safetensors.index*.json"):
        pieces = sorted(set(read_json(index).get("weight_map", {}).values()))
        absent = [name for name in pieces if not (folder / name).is_file()]
        lacking += absent if len(absent) < len(pieces) else []
    return tuple(lacking)


def _parse(text: bytes) -> dict[str, Any] | None:
    try:
        entries = json.loads(text)
        for name, entry in entries.items():
            if name != "__metadata__" and not (entry["shape"] is not None and entry["data_offsets"][1] >= 0):
                return None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    return dict(entries)
