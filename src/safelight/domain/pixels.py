"""Encoded pictures on their way through the house."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Pixels:
    """An encoded picture: bytes and what they are. Base64 happens in `web` only."""

    data: bytes
    media_type: str
    width: int
    height: int


class FrameSource(StrEnum):
    """What a preview shows."""

    DENOISE = "denoise"
    """What the model expects the picture to become, after a step of denoising."""
    PROVIDER_PARTIAL = "provider_partial"
    """An unfinished picture as an image service sent it."""
    PLACEHOLDER = "placeholder"
    """Nothing of the picture: the service shows none before it is done."""
