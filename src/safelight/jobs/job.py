"""A job: one generation from acceptance to its end, as it stands in memory."""

import asyncio
import logging

from safelight.domain.errors import SafelightError
from safelight.domain.events import Cancelled, Failed, Finished, Frame, Notice, Started, Stepped
from safelight.domain.generation import State
from safelight.domain.links import frame_url
from safelight.domain.progress import Remark, Step
from safelight.domain.recipe import Recipe
from safelight.jobs.feed import Feed
from safelight.jobs.line import Ticket

log = logging.getLogger(__name__)

RESERVED_IDS = 1024
"""Event ids are promised to the record in blocks of this many, so that they go on growing after a crash
without a write to the database for every event."""

Ending = Finished | Failed | Cancelled
STATES = {Finished: State.FINISHED, Failed: State.FAILED, Cancelled: State.CANCELLED}


class Job:
    """What is known of a running job. `work` draws, `watch` waits for `work` and writes its end down.

    They are two tasks because a task that is cancelled before its first tick runs no code at all, not even `finally`.
    """

    work: asyncio.Task[Finished]
    watch: asyncio.Task[None]

    def __init__(self, *, feed: Feed, recipe: Recipe, reserved: int) -> None:
        self.feed = feed
        self.recipe = recipe
        self.state = State.QUEUED
        self.step = 0
        self.total = 0
        self.reserved = reserved
        self.ticket: Ticket
        self.interrupted = False

    @property
    def id(self) -> str:
        return self.feed.generation

    def interrupt(self) -> None:
        """Stop it because the server stops. Unlike after a cancel, it is to be drawn at the next start."""
        self.interrupted = not self.work.cancelling()
        self.work.cancel()

    @property
    def left_for_later(self) -> bool:
        return self.interrupted and self.work.cancelled()

    def start(self, *, provider: str) -> None:
        self.state = State.RUNNING
        self.feed.append(Started(provider=provider, model=self.recipe.model or "", seed=self.recipe.seed or 0))

    def hear(self, news: Step | Remark) -> None:
        """Put what the provider says on the feed."""
        if isinstance(news, Remark):
            self.feed.append(Notice(code=news.code, detail=news.detail))
            return
        self.step += 1
        self.total = news.total * self.recipe.count
        self.feed.append(self._stepped(news), frame=news.frame)

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

    def last_words(self, ending: Ending) -> dict[str, object]:
        """What its record has to say in the end; `last_event` is the id that `ending` will have."""
        return {
            "state": STATES[type(ending)],
            "step": self.step,
            "total": self.total,
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
        )
