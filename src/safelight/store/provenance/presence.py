"""Whether a file has content credentials, told by its layout alone: nothing is decoded, and no validator is needed."""

import struct
from collections.abc import Iterator

from safelight.domain.errors import Refused
from safelight.store.metadata.png import chunks

MARKER, APP11, START_OF_SCAN = 0xFF, 0xEB, 0xDA
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


def signed(data: bytes, media_type: str) -> bool:
    """Whether it has a C2PA manifest store, valid or not."""
    return manifest_bytes(data, media_type) > 0


def manifest_bytes(data: bytes, media_type: str) -> int:
    """What its manifest store takes in the file; 0 where it has none. Where it lies: C2PA specification, A.3."""
    match media_type:
        case "image/png":
            return sum(_in_png(data))
        case "image/jpeg":
            return sum(_in_jpeg(data))
        case "image/webp":
            return sum(_in_webp(data))
    return 0


def media_type_of(data: bytes) -> str | None:
    """Of a PNG, JPEG or WebP, by how it begins."""
    return next((kind for start, kind in KINDS.items() if data.startswith(start)), None)


def _in_png(data: bytes) -> Iterator[int]:
    try:
        for kind, _, raw in chunks(data):
            if kind == b"caBX":
                yield len(raw)
    except Refused:
        return


def _in_jpeg(data: bytes) -> Iterator[int]:
    at = 2
    while at + 4 <= len(data) and data[at] == MARKER and data[at + 1] != START_OF_SCAN:
        (length,) = struct.unpack_from(">H", data, at + 2)
        if data[at + 1] == APP11 and data[at + 4 : at + 6] == b"JP":
            yield length
        at += 2 + length


def _in_webp(data: bytes) -> Iterator[int]:
    at = 12
    while at + 8 <= len(data):
        kind, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        if kind == b"C2PA":
            yield length
        at += 8 + length + length % 2
