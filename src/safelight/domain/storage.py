"""What everything that is kept comes to."""

from safelight.domain.frozen import Frozen


class Heap(Frozen):
    """So many things of one kind."""

    count: int
    bytes: int


class Month(Heap):
    """The pictures of one month."""

    month: str
    """Like `2026-11`, in UTC."""


class Storage(Frozen):
    """What is kept, by kind."""

    pictures: Heap
    by_month: tuple[Month, ...]
    """The newest first."""
    inputs: Heap
    """Images that were given to draw with."""
    checkpoints: Heap
    """What generations go on from after a crash, and what one branches off from. They lie in the database."""
    database_bytes: int
    disk_free_bytes: int
    """On the disk of the server's home; pictures in a bucket do not lie there."""
