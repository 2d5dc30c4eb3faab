"""An image service elsewhere, behind the contract of every provider.

A `Service` knows how one picture is drawn. What is the same for all is here: whose credentials, whose turn, whose
money, how long it is waited for, what is shown meanwhile, and what is passed on of what goes wrong.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

from safelight.domain.adapting import AdapterCard
from safelight.domain.errors import Interrupted, NotReady, SafelightError, Unsupported
from safelight.domain.estimate import Estimate
from safelight.domain.measuring import UNMEASURED, Meter
from safelight.domain.model_card import ModelCard
from safelight.domain.order import Order
from safelight.domain.progress import Progress, Remark
from safelight.domain.prompting import Count
from safelight.domain.recipe import Recipe, picture_seed
from safelight.domain.spending import Account, Expense, Spent
from safelight.domain.steering import Turn
from safelight.providers.breaker import Breaker
from safelight.providers.failures import Gone, Passing, malformed
from safelight.providers.merging import merged
from safelight.providers.patience import Patience
from safelight.providers.purse import Purse, Vault
from safelight.providers.showing import Showing
from safelight.providers.throttle import Throttle
from safelight.providers.upstream import (
    Accepted,
    Credentials,
    Done,
    News,
    Service,
    Shows,
    Tells,
    Tier,
    Waits,
    Wish,
    missing,
)
from safelight.providers.waiting import Waiting

log = logging.getLogger(__name__)

WEIGHT_OF_LAST = 0.3
"""How much the last picture counts in the running mean of their seconds."""


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How a service is asked.

    Attributes:
        at_once: pictures of this server that it draws at the same time.
        per_minute: pictures that it is asked for within any minute; None for as many as there are.
        attempts: how often something is asked that may be asked again.
        first_wait_s: about how long is waited before the second time.
        quiet_s: how long it may say nothing.
        limits_s: how long a picture may take, by where it is drawn.
        failures: in a row, after which it is left alone.
        rest_s: how long it is left alone at first.
    """

    at_once: int = 4
    per_minute: int | None = None
    attempts: int = 4
    first_wait_s: float = 0.5
    quiet_s: float = 180.0
    limits_s: Mapping[Tier, float] = field(default_factory=lambda: {Tier.LOCAL: 1200.0, Tier.SERVERLESS: 900.0})
    failures: int = 5
    rest_s: float = 30.0


