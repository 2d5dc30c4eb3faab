"""A whole house with the fake provider behind a real server, in this process or in one of its own."""

import argparse
import asyncio
import threading
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from safelight.accounts.limits import Bucket as Counted
from safelight.accounts.limits import Limits
from safelight.accounts.oidc import OpenId
from safelight.accounts.tokens import Tokens
from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.admission.side_door import SideDoor
from safelight.batching import Batching
from safelight.developing.addresses import Addresses
from safelight.developing.meanwhile import meanwhile
from safelight.developing.moderation import Moderation
from safelight.developing.postman import Postman
from safelight.developing.quotas import Quotas
from safelight.developing.recovery import Recovery
from safelight.developing.webhooks import Webhooks
from safelight.domain.access import Openness
from safelight.domain.doors import DoorName
from safelight.domain.privacy import Consent
from safelight.domain.webhook import Webhook
from safelight.jobs.calls import Calls
from safelight.jobs.feed import Budget
from safelight.jobs.feeds import Feeds
from safelight.jobs.line import Line
from safelight.jobs.shared_feeds import SharedFeeds
from safelight.jobs.shared_log import SharedLog, connect
from safelight.jobs.trails import Trails
from safelight.metering.exposition import Exposition
from safelight.metering.opening import Metering
from safelight.moderation.gate import Gate
from safelight.privacy import Privacy
from safelight.providers.directory import Providers
from safelight.providers.fake import FakeProvider
from safelight.runner import Runner
from safelight.store.audit import Audit
from safelight.store.batches import Batches
from safelight.store.blobs import Blobs, DiskBlobs
from safelight.store.checkpoints import Checkpoints
from safelight.store.deliveries import Deliveries
from safelight.store.finish import Finish
from safelight.store.gallery import Gallery
from safelight.store.identities import Identities
from safelight.store.inputs import Inputs
from safelight.store.journal import Journal
from safelight.store.leases import Leases
from safelight.store.people import People
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.registry import Registry
from safelight.store.s3 import Bucket, S3Blobs
from safelight.store.shares import Shares
from safelight.web.app import BODY_LIMIT, IMAGES_LIMIT, build
from safelight.web.rooms import Site
from safelight.web.server import Server, configured

KEY = SecretStr("what webhooks are signed with")


def heard() -> Metering:
    """What is measured, with a page to see it."""
    exposition = Exposition()
    return Metering(exposition=exposition, meter=exposition.meter)


@dataclass(kw_only=True)
class Plan:
    """How a house for a test differs from the ordinary one."""

    home: Path
    database: str | None = None
    bucket: Bucket | None = None
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
    rates: Mapping[Counted, str] = field(default_factory=dict)
    tokens: Tokens | None = None
    under_way: int = 100
    of_line: float = 1.0
    device_s_a_day: float | None = None
    workspace_device_s_a_day: float | None = None
    gate: Gate = field(default_factory=Gate)
    veiled: float = 0.0
    finish: Finish = field(default_factory=Finish)
    keeps_text: bool = False
    provider: type[FakeProvider] = FakeProvider
    everywhere: Webhook | None = None
    consent: Consent | None = None
    openid: OpenId | None = None
    body_limit: int = BODY_LIMIT
    images_limit: int = IMAGES_LIMIT
    oidc: Mapping[str, Any] = field(default_factory=dict)
    doors: tuple[DoorName, ...] = tuple(DoorName)
    first_wait_s: float = 0.1
    call_s: float = 1.0
    owner: str = "srv_test"
    alone: bool = True
    lease_s: float = 15.0
    metrics_token: str | None = None
    metering: Metering = field(default_factory=heard)
    redis: str | None = None
    prefix: str = "safelight-test"


def blobs(plan: Plan, folder: str) -> Blobs:
    return DiskBlobs(plan.home / folder) if plan.bucket is None else S3Blobs(plan.bucket, folder)


def feeds(plan: Plan) -> Feeds:
    if plan.redis is None:
        return Feeds(budget=plan.budget, kept=plan.kept_feeds)
    return SharedFeeds(SharedLog(connect(plan.redis), prefix=plan.prefix), budget=plan.budget, kept=plan.kept_feeds)


@asynccontextmanager
async def house(plan: Plan, *, stop: asyncio.Event) -> AsyncGenerator[tuple[Batching, FakeProvider], None]:
    fake = plan.provider(seconds_per_step=plan.seconds_per_step, fails_at=plan.fails_at, failure=plan.failure)
    records = await Records.open(plan.database or f"sqlite+aiosqlite:///{plan.home}/safelight.db")
    pictures = Pictures(records, blobs(plan, "pictures"), plan.finish)
    inputs = Inputs(records, blobs(plan, "inputs"), pictures)
    runner = Runner(
        providers=Providers([fake]),
        records=records,
        leases=Leases(records=records, owner=plan.owner, lasting_s=plan.lease_s, alone=plan.alone),
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
        moderation=Moderation(
            gate=plan.gate,
            journal=Journal(records, keeps_text=plan.keeps_text),
            veiled=plan.veiled,
            meter=plan.metering.meter,
            people=People(records),
        ),
        line=Line(waiting_limit=plan.waiting_limit, running_pictures=plan.running_pictures),
        feeds=feeds(plan),
        calls=None if plan.redis is None else Calls(connect(plan.redis), name=plan.owner, prefix=plan.prefix),
        quotas=Quotas(
            records=records,
            under_way=plan.under_way,
            of_line=plan.of_line,
            device_s_a_day=plan.device_s_a_day,
            workspace_device_s_a_day=plan.workspace_device_s_a_day,
        ),
        webhooks=Webhooks(signs=True, addresses=Addresses(frozenset({"127.0.0.1"})), everywhere=plan.everywhere),
        meter=plan.metering.meter,
    )
    plan.metering.exposition.look_at(runner)
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
    office = Office(registry=registry, audit=Audit(runner.records))
    door = Door(registry=registry, limits=Limits(plan.rates), openness=plan.openness, tokens=plan.tokens)
    known = Identities(runner.records)
    return build(
        runner=runner,
        batching=batching,
        gallery=Gallery(runner.records, runner.pictures),
        shares=Shares(runner.records, runner.pictures),
        stop=stop,
        door=door,
        side_door=None
        if plan.openid is None
        else SideDoor(openid=plan.openid, identities=known, door=door, office=office, **plan.oidc),
        office=office,
        privacy=Privacy(batching=batching, office=office, people=People(runner.records), asked=plan.consent),
        site=plan.site,
        home=plan.home,
        built_studio=plan.studio,
        body_limit=plan.body_limit,
        images_limit=plan.images_limit,
        metering=plan.metering,
        metrics_token=plan.metrics_token,
        open_doors=plan.doors,
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
            await app.state.rooms.privacy.open()
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
    parser.add_argument("--owner", default="srv_test")
    parser.add_argument("--lease-s", type=float, default=15.0)
    parser.add_argument("--redis")
    parser.add_argument("--prefix", default="safelight-test")
    parser.add_argument("--together", dest="alone", action="store_false")
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
