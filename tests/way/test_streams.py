"""Following a generation over a real connection: complete, whatever happens to it."""

import asyncio
import base64
import random
import time
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise

import httpx2
import pytest
from PIL import Image

from safelight.jobs.feed import Budget
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS, STREAM, Heard, following, heard, lines_of, parse, state, submitted

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]


def steps(events: list[Heard]) -> list[int]:
    return [event.data["step"] for event in events if event.kind == "step"]


async def test_every_step_and_the_picture_in_order(client: httpx2.AsyncClient) -> None:
    events = await heard(client, await submitted(client, steps=6))
    assert [event.kind for event in events] == ["queued", "started", *["step"] * 6, "finished"]
    assert [event.id for event in events] == list(range(1, 10))
    assert steps(events) == [1, 2, 3, 4, 5, 6]
    assert [event.data["progress"] for event in events if event.kind == "step"] == pytest.approx(
        [n / 6 for n in range(1, 7)]
    )
    (picture,) = events[-1].data["pictures"]
    file = await client.get(picture["url"])
    assert Image.open(BytesIO(file.content)).size == (256, 256)


async def test_what_curl_sends_is_answered_with_the_events_themselves(client: httpx2.AsyncClient) -> None:
    headers = {**STREAM, "Content-Type": "application/x-www-form-urlencoded", "User-Agent": "curl/8"}
    body = b'{"prompt":"a red dragon"}'
    async with client.stream("POST", GENERATIONS, content=body, headers=headers) as response:
        assert response.status_code == 200
        generation = response.headers["X-Generation-Id"]
        assert response.headers["Location"].endswith(generation)
        assert response.headers["X-Accel-Buffering"] == "no"
        events = [event async for event in parse(lines_of(response))]
    assert events[-1].kind == "finished"
    assert events == await heard(client, generation)


async def test_cut_anywhere_fifty_times_the_union_is_complete_and_one_job_ran(serve: Serve) -> None:
    chance = random.Random(5)
    server = serve(seconds_per_step=0.02)
    async with connected(server) as client:
        generation = await submitted(client, steps=100)
        kept: dict[int, Heard] = {}
        last: int | None = None
        for _ in range(50):
            async with following(client, generation, after=last) as events:
                for _ in range(chance.randint(0, 3)):
                    event = await anext(events, None)
                    if event is None:
                        break
                    assert event.id not in kept
                    kept[event.id] = event
                    last = event.id
        for event in await heard(client, generation, after=last):
            kept[event.id] = event
        assert kept == {event.id: event for event in await heard(client, generation)}
    assert list(kept) == list(range(1, 104))
    assert steps(list(kept.values())) == list(range(1, 101))
    assert server.fake.begun == 1


async def test_a_reader_who_has_it_all_is_told_not_to_come_back(client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=2)
    last = (await heard(client, generation))[-1].id
    response = await client.get(f"{GENERATIONS}/{generation}/events", headers={"Last-Event-ID": str(last)})
    assert response.status_code == 204
    assert (await client.get(f"{GENERATIONS}/{generation}/events", params={"after": last})).status_code == 204


async def test_the_header_goes_before_the_query(client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=2)
    await heard(client, generation)
    response = await client.get(
        f"{GENERATIONS}/{generation}/events", params={"after": 1}, headers={"Last-Event-ID": "4"}
    )
    assert response.text.count("\nevent: ") == 1


