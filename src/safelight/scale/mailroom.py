"""The mailroom: what is said to an order while it is drawn reaches the one replica that draws it.

Ray Serve sends a request to any replica. So every replica has a box here, and listens to it in one long answer.
"""

import asyncio
from collections.abc import AsyncGenerator

from safelight.scale.messages import Said

KEEP_ALIVE_S = 10.0


class Mailroom:
    """Boxes by the names of the replicas that listen."""

    def __init__(self) -> None:
        self._boxes: dict[str, asyncio.Queue[Said]] = {}

    async def listen(self, replica: str) -> AsyncGenerator[Said | None, None]:
        """What is said to the orders of a replica, until it listens no more; None now and then."""
        box = self._boxes[replica] = asyncio.Queue()
        try:
            yield None
            while self._boxes.get(replica) is box:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_S):
                        said = await box.get()
                except TimeoutError:
                    yield None
                else:
                    yield said
        finally:
            if self._boxes.get(replica) is box:
                del self._boxes[replica]

    async def say(self, replica: str, said: Said) -> bool:
        """Whether somebody listens there."""
        if (box := self._boxes.get(replica)) is None:
            return False
        box.put_nowait(said)
        return True
