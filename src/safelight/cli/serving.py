"""`safelight serve`."""

import asyncio
import webbrowser
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.text import Text

from safelight import logs
from safelight.bootstrap import serve
from safelight.cli.console import err
from safelight.settings import LogFormat, Settings


def run(*, config: Path | None, open_browser: bool, **flags: object) -> None:
    """Serve until the process is asked to stop."""
    settings = Settings.read(config=config, **flags)
    mask = logs.Mask.of(settings.secrets)
    logs.begin(level=settings.log_level.value, as_json=settings.log_format is LogFormat.JSON, mask=mask)
    with _reporting(settings, mask):
        asyncio.run(serve(settings, say=_Host(settings, open_browser=open_browser)))
    err().print("Stopped. Whatever was still developing goes on at the next start.")


def _reporting(settings: Settings, mask: logs.Mask) -> AbstractContextManager[None]:
    if settings.sentry_dsn is None:
        return nullcontext()
    from safelight.metering.faults import reported

    return reported(settings.sentry_dsn.get_secret_value(), mask=mask)


class _Host:
    """Tells the person at the terminal what there is to see. The first thing said is the address."""

    def __init__(self, settings: Settings, *, open_browser: bool) -> None:
        self._settings = settings
        self._open_browser = open_browser
        self._greeted = False

    def __call__(self, words: str) -> None:
        console = err()
        if self._greeted:
            console.print(Text(f"  {words}", style="dim"))
            return
        self._greeted = True
        console.print(Text.assemble(("Safelight", "bold"), " serves the studio on ", (words, "bold underline")))
        console.print(Text(f"  Everything is kept in {self._settings.home}. Ctrl-C stops.", style="dim"))
        console.print(Text("  The model is being loaded; what you ask for meanwhile waits for it.", style="dim"))
        if self._open_browser:
            webbrowser.open(words)
