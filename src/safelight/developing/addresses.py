"""Where a webhook may lead: nowhere that only this server can reach, unless its host was trusted by a setting."""

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx2

from safelight.domain.errors import InvalidRecipe, Refused

TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv6 addresses that a gateway turns into the IPv4 ones that they end with (RFC 6052)."""


@dataclass(frozen=True)
class Addresses:
    """Looks at addresses twice: as they are given, and at what their names stand for when somebody is called.

    Attributes:
        trusted: hosts that may be called without TLS and wherever they are.
    """

    trusted: frozenset[str] = frozenset()

    def check(self, url: str) -> None:
        """Raises InvalidRecipe where nobody may be called there, whatever the name stands for."""
        try:
            parsed = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError) as error:
            raise _invalid("is not an address") from error
        if not parsed.host or parsed.userinfo:
            raise _invalid("has no host" if not parsed.host else "may not have a name and a password in it")
        if parsed.host.lower() in self.trusted:
            return
        if parsed.scheme != "https":
            raise _invalid("has to begin with https://")
        number = _number(parsed.host)
        if parsed.host.lower() == "localhost" or (number is not None and not _public(number)):
            raise _invalid("leads into a network that is not public")

    async def resolve(self, url: httpx2.URL) -> str:
        """The number to call, and no other: a moment later the name may stand for another one.

        Raises:
            Refused: it is not public.
            OSError, UnicodeError: the name is not known.
        """
        port = url.port or (443 if url.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        numbers = [str(place[0]) for *_, place in found]
        if url.host.lower() not in self.trusted:
            # All of them: a name that stands for a public number and a private one means nothing good.
            for number in numbers:
                known = _number(number)
                if known is None or not _public(known):
                    raise Refused("The address leads into a network that is not public.")
        return numbers[0]


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _public(number: IPv4Address | IPv6Address) -> bool:
    """Whether it is one of the internet's, also where it only wraps another one."""
    if isinstance(number, IPv6Address):
        if number.scope_id is not None:
            return False
        wrapped = number.ipv4_mapped or number.sixtofour or (number.teredo and number.teredo[1])
        if number in TRANSLATED:
            wrapped = IPv4Address(int(number) & 0xFFFFFFFF)
        if wrapped:
            return _public(wrapped)
    return number.is_global and not number.is_multicast


def _invalid(fault: str) -> InvalidRecipe:
    return InvalidRecipe(
        f"Not valid: webhook.url {fault}.",
        hint="Give an address that everybody can reach, or let the server trust the host: SAFELIGHT_WEBHOOK_HOSTS.",
        fields={"webhook.url": fault},
    )
