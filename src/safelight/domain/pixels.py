"""Encoded pictures on their way through the house."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pixels:
    """An encoded picture: bytes and what they are. Base64 happens in `web` only."""

    data: bytes
    media_type: str
    width: int
    height: int
