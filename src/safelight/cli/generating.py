"""`safelight generate`."""

import asyncio
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import UTC, datetime
from pathlib import Path

import typer
from pydantic import ValidationError
from rich.text import Text

from safelight import logs
from safelight.cli.console import err, out
from safelight.cli.interrupts import run_interruptibly
from safelight.cli.progress import Bar, Lines, Showing, Undone, written
from safelight.cli.terminal import Show, look
from safelight.cli.workshops import Workshop, in_process, on_server
from safelight.domain.errors import Broken, InvalidRecipe, Misconfigured
from safelight.domain.events import Cancelled, Failed, Finished
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe
from safelight.prompts.enhancement import Enhancement, Mode
from safelight.settings import Settings
from safelight.store.names import file_name


def recipe_of(*, size: str | None, **fields: object) -> Recipe:
    """The recipe in the options.

    Raises:
        InvalidRecipe: an option is wrong; every wrong one is named.
    """
    try:
        width, height = _sides(size)
        return Recipe.model_validate({**fields, "width": width, "height": height})
    except ValidationError as error:
        faults = {str(fault["loc"][0]): fault["msg"] for fault in error.errors()}
        raise InvalidRecipe(
            "That cannot be drawn.", hint="`safelight generate --help` shows every option.", fields=faults
        ) from error


def _sides(size: str | None) -> tuple[int | None, int | None]:
    if size is None:
        return None, None
    width, _, height = size.lower().partition("x")
    if not (width.isascii() and width.isdigit() and (height or width).isascii() and (height or width).isdigit()):
        raise InvalidRecipe(f"'{size}' is not a size.", hint="Write --size 256 or --size 256x384.")
    return int(width), int(height or width)


def run(
    recipe: Recipe,
    *,
    output: Path | None,
    server: str | None,
    config: Path | None,
    enhance: str | None = None,
    show: Show = Show.AUTO,
    as_json: bool = False,
    **flags: object,
) -> None:
    """Draw and write the files, and show the picture developing where the terminal can."""
    if output is not None and not output.absolute().parent.is_dir():
        raise Misconfigured(
            f"There is no folder {output.absolute().parent}.", hint="Make it first, or write elsewhere."
        )
    workshop = on_server(server) if server else _here(config, **flags)
    showing = _showing(recipe, show, as_json=as_json)
    work = _draw(recipe, workshop=workshop, output=output, enhance=enhance, showing=showing)
    try:
        finished = run_interruptibly(work)
    except KeyboardInterrupt:
        err().print("Cancelled.")
        raise typer.Exit(130) from None
    for path, picture in finished:
        if as_json:
            written(path, picture)
        else:
            out().print(Text(str(path)))


def _here(config: Path | None, **flags: object) -> AbstractAsyncContextManager[Workshop]:
    settings = Settings.read(config=config, **flags)
    logs.begin(level="warning", as_json=False)
    return in_process(settings)


def _showing(recipe: Recipe, show: Show, *, as_json: bool) -> Showing:
    if as_json:
        return Lines()
    console = err()
    terminal = look(console, show)
    if terminal.show in (Show.BAR, Show.NONE):
        return Bar(console, count=recipe.count, hidden=terminal.show is Show.NONE)
    from safelight.cli.tray import Tray

    return Tray(console, terminal, count=recipe.count)


async def _draw(
    recipe: Recipe,
    *,
    workshop: AbstractAsyncContextManager[Workshop],
    output: Path | None,
    enhance: str | None,
    showing: Showing,
) -> list[tuple[Path, Picture]]:
    with showing:
        async with workshop as opened:
            if enhance is not None:
                recipe = _better(recipe, await opened.enhance(recipe, Mode(enhance)), showing)
            pictures = await _watch(opened, recipe, showing)
            files = [await opened.file(picture) for picture in pictures]
            showing.finished(files)
            paths = _paths(recipe, output, len(pictures))
            for data, path in zip(files, paths, strict=True):
                await _write(data, path)
            return list(zip(paths, pictures, strict=True))


def _better(recipe: Recipe, enhancement: Enhancement, showing: Showing) -> Recipe:
    for said in (enhancement.notice, *enhancement.changes):
        if said:
            showing.say(said)
    negative = ", ".join(text for text in (recipe.negative_prompt, enhancement.negative_prompt) if text)
    return recipe.model_copy(update={"prompt": enhancement.prompt, "negative_prompt": negative})


async def _watch(workshop: Workshop, recipe: Recipe, showing: Showing) -> tuple[Picture, ...]:
    """Follow it to its end.

    Raises:
        Undone: there will be no picture.
    """
    async with aclosing(workshop.events(recipe, previews=showing.previews)) as events:
        async for event in events:
            showing.hear(event)
            match event:
                case Finished(pictures=pictures):
                    return pictures
                case Failed(detail=detail, hint=hint):
                    raise Undone(detail, hint=hint)
                case Cancelled():
                    raise Undone("The generation was cancelled on the server.", hint="Send it again.")
    raise Broken("The generation ended without a picture.", hint="Try again; `safelight doctor` may know more.")


def _paths(recipe: Recipe, output: Path | None, count: int) -> list[Path]:
    """Where the pictures go: several are numbered from 1."""
    if output is None:
        moment = datetime.now(UTC)
        output = Path(file_name(provider="safelight", prompt=recipe.prompt, moment=moment, media_type="image/png"))
    if count == 1:
        return [output]
    return [output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(1, count + 1)]


async def _write(data: bytes, path: Path) -> None:
    try:
        await asyncio.to_thread(path.write_bytes, data)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}.", hint="Write elsewhere with -o.") from error
