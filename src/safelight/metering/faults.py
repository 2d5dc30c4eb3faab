"""Faults of the server, reported to a Sentry: whatever is logged as an error, with the ids of request and generation.

Only imported where one is set up.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import BadDsn
from structlog.contextvars import get_contextvars

from safelight import __version__
from safelight.domain.errors import Misconfigured

LAST_S = 3
"""How long the end of the server waits until the last fault is told."""


@contextmanager
def reported(dsn: str, *, mask: Callable[[str], str]) -> Iterator[None]:
    """Report meanwhile. Raises Misconfigured where the address is none.

    Args:
        mask: takes out of a text what is secret.
    """

    def told(event: Event, hint: Hint) -> Event:
        event.setdefault("tags", {}).update({name: str(value) for name, value in get_contextvars().items()})
        # Whose machine it is, is nobody's business.
        event.pop("server_name", None)
        masked: Event = _masked(event, mask)
        return masked

    try:
        sentry_sdk.init(
            dsn=dsn,
            release=f"safelight@{__version__}",
            # Its own guesses at what runs here would wrap the web app; what matters is logged.
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
            include_local_variables=False,
            max_request_body_size="never",
            before_send=told,
        )
    except BadDsn as error:
        raise Misconfigured(
            "The setting sentry_dsn is not the address of a Sentry project.",
            hint="It is written as https://key@host/project.",
        ) from error
    try:
        yield
    finally:
        sentry_sdk.get_client().close(timeout=LAST_S)


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    match value:
        case str():
            return mask(value)
        case dict():
            return {name: _masked(one, mask) for name, one in value.items()}
        case list() | tuple():
            return [_masked(one, mask) for one in value]
        case _:
            return value
