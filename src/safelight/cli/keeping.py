"""`safelight backup`, `safelight restore` and `safelight store clean`."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from rich.text import Text

from safelight.admission.office import COMMAND_LINE
from safelight.cli.console import out
from safelight.domain.access import HOME
from safelight.settings import Settings
from safelight.store import restoring
from safelight.store.audit import Audit
from safelight.store.backup import Contents
from safelight.store.backup import back_up as write
from safelight.store.cleaning import Untidy, look, tidy
from safelight.store.home import held
from safelight.store.opening import Store, open_store


def back_up(file: Path, *, config: Path | None, home: Path | None) -> None:
    """Write a backup, and say what is in it."""
    settings = Settings.read(config=config, home=home)

    async def run() -> Contents:
        async with open_store(settings, as_it_is=True) as store:
            contents = await write(store, file.expanduser().absolute())
            await _note(store, "backup.made", file)
            return contents

    kept = asyncio.run(run())
    out().print(Text(f"{file}: {_counted(kept.rows)}, {file.stat().st_size / 2**20:.1f} MiB."))
    for name in kept.gone:
        out().print(Text(f"  {name} was gone, and is not in it"))


def restore(file: Path, *, config: Path | None, home: Path | None) -> None:
    """Bring everything back, and say what that is."""
    settings = Settings.read(config=config, home=home)

    async def run() -> Mapping[str, int]:
        async with open_store(settings, as_it_is=True) as store:
            rows = await restoring.restore(store, file)
            await _note(store, "backup.restored", file)
            return rows

    with held(settings.home):
        rows = asyncio.run(run())
    out().print(Text(f"{_counted(rows)} are back: `safelight serve` goes on with them."))


def _counted(rows: Mapping[str, int]) -> str:
    return f"{rows['generations']} generations, {rows['pictures']} pictures, {rows['inputs']} images"


def clean(*, dry_run: bool, config: Path | None, home: Path | None) -> None:
    """Say what does not belong together in the store, and tidy it up."""
    settings = Settings.read(config=config, home=home)
    asyncio.run(_clean(settings, dry_run=dry_run))


async def _clean(settings: Settings, *, dry_run: bool) -> None:
    async with open_store(settings) as store:
        untidy = await look(store)
        if not dry_run:
            await tidy(store, untidy)
            if any(vars(untidy).values()):
                await _note(store, "store.cleaned", settings.home)
    lines, console = _words(untidy), out()
    for line in lines:
        console.print(Text(f"  {line}"))
    if not lines:
        console.print("All is tidy.")
    elif dry_run:
        console.print("Nothing was changed: leave out --dry-run to have it done.")


async def _note(store: Store, action: str, target: Path) -> None:
    """Into the audit log: whoever sits at the machine has done it."""
    await Audit(store.records).note(actor=COMMAND_LINE, action=action, target=str(target.name), workspace=HOME)


def _words(untidy: Untidy) -> list[str]:
    strange = [*untidy.files, *untidy.given]
    size = sum(blob.bytes for blob in strange) / 2**20
    return [
        *(f"no row knows the file {blob.key}" for blob in strange),
        *(f"the file of the picture {picture} is gone, and with it the picture" for picture in untidy.pictures),
        *(f"the thumbnail of the picture {picture} is made again" for picture in untidy.thumbnails),
        *(f"the file of the image {image} is gone: give it again" for image in untidy.inputs),
        *([f"{len(strange)} files to take away, {size:.1f} MiB"] if strange else []),
    ]
