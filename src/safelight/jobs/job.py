"""A job: one generation from acceptance to its end, as it stands in memory."""

import asyncio
import logging
import time
from collections import deque
from typing import Any

from safelight.domain.errors import SafelightError, StoreAway, TakenOver
from safelight.domain.events import Cancelled, Failed, Finished, Frame, Notice, Started, Stepped
from safelight.domain.generation import BranchOf, State
from safelight.domain.links import frame_url
from safelight.domain.order import Order
from safelight.domain.progress import Paused, Remark, Rerouted, Steered, Step
from safelight.domain.recipe import Recipe
from safelight.jobs.feed import Feed
from safelight.jobs.line import Ticket
from safelight.jobs.turning import described, turned

log = logging.getLogger(__name__)

RESERVED_IDS = 1024
"""Event ids are promised to the record in blocks of this many, so that they go on growing after a crash
without a write to the database for every event."""

Ending = Finished | Failed | Cancelled
Answer = Steered | Paused
STATES = {Finished: State.FINISHED, Failed: State.FAILED, Cancelled: State.CANCELLED}


class Job:
    """What is known of a running job. `work` draws, `watch` waits for `work` and writes its end down.

    They are two tasks because a task that is cancelled before its first tick runs no code at all, not even `finally`.
    """

    work: asyncio.Task[Finished]
    watch: asyncio.Task[None]

    def __init__(
        self,
        *,
        feed: Feed,
        recipe: Recipe,
        reserved: int,
        attempt: int,
        workspace: str,
        branch_of: BranchOf | None = None,
        resumes: bool = False,
    ) -> None:
        """
        Args:
            reserved: event ids that are promised to its record.
            attempt: on behalf of which attempt it writes to its record.
            workspace: whose pictures and images its recipe may refer to.
            branch_of: where it goes on from, unless it does so from a checkpoint of its own.
            resumes: an earlier run of the server began it.
        """
        self.feed = feed
        self.recipe = recipe
        self.attempt = attempt
        self.workspace = workspace
        self.branch_of = branch_of
        self.resumes = resumes
        self.begun = False
        self.provider = ""
        self.total = 0
        self.reserved = reserved
        self.ticket: Ticket
        self.interrupted = False
        self._lost = False
        self.stored_at = 0.0
        self.device_s = 0.0
        self.writing = asyncio.Lock()
        """Held while its state or recipe is written down."""
        self._steps: dict[int, int] = {}
        self._done: frozenset[int] = frozenset()
        self._asked: deque[asyncio.Future[Answer]] = deque()

    @property
    def id(self) -> str:
        return self.feed.generation

    @property
    def state(self) -> State:
        if self.ticket.paused:
            return State.PAUSED
        return State.QUEUED if self.ticket.called_at is None else State.RUNNING

    @property
    def step(self) -> int:
        """Steps that are done, over all pictures."""
        return sum(self._steps.values()) + len(self._done) * self.total // self.recipe.count

    def interrupt(self) -> None:
        """Stop it because the server stops. Unlike after a cancel, it is to be drawn at the next start."""
        self.interrupted = not self.work.cancelling()
        self.work.cancel()

    @property
    def left_for_later(self) -> bool:
        return self.interrupted and self.work.cancelled() and not self._lost

    def lose(self) -> None:
        """Stop it because another server draws it, or nothing can be written: nothing more is."""
        self._lost = True
        self.work.cancel()

    @property
    def lost(self) -> bool:
        """Whether it goes on elsewhere, or here once its lease has run out and what keeps things is back."""
        return self._lost or isinstance(self._error, TakenOver | StoreAway)

    @property
    def _error(self) -> BaseException | None:
        return self.work.exception() if self.work.done() and not self.work.cancelled() else None

    def say_why_lost(self) -> None:
        """Tell those who follow it that it will go on."""
        if isinstance(self._error, StoreAway):
            detail = f"{self._error.detail} It goes on from its last checkpoint once that is over."
            self.feed.append(Notice(code=StoreAway.code, detail=detail))
            log.warning("generation %s waits for what keeps it", self.id, exc_info=self._error)

    def start(self, order: Order, *, provider: str) -> None:
        """It is being drawn from here on."""
        self.begun = True
        self.provider = provider
        self.stored_at = time.monotonic()
        self._done = order.done
        self._steps = {picture: saved.step - 1 for picture, saved in order.checkpoints.items()}
        self.feed.append(Started(provider=provider, model=self.recipe.model or "", seed=self.recipe.seed or 0))
        if self._steps:
            taken = max(self._steps.values())
            self.feed.append(
                Notice(code="went_on", detail=f"It goes on after step {taken}; those before are not redone.")
            )

    def hear(self, news: Step | Remark | Rerouted | Answer) -> None:
        """Put what the provider says on the feed."""
        match news:
            case Step(picture=picture, step=step, total=total):
                self._steps[picture] = step
                self.total = total * self.recipe.count
                self.device_s += news.ms / 1000
                self.feed.append(self._stepped(news), frame=news.frame)
            case Remark(code=code, detail=detail):
                self.feed.append(Notice(code=code, detail=detail))
            case Rerouted(provider=provider, recipe=recipe, detail=detail):
                self.provider, self.recipe, self._steps = provider, recipe, {}
                self.feed.append(Notice(code="fallback", detail=detail))
                self.feed.append(Started(provider=provider, model=recipe.model or "", seed=recipe.seed or 0))
            case Steered() if not news.late:
                self.recipe = turned(self.recipe, news)
                self.feed.append(Notice(code="steered", detail=described(news)))
            case Paused(paused=paused):
                detail = "Paused. What was done is kept." if paused else "Goes on where it paused."
                self.feed.append(Notice(code="paused" if paused else "resumed", detail=detail))

    def ask(self) -> "asyncio.Future[Answer]":
        """What the provider will answer to a turn or a pause. They are answered in the order they were asked."""
        self._asked.append(asyncio.get_running_loop().create_future())
        return self._asked[-1]

    def answer(self, news: Answer) -> None:
        """Give the oldest question its answer; whoever asked may have gone."""
        if self._asked and not (asked := self._asked.popleft()).done():
            asked.set_result(news)

    def needs_ids(self) -> bool:
        """True once per block: a new one has to be written to the record before the old one is used up."""
        if self.feed.last_id + RESERVED_IDS // 2 <= self.reserved:
            return False
        self.reserved += RESERVED_IDS
        return True

    def ending(self) -> Ending:
        """How `work` ended, once it has: the terminal event."""
        if self.work.cancelled():
            return Cancelled(step=self.step)
        error = self.work.exception()
        if error is None:
            return self.work.result()
        if isinstance(error, SafelightError):
            return Failed(code=error.code, detail=error.detail, hint=error.hint, retryable=error.retryable)
        log.error("generation %s broke", self.id, exc_info=error)
        return Failed(
            code="broken",
            detail="Something unexpected happened while this generation ran.",
            hint=f"The server's log tells more under the id {self.id}.",
        )

    def last_words(self, ending: Ending) -> dict[str, Any]:
        """What its record has to say in the end; `last_event` is the id that `ending` will have."""
        return {
            "state": STATES[type(ending)],
            "step": self.step,
            "total": self.total,
            "device_s": self.device_s,
            "error": ending if isinstance(ending, Failed) else None,
            "last_event": self.feed.last_id + 1,
        }

    def _stepped(self, step: Step) -> Stepped:
        return Stepped(
            picture=step.picture,
            step=step.step,
            total=step.total,
            progress=min(1.0, self.step / self.total),
            sigma=step.sigma,
            ms=step.ms,
            frame=self._frame(step),
        )

    def _frame(self, step: Step) -> Frame | None:
        if step.frame is None:
            return None
        return Frame(
            url=frame_url(self.id, step=step.step, picture=step.picture),
            width=step.frame.width,
            height=step.frame.height,
            media_type=step.frame.media_type,
            source=step.source,
        )
