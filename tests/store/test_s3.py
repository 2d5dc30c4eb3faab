"""What is special about a bucket."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from safelight.domain.errors import Misconfigured, SafelightError, StoreAway
from safelight.store.cdn import Cdn
from safelight.store.s3 import Bucket, S3Blobs
from tests.bucket import BucketServer
from tests.running import free_port

pytestmark = pytest.mark.anyio
KEY = "2026-11/ein drágon 竜+%&'.png"
BRIEF = timedelta(seconds=2)


async def test_a_signed_address_leads_to_the_file_for_a_while(bucket_server: BucketServer) -> None:
    store = S3Blobs(bucket_server.bucket(), "pictures", links=timedelta(minutes=5))
    await store.put(KEY, b"\x89PNG", "image/png")
    link = await store.link(KEY)
    assert link is not None and "X-Amz-Expires=300" in link and "geheim" not in link
    answer = httpx2.get(link, trust_env=False)
    assert answer.content == b"\x89PNG"
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-disposition"].startswith("inline; filename*=UTF-8''ein%20dr%C3%A1gon")
    assert await store.origin() == bucket_server.url


async def test_what_is_set_is_not_mixed_with_what_the_environment_has_for_others(
    bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ENDPOINT_URL", "ENDPOINT_URL_S3", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
        monkeypatch.setenv(f"AWS_{name}", "http://127.0.0.1:1/foreign")
    link = await S3Blobs(bucket_server.bucket(), "pictures", links=BRIEF).link(KEY)
    assert link is not None and link.startswith(bucket_server.url) and "Credential=me%2F" in link
    assert "foreign" not in link and "Security-Token" not in link


async def test_two_folders_of_a_bucket_do_not_see_each_other(bucket_server: BucketServer) -> None:
    bucket = bucket_server.bucket()
    pictures, inputs = S3Blobs(bucket, "pictures"), S3Blobs(bucket, "inputs")
    await pictures.put("a", b"1", "image/png")
    assert [blob.key async for blob in inputs.listed()] == []
    assert [blob.key async for blob in S3Blobs(bucket, "pic").listed()] == []


async def test_a_network_before_the_bucket_is_given_the_whole_key(bucket_server: BucketServer) -> None:
    bucket = bucket_server.bucket()
    store = S3Blobs(bucket, "pictures", cdn=Cdn(f"{bucket_server.url}/{bucket.name}/"))
    signed = await S3Blobs(bucket, "pictures", links=BRIEF).link(KEY)
    assert signed is not None and signed.partition("?")[0] == await store.link(KEY)


async def complaint(store: S3Blobs, kind: type[SafelightError] = StoreAway) -> SafelightError:
    """What is said of a bucket that cannot be used, in whatever way it is tried."""
    with pytest.raises(Misconfigured) as first:
        await store.check()
    for attempt in (store.put("a", b"x", "image/png"), store.get("a"), store.stats()):
        with pytest.raises(kind) as caught:
            await attempt
        assert caught.value.detail.partition(":")[0] == first.value.detail.partition(":")[0]
    assert "geheim" not in first.value.detail + first.value.hint
    return first.value


async def test_a_bucket_that_is_not_there_is_told(bucket_server: BucketServer) -> None:
    error = await complaint(S3Blobs(bucket_server.bucket(name="none-such"), "pictures"))
    assert "'none-such'" in error.detail and "does not exist" in error.detail
    assert "SAFELIGHT_S3_BUCKET" in error.hint


async def test_no_access_is_told(bucket_server: BucketServer) -> None:
    store = S3Blobs(bucket_server.bucket(), "pictures")
    with bucket_server.locked():
        error = await complaint(store)
    assert "refuses access" in error.detail and "SAFELIGHT_S3_SECRET_KEY" in error.hint


async def test_nobody_who_listens_is_told_soon(caplog: pytest.LogCaptureFixture) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    bucket = Bucket(name="any", endpoint=endpoint, key_id="me", secret_key="geheim", timeout=BRIEF, retries=1)
    with caplog.at_level(logging.DEBUG):
        error = await complaint(S3Blobs(bucket, "pictures"))
    assert "does not answer" in error.detail and endpoint in error.detail and "\n" not in error.detail
    assert "geheim" not in caplog.text and "geheim" not in repr(bucket)


class Shaky:
    """Between us and the bucket: the first requests are cut before they arrive, or their answers are."""

    def __init__(self, server: BucketServer, *, cuts: int, answers: bool) -> None:
        self._port = int(server.url.rpartition(":")[2])
        self.cuts = cuts
        self._answers = answers

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        request = head.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
        request += await reader.readexactly(int(length[1])) if length else b""
        cut = self.cuts > 0
        self.cuts -= 1
        if not cut or self._answers:
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
            back.write(request)
            answer = await there.read()
            back.close()
            if not cut:
                writer.write(answer)
        writer.close()

    @asynccontextmanager
    async def between(self, bucket: Bucket) -> AsyncIterator[S3Blobs]:
        async with await asyncio.start_server(self.carry, "127.0.0.1", 0) as proxy:
            port = proxy.sockets[0].getsockname()[1]
            yield S3Blobs(replace(bucket, endpoint=f"http://127.0.0.1:{port}"), "pictures")


@pytest.mark.parametrize("answers", [False, True], ids=["requests", "answers"])
async def test_what_is_lost_on_the_way_is_asked_for_again(bucket_server: BucketServer, answers: bool) -> None:
    shaky = Shaky(bucket_server, cuts=2, answers=answers)
    async with shaky.between(bucket_server.bucket()) as store:
        await store.put("a", b"x", "image/png")
        assert shaky.cuts < 0
        shaky.cuts = 2
        assert await store.get("a") == b"x"
        assert shaky.cuts < 0
        with pytest.raises(FileExistsError):
            await store.put("a", b"y", "image/png")
