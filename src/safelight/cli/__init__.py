"""The command line: serve, generate, models, doctor, train.

Importing it must stay quick: every command imports what it needs when it runs, so `--help` never pays for torch.
"""

import sys

from safelight.cli.app import app
from safelight.cli.console import complain
from safelight.domain.errors import Busy, Misconfigured, Refused, SafelightError

__all__ = ["app", "main"]

EXIT_BROKEN, EXIT_REFUSED, EXIT_BUSY, EXIT_INTERRUPTED = 1, 2, 75, 130


def main() -> None:
    """Run the command line.

    Exit codes: 0 done, 1 it broke, 2 it was refused or is set up wrongly, 75 try again later, 130 interrupted.
    """
    try:
        app()
    except SafelightError as error:
        complain(error)
        sys.exit(_exit_code(error))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def _exit_code(error: SafelightError) -> int:
    match error:
        case Refused() | Misconfigured():
            return EXIT_REFUSED
        case Busy():
            return EXIT_BUSY
        case _:
            return EXIT_BROKEN
