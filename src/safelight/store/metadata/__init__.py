"""How a picture was made, inside of the picture: written into PNGs, and read as several programs write it."""

from safelight.store.metadata.a1111 import infotext
from safelight.store.metadata.draft import Found
from safelight.store.metadata.ours import as_json
from safelight.store.metadata.png import SIGNATURE, embed, read
from safelight.store.metadata.reading import found
from safelight.store.metadata.stripping import stripped

__all__ = ["SIGNATURE", "Found", "as_json", "embed", "found", "infotext", "read", "stripped"]
