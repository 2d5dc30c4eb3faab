"""A file without what is noted beside its pixels: prompts, seeds, where a camera was. The pixels stay as they are."""

import struct
from collections.abc import Iterator

from PIL import Image as Pillow

from safelight.store.metadata.png import SIGNATURE, chunks

SHOWN = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT pHYs bKGD acTL fcTL fdAT".split())
"""PNG chunks that change what one sees."""
EXIF = b"Exif\0\0"
ORIENTATION = 0x0112
START_OF_SCAN, COMMENT, APP0, APP1, APP2, APP14, APP15 = 0xDA, 0xFE, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
EXIF_AND_XMP_FLAGS = 0x08 | 0x04


def stripped(data: bytes, media_type: str) -> bytes:
    """The file with its pixels and colour profile alone.

    Raises:
        Refused: it is a PNG that is not whole.
    """
    match media_type:
        case "image/png":
            return SIGNATURE + b"".join(raw for kind, _, raw in chunks(data) if kind in SHOWN)
        case "image/jpeg":
            return b"\xff\xd8" + b"".join(_jpeg(data))
        case "image/webp":
            return _webp(data)
    return data


def _jpeg(data: bytes) -> Iterator[bytes]:
    """The segments that are needed. Which way up it is stays, in an EXIF of its own."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind, (length,) = data[at + 1], struct.unpack_from(">H", data, at + 2)
        if kind == START_OF_SCAN:
            yield data[at:]
            return
        segment, at = data[at : at + 2 + length], at + 2 + length
        if kind == APP1 and segment[4:10] == EXIF:
            yield _upright(segment[4:])
        elif kind not in (COMMENT, *range(APP1, APP15 + 1)) or kind in (APP2, APP14):
            yield segment


def _upright(exif: bytes) -> bytes:
    before, after = Pillow.Exif(), Pillow.Exif()
    before.load(exif)
    if (orientation := before.get(ORIENTATION, 1)) == 1:
        return b""
    after[ORIENTATION] = orientation
    body = EXIF + after.tobytes().removeprefix(EXIF)
    return struct.pack(">BBH", 0xFF, APP1, len(body) + 2) + body


def _webp(data: bytes) -> bytes:
    """RIFF: chunks of four letters, a length and a body that is padded to two bytes."""
    kept, at = [], 12
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        end = at + 8 + length + length % 2
        if kind == b"VP8X":
            flags = data[at + 8] & ~EXIF_AND_XMP_FLAGS
            kept.append(data[at : at + 8] + bytes([flags]) + data[at + 9 : end])
        elif kind in (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"):
            kept.append(data[at:end])
        at = end
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body
