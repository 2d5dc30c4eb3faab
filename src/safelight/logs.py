"""What the server writes down: one line an event, for people or for machines.

Everything goes through the standard library's loggers, so that libraries' lines look like our own. Whatever a task
binds with `structlog.contextvars.bind_contextvars(generation=…)` stands in each of its lines.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from structlog.typing import Processor

LIBRARIES = ("uvicorn", "alembic", "httpx2", "httpcore2", "PIL", "asyncio", "aiosqlite")
"""These tell more than anyone wants to read below a warning."""


SHORTEST = 6
"""Characters of a secret that is looked for: a shorter one would be found everywhere."""
MASK = "…"
_SECRET = re.compile(
    r"""(?ix)
    \b(?:sl|sk|hf|r8|ghp|github_pat|xox[abp])[_-][A-Za-z0-9_-]{12,}   # keys, ours first
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                                  # of AWS
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*          # JSON Web Tokens
    | (?<=bearer[ ])[^\s"',]{8,} | (?<=basic[ ])[A-Za-z0-9+/=]{8,}   # headers
    | (?<=://)[^\s/:@"]*:[^\s/@"]+(?=@)                              # names and passwords in addresses
    """
)


@dataclass(frozen=True)
class Mask:
    """Takes out of a text what is secret: what looks like it, and what is known to be."""

    known: tuple[str, ...] = ()

    def __call__(self, text: str) -> str:
        for secret in self.known:
            text = text.replace(secret, MASK)
        return _SECRET.sub(MASK, text)

    @classmethod
    def of(cls, secrets: Iterable[str]) -> "Mask":
        """The longest first, and each as JSON has it, too."""
        written = {form for one in secrets if len(one) >= SHORTEST for form in (one, json.dumps(one)[1:-1])}
        return cls(tuple(sorted(written, key=len, reverse=True)))


def begin(*, level: str, as_json: bool, mask: Callable[[str], str] = Mask()) -> None:
    """Set up logging for the whole process, to standard error.

    Args:
        level: the least important level that is written, such as `info`.
        as_json: one JSON object a line instead of text for people.
        mask: takes out of a line what is secret.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_preparing(), processors=_rendering(as_json=as_json, mask=mask)
        )
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


def _rendering(*, as_json: bool, mask: Callable[[str], str]) -> list[Processor]:
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta

    def masked(_: object, __: str, line: Any) -> str:
        return mask(str(line))

    if as_json:
        tracebacks = structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        return [without_meta, tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False), masked]
    # Not the pretty ones, which show the values of variables.
    plain = structlog.dev.plain_traceback
    return [without_meta, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain), masked]
