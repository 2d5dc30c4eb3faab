"""The folder of everything that is kept, held by one server at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from safelight.domain.errors import Misconfigured


@contextmanager
def held(home: Path) -> Iterator[Path]:
    """Make the folder and hold it. Two servers in one folder would both resume the same generations.

    The system lets go of it when the process ends, however it ends.

    Raises:
        Misconfigured: the folder cannot be made, or another server holds it.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "safelight.lock").open("ab")
    except OSError as error:
        raise Misconfigured(
            f"The folder {home} cannot be used: {error.strerror}.",
            hint="Give Safelight a folder it can write to with --home or SAFELIGHT_HOME.",
        ) from error
    with lock:
        try:
            _lock(lock)
        except OSError as error:
            raise Misconfigured(
                f"Another Safelight already runs in {home}.",
                hint="Use that one, stop it, or give this one a folder of its own with --home.",
            ) from error
        yield home


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
