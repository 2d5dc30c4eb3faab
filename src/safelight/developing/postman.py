"""The postman: tells webhooks what has ended, again and again until they have heard it, or a day is over."""

import asyncio
import logging
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from safelight import __version__
from safelight.developing.addresses import Addresses
from safelight.developing.meanwhile import pause
from safelight.domain.errors import SafelightError
from safelight.jobs.delivering import next_try, signature
from safelight.store.deliveries import Deliveries, Delivery

log = logging.getLogger(__name__)

LOOKS_EVERY_S = 1.0
AT_ONCE = 16
"""Calls at a time: one that does not answer holds up no other."""


@dataclass(kw_only=True)
class Postman:
    """Beside everything else: nothing that is drawn waits for it.

    Attributes:
        seconds: that a call may take in all.
        first_wait_s: until the second attempt; each wait after that is twice as long, an hour at most.
    """

    deliveries: Deliveries
    addresses: Addresses
    key: SecretStr
    seconds: float = 10.0
    first_wait_s: float = 10.0
    _rounds: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _calls: set[asyncio.Task[str | None]] = field(default_factory=set, init=False)

    async def run(self, closing: asyncio.Event) -> None:
        """Go on until it is time to finish. Who is being called then is called again by the next server."""
        # Whoever asks for one connection after another pays for reading the certificates once.
        trusted = await asyncio.to_thread(ssl.create_default_context)
        # None is used twice: it was opened to a number, and the next call to that number may be to another name.
        limits = httpx2.Limits(max_keepalive_connections=0)
        async with httpx2.AsyncClient(verify=trusted, limits=limits, timeout=None, trust_env=False) as client:
            while not closing.is_set():
                await self._look(client)
                await pause(closing, seconds=LOOKS_EVERY_S)
            for call in self._calls:
                call.cancel()
            await asyncio.gather(*self._rounds)

    async def _look(self, client: httpx2.AsyncClient) -> None:
        try:
            await self.deliveries.collect()
            for delivery in await self.deliveries.due(limit=AT_ONCE - len(self._rounds)):
                one = asyncio.create_task(self._deliver(delivery, client))
                self._rounds.add(one)
                one.add_done_callback(self._rounds.discard)
        except (SQLAlchemyError, SafelightError, OSError):
            log.exception("webhooks could not be told; it is tried again in a moment")

    async def _deliver(self, delivery: Delivery, client: httpx2.AsyncClient) -> None:
        # A task of its own: it may be cancelled, and what is written down after it may not.
        call = asyncio.create_task(self._call(delivery, client))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        await asyncio.wait([call])
        if call.cancelled():
            return
        fault, again = call.result(), None
        if fault is not None:
            again = next_try(
                created_at=delivery.created_at,
                now=datetime.now(UTC),
                attempts=delivery.attempts,
                first_wait_s=self.first_wait_s,
            )
            log.warning("webhook %s was not delivered: %s; %s", delivery.id, fault, again or "it is given up")
        try:
            await self.deliveries.note(delivery.id, fault=fault, next_at=again)
        except (SQLAlchemyError, SafelightError, OSError):
            log.exception("it could not be noted how the webhook %s went; it is told again", delivery.id)

    async def _call(self, delivery: Delivery, client: httpx2.AsyncClient) -> str | None:
        """What went wrong, in a few words. Nothing is read of the answer but its status."""
        url, body, moment = httpx2.URL(delivery.url), delivery.body.encode(), int(time.time())
        headers = {
            "Host": url.netloc.decode(),
            "Content-Type": "application/json",
            "User-Agent": f"Safelight/{__version__}",
            "Safelight-Event": delivery.event,
            "Safelight-Delivery": delivery.id,
            "Safelight-Signature": signature(body, key=self.key.get_secret_value(), moment=moment),
        }
        try:
            async with asyncio.timeout(self.seconds):
                number = await self.addresses.resolve(url)
                request = client.stream(
                    "POST",
                    url.copy_with(host=number),
                    content=body,
                    headers=headers,
                    # The certificate has to be the name's, not the number's.
                    extensions={"sni_hostname": url.host},
                    follow_redirects=False,
                )
                async with request as answer:
                    return None if answer.is_success else f"it answered with status {answer.status_code}"
        except TimeoutError:
            return f"it took longer than {self.seconds:g} seconds"
        except SafelightError as error:
            return error.detail
        except (httpx2.HTTPError, OSError, UnicodeError) as error:
            return f"it could not be reached ({type(error).__name__})"
