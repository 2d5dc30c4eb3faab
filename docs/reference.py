"""Writes the pages of docs/reference that are made from the code; with `--check`, says which are out of date.

.venv/bin/python docs/reference.py [--check]
"""

import inspect
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from safelight.domain import errors
from safelight.domain.batch_events import BatchEnded, CellTold
from safelight.domain.events import TERMINAL, Event
from safelight.settings import PREFIX, Settings

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Made from the code by `make docs`; change it there. -->\n\n"


def settings_page() -> str:
    """Every field of `Settings`."""
    lines = [
        "# Settings\n",
        "What is said on the command line wins over environment variables, those over `safelight.toml` in the",
        "working folder (or the file that `--config` or `SAFELIGHT_CONFIG` names). In the file, names are lower case",
        "and without `SAFELIGHT_`. A name that is not in this list is an error that says which one is nearest.\n",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{PREFIX}{name.upper()}` | {_default(field)} | {_cell(field.description)} |")
    return "\n".join(lines) + "\n"


def events_page() -> str:
    """Every member of the event union, with its fields."""
    lines = [
        "# Events\n",
        "A feed is a list of numbered events; the number is the `id:` of the Server-Sent Event, the kind its",
        "`event:`, and `data:` is the event as JSON. Ids only grow. State events are never left out; steps may be,",
        "for a reader who comes late or reads slowly, and then a `gap` says which.\n",
    ]
    for event in get_args(get_args(Event)[0]):
        lines += _event(event)
    lines += [
        "# Events of batches\n",
        "Under `/api/v1/batches/{batch}/events`, in the same form, `gap` included. Ids begin with a moment. Whoever",
        "comes late is told of every cell that has ended.\n",
    ]
    for event in (CellTold, BatchEnded):
        lines += _event(event)
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _event(event: Any) -> list[str]:
    kind = event.model_fields["kind"].default
    ends = " Nothing follows it." if event in (*TERMINAL, BatchEnded) else ""
    own = inspect.cleandoc(event.__doc__) if "__doc__" in vars(event) and event.__doc__ else ""
    return [f"## `{kind}`\n", f"{own}{ends}".strip() + "\n" if own or ends else "", *_fields(event), ""]


def errors_page() -> str:
    """Every class of the error tree."""
    tree = inspect.cleandoc(errors.__doc__ or "").split("\n\n", 1)[1]
    lines = [
        "# Errors\n",
        "A request that is refused is answered with a problem document (RFC 9457); a generation that fails ends with a",
        "`failed` event. Both carry `code`, `detail`, which says what happened, and `hint`, which says what to do.\n",
        "```",
        inspect.cleandoc(tree),
        "```\n",
        "| code | title | worth trying again |",
        "|---|---|---|",
    ]
    for error in _tree(errors.SafelightError):
        lines.append(f"| `{error.code}` | {error.title} | {'yes' if error.retryable else 'no'} |")
    return "\n".join(lines) + "\n"


def _tree(error: type[errors.SafelightError]) -> Iterator[type[errors.SafelightError]]:
    yield error
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:  # Rooms have finer ones, with the codes of these.
            yield from _tree(child)


def _fields(event: Any) -> list[str]:
    rows = [
        f"| `{field.serialization_alias or name}` | `{_type(field.annotation)}` | {_cell(field.description)} |"
        for name, field in event.model_fields.items()
        if name != "kind"
    ]
    return ["| field | type | meaning |", "|---|---|---|", *rows]


def _type(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else _plain(str(annotation))


def _plain(text: str) -> str:
    for module in ("safelight.domain.events.", "safelight.domain.picture.", "safelight.domain.batch.", "typing."):
        text = text.replace(module, "")
    return text.replace("|", "or")


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the platform's user data folder"
    value = field.default.value if isinstance(field.default, Enum) else field.default
    return {None: "", (): ""}.get(value, f"`{value}`")


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


PAGES = {"settings.md": settings_page, "events.md": events_page, "errors.md": errors_page}


def stale() -> list[str]:
    """The pages that are not what the code says."""
    return [name for name, page in PAGES.items() if _read(FOLDER / name) != NOTE + page()]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(NOTE + page(), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        write()
    elif outdated := stale():
        sys.exit(f"Out of date: {', '.join(outdated)}. Run `make docs`.")
