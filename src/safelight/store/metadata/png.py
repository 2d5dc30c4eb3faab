"""The recipe inside the PNG: iTXt chunks spliced in after the header, the pixels untouched.

Two texts are written. `safelight` is our own JSON, read back by `read`; `parameters` is the one line format that
AUTOMATIC1111 began and most tools understand. Chunk layout: PNG specification (third edition), 5.3 and 11.3.3.
"""

import struct
import zlib
from collections.abc import Iterator

from safelight.domain.errors import Refused
from safelight.domain.recipe import Recipe
from safelight.store.metadata.a1111 import infotext
from safelight.store.metadata.ours import as_json, from_json

SIGNATURE = b"\x89PNG\r\n\x1a\n"
OURS = "safelight"
INFOTEXT = "parameters"
# What a text may hold unpacked, so that a small file cannot grow into all of the memory.
TEXT_LIMIT = 4 * 2**20


def embed(png: bytes, recipe: Recipe) -> bytes:
    """The same picture with its recipe inside; an earlier recipe of ours is replaced.

    Raises:
        Refused: `png` is not a whole PNG.
    """
    texts = [_text_chunk(OURS, as_json(recipe)), _text_chunk(INFOTEXT, infotext(recipe))]
    kept = [raw for kind, body, raw in chunks(png) if not _is_recipe(kind, body)]
    return b"".join([SIGNATURE, kept[0], *texts, *kept[1:]])


def read(png: bytes) -> Recipe | None:
    """The recipe that `embed` wrote; None where there is none, or one of a later version.

    Raises:
        Refused: `png` is not a whole PNG.
    """
    for kind, body, _ in chunks(png):
        if kind == b"iTXt" and _keyword(body) == OURS.encode():
            return from_json(_text(body))
    return None


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Every chunk as (type, body, whole chunk with length and checksum), the header first."""
    if not png.startswith(SIGNATURE):
        raise _not_a_png("it does not begin like one")
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(png):
            raise _not_a_png("it is cut short")
        (length,) = struct.unpack_from(">I", png, at)
        kind, end = png[at + 4 : at + 8], at + 12 + length
        if end > len(png):
            raise _not_a_png("it is cut short")
        if at == len(SIGNATURE) and kind != b"IHDR":
            raise _not_a_png("its header is missing")
        yield kind, png[at + 8 : end - 4], png[at:end]
        at = end


def _not_a_png(why: str) -> Refused:
    return Refused(f"This is not a PNG: {why}.", hint="Send the file as it was downloaded, not a copy from a preview.")


def _is_recipe(kind: bytes, body: bytes) -> bool:
    return kind in (b"iTXt", b"tEXt", b"zTXt") and _keyword(body) in (OURS.encode(), INFOTEXT.encode())


def _keyword(body: bytes) -> bytes:
    return body.split(b"\0", 1)[0]


def _text_chunk(keyword: str, text: str) -> bytes:
    """An uncompressed iTXt chunk; after the keyword come compression flag and method, language and translation."""
    body = keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))


def _text(body: bytes) -> str | None:
    """The text of an iTXt body; None where it cannot be read."""
    try:
        _, rest = body.split(b"\0", 1)
        packed = rest[0]
        _language, _translated, text = rest[2:].split(b"\0", 2)
        return _unpacked(text).decode() if packed else text.decode()
    except (ValueError, IndexError, zlib.error):
        return None


def _unpacked(text: bytes) -> bytes:
    return zlib.decompressobj().decompress(text, TEXT_LIMIT)
