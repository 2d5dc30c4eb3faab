"""What servers tell each other of generations: streams in Redis, one a generation.

The ids of their entries are those of the events. Redis takes only ids that grow, and so refuses by itself what a server
still tells that another has taken over from. The bytes of a preview lie beside their event.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from safelight.domain.errors import Misconfigured, Unreachable
from safelight.domain.events import EVENT, TERMINAL, Event, Stepped
from safelight.domain.pixels import Pixels
from safelight.jobs.feed import Numbered

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger(__name__)

PREFIX = "safelight"
CONNECTIONS = 64
CONNECT_S, ANSWER_S = 3, 10
BLOCK_S = 5.0
"""How long Redis holds back an answer that says nothing; well below `ANSWER_S`."""
AT_ONCE = 64
"""Entries of one stream that are read at a time."""
LASTING_S = 24 * 3600
"""How long the stream of one that says nothing is kept; whoever draws it tells all of it again then."""
REFUSED = "equal or smaller"


class Superseded(Exception):
    """Somebody else tells of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it lies in Redis. `event` is None where this version cannot read it."""

    id: int
    event: Event | None
    frame: Pixels | None = None

    @property
    def numbered(self) -> Numbered | None:
        return None if self.event is None else Numbered(self.id, self.event)


def connect(url: str) -> "Redis":
    """A client whose commands fail at once where Redis does not answer: those who send them know what to do then.

    Raises:
        Misconfigured: the package for Redis is missing, or the address is not one.
    """
    try:
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError as error:
        raise Misconfigured(
            "Redis needs a package that is not installed.", hint="pip install 'safelight[redis]'"
        ) from error
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=ANSWER_S,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=CONNECT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        # What it complains of may hold the password.
        raise Misconfigured("The address of Redis cannot be read.", hint="redis://127.0.0.1:6379/0") from None
    return Redis.from_pool(pool)


@contextmanager
def reached() -> Iterator[None]:
    """Raises Unreachable where Redis does not answer, or answers that it cannot."""
    from redis.exceptions import RedisError

    try:
        yield
    except RedisError as error:
        raise Unreachable("The server's Redis does not answer.", hint="It is being looked for.") from error


class SharedLog:
    """
    Args:
        kept_s: how long the stream of a generation that has ended is kept.
    """

    def __init__(self, redis: "Redis", *, prefix: str = PREFIX, kept_s: float = 900) -> None:
        # Its own types say of every command that it may or may not be awaited.
        self._redis: Any = redis
        self._prefix = prefix
        self._kept_s = kept_s

    async def close(self) -> None:
        await self._redis.aclose()

    async def add(self, generation: str, entries: Sequence[Entry], *, drop: Sequence[int] = ()) -> int:
        """Add entries, and take some earlier ones away.

        Returns:
            How many there are now.

        Raises:
            Superseded: the last id is higher than these.
            Unreachable: nobody knows which of them were added.
        """
        key = self._key(generation)
        over = isinstance(entries[-1].event, TERMINAL)
        pipeline = self._redis.pipeline(transaction=True)
        for entry in entries:
            pipeline.xadd(key, _written(entry), id=f"{entry.id}-0")
        if drop:
            pipeline.xdel(key, *(f"{one}-0" for one in drop))
        pipeline.pexpire(key, round((self._kept_s if over else LASTING_S) * 1000))
        pipeline.xlen(key)
        with reached():
            answers = await pipeline.execute(raise_on_error=False)
            for answer in answers:
                if isinstance(answer, Exception):
                    raise Superseded if REFUSED in str(answer) else answer
        return int(answers[-1])

    async def top(self, generation: str) -> int | None:
        """The highest id that was given out; None where there is no such stream. Raises Unreachable."""
        with reached():
            found = await self._redis.xrevrange(self._key(generation), count=1)
        return _id(found[0][0]) if found else None

    async def clear(self, generation: str) -> None:
        """Raises Unreachable."""
        with reached():
            await self._redis.delete(self._key(generation))

    async def read(self, places: Mapping[str, int], *, wait: bool) -> Mapping[str, Sequence[Entry]]:
        """What follows the given ids, as much as is read at a time; by generation.

        Args:
            wait: for a while, where there is nothing.

        Raises:
            Unreachable
        """
        asked = {self._key(generation): f"{after}-0" for generation, after in places.items()}
        with reached():
            answer = await self._redis.xread(asked, count=AT_ONCE, block=round(BLOCK_S * 1000) if wait else None)
        streams = answer.items() if isinstance(answer, dict) else answer or ()
        found: dict[str, list[Entry]] = {}
        for key, entries in streams:
            generation = key.decode().rpartition(":")[2]
            found[generation] = [_read(number, fields) for number, fields in _flat(entries)]
        return found

    def _key(self, generation: str) -> str:
        return f"{self._prefix}:feed:{generation}"


def _written(entry: Entry) -> dict[str, bytes]:
    fields = {"event": EVENT.dump_json(entry.event, by_alias=True)} if entry.event is not None else {}
    return fields if entry.frame is None else {**fields, "frame": entry.frame.data}


def _read(number: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    try:
        event = EVENT.validate_json(fields.get(b"event", b""))
    except ValidationError:
        log.warning("an event of another version cannot be read")
        return Entry(_id(number), None)
    frame, data = event.frame if isinstance(event, Stepped) else None, fields.get(b"frame")
    if frame is None or data is None:
        return Entry(_id(number), event)
    return Entry(_id(number), event, Pixels(data, frame.media_type, frame.width, frame.height))


def _flat(entries: Any) -> Any:
    """Answers of the newer protocol are one list deeper."""
    return entries[0] if entries and isinstance(entries[0], list) else entries


def _id(number: bytes) -> int:
    return int(number.partition(b"-")[0])
