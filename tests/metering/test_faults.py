"""Faults, as a Sentry receives them."""

import json
import logging

import pytest
import sentry_sdk
from structlog.contextvars import bound_contextvars

from safelight.domain.errors import Misconfigured
from safelight.logs import Mask
from safelight.metering.faults import reported
from tests.metering.collector import receiving

log = logging.getLogger("safelight.test")


def test_what_is_logged_as_an_error_arrives_with_its_ids_and_without_secrets() -> None:
    with receiving() as sentry:
        dsn = sentry.url.replace("://", "://public@") + "/7"
        with reported(dsn, mask=Mask.of(["hunter22"])), bound_contextvars(generation="gen_1", request="req_1"):
            log.warning("nobody has to know")
            try:
                raise ValueError("the password hunter22 of sl_abcdefghijklmnop is wrong")
            except ValueError:
                log.exception("generation %s broke", "gen_1")
        (event,) = sentry.events()
    assert event["tags"] == {"generation": "gen_1", "request": "req_1"}
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["release"].startswith("safelight@") and event["level"] == "error"
    told = json.dumps(event)
    assert "hunter22" not in told and "abcdefghijklmnop" not in told
    assert "server_name" not in event
    assert sentry_sdk.get_client().transport is None


def test_an_address_that_is_none_is_said_to_be() -> None:
    with pytest.raises(Misconfigured, match="sentry_dsn"), reported("nonsense", mask=str):
        pass
