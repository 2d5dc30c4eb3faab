"""Words for the terminal: results on standard output, everything else on standard error."""

from rich.console import Console
from rich.text import Text

from safelight.domain.errors import SafelightError


def out() -> Console:
    return Console(highlight=False, soft_wrap=True)


def err() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def complain(error: SafelightError) -> None:
    """What went wrong and what to do, in two lines."""
    console = err()
    console.print(Text.assemble(("✗ ", "bold red"), error.detail))
    for field, fault in getattr(error, "fields", {}).items():
        console.print(Text(f"  {field}: {fault}"))
    if error.hint:
        console.print(Text.assemble(("  → ", "dim"), error.hint))
