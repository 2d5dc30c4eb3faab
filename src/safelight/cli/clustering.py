"""`safelight cluster up`."""

import asyncio
import signal
from pathlib import Path

from rich.text import Text

from safelight import logs
from safelight.cli.console import err
from safelight.scale.supervisor import Supervisor
from safelight.scale.trying import Trial, Wish, bring_up, shown
from safelight.settings import Settings


def run(*, home: Path | None, config: Path | None, **wish: object) -> None:
    """Keep a cluster up until the process is asked to stop."""
    settings = Settings.read(home=home, config=config)
    logs.begin(level="warning", as_json=False)
    folder = settings.home / "cluster"
    asyncio.run(_up(Wish(folder=folder, **{name: value for name, value in wish.items() if value is not None})))  # type: ignore[arg-type]
    err().print("Stopped. PostgreSQL's rows are kept, and what was still developing goes on at the next start.")


async def _up(wish: Wish) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    supervisor = Supervisor(wish.folder / "logs")
    starting = asyncio.create_task(bring_up(wish, supervisor, say=_say))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            _greet(starting.result(), wish)
            await stop.wait()
    finally:
        starting.cancel()
        stopping.cancel()
        await supervisor.close()


def _say(what: str) -> None:
    err().print(Text(f"  starting {what}", style="dim"))


def _greet(trial: Trial, wish: Wish) -> None:
    console = err()
    for address in trial.addresses:
        console.print(Text.assemble(("Safelight", "bold"), " serves on ", (address, "bold underline")))
    console.print(Text("  Any of them shows, steers and cancels what another draws.", style="dim"))
    for name in ("SAFELIGHT_DATABASE_URL", "SAFELIGHT_REDIS_URL", "SAFELIGHT_S3_ENDPOINT"):
        console.print(Text(f"  {name} {shown(trial.env[name])}", style="dim"))
    console.print(Text(f"  What they say is in {wish.folder / 'logs'}. Ctrl-C ends all of it.", style="dim"))
