"""`safelight models`."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from safelight.cli.console import err, out
from safelight.cli.workshops import on_server
from safelight.domain.model_card import ModelCard
from safelight.settings import Settings
from safelight.sources import make_providers


def run(*, server: str | None, config: Path | None, **flags: object) -> None:
    """Show a table of the models here, or of a server's."""
    if server:
        cards: Sequence[ModelCard] = asyncio.run(_of(server))
    else:
        cards = make_providers(Settings.read(config=config, **flags)).models()
    if not cards:
        err().print("No model is installed. `safelight doctor` says what to do.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "provider", "state", "pixels", "steps", "weights", "license"):
        table.add_column(heading, header_style="bold")
    for card in cards:
        table.add_row(*(Text(cell) for cell in _row(card)))
    out().print(table)


async def _of(server: str) -> list[ModelCard]:
    async with on_server(server) as remote:
        return await remote.models()


def _row(card: ModelCard) -> tuple[str, ...]:
    return (
        card.id,
        card.name,
        card.provider,
        f"{card.progress:.0%}" if card.progress is not None else card.state.value,
        f"{card.sizes.width}x{card.sizes.height}",
        str(card.defaults.steps),
        f"{card.weights_bytes / 2**20:.0f} MB" if card.weights_bytes else "none",
        card.license,
    )
