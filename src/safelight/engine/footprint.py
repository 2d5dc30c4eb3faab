"""How many bytes of the device's memory a model and a picture take, told before it is tried. Needs no torch."""

import json
import logging
import os
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from safelight.engine.families.facts import DECODE_CELL
from safelight.engine.folder import ModelFolder
from safelight.engine.layout import WEIGHTS

SINGLE = 4
"""Bytes of a float32."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Footprint:
    """What a model takes on one device, in one number format.

    Attributes:
        weights: bytes of all its parts, loaded.
        row_cell: bytes that a forward takes beside the weights, per row of its batch and latent cell.
        decode_cell: bytes that decoding takes beside the weights, per latent cell.
        measured: whether the last two were measured on this device; else they are those of the family elsewhere.
    """

    weights: int
    row_cell: float
    decode_cell: float
    measured: bool = False

    def denoise(self, *, rows: int, cells: int) -> int:
        """Bytes of a forward beside the weights."""
        return round(self.row_cell * rows * cells)

    def decode(self, *, cells: int) -> int:
        """Bytes of decoding a picture whole, beside the weights."""
        return round(self.decode_cell * cells)

    def peak(self, *, rows: int, cells: int, tiled: bool = False) -> int:
        """Bytes at the worst moment of a picture, weights included."""
        decode = 0 if tiled else self.decode(cells=cells)
        return self.weights + max(self.denoise(rows=rows, cells=cells), decode)


def expected(folder: ModelFolder, *, number: int, offloaded: Collection[str] = ()) -> Footprint:
    """What a model will take that was not measured here yet.

    Args:
        number: bytes of a number of its weights.
        offloaded: parts whose layers wait in main memory.
    """
    facts = folder.facts
    sizes = {part: SINGLE if part in facts.single else number for part in folder.parts if part in WEIGHTS}
    staying = sum(folder.parameters(part) * size for part, size in sizes.items() if part not in offloaded)
    # They are computed with one after the other: the largest of them at its largest moment.
    passing = max((folder.passing_parameters(part) * sizes[part] for part in offloaded), default=0)
    weights = staying + passing
    return Footprint(weights, row_cell=facts.row_cell * number, decode_cell=DECODE_CELL * SINGLE)


def offloaded_parts(folder: ModelFolder) -> tuple[str, ...]:
    """The parts that wait in main memory where layers are offloaded: the denoiser, and T5."""
    return tuple(
        part
        for part in folder.parts
        if part == folder.facts.denoiser or (part in WEIGHTS and "T5" in folder.index[part][1])
    )


class Footprints:
    """What was measured, kept in a file so that it is known before a model is loaded again. For any thread.

    Args:
        path: of the file; None remembers until the process ends. A damaged file counts as an empty one.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known = _read(path) if path is not None else {}

    def get(self, key: str, *, otherwise: Footprint) -> Footprint:
        """What was measured under a key; `otherwise` where nothing was, or where the model was another then."""
        known = self._known.get(key)
        return known if known is not None and known.weights == otherwise.weights else otherwise

    def learn(self, key: str, footprint: Footprint) -> None:
        with self._lock:
            if self._known.get(key) == footprint:
                return
            self._known = {**self._known, key: replace(footprint, measured=True)}
            if self._path is not None:
                _write(self._path, self._known)


def _read(path: Path) -> dict[str, Footprint]:
    try:
        return {key: Footprint(**one) for key, one in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s cannot be read (%s); what models take is measured again", path, error)
        return {}


def _write(path: Path, known: dict[str, Footprint]) -> None:
    beside = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({key: asdict(one) for key, one in known.items()}, indent=2) + "\n")
        os.replace(beside, path)
    except OSError as error:
        log.warning("%s cannot be written (%s); what models take is measured again next time", path, error)
