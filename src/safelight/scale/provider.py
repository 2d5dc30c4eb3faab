"""Engines on Ray as a provider: whatever becomes of a replica, an order comes to the same pictures."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

from safelight.domain.adapting import AdapterCard
from safelight.domain.errors import Misconfigured, Unreachable
from safelight.domain.estimate import Estimate
from safelight.domain.model_card import ModelCard
from safelight.domain.order import Order
from safelight.domain.progress import Paused, Progress, Remark
from safelight.domain.prompting import Count
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Turn
from safelight.scale.cluster import Cluster, given_up, join, leave, ray_errors
from safelight.scale.journey import Asked, Journey
from safelight.scale.messages import Begun, Broke, Described, Said

log = logging.getLogger(__name__)

NAME = "ray"
LOOK_S = 5.0
"""Between two looks which engines there are."""
FIRST_LOOK_S = 0.5
ANSWER_S = 10.0
OPEN_S = 180.0
TRIES = 8
"""Replicas that may be lost one after the other before one takes a step."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0
"""Before an order is sent again."""
SAYINGS = 20
"""How often it is tried to say something to a replica that does not listen yet."""


class _Lost(Exception):
    """Whoever drew it is gone, or says nothing."""


class RayProvider:
    """
    Args:
        address: of the cluster's head; `auto` is the one that this machine is part of.
        quiet_s: how long a replica may say nothing of what it draws.
        open_s: how long an engine is looked for at the start.
    """

    def __init__(self, *, address: str = "auto", quiet_s: float = 300.0, open_s: float = OPEN_S) -> None:
        self._address = address
        self._quiet_s = quiet_s
        self._cluster = Cluster()
        self._journeys: dict[str, Journey] = {}
        self._state: str | None = "The Ray cluster has not been joined."
        self._joined = False
        self._open_s = open_s
        self._known = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._saying: set[asyncio.Task[None]] = set()
        # For what is asked without `await`: Ray does not let a thread wait that has a loop.
        self._aside = ThreadPoolExecutor(4, thread_name_prefix="ray")

    @property
    def name(self) -> str:
        return NAME

    @property
    def device(self) -> str:
        return "; ".join(sorted({one.device for one in self._described})) or "Ray"

    @property
    def pictures_per_forward(self) -> float | None:
        told = [one.pictures_per_forward for one in self._described if one.pictures_per_forward is not None]
        return round(sum(told) / len(told), 2) if told else None

    def models(self) -> Sequence[ModelCard]:
        cards = (card for one in self._described for card in one.models)
        return tuple(card.model_copy(update={"provider": NAME}) for card in cards)

    def adapters(self) -> Sequence[AdapterCard]:
        return tuple(card for one in self._described for card in one.adapters)

    def ready(self) -> str | None:
        if self._state is not None:
            return self._state
        missing = [one.missing for one in self._described]
        return None if None in missing else next(iter(missing), "No engine has been deployed on Ray yet.")

    def count(self, prompt: str, *, model: str) -> Count | None:
        counted = self._asked(lambda: self.engine(model).count.remote(prompt, model))
        assert counted is None or isinstance(counted, Count)
        return counted

    def estimate(self, recipe: Recipe) -> Estimate:
        estimated = self._asked(lambda: self.engine(recipe.model or "").estimate.remote(recipe))
        assert isinstance(estimated, Estimate)
        return estimated

    async def open(self) -> None:
        """Wait until an engine says what its models are: what was accepted before a restart needs to know.

        Raises:
            Misconfigured: there is no cluster, or no engine on it.
        """
        self._state = "The Ray cluster is being joined."
        self._watching = asyncio.create_task(self._watch())
        try:
            async with asyncio.timeout(self._open_s):
                await self._known.wait()
        except TimeoutError:
            raise Misconfigured(
                self._state or "No engine has been deployed on Ray.",
                hint="docs/how-to/run-on-ray.md says how to deploy one.",
            ) from None

    async def close(self, *, leaving: bool = True) -> None:
        """
        Args:
            leaving: False where this process goes on being part of the cluster.
        """
        tasks = [*self._saying, *filter(None, [self._watching])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._state = "The Ray cluster has been left."
        self._aside.shutdown(wait=False)
        if self._joined and leaving:
            self._joined = False
            await asyncio.to_thread(leave)

    async def generate(self, order: Order) -> AsyncGenerator[Progress, None]:
        journey = self._journeys[order.key] = Journey(order)
        lost = 0
        try:
            while True:
                try:
                    async with aclosing(self._drawn(journey)) as progress:
                        async for news in progress:
                            yield news
                    return
                except _Lost as loss:
                    lost = 1 if journey.moved else lost + 1
                    if lost > TRIES:
                        raise given_up(TRIES) from loss.__cause__
                    if journey.moved:
                        yield Remark(code="went_on", detail=f"Another engine goes on after step {journey.taken}.")
                    journey.lose()
                await asyncio.sleep(_wait(lost))
        finally:
            del self._journeys[order.key]

    def steer(self, key: str, turn: Turn, *, images: Mapping[str, bytes]) -> None:
        self._say(key, turn, images)

    def pause(self, key: str) -> None:
        self._say(key, Paused(), {})

    def resume(self, key: str) -> None:
        self._say(key, Paused(paused=False), {})

    def drawn_by(self, key: str) -> str | None:
        """The replica that draws it: its machine, its process, and a name. None where none has begun."""
        return self._journeys[key].replica

    def engine(self, model: str) -> Any:
        """A handle to the replicas that have a model. Raises Unreachable."""
        return self._cluster.of(model).handle

    @property
    def _described(self) -> list[Described]:
        return [engine.described for engine in self._cluster.engines.values() if engine.described is not None]

    async def _drawn(self, journey: Journey) -> AsyncGenerator[Progress, None]:
        """What one replica says of it. Raises _Lost where it does not come to its end."""
        try:
            responses = await self._sent(journey)
        except Unreachable as error:
            raise _Lost from error
        try:
            while (message := await self._next(responses, journey)) is not None:
                match message:
                    case Begun(replica=replica):
                        self._begin(journey, replica)
                    case Broke(error=refusal):
                        raise refusal
                    case _ if (news := journey.hear(message)) is not None:
                        yield news
        finally:
            responses.cancel()
        if not journey.finished:
            raise _Lost

    async def _sent(self, journey: Journey) -> Any:
        engine = self.engine(journey.order.recipe.model or "")
        return engine.options(stream=True).draw.remote(journey.order)

    async def _next(self, responses: Any, journey: Journey) -> Any:
        """What is said next; None at the end. One that waits for a replica, or is paused, may be silent."""
        from ray.serve.exceptions import BackPressureError

        may_wait = journey.replica is None or journey.paused
        try:
            async with asyncio.timeout(None if may_wait else self._quiet_s):
                return await anext(responses)
        except StopAsyncIteration:
            return None
        except TimeoutError as error:
            raise _Lost from error
        except BackPressureError as error:
            # There is too much to do. It was accepted: it waits here instead.
            journey.moved = True
            raise _Lost from error
        except ray_errors() as error:
            log.warning("an engine on Ray was lost: %s", str(error).splitlines()[0])
            raise _Lost from error

    def _begin(self, journey: Journey, replica: str) -> None:
        journey.replica, journey.moved = replica, False
        for asked in journey.unanswered:
            self._post(journey, asked)

    def _say(self, key: str, what: Turn | Paused, images: Mapping[str, bytes]) -> None:
        if journey := self._journeys.get(key):
            asked = journey.ask(what, images)
            if journey.replica is not None:
                self._post(journey, asked)

    def _post(self, journey: Journey, asked: Asked) -> None:
        task = asyncio.create_task(self._deliver(journey, asked, journey.replica or ""))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _deliver(self, journey: Journey, asked: Asked, replica: str) -> None:
        said = Said(key=journey.order.key, what=asked.what, images=asked.images)
        async with journey.saying:
            for _ in range(SAYINGS):
                if journey.replica != replica:
                    return
                try:
                    engine = self._cluster.of(journey.order.recipe.model or "")
                    if await engine.mailroom.say.remote(replica, said):
                        return
                except Unreachable:
                    log.info("the engine is not there to be told something")
                except ray_errors() as error:
                    log.warning("the mailroom does not answer: %s", error)
                await asyncio.sleep(FIRST_WAIT_S)

    def _asked(self, ask: Any) -> object:
        """What a replica answers to something short. Raises what it raised, or Unreachable."""

        from ray.exceptions import RayError

        def answered() -> object:
            return ask().result(timeout_s=ANSWER_S)

        try:
            answer = self._aside.submit(answered).result(ANSWER_S + 1)
        except (TimeoutError, RayError) as error:
            raise Unreachable("No engine on Ray answers at this moment.", retry_after=5) from error
        if isinstance(answer, Broke):
            raise answer.error
        return answer

    async def _watch(self) -> None:
        """Join, and go on looking which engines there are."""
        while True:
            try:
                if not self._joined:
                    self._joined = await asyncio.to_thread(join, self._address)
                await self._cluster.look()
                self._state = None
                if self._described:
                    self._known.set()
            except (Misconfigured, Unreachable) as error:
                self._state = f"{error.detail} {error.hint}".strip()
                log.warning("%s", self._state)
            await asyncio.sleep(LOOK_S if self.ready() is None else FIRST_LOOK_S)


def _wait(tries: int) -> float:
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1)))
