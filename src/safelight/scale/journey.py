"""An order on its way over replicas: what is known of it, so that another goes on where one was lost."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from safelight.domain.order import Order, Saved
from safelight.domain.progress import Drawn, Paused, Progress, Remark, Steered, Step
from safelight.domain.steering import Turn
from safelight.jobs.turning import turned


@dataclass(frozen=True)
class Asked:
    """What is said to an order under way. `again` is what was answered before, and is not news."""

    what: Turn | Paused
    images: Mapping[str, bytes] = field(default_factory=dict)
    again: bool = False


@dataclass
class Journey:
    """
    Attributes:
        order: as it is to be gone on with.
        replica: who draws it; None where nobody has begun.
            unanswered: what was asked and not answered, in its order.
    """

    order: Order
    replica: str | None = None
    unanswered: deque[Asked] = field(default_factory=deque)
    saying: asyncio.Lock = field(default_factory=asyncio.Lock)
    paused: bool = False
    moved: bool = False
    _steps: dict[int, int] = field(default_factory=dict)
    _remarks: set[Remark] = field(default_factory=set)

    def hear(self, news: Progress) -> Progress | None:
        """What of it is news: steps that are taken again were told before."""
        match news:
            case Step(picture=picture, step=step):
                if step <= self._steps.get(picture, 0):
                    return None
                self.moved = True
                self._steps[picture] = step
                if news.checkpoint is not None:
                    saved = Saved(news.checkpoint.step, news.checkpoint.to_bytes())
                    self.order = replace(self.order, checkpoints={**self.order.checkpoints, picture: saved})
            case Drawn(picture=picture):
                if picture in self.order.done:
                    return None
                self.order = replace(self.order, done=self.order.done | {picture})
            case Remark():
                if news in self._remarks:
                    return None
                self._remarks.add(news)
            case Steered():
                self._answered()
                if not news.late:
                    self.order = replace(self.order, recipe=turned(self.order.recipe, news))
            case Paused(paused=paused):
                self.paused = paused
                if (asked := self._answered()) is None or asked.again:
                    return None
        return news

    @property
    def finished(self) -> bool:
        return not self.order.pictures

    @property
    def taken(self) -> int:
        """Steps of the picture that is furthest."""
        return max(self._steps.values(), default=0)

    def lose(self) -> None:
        """Its replica is lost: what it left goes on from here, and what was not answered is asked again."""
        self.replica = None
        left = {picture: saved for picture, saved in self.order.checkpoints.items() if picture not in self.order.done}
        self.order = replace(self.order, checkpoints=left)
        if self.paused:
            # It is paused again before anything else is asked.
            self.paused = False
            self.unanswered.appendleft(Asked(Paused(), again=True))

    def ask(self, what: Turn | Paused, images: Mapping[str, bytes]) -> Asked:
        """What a turn refers to has to be there for whoever goes on with it, too."""
        self.order = replace(self.order, images={**self.order.images, **images})
        self.unanswered.append(Asked(what, images))
        return self.unanswered[-1]

    def _answered(self) -> Asked | None:
        return self.unanswered.popleft() if self.unanswered else None
