"""The folder of everything that is kept, held by one server at a time."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from safelight.domain.errors import Misconfigured

NAME_BYTES = 28


@contextmanager
def held(home: Path) -> Iterator[str]:
    """Make the folder and hold it; gives the name of whoever does, which is the same every time.

    Two servers in one folder would take each other's generations for their own. The system lets go of it when the
    process ends, however it ends.

    Raises:
        Misconfigured: the folder cannot be made, or another server holds it.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "safelight.lock").open("a+b")
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
        yield _name(lock)


def _name(lock: BinaryIO) -> str:
    lock.seek(0)
    if not (name := lock.read(NAME_BYTES).decode("ascii", "replace")).startswith("srv_"):
        name = f"srv_{secrets.token_hex(12)}"
        lock.truncate(0)
        lock.write(name.encode())
        lock.flush()
    return name


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
