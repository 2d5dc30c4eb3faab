"""Reading Server-Sent Events (WHATWG HTML, 9.2.6), as much of it as our own feeds use."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One event of a stream; `id` is the last one seen so far."""

    id: str
    data: str


async def messages(lines: AsyncIterable[str]) -> AsyncIterator[Message]:
    """The messages in lines of text; comments and unfinished messages are left out."""
    last_id = ""
    data: list[str] = []
    async for line in lines:
        if not line:
            if data:
                yield Message(id=last_id, data="\n".join(data))
            data = []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "id":
            last_id = value
