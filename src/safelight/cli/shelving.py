"""`safelight models add` and `safelight models remove`."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.text import Text

from safelight.cli.console import err, out
from safelight.cli.workshops import Remote, on_server
from safelight.domain.errors import Unreachable
from safelight.domain.model_card import ModelCard, ModelState
from safelight.providers.library import Library
from safelight.settings import Settings
from safelight.sources import make_providers
from safelight.store.home import held

GLANCE_S = 0.2


def add(
    source: str, *, id: str | None, layout: str | None, server: str | None, config: Path | None, home: Path | None
) -> None:
    """Add a model, and wait until it is there. Raises Unreachable where a download does not come to its end."""
    if server:
        card = asyncio.run(_add_on(server, source, id=id, layout=layout))
    else:
        with _library(config=config, home=home) as library:
            begun = library.add(source, id=id, layout=layout)
            card = _follow(lambda: _card(library.cards(loaded=lambda _: False), begun.id), begun)
    if card.problem:
        raise Unreachable(card.problem, hint="Add it again to go on with it.")
    out().print(Text(f"{card.id}: {card.name}, {card.sizes.width}x{card.sizes.height} pixels."))


def remove(id: str, *, server: str | None, config: Path | None, home: Path | None) -> None:
    """Forget a model that was added."""
    if server:
        asyncio.run(_remove_on(server, id))
    else:
        with _library(config=config, home=home) as library:
            library.remove(id)
    out().print(Text(f"{id} is forgotten; its files stay where they are."))


@contextmanager
def _library(*, config: Path | None, home: Path | None) -> Iterator[Library]:
    """The library of the home folder, which no server may hold meanwhile: it would not hear of the change."""
    settings = Settings.read(config=config, home=home)
    with held(settings.home):
        library = make_providers(settings).local.library
        try:
            yield library
        finally:
            library.close()


def _follow(look: Callable[[], ModelCard], card: ModelCard) -> ModelCard:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err(), transient=True) as bar:
        task = bar.add_task(card.id, total=card.weights_bytes or None)
        while card.state is ModelState.DOWNLOADING:
            bar.update(task, completed=int((card.progress or 0) * card.weights_bytes), total=card.weights_bytes or None)
            time.sleep(GLANCE_S)
            card = look()
    return card


def _card(cards: tuple[ModelCard, ...], id: str) -> ModelCard:
    return next(card for card in cards if card.id == id)


async def _add_on(server: str, source: str, *, id: str | None, layout: str | None) -> ModelCard:
    async with on_server(server) as remote:
        card = await remote.add_model(source, id=id, layout=layout)
        while card.state is ModelState.DOWNLOADING:
            err().print(Text(f"{card.id}: {card.progress or 0:.0%}", style="dim"))
            await asyncio.sleep(10 * GLANCE_S)
            card = await _look(remote, card.id)
        return card


async def _look(remote: Remote, id: str) -> ModelCard:
    return _card(tuple(await remote.models()), id)


async def _remove_on(server: str, id: str) -> None:
    async with on_server(server) as remote:
        await remote.remove_model(id)