async def test_a_job_whose_reader_vanished_finishes(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async with client.stream("POST", GENERATIONS, json={"prompt": "a ship"}, headers=STREAM) as response:
        generation = response.headers["X-Generation-Id"]
        await anext(parse(lines_of(response)))
    assert (await heard(client, generation))[-1].kind == "finished"
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_where_it_was_wished_for_the_job_ends_with_its_reader(serve: Serve) -> None:
    server = serve(seconds_per_step=0.1)
    async with connected(server) as client:
        url, recipe = f"{GENERATIONS}?disconnect=cancel", {"prompt": "a ship", "steps": 100}
        async with client.stream("POST", url, json=recipe, headers=STREAM) as response:
            generation = response.headers["X-Generation-Id"]
            events = parse(lines_of(response))
            while (await anext(events)).kind != "step":
                pass
        async with asyncio.timeout(5):
            assert (await heard(client, generation))[-1].kind == "cancelled"
    assert server.fake.drawing == 0


async def left(client: httpx2.AsyncClient, disconnect: str) -> str:
    """A generation whose reader has gone after its first step."""
    recipe, params = {"prompt": "a ship", "steps": 200}, {"disconnect": disconnect}
    async with client.stream("POST", GENERATIONS, json=recipe, headers=STREAM, params=params) as response:
        events = parse(lines_of(response))
        while (await anext(events)).kind != "step":
            pass
        return str(response.headers["X-Generation-Id"])


async def test_whoever_comes_back_in_time_keeps_it_going(serve: Serve) -> None:
    async with connected(serve(seconds_per_step=0.05)) as client:
        alone, followed = await left(client, "cancel_after:1s"), await left(client, "cancel_after:1s")
        async with following(client, followed) as events:
            began = time.monotonic()
            async for _ in events:
                if time.monotonic() - began > 2:
                    break
            assert (await client.get(f"{GENERATIONS}/{followed}")).json()["state"] == "running"
        assert (await client.get(f"{GENERATIONS}/{alone}")).json()["state"] == "cancelled"
        wrong = await client.post(GENERATIONS, json={"prompt": "a"}, params={"disconnect": "cancel_after:soon"})
        assert wrong.status_code == 422 and "disconnect" in wrong.json()["detail"]
        await client.delete(f"{GENERATIONS}/{followed}")


async def test_cancel_stops_the_drawing_and_may_be_repeated(serve: Serve) -> None:
    server = serve(seconds_per_step=0.1)
    async with connected(server) as client:
        generation = await submitted(client, steps=100)
        async with following(client, generation) as events:
            async for event in events:
                if event.kind == "step":
                    began = time.perf_counter()
                    answer = await client.delete(f"{GENERATIONS}/{generation}")
                    assert time.perf_counter() - began < 2
        assert event.kind == "cancelled"
        assert event.data["step"] < 10
        assert answer.status_code == 200
        assert answer.json()["state"] == "cancelled"
        assert server.fake.drawing == 0
        again = await client.delete(f"{GENERATIONS}/{generation}")
        assert (again.status_code, again.json()["state"]) == (200, "cancelled")


async def test_cancel_takes_a_waiting_one_out_of_the_line(serve: Serve) -> None:
    server = serve(seconds_per_step=0.1, running_pictures=1)
    async with connected(server) as client:
        running, waiting, behind = [await submitted(client, steps=50) for _ in range(3)]
        assert (await client.delete(f"{GENERATIONS}/{waiting}")).json()["state"] == "cancelled"
        events = await heard(client, waiting)
        assert [event.kind for event in events] == ["queued", "cancelled"]
        async with following(client, behind) as moved:
            assert [(await anext(moved)).data["position"] for _ in range(2)] == [1, 0]
        assert server.fake.begun == 1
        for generation in (behind, running):
            await client.delete(f"{GENERATIONS}/{generation}")


async def test_cancel_at_once_after_submitting(client: httpx2.AsyncClient, server: Running) -> None:
    for _ in range(20):
        generation = await submitted(client)
        assert (await client.delete(f"{GENERATIONS}/{generation}")).json()["state"] == "cancelled"
        assert (await heard(client, generation))[-1].kind == "cancelled"
    assert server.fake.drawing == 0


async def test_a_failure_is_an_event_with_a_hint(serve: Serve) -> None:
    server = serve(fails_at=3)
    async with connected(server) as client:
        generation = await submitted(client)
        events = await heard(client, generation)
        assert [event.kind for event in events] == ["queued", "started", "step", "step", "failed"]
        assert events[-1].data["hint"]
        shown = (await client.get(f"{GENERATIONS}/{generation}")).json()
        assert shown["state"] == "failed"
        assert shown["error"]["code"] == "failed"


async def test_a_fault_of_ours_is_a_failed_event_that_tells_no_secrets(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(fails_at=1, failure=ZeroDivisionError("the secret"))
    async with connected(server) as client:
        last = (await heard(client, await submitted(client)))[-1]
    assert (last.kind, last.data["code"]) == ("failed", "broken")
    assert "secret" not in str(last.data)
    assert "ZeroDivisionError" in caplog.text


async def test_a_reader_who_does_not_read_delays_nobody(serve: Serve) -> None:
    server = serve(seconds_per_step=0.01)
    async with connected(server) as client:
        # 150 previews as PNG in base64 are 13 MB: more than any socket buffer takes.
        generation = await submitted(client, steps=150, width=1024, height=1024)
        async with following(client, generation, inline=True, preview="codec:png"):
            seen: list[float] = []
            async with following(client, generation) as events:
                async for event in events:
                    if event.kind == "step":
                        seen.append(time.perf_counter())
        assert len(seen) == 150
        assert max(after - before for before, after in pairwise(seen)) < 2


async def test_a_feed_over_its_budget_says_what_is_missing(serve: Serve) -> None:
    server = serve(budget=Budget(steps=5))
    async with connected(server) as client:
        generation = await submitted(client, steps=20)
        while await state(client, generation) != "finished":  # noqa: ASYNC110 - a stream would read the steps in time
            await asyncio.sleep(0.05)
        events = await heard(client, generation)
    assert [event.kind for event in events] == ["queued", "started", "gap", *["step"] * 5, "finished"]
    assert (events[2].id, events[2].data) == (17, {"kind": "gap", "from": 3, "to": 17})
    assert steps(events) == [16, 17, 18, 19, 20]


async def test_a_forgotten_feed_is_answered_from_the_record(serve: Serve) -> None:
    server = serve(kept_feeds=0)
    async with connected(server) as client:
        generation = await submitted(client, steps=3)
        live = await heard(client, generation)
        events = await heard(client, generation)
    assert [event.kind for event in events] == ["gap", "finished"]
    assert events[-1] == live[-1]


async def test_each_viewer_has_previews_as_wished(client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=5)
    plain, small, none = [
        [event.data["frame"] for event in await heard(client, generation, **wish) if event.kind == "step"]
        for wish in (
            {},
            {"preview": "every:2,size:32,codec:jpeg", "inline": True},
            {"preview": "codec:none"},
        )
    ]
    assert [frame["media_type"] for frame in plain] == ["image/webp"] * 5
    assert none == [None] * 5
    assert [frame is not None for frame in small] == [False, True, False, True, True]
    for frame in filter(None, small):
        inline = base64.b64decode(frame["data"], validate=True)
        fetched = await client.get(frame["url"])
        assert fetched.content == inline
        assert fetched.headers["content-type"] == frame["media_type"] == "image/jpeg"
        assert Image.open(BytesIO(inline)).size == (frame["width"], frame["height"]) == (32, 32)


async def test_frames_never_change_and_may_be_cached(client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=2, count=2)
    await heard(client, generation)
    first, second = [
        await client.get(f"{GENERATIONS}/{generation}/frames/1", params={"picture": picture}) for picture in range(2)
    ]
    assert first.content != second.content
    assert "immutable" in first.headers["Cache-Control"]
    again = await client.get(f"{GENERATIONS}/{generation}/frames/1", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    missing = await client.get(f"{GENERATIONS}/{generation}/frames/3")
    assert missing.status_code == 404
    assert missing.json()["hint"]


async def test_many_pictures_in_one_generation(client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=3, count=4, seed=10)
    events = await heard(client, generation)
    assert [event.data["progress"] for event in events if event.kind == "step"][-1] == 1
    assert [picture["seed"] for picture in events[-1].data["pictures"]] == [10, 11, 12, 13]
    shown = (await client.get(f"{GENERATIONS}/{generation}")).json()
    assert (shown["step"], shown["total"], len(shown["pictures"])) == (12, 12, 4)
