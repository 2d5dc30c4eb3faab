"""How far a generation is: as a bar, as lines for programs, or not at all."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from safelight.domain.errors import Broken, SafelightError
from safelight.domain.events import Event, Failed, Notice, Queued, Started, Stepped
from safelight.domain.picture import Picture


class Undone(Broken):
    """The generation ended without a picture, and whoever follows it has heard so."""


class Showing(Protocol):
    """Tells whoever waits. `previews` says whether it wants to see frames."""

    previews: bool

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def hear(self, event: Event) -> None:
        """Something happened."""
        ...

    def say(self, words: str) -> None:
        """Words worth reading."""
        ...

    def finished(self, pictures: Sequence[bytes]) -> None:
        """The pictures are there, as their files."""
        ...


def bar(console: Console, *, hidden: bool = False) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=hidden)


def tell(event: Event, progress: Progress, task: TaskID, *, count: int, say: Callable[[str], None]) -> None:
    """What an event means to a bar."""
    match event:
        case Queued(position=position):
            progress.update(task, description=f"Waiting behind {position}" if position else "Next in line")
        case Started(model=model):
            progress.update(task, description=f"Developing with {model}")
        case Stepped(total=total, progress=share):
            progress.update(task, total=total * count, completed=round(share * total * count))
        case Notice(detail=detail):
            say(detail)
        case _:
            pass


class Bar:
    """A bar on the terminal; hidden on what is none, where words are all there is."""

    previews = False

    def __init__(self, console: Console, *, count: int, hidden: bool = False) -> None:
        self._console, self._count = console, count
        self._bar = bar(console, hidden=hidden)
        self._task = self._bar.add_task("Loading the model", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def hear(self, event: Event) -> None:
        tell(event, self._bar, self._task, count=self._count, say=self.say)

    def say(self, words: str) -> None:
        self._console.print(Text(words))

    def finished(self, pictures: Sequence[bytes]) -> None:
        """They are files by now."""


class Lines:
    """One JSON object a line on standard output: the events as the API tells them, then what was written."""

    previews = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def hear(self, event: Event) -> None:
        write_line(event.model_dump(mode="json", by_alias=True))

    def say(self, words: str) -> None:
        self.hear(Notice(code="prompt_changed", detail=words))

    def finished(self, pictures: Sequence[bytes]) -> None:
        """Their files are told one by one."""


def written(path: Path, picture: Picture) -> None:
    """Tell a program that a file is there."""
    size = {"width": picture.width, "height": picture.height}
    write_line({"kind": "written", "path": str(path), "id": picture.id, "seed": picture.seed, **size})


@contextmanager
def failing(*, as_json: bool) -> Iterator[None]:
    """Tell a program of an error, in the form of an event; whoever reads standard error hears of it as always."""
    try:
        yield
    except SafelightError as error:
        if as_json and not isinstance(error, Undone):
            told = Failed(code=error.code, detail=error.detail, hint=error.hint, retryable=error.retryable)
            fields = {"fields": fields} if (fields := getattr(error, "fields", None)) else {}
            write_line(told.model_dump(mode="json") | fields)
        raise


def write_line(document: dict[str, object]) -> None:
    # Standard output may be a pipe: whoever reads it wants each line when it happens.
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()
