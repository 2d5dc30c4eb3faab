"""`safelight generate`."""

import asyncio
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import UTC, datetime
from pathlib import Path

import typer
from pydantic import ValidationError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from safelight import logs
from safelight.cli.console import err, out
from safelight.cli.interrupts import run_interruptibly
from safelight.cli.workshops import Workshop, in_process, on_server
from safelight.domain.errors import Broken, InvalidRecipe, Misconfigured, SafelightError
from safelight.domain.events import Cancelled, Event, Failed, Finished, Notice, Queued, Started, Stepped
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
    **flags: object,
) -> None:
    """Draw and write the files, with a progress bar on the terminal."""
    if output is not None and not output.absolute().parent.is_dir():
        raise Misconfigured(
            f"There is no folder {output.absolute().parent}.", hint="Make it first, or write elsewhere."
        )
    workshop = on_server(server) if server else _here(config, **flags)
    try:
        written = run_interruptibly(_draw(recipe, workshop=workshop, output=output, enhance=enhance))
    except KeyboardInterrupt:
        err().print("Cancelled.")
        raise typer.Exit(130) from None
    for path in written:
        out().print(Text(str(path)))


def _here(config: Path | None, **flags: object) -> AbstractAsyncContextManager[Workshop]:
    settings = Settings.read(config=config, **flags)
    logs.begin(level="warning", as_json=False)
    return in_process(settings)


async def _draw(
    recipe: Recipe, *, workshop: AbstractAsyncContextManager[Workshop], output: Path | None, enhance: str | None
) -> list[Path]:
    with _progress() as progress:
        task = progress.add_task("Loading the model", total=None)
        async with workshop as opened:
            if enhance is not None:
                recipe = _better(recipe, await opened.enhance(recipe, Mode(enhance)), progress)
            pictures = await _watch(opened, recipe, progress, task)
            return [
                await _write(opened, picture, path)
                for picture, path in zip(pictures, _paths(recipe, output, len(pictures)), strict=True)
            ]


def _better(recipe: Recipe, enhancement: Enhancement, progress: Progress) -> Recipe:
    for said in (enhancement.notice, *enhancement.changes):
        if said:
            progress.console.print(Text(said))
    negative = ", ".join(text for text in (recipe.negative_prompt, enhancement.negative_prompt) if text)
    return recipe.model_copy(update={"prompt": enhancement.prompt, "negative_prompt": negative})


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err(), transient=True)


async def _watch(workshop: Workshop, recipe: Recipe, progress: Progress, task: TaskID) -> tuple[Picture, ...]:
    async with aclosing(workshop.events(recipe)) as events:
        async for event in events:
            if isinstance(event, Finished):
                return event.pictures
            _show(event, progress, task, count=recipe.count)
    raise Broken("The generation ended without a picture.", hint="Try again; `safelight doctor` may know more.")


def _show(event: Event, progress: Progress, task: TaskID, *, count: int) -> None:
    """Tell what an event means.

    Raises:
        SafelightError: it means that there will be no picture.
    """
    match event:
        case Queued(position=position):
            progress.update(task, description=f"Waiting behind {position}" if position else "Next in line")
        case Started(model=model):
            progress.update(task, description=f"Developing with {model}")
        case Stepped(total=total, progress=share):
            progress.update(task, total=total * count, completed=round(share * total * count))
        case Notice(detail=detail):
            progress.console.print(Text(detail))
        case Failed(detail=detail, hint=hint):
            raise Broken(detail, hint=hint)
        case Cancelled():
            raise SafelightError("The generation was cancelled on the server.", hint="Send it again.")
        case _:
            pass


def _paths(recipe: Recipe, output: Path | None, count: int) -> list[Path]:
    """Where the pictures go: several are numbered from 1."""
    if output is None:
        moment = datetime.now(UTC)
        output = Path(file_name(provider="safelight", prompt=recipe.prompt, moment=moment, media_type="image/png"))
    if count == 1:
        return [output]
    return [output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(1, count + 1)]


async def _write(workshop: Workshop, picture: Picture, path: Path) -> Path:
    data = await workshop.file(picture)
    try:
        await asyncio.to_thread(path.write_bytes, data)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}.", hint="Write elsewhere with -o.") from error
    return path
