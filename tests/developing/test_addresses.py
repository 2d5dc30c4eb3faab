"""Names are looked up when somebody is called, and what they stand for is what is called."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from safelight.developing.addresses import Addresses
from safelight.domain.errors import Refused

pytestmark = pytest.mark.anyio


def names(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> None:
    """Let the name server answer so, one answer after the other."""
    left = list(answers)

    async def getaddrinfo(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 443)) for number in left.pop(0)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo, raising=False)


URL = httpx2.URL("https://hooks.example/a")


async def test_a_public_name_is_called_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["93.184.215.14", "93.184.215.15"])
    assert await Addresses().resolve(URL) == "93.184.215.14"


@pytest.mark.parametrize("number", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:7f00:1"])
async def test_one_that_stands_for_a_number_of_ours_is_not_called(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    names(monkeypatch, [number], ["93.184.215.14", number])
    for _ in range(2):
        with pytest.raises(Refused):
            await Addresses().resolve(URL)


async def test_a_trusted_one_is_called_wherever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["10.1.2.3"])
    assert await Addresses(frozenset({"hooks.example"})).resolve(URL) == "10.1.2.3"
