"""Calls between servers: what one is asked for about a generation that another draws.

They go over channels of Redis that keep nothing. Who does not listen is known at once, and whoever asks hears the
answer, or that there was none.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from safelight.domain.errors import Busy, InvalidRecipe, NotAllowed, SafelightError, Unreachable, kinds
from safelight.domain.frozen import Frozen
from safelight.domain.generation import Priority
from safelight.domain.steering import Turn
from safelight.jobs.shared_log import PREFIX, reached
from safelight.jobs.teller import AGAIN_S

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger(__name__)

PATIENCE_S = 15.0
"""How long an answer is waited for; steering waits for the engine itself."""
GLANCE_S = 5.0


class Steer(Frozen):
    """Turn it, pause it, or go on with it."""

    kind: Literal["steer"] = "steer"
    generation: str
    turn: Turn | None = None
    paused: bool | None = None


class Move(Frozen):
    """Let it be drawn sooner or later."""

    kind: Literal["move"] = "move"
    generation: str
    priority: Priority | None = None
    place: int | None = None


class Stop(Frozen):
    """Cancel it."""

    kind: Literal["stop"] = "stop"
    generation: str


Call = Annotated[Steer | Move | Stop, Field(discriminator="kind")]


class Complaint(Frozen):
    """An error on its way to another server."""

    code: str
    detail: str
    hint: str = ""
    retry_after: float = 1.0
    fields: dict[str, str] = Field(default_factory=dict)
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: SafelightError) -> "Complaint":
        names = ("retry_after", "fields", "categories")
        return cls(
            code=error.code,
            detail=error.detail,
            hint=error.hint,
            **{name: getattr(error, name) for name in names if hasattr(error, name)},
        )

    def error(self) -> SafelightError:
        """As it was raised there."""
        kind = kinds().get(self.code, SafelightError)
        more: dict[str, Any] = {}
        if issubclass(kind, Busy):
            more["retry_after"] = self.retry_after
        elif issubclass(kind, InvalidRecipe):
            more["fields"] = self.fields
        elif issubclass(kind, NotAllowed):
            more["categories"] = self.categories
        return kind(self.detail, hint=self.hint, **more)


class _Asked(Frozen):
    kind: Literal["asked"] = "asked"
    number: str
    of: str
    """Who waits for the answer."""
    call: Call


class _Answered(Frozen):
    kind: Literal["answered"] = "answered"
    number: str
    done: bool = False
    complaint: Complaint | None = None


_MESSAGE: TypeAdapter[_Asked | _Answered] = TypeAdapter(Annotated[_Asked | _Answered, Field(discriminator="kind")])


class Calls:
    """The calls of one server.

    Args:
        name: what others call it: the owner of its leases.
    """

    def __init__(self, redis: "Redis", *, name: str, prefix: str = PREFIX) -> None:
        self._redis: Any = redis
        self._name = name
        self._prefix = prefix
        self._waiting: dict[str, asyncio.Future[_Answered]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Task[None] | None = None

    def open(self, answer: Callable[[Call], Awaitable[bool]]) -> None:
        """Listen from now on. `answer` does what is asked, or raises a SafelightError."""
        self._listening = asyncio.create_task(self._listen(answer))

    async def close(self) -> None:
        tasks = [*self._answering, *filter(None, [self._listening])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._redis.aclose()

    async def ask(self, server: str, call: Call) -> bool:
        """Have another server do it.

        Returns:
            Whether it is done; else it is told on the feed when it is.

        Raises:
            Unreachable: it does not listen, or has not answered; in that case it may have been done.
            SafelightError: what it raised.
        """
        asked = _Asked(number=secrets.token_hex(8), of=self._name, call=call)
        answer = self._waiting[asked.number] = asyncio.get_running_loop().create_future()
        try:
            if not await self._send(server, asked):
                raise _silent("does not listen at this moment")
            async with asyncio.timeout(PATIENCE_S):
                answered = await answer
        except TimeoutError:
            raise _silent("has not answered") from None
        finally:
            del self._waiting[asked.number]
        if answered.complaint is not None:
            raise answered.complaint.error()
        return bool(answered.done)

    async def _send(self, server: str, message: _Asked | _Answered) -> int:
        with reached():
            return int(await self._redis.publish(self._channel(server), message.model_dump_json(by_alias=True)))

    async def _listen(self, answer: Callable[[Call], Awaitable[bool]]) -> None:
        while True:
            try:
                with reached():
                    async with aclosing(self._redis.pubsub()) as line:
                        await line.subscribe(self._channel(self._name))
                        while True:
                            said = await line.get_message(ignore_subscribe_messages=True, timeout=GLANCE_S)
                            if said is not None:
                                self._hear(said["data"], answer)
            except Unreachable:
                log.warning("other servers cannot ask for anything while Redis is away")
                await asyncio.sleep(AGAIN_S)

    def _hear(self, data: bytes, answer: Callable[[Call], Awaitable[bool]]) -> None:
        try:
            message = _MESSAGE.validate_json(data)
        except ValidationError:
            log.warning("a call of another version cannot be read")
            return
        if isinstance(message, _Asked):
            task = asyncio.create_task(self._answer(message, answer))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif (waiting := self._waiting.get(message.number)) and not waiting.done():
            waiting.set_result(message)

    async def _answer(self, asked: _Asked, answer: Callable[[Call], Awaitable[bool]]) -> None:
        try:
            said = _Answered(number=asked.number, done=await answer(asked.call))
        except SafelightError as error:
            said = _Answered(number=asked.number, complaint=Complaint.of(error))
        try:
            await self._send(asked.of, said)
        except Unreachable:
            log.warning("what became of a call could not be told")

    def _channel(self, server: str) -> str:
        return f"{self._prefix}:server:{server}"


def _silent(what: str) -> Unreachable:
    return Unreachable(f"The server that draws this {what}.", hint="Look at its state and ask again.", retry_after=2.0)
