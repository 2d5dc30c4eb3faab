"""Webhooks, called over real sockets: signed, again until they are heard, and never where only the server can reach."""

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from safelight.domain.webhook import Webhook, WebhookEvent
from tests.way.conftest import connected
from tests.way.house import KEY, Plan, Running, running
from tests.way.reader import GENERATIONS, submitted

pytestmark = pytest.mark.anyio
BATCHES = "/api/v1/batches"


@dataclass
class Receiver:
    """Somebody's server. `answers` are the statuses of the next calls, 204 when they are used up; a `delay` goes before
    each."""

    url: str
    answers: list[int] = field(default_factory=list)
    delay: float = 0
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def hears(self, calls: int) -> list[dict[str, Any]]:
        """The bodies of so many calls, when they have come."""
        for _ in range(1000):
            if len(self.heard) >= calls:
                return [json.loads(body) for _, body in self.heard]
            await asyncio.sleep(0.01)
        raise AssertionError(f"only {len(self.heard)} calls")


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = there.answers.pop(0) if there.answers else 204
            time.sleep(there.delay)
            with suppress(ConnectionError):  # whoever called has lost patience
                self.send_response(status)
                self.send_header("Location", f"{there.url}/elsewhere")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        there = Receiver(f"http://127.0.0.1:{server.server_port}/hook?a=b")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield there
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def verified(headers: dict[str, str], body: bytes, *, key: str, tolerance: float = 300) -> bool:
    """As docs/how-to/webhooks.md tells receivers to do it."""
    parts = dict(part.split("=", 1) for part in headers["safelight-signature"].split(","))
    expected = hmac.new(key.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"]) and abs(time.time() - int(parts["t"])) < tolerance


async def test_an_ending_is_told_once_and_signed(client: httpx2.AsyncClient, receiver: Receiver) -> None:
    generation = await submitted(client, steps=1, webhook={"url": receiver.url})
    (told,) = await receiver.hears(1)
    headers, body = receiver.heard[0]
    assert told["event"] == headers["safelight-event"] == "generation.finished"
    assert told["id"] == headers["safelight-delivery"]
    assert told["generation"]["id"] == generation
    assert told["generation"]["state"] == "finished"
    picture = told["generation"]["pictures"][0]
    assert (await client.get(picture["url"])).status_code == 200
    key = KEY.get_secret_value()
    assert verified(headers, body, key=key)
    assert not verified(headers, body + b" ", key=key)
    assert not verified(headers, body, key="another key")
    await asyncio.sleep(1.2)
    assert len(receiver.heard) == 1
    assert "webhook" not in (await client.get(f"{GENERATIONS}/{generation}")).json()["recipe"]


async def test_failures_and_cancels_are_told_too_and_only_what_was_asked_for(
    serve: Callable[..., Running], receiver: Receiver
) -> None:
    server = serve(fails_at=2)
    async with connected(server) as client:
        only = {"url": receiver.url, "events": ["generation.failed", "generation.cancelled"]}
        await submitted(client, steps=1, webhook=only)
        failed = await submitted(client, steps=2, webhook=only)
        (told,) = await receiver.hears(1)
        assert (told["event"], told["generation"]["id"]) == ("generation.failed", failed)
        assert told["generation"]["error"]["code"] == "failed"
        server.fake._seconds_per_step = 1
        cancelled = await submitted(client, webhook=only)
        await client.delete(f"{GENERATIONS}/{cancelled}")
        told = (await receiver.hears(2))[1]
        assert (told["event"], told["generation"]["id"]) == ("generation.cancelled", cancelled)


async def test_who_does_not_answer_well_is_told_again(client: httpx2.AsyncClient, receiver: Receiver) -> None:
    receiver.answers = [500, 302]
    await submitted(client, steps=1, webhook={"url": receiver.url})
    told = await receiver.hears(3)
    assert len({each["id"] for each in told}) == 1, "one delivery, told again"
    await asyncio.sleep(1.2)
    assert len(receiver.heard) == 3, "a redirection was followed, or a delivery repeated"


async def test_who_is_slow_is_given_up_for_now_and_delays_nobody(
    serve: Callable[..., Running], receiver: Receiver
) -> None:
    receiver.delay = 0.6
    async with connected(serve(call_s=0.3)) as client:
        began = time.monotonic()
        slow = await submitted(client, steps=1, webhook={"url": receiver.url})
        with receiving() as quick:
            other = await submitted(client, steps=1, webhook={"url": quick.url})
            assert (await quick.hears(1))[0]["generation"]["id"] == other
        done = await client.post(GENERATIONS, json={"prompt": "a", "steps": 1}, headers={"Prefer": "wait=5"})
        assert done.json()["state"] == "finished"
        assert time.monotonic() - began < 2.5
        receiver.delay = 0
        assert {told["generation"]["id"] for told in await receiver.hears(2)} == {slow}


async def test_what_was_not_heard_is_told_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = [503] * 100
    with running(Plan(home=tmp_path)) as server:
        async with connected(server) as client:
            first = await submitted(client, steps=1, webhook={"url": receiver.url})
            await receiver.hears(1)
            # This one ends only after the restart.
            server.fake._seconds_per_step = 1
            second = await submitted(client, steps=3, webhook={"url": receiver.url})
    receiver.answers, before = [], len(receiver.heard)
    with running(Plan(home=tmp_path)):
        told = (await receiver.hears(before + 2))[before:]
        assert {each["generation"]["id"] for each in told} == {first, second}


async def test_a_batch_tells_once_and_of_its_cells_where_that_is_asked_for(
    client: httpx2.AsyncClient, receiver: Receiver
) -> None:
    wish = {"recipe": {"prompt": "a", "steps": 1}, "axes": [{"field": "seed", "values": [1, 2]}]}
    batch = (await client.post(BATCHES, json={**wish, "webhook": {"url": receiver.url}})).json()["id"]
    (told,) = await receiver.hears(1)
    assert (told["event"], told["batch"]["id"]) == ("batch.finished", batch)
    assert told["batch"]["counts"]["finished"] == 2
    receiver.heard.clear()
    events = ["generation.finished", "batch.finished"]
    other = (await client.post(BATCHES, json={**wish, "webhook": {"url": receiver.url, "events": events}})).json()["id"]
    heard = await receiver.hears(3)
    assert sorted(each["event"] for each in heard) == ["batch.finished", "generation.finished", "generation.finished"]
    assert {each["generation"]["batch"] for each in heard if "generation" in each} == {other}


async def test_one_for_the_whole_server_hears_everything(serve: Callable[..., Running], receiver: Receiver) -> None:
    everywhere = Webhook(url=receiver.url, events=tuple(WebhookEvent))
    async with connected(serve(everywhere=everywhere)) as client:
        generation = await submitted(client, steps=1)
        await client.post(BATCHES, json={"recipes": [{"prompt": "a", "steps": 1}], "webhook": {"url": receiver.url}})
        told = await receiver.hears(3)
        await asyncio.sleep(1.2)
        assert len(receiver.heard) == 3
        assert generation in {each["generation"]["id"] for each in told if "generation" in each}
        assert sorted(each["event"] for each in told) == ["batch.finished", *["generation.finished"] * 2]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://10.0.0.1/",
        "https://127.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://localhost/",
        "https://user:password@example.com/",
        "https://",
        "ftp://example.com/",
    ],
)
async def test_where_nobody_may_be_called_is_refused_at_once(client: httpx2.AsyncClient, url: str) -> None:
    answer = await client.post(GENERATIONS, json={"prompt": "a", "webhook": {"url": url}})
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == ["webhook.url"]
    assert (await client.get(GENERATIONS)).json()["items"] == []


async def test_without_a_key_there_are_no_webhooks(server: Running, client: httpx2.AsyncClient) -> None:
    object.__setattr__(server.runner.webhooks, "signs", False)
    answer = await client.post(GENERATIONS, json={"prompt": "a", "webhook": {"url": "https://example.com"}})
    assert answer.status_code == 422
    assert "SAFELIGHT_WEBHOOK_KEY" in answer.json()["hint"]
