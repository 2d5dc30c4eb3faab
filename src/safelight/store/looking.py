"""What is asked about an image that somebody brings, before it is kept. The runner puts moderation here."""

from typing import Protocol


class Look(Protocol):
    """Moderation, as far as images are concerned."""

    async def __call__(self, image: bytes, *, workspace: str, caller: str | None) -> None:
        """Raises NotAllowed, UnusableImage, Unreachable: it is not to be kept."""
        ...


async def unseen(image: bytes, *, workspace: str, caller: str | None) -> None:
    """Nobody looks."""
