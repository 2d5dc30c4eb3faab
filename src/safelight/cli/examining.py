"""`safelight doctor`: is everything in place, and if not, what mends it?"""

import asyncio
import shutil
import socket
import sys
import tempfile
from collections.abc import Awaitable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rich.text import Text

from safelight import __version__
from safelight.accounts.limits import Limits, in_redis
from safelight.cli.console import out
from safelight.cli.finding import Finding
from safelight.cli.fitness import engine, models
from safelight.cli.progress import write_line
from safelight.domain.errors import SafelightError
from safelight.settings import EngineChoice, Settings
from safelight.store.opening import reach
from safelight.store.provenance.opening import anchors, current_chain, signs
from safelight.store.provenance.settings import Signs

Answer = TypeVar("Answer")

EXPIRES_SOON_DAYS = 30
FREE_BYTES = 500 * 2**20
FEW_BYTES = 5 * 2**30
ANSWER_S = 30.0
"""What a database, a bucket or Redis may take to answer."""


def run(*, config: Path | None, as_json: bool = False, **flags: object) -> bool:
    """Look at everything and say what was found. True when nothing is broken."""
    console, well = out(), True
    for finding in findings(config=config, **flags):
        well = well and not finding.broken
        if as_json:
            write_line(asdict(finding) | {"broken": finding.broken})
            continue
        mark = ("✗", "red") if finding.broken else ("!", "yellow") if finding.mend else ("✓", "green")
        console.print(Text.assemble(mark, " ", (f"{finding.what:<10}", "bold"), finding.found))
        if finding.mend:
            console.print(Text(f"             → {finding.mend}"))
    if as_json:
        return well
    console.print("All is well: `safelight serve` will work." if well else "Something has to be mended first.")
    return well


def findings(*, config: Path | None, **flags: object) -> Iterator[Finding]:
    """Everything there is to look at, one after the other."""
    yield Finding("Safelight", f"{__version__}, Python {sys.version.split()[0]}")
    try:
        settings = Settings.read(config=config, **flags)
    except SafelightError as error:
        yield Finding("settings", error.detail, error.hint)
        return
    yield Finding("settings", f"engine {settings.engine}, device {settings.device}, {settings.host}:{settings.port}")
    yield _home(settings.home)
    if settings.database_url or settings.s3_bucket:
        yield _store(settings)
    if settings.redis_url is not None:
        yield _redis(settings.redis_url.get_secret_value())
    yield _credentials(settings)
    yield _port(settings.host.strip("[]"), settings.port)
    yield _studio()
    if settings.engine is EngineChoice.LOCAL:
        yield from engine(settings.device)
        yield from models(settings.model_folders)


def _home(home: Path) -> Finding:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"x")
    except OSError as error:
        return Finding("home", f"{home}: {error.strerror}", "Choose a folder that can be written to with --home.")
    free = shutil.disk_usage(home).free
    found = f"{home}, {free / 2**30:.1f} GB free"
    mend = "" if free >= FEW_BYTES else "Make room: pictures need at least 500 MB, and models of your own several GB."
    return Finding("home", found, mend, warning=free >= FREE_BYTES)


def _store(settings: Settings) -> Finding:
    try:
        asyncio.run(_answered(reach(settings)))
    except SafelightError as error:
        return Finding("store", error.detail, error.hint)
    except TimeoutError:
        return _silent("store", "Not both of database and bucket have")
    place = "pictures in home" if settings.s3_bucket is None else f"pictures in the bucket {settings.s3_bucket}"
    return Finding("store", f"the database answers, {place}")


def _redis(url: str) -> Finding:
    async def ask() -> bool:
        storage = in_redis(url)
        try:
            return await storage.check()
        finally:
            await Limits({}, storage=storage).close()

    try:
        if asyncio.run(_answered(ask())):
            return Finding("Redis", "answers")
    except SafelightError as error:
        return Finding("Redis", error.detail, error.hint)
    except TimeoutError:
        return _silent("Redis", "It has not")
    mend = "Start it, or look at address and password in SAFELIGHT_REDIS_URL; left out, each server counts by itself."
    return Finding("Redis", "does not answer", mend)


async def _answered(asking: Awaitable[Answer]) -> Answer:
    async with asyncio.timeout(ANSWER_S):
        return await asking


def _silent(what: str, who: str) -> Finding:
    return Finding(what, f"{who} answered within {ANSWER_S:.0f} seconds.", "Is a firewall in between?")


def _credentials(settings: Settings) -> Finding:
    """Whether pictures can be signed, and for how long."""
    try:
        if not signs(settings):
            why = "off" if settings.content_credentials is Signs.OFF else "not installed"
            return Finding("signing", f"pictures are not signed: content credentials are {why}")
        chain = current_chain(settings)
        anchors(settings)
    except SafelightError as error:
        return Finding("signing", error.detail, error.hint)
    if chain is None:
        return Finding("signing", "a certificate for content credentials will be made at the first start")
    own = settings.credentials_chain is None
    mend = "The next start makes a new one." if own else "Put a new certificate in its place."
    if not chain.holds:
        return Finding(
            "signing", f"the certificate of {chain.signer} expired on {chain.expires:%Y-%m-%d}", mend, warning=own
        )
    left = (chain.expires - datetime.now(UTC)).days
    soon = mend if left < EXPIRES_SOON_DAYS else ""
    return Finding("signing", f"{chain.signer}, until {chain.expires:%Y-%m-%d} ({left} days)", soon, warning=True)


def _port(host: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return Finding("port", f"{host}:{port} is free")
    except OSError as error:
        found = f"{host}:{port}: {error.strerror or error}"
        mend = "If that is not Safelight itself, stop it, or choose another with --port."
        return Finding("port", found, mend, warning=True)


def _studio() -> Finding:
    if (Path(__file__).parents[1] / "studio_dist" / "index.html").is_file():
        return Finding("studio", "built")
    return Finding("studio", "not built; the API works without it", "Run `make studio`.", warning=True)
