"""A whole house with the fake provider behind a real server, in this process or in one of its own."""

import argparse
import asyncio
import threading
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from safelight.accounts.limits import Bucket, Limits
from safelight.accounts.tokens import Tokens
from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.batching import Batching
from safelight.developing.addresses import Addresses
from safelight.developing.meanwhile import meanwhile
from safelight.developing.moderation import Moderation
from safelight.developing.postman import Postman
from safelight.developing.quotas import Quotas
from safelight.developing.recovery import Recovery
from safelight.developing.webhooks import Webhooks
from safelight.domain.access import Openness
from safelight.domain.webhook import Webhook
from safelight.jobs.feed import Budget
from safelight.jobs.feeds import Feeds
from safelight.jobs.line import Line
from safelight.jobs.trails import Trails
from safelight.moderation.gate import Gate
from safelight.providers.directory import Providers
from safelight.providers.fake import FakeProvider
from safelight.runner import Runner
from safelight.store.audit import Audit
from safelight.store.batches import Batches
from safelight.store.blobs import DiskBlobs
from safelight.store.checkpoints import Checkpoints
from safelight.store.deliveries import Deliveries
from safelight.store.gallery import Gallery
from safelight.store.inputs import Inputs
from safelight.store.journal import Journal
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.registry import Registry
from safelight.store.shares import Shares
from safelight.web.app import build
from safelight.web.rooms import Site
from safelight.web.server import Server, configured

KEY = SecretStr("what webhooks are signed with")


@dataclass(kw_only=True)
class Plan:
    """How a house for a test differs from the ordinary one."""

    home: Path
    database: str | None = None
    seconds_per_step: float = 0.01
    fails_at: int | None = None
    failure: Exception | None = None
    waiting_limit: int = 100
    running_pictures: int = 8
    budget: Budget = field(default_factory=Budget)
    kept_feeds: int = 1000
    checkpoint_s: float = 5.0
    trails_budget: int = 2**20
    studio: Path = Path("/nowhere")
    openness: Openness = Openness.UNTIL_KEYS
    site: Site = field(default_factory=Site)
    trusted_proxies: tuple[str, ...] = ()
    rates: Mapping[Bucket, str] = field(default_factory=dict)
    tokens: Tokens | None = None
    under_way: int = 100
    of_line: float = 1.0
    device_s_a_day: float | None = None
    gate: Gate = field(default_factory=Gate)
    veiled: float = 0.0
    keeps_text: bool = False
    provider: type[FakeProvider] = FakeProvider
    everywhere: Webhook | None = None
    first_wait_s: float = 0.1
    call_s: float = 1.0


@asynccontextmanager
async def house(plan: Plan, *, stop: asyncio.Event) -> AsyncGenerator[tuple[Batching, FakeProvider], None]:
    fake = plan.provider(seconds_per_step=plan.seconds_per_step, fails_at=plan.fails_at, failure=plan.failure)
    records = await Records.open(plan.database or f"sqlite+aiosqlite:///{plan.home}/safelight.db")
    pictures = Pictures(records, DiskBlobs(plan.home / "pictures"))
    inputs = Inputs(records, DiskBlobs(plan.home / "inputs"), pictures)
    runner = Runner(
        providers=Providers([fake]),
        records=records,
        pictures=pictures,
        inputs=inputs,
        recovery=Recovery(
            records=records,
            pictures=pictures,
            inputs=inputs,
            checkpoints=Checkpoints(records),
            trails=Trails(budget=plan.trails_budget),
            every_s=plan.checkpoint_s,
        ),
        moderation=Moderation(gate=plan.gate, journal=Journal(records, keeps_text=plan.keeps_text), veiled=plan.veiled),
        line=Line(waiting_limit=plan.waiting_limit, running_pictures=plan.running_pictures),
        feeds=Feeds(budget=plan.budget, kept=plan.kept_feeds),
        quotas=Quotas(
            records=records, under_way=plan.under_way, of_line=plan.of_line, device_s_a_day=plan.device_s_a_day
        ),
        webhooks=Webhooks(signs=True, addresses=Addresses(frozenset({"127.0.0.1"})), everywhere=plan.everywhere),
    )
    batches = Batches(records)
    batching = Batching(runner=runner, batches=batches)
    postman = Postman(
        deliveries=Deliveries(records, pictures, batches),
        addresses=runner.webhooks.addresses,
        key=KEY,
        seconds=plan.call_s,
        first_wait_s=plan.first_wait_s,
    )
    await runner.open()
    await batching.open()
    try:
        async with meanwhile(postman.run):
            yield batching, fake
    finally:
        await batching.close()
        await runner.close()
        await records.close()


def app_of(plan: Plan, batching: Batching, *, stop: asyncio.Event) -> FastAPI:
    runner = batching.runner
    registry = Registry(runner.records)
    return build(
        runner=runner,
        batching=batching,
        gallery=Gallery(runner.records, runner.pictures),
        shares=Shares(runner.records, runner.pictures),
        stop=stop,
        door=Door(registry=registry, limits=Limits(plan.rates), openness=plan.openness, tokens=plan.tokens),
        office=Office(registry=registry, audit=Audit(runner.records)),
        site=plan.site,
        home=plan.home,
        built_studio=plan.studio,
    )


class Running:
    """A server that runs in a thread of its own. Reach into `fake` and `runner` to see what nobody tells."""

    url: str
    runner: Runner
    fake: FakeProvider
    server: Server

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.failure: BaseException | None = None
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server")

    def start(self) -> None:
        self._thread.start()
        if not self._up.wait(20) or self.failure:
            raise RuntimeError("the server did not start") from self.failure

    def stop(self) -> None:
        self.server.should_exit = True
        self.server.end_streams()
        self.join()

    def join(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server did not stop"
        if self.failure:
            raise self.failure

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.failure = error
        finally:
            self._up.set()

    async def _serve(self) -> None:
        stop = asyncio.Event()
        async with house(self.plan, stop=stop) as (batching, self.fake):
            self.runner = batching.runner
            app = app_of(self.plan, batching, stop=stop)
            config = configured(app, grace_s=5, trusted_proxies=self.plan.trusted_proxies, port=0, log_level="warning")
            self.server = Server(config, stop=stop)
            serving = asyncio.create_task(self.server.serve())
            while not self.server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells it in no other way
                await asyncio.sleep(0.01)
            if not serving.done():
                port = self.server.servers[0].sockets[0].getsockname()[1]
                self.url = f"http://127.0.0.1:{port}"
                self._up.set()
            await serving


@contextmanager
def running(plan: Plan) -> Generator[Running, None, None]:
    server = Running(plan)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--database")
    parser.add_argument("--seconds-per-step", type=float, default=0.05)
    parser.add_argument("--checkpoint-s", type=float, default=5.0)
    arguments = parser.parse_args()
    plan = vars(arguments)
    asyncio.run(_main(port=plan.pop("port"), plan=Plan(**plan)))


async def _main(*, plan: Plan, port: int) -> None:
    stop = asyncio.Event()
    async with house(plan, stop=stop) as (batching, _):
        config = configured(app_of(plan, batching, stop=stop), grace_s=5, port=port, log_level="warning")
        await Server(config, stop=stop).serve()


if __name__ == "__main__":
    main()
