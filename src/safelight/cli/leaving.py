"""`safelight users export` and `erase`: what everybody may ask for, done by whoever keeps the server."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from safelight.cli.access import Config, Home
from safelight.cli.access import users as users
from safelight.cli.console import out

User = Annotated[str, typer.Argument(help="Id, as `safelight users list` shows it.")]


@users.command("export")
def export_user(
    user: User,
    output: Annotated[Path, typer.Option("-o", "--output", help="The zip to write; it must not be there yet.")],
    config: Config = None,
    home: Home = None,
) -> None:
    """Write everything that is kept of a user into a zip. A server may run meanwhile."""
    asyncio.run(_export(user, output.expanduser().absolute(), config=config, home=home))
    out().print(Text(f"{output}: {output.stat().st_size / 2**20:.1f} MiB."))


@users.command("erase")
def erase_user(
    user: User,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Erase a user with everything that is theirs, pictures included. Stop the server first, or have them do it
    themselves with DELETE /api/v1/me."""
    if not yes:
        typer.confirm(f"Everything of {user} is removed for good. Go on?", abort=True)
    erased = asyncio.run(_erase(user, config=config, home=home))
    told = ", ".join(f"{count} {what}" for what, count in erased.items())
    out().print(Text(f"{user} is erased: {told}."))


async def _export(user: str, output: Path, *, config: Path | None, home: Path | None) -> None:
    from safelight.domain.errors import Misconfigured
    from safelight.domain.privacy import Person
    from safelight.settings import Settings
    from safelight.store.belongings import Belongings
    from safelight.store.handing_over import handed_over
    from safelight.store.opening import open_store
    from safelight.store.registry import Registry

    async with open_store(Settings.read(config=config, home=home, host="127.0.0.1")) as store:
        person = Person.user_of(user, await Registry(store.records).keys_of_known(user))
        pieces = handed_over(Belongings(store.records), person, files=store.files, given=store.given)
        try:
            # For nobody else's eyes.
            descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise Misconfigured(
                f"{output} cannot be written: {error.strerror}.", hint="Choose another place with -o."
            ) from error
        done = False
        try:
            with os.fdopen(descriptor, "wb") as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
            done = True
        finally:
            if not done:
                with suppress(OSError):
                    output.unlink()


async def _erase(user: str, *, config: Path | None, home: Path | None) -> dict[str, int]:
    from secrets import token_hex

    from safelight.domain.privacy import Erased, Person
    from safelight.settings import Settings
    from safelight.store.erasing import Erasing
    from safelight.store.home import held
    from safelight.store.opening import open_store
    from safelight.store.registry import Registry

    settings = Settings.read(config=config, home=home, host="127.0.0.1")
    # A server that is drawing for them would go on writing.
    with held(settings.home):
        async with open_store(settings) as store:
            person = Person.user_of(user, await Registry(store.records).keys_of_known(user))
            erasing, tombstone = Erasing(store.records, store.pictures, store.inputs), f"gone_{token_hex(12)}"
            keys = await erasing.begin(person, tombstone=tombstone, even_last=True)
            erased = await erasing.take_away(person, Erased(tombstone=tombstone, keys=keys))
            await erasing.bury(person, erased)
    return erased.model_dump(exclude={"tombstone"})
