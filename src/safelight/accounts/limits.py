"""How often: requests, looks at pictures, attempts to sign in. Counted here, or in Redis for several servers."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from safelight.domain.errors import LimitReached, Misconfigured, Unreachable

Storage = MemoryStorage | RedisStorage
PREFIX = "safelight"
CONNECTIONS, PATIENCE_S = 32, 5


class Bucket(StrEnum):
    """What is counted by itself."""

    REQUESTS = "requests"
    MEDIA = "media"
    """Frames, files, event streams and looks at how far a generation is: one picture has many."""
    SIGN_INS = "sign-ins"
    """Of one address under one name; none are left counted after one that was right."""
    STRANGERS = "strangers"
    """Attempts to sign in from one address, under whatever name."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where somebody stands after a request."""

    bucket: Bucket
    limit: int
    window_s: int
    remaining: int
    reset_s: int
    """Seconds until the first request is forgotten."""

    def headers(self) -> dict[str, str]:
        """As the IETF's draft on rate limit headers has them."""
        return {
            "RateLimit-Policy": f'"{self.bucket}";q={self.limit};w={self.window_s}',
            "RateLimit": f'"{self.bucket}";r={self.remaining};t={self.reset_s}',
        }


class TooOften(LimitReached):
    """`standing` is where they stand who asked once too often."""

    def __init__(self, detail: str, *, hint: str, standing: Standing) -> None:
        super().__init__(detail, hint=hint, retry_after=standing.reset_s)
        self.standing = standing


class Limits:
    """Exact moving windows: at no time were there more than so many within the window before.

    Args:
        rates: by bucket, such as `100/15minutes`; what is not named is not limited.
    """

    def __init__(self, rates: Mapping[Bucket, str], *, storage: Storage | None = None) -> None:
        self._rates = {bucket: rate(text) for bucket, text in rates.items()}
        self._storage = storage or MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)

    async def close(self) -> None:
        """Hang up on Redis, where there is one."""
        if isinstance(self._storage, RedisStorage):
            await self._storage.bridge.storage.connection_pool.disconnect()  # type: ignore[attr-defined]

    async def hit(self, bucket: Bucket, who: str) -> Standing | None:
        """Count one; None where it is not limited.

        Raises:
            TooOften: it was one too many, and does not count. `retry_after` is when the next one will be let in.
            Unreachable: the counters cannot be reached.
        """
        if (item := self._rates.get(bucket)) is None:
            return None
        try:
            allowed = await self._limiter.hit(item, bucket, who)
            window = await self._limiter.get_window_stats(item, bucket, who)
        except StorageError as error:
            raise _unreachable() from error
        standing = Standing(
            bucket=bucket,
            limit=item.amount,
            window_s=item.get_expiry(),
            remaining=max(0, window.remaining) if allowed else 0,
            reset_s=max(1, math.ceil(window.reset_time - time.time())),
        )
        if not allowed:
            raise TooOften(
                f"That was more than {item.amount} {bucket} in {_period(item)}.",
                hint="Send it again after the seconds in Retry-After.",
                standing=standing,
            )
        return standing

    async def forget(self, bucket: Bucket, who: str) -> None:
        """Begin to count anew. Raises Unreachable."""
        if item := self._rates.get(bucket):
            try:
                await self._limiter.clear(item, bucket, who)
            except StorageError as error:
                raise _unreachable() from error


def rate(text: str) -> RateLimitItem:
    """A rate as it is written in the settings. Raises ValueError."""
    return parse(text)


def tenfold(text: str) -> str:
    """Ten times as many in the same time."""
    item = parse(text)
    return f"{item.amount * 10}/{item.get_expiry()}seconds"


def in_redis(url: str, *, prefix: str = PREFIX) -> RedisStorage:
    """Counters that several servers share.

    Raises:
        Misconfigured: the package for Redis is missing, or the address is not one.
    """
    try:
        from redis.asyncio import BlockingConnectionPool
    except ImportError as error:
        raise Misconfigured(
            "Redis needs a package that is not installed.", hint="pip install 'safelight[redis]'"
        ) from error
    try:
        # Requests over the pool's size wait their turn, where redis' own pool would fail them.
        pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=PATIENCE_S)
        return RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=prefix,
            wrap_exceptions=True,
            connection_pool=pool,  # type: ignore[arg-type]
        )
    except ValueError:
        # What it complains of may hold the password.
        raise Misconfigured("The address of Redis cannot be read.", hint="redis://127.0.0.1:6379/0") from None


def _period(item: RateLimitItem) -> str:
    return f"{item.get_expiry() // 60} minutes" if item.get_expiry() >= 120 else f"{item.get_expiry()} seconds"


def _unreachable() -> Unreachable:
    return Unreachable(
        "The server cannot count requests, because its Redis does not answer.",
        hint="It is being looked for.",
        retry_after=5,
    )
