"""What the server writes down: one line an event, for people or for machines.

Everything goes through the standard library's loggers, so that libraries' lines look like our own. Whatever a task
binds with `structlog.contextvars.bind_contextvars(generation=…)` stands in each of its lines.
"""

import logging
import sys

import structlog
from structlog.typing import Processor

LIBRARIES = ("uvicorn", "alembic", "httpx2", "httpcore2", "PIL", "asyncio", "aiosqlite")
"""These tell more than anyone wants to read below a warning."""


def begin(*, level: str, as_json: bool) -> None:
    """Set up logging for the whole process, to standard error.

    Args:
        level: the least important level that is written, such as `info`.
        as_json: one JSON object a line instead of text for people.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_preparing(), processors=_rendering(as_json=as_json))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*_preparing(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=False,
    )


def _preparing() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _rendering(*, as_json: bool) -> list[Processor]:
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if as_json:
        return [without_meta, structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    return [without_meta, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