class RemoteProvider:
    """A service as a provider.

    Args:
        price: of one picture, in US dollars; None where nobody here knows.
        own: the server's credentials; a workspace's are used instead where it has some.
    """

    def __init__(
        self,
        service: Service,
        *,
        price: Callable[[Recipe], float | None],
        purse: Purse,
        vault: Vault,
        own: Credentials,
        manners: Manners | None = None,
        meter: Meter = UNMEASURED,
    ) -> None:
        self.service = service
        self._price = price
        self._purse = purse
        self._vault = vault
        self._own = own
        self._meter = meter
        self._manners = manners or Manners()
        self._throttle = Throttle(at_once=self._manners.at_once, per_minute=self._manners.per_minute)
        self.breaker = Breaker(service.title, after=self._manners.failures, rest_s=self._manners.rest_s)
        self._seconds: dict[str, float] = {}
        self.drawing = 0
        """Pictures that it is drawing at this moment."""

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def device(self) -> str:
        return self.service.title

    @property
    def pictures_per_forward(self) -> None:
        return None

    def models(self) -> Sequence[ModelCard]:
        return self.service.models()

    def adapters(self) -> Sequence[AdapterCard]:
        return ()

    def ready(self) -> str | None:
        try:
            self.breaker.check()
        except SafelightError as error:
            return error.detail
        return self.service.problem()

    def count(self, prompt: str, *, model: str) -> Count | None:
        return None

    def estimate(self, recipe: Recipe) -> Estimate:
        self.service.check(recipe)
        model, each = recipe.model or "", self._price(recipe)
        seconds = self._seconds.get(model)
        return Estimate(
            model=model,
            seconds=None if seconds is None else round(seconds * recipe.count, 1),
            price_usd=None if each is None else round(each * recipe.count, 6),
        )

    async def admit(self, recipe: Recipe, *, account: Account) -> None:
        """Whether it could be drawn on this account at this moment. Nothing is sent.

        Raises:
            Unsupported, InvalidRecipe: the service cannot do it.
            NotReady, Unreachable: nobody has credentials, or the service is left alone for now.
            BudgetReached: the workspace, or the caller, has spent what they may.
        """
        self.service.check(recipe)
        await self.credentials(account.workspace)
        self.breaker.check()
        if problem := self.service.problem():
            raise NotReady(problem, hint="GET /api/v1/providers says how it is with each.", retry_after=30)
        each = self._price(recipe)
        await self._purse.check(account, None if each is None else each * recipe.count)

    async def credentials(self, workspace: str) -> Credentials:
        """The workspace's own, or the server's. Raises NotReady where there are none."""
        found = await self._vault.opened(workspace, self.name) or self._own
        if lacks := missing(self.service.secrets, found):
            raise NotReady(
                f"Nobody has given this server the credentials for {self.service.title}: {', '.join(lacks)}.",
                hint=f"An admin does so with PUT /api/v1/providers/{self.name}/credentials, or in the settings.",
                retry_after=60,
            )
        return found

    @property
    def lets_in(self) -> bool:
        """Whether the server has credentials of its own for it, or none are needed."""
        return not missing(self.service.secrets, self._own)

    def steer(self, key: str, turn: Turn, *, images: Mapping[str, bytes]) -> None:
        raise self._cannot_step_in()

    def pause(self, key: str) -> None:
        raise self._cannot_step_in()

    def resume(self, key: str) -> None:
        raise self._cannot_step_in()

    def _cannot_step_in(self) -> Unsupported:
        return Unsupported(f"{self.service.title} cannot be told anything while it draws.", hint="Cancel it instead.")

    async def open(self) -> None:
        await self.service.open()

    async def close(self) -> None:
        await self.service.close()

    async def generate(self, order: Order) -> AsyncGenerator[Progress, None]:
        pictures = [self._picture(order, picture) for picture in order.pictures]
        async with aclosing(merged(pictures)) as progress:
            async for news in progress:
                yield news

    async def _picture(self, order: Order, picture: int) -> AsyncGenerator[Progress, None]:
        credentials = await self.credentials(order.workspace)
        async with self._throttle.turn():
            self.drawing += 1
            try:
                with self.breaker.through(), self._measured(order.key):
                    async with aclosing(self._paid(order, picture, credentials)) as progress:
                        async for news in progress:
                            yield news
            finally:
                self.drawing -= 1

    @contextmanager
    def _measured(self, generation: str) -> Iterator[None]:
        """Around what the service is asked for; what is cancelled says nothing about it."""
        began, error = time.monotonic(), None
        try:
            yield
        except SafelightError as failure:
            error = failure.code
            raise
        except (asyncio.CancelledError, GeneratorExit):
            error = "cancelled"
            raise
        finally:
            self._meter.asked(self.name, generation=generation, seconds=time.monotonic() - began, error=error)

    async def _paid(self, order: Order, picture: int, credentials: Credentials) -> AsyncGenerator[Progress, None]:
        """Put the money aside, draw, and note what became of it."""
        expense = await self._expense(order, picture)
        if expense.resumed and expense.handle is not None:
            try:
                async for news in self._settled(order, picture, credentials, expense):
                    yield news
                return
            except Gone:
                expense = await self._expense(order, picture)
        elif expense.resumed:
            await self._purse.settle(expense.id, Spent.UNCERTAIN)
            raise Interrupted(
                f"The server stopped while {self.service.title} drew this; it may have been paid for.",
                hint="It is not sent a second time unasked: generate it again if you wish.",
            )
        async for news in self._settled(order, picture, credentials, expense):
            yield news

    async def _expense(self, order: Order, picture: int) -> Expense:
        return await self._purse.reserve(
            account=order.account,
            provider=self.name,
            model=order.recipe.model or "",
            generation=order.key,
            picture=picture,
            usd=self._price(order.recipe),
        )

    async def _settled(
        self, order: Order, picture: int, credentials: Credentials, expense: Expense
    ) -> AsyncGenerator[Progress, None]:
        patience = Patience(attempts=self._manners.attempts, first_wait_s=self._manners.first_wait_s)
        patience.sent = expense.handle is not None
        wish = Wish(
            recipe=order.recipe,
            model=(order.recipe.model or "").removeprefix(f"{self.name}/"),
            seed=picture_seed(order.recipe.seed or 0, picture),
            images=order.images,
            credentials=credentials,
            patience=patience,
            handle=expense.handle,
            quiet_s=self._manners.quiet_s,
        )
        state, usd = Spent.UNCERTAIN, None
        try:
            async with aclosing(self._drawn(wish, picture, expense)) as progress:
                async for news in progress:
                    if isinstance(news, Done):
                        state, usd = Spent.PAID, expense.usd if news.usd is None else news.usd
                        if usd:
                            yield Remark(code="price", detail=f"{self.service.title} was paid ${usd:.4f}.")
                    else:
                        yield news
        except SafelightError as error:
            # What failed without a word may have to be paid; a service that says so asks for nothing.
            if not isinstance(error, Passing) or error.answered:
                state = Spent.RELEASED
            raise
        finally:
            if state is Spent.UNCERTAIN and not patience.sent:
                state = Spent.RELEASED
            # Also where it is cancelled: what was spent has to be known all the same.
            await asyncio.shield(self._purse.settle(expense.id, state, usd=usd))
            if state is not Spent.RELEASED:
                self._meter.spent(self.name, usd=expense.usd if usd is None else usd)

    async def _drawn(self, wish: Wish, picture: int, expense: Expense) -> AsyncGenerator[Progress | Done, None]:
        began = time.monotonic()
        limit_s = self._manners.limits_s[self.service.tier]
        showing = Showing(wish.recipe, picture=picture, seed=wish.seed)
        waiting = Waiting(
            self.service.draw(wish),
            self.service.title,
            patience=wish.patience,
            limit_s=limit_s,
            quiet_s=self._manners.quiet_s,
        )
        async with aclosing(waiting.news()) as news:
            async for said in news:
                async for progress in self._passed_on(said, showing, expense):
                    yield progress
                if isinstance(said, Done):
                    yield said
                    drawn = await showing.finished(said.image, title=self.service.title)
                    self._measure(wish.recipe.model or "", time.monotonic() - began)
                    for last in drawn:
                        yield last
                    return
        if waiting.error is None:
            raise malformed(self.service.title, "it ended without a picture")
        if (unfinished := showing.unfinished()) is None:
            raise waiting.error
        yield Remark(code="timed_out", detail=f"{waiting.error.detail} This is how far it had come.")
        yield unfinished

    async def _passed_on(self, said: News, showing: Showing, expense: Expense) -> AsyncGenerator[Progress, None]:
        match said:
            case Accepted(handle=handle):
                if handle is not None:
                    await self._purse.hold(expense.id, handle=handle)
                if (step := await showing.begun()) is not None:
                    yield step
            case Shows():
                if (shown := await showing.step(said)) is not None:
                    yield shown
            case Waits(ahead=int(ahead)):
                if showing.moved(ahead):
                    yield Remark(code="waiting", detail=f"{ahead} others go first at {self.service.title}.")
            case Tells(code=code, detail=detail):
                yield Remark(code=code, detail=detail)

    def _measure(self, model: str, seconds: float) -> None:
        before = self._seconds.get(model, seconds)
        self._seconds[model] = before + WEIGHT_OF_LAST * (seconds - before)
