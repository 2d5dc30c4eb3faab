"""Builds the house from the settings, and takes it down again. The only place that knows every concrete class."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.admission.side_door import SideDoor
from safelight.batching import Batching
from safelight.developing.addresses import Addresses
from safelight.developing.meanwhile import meanwhile
from safelight.developing.postman import Postman
from safelight.developing.quotas import Quotas
from safelight.developing.recovery import Recovery
from safelight.developing.tidying import Tidying, sweep
from safelight.developing.webhooks import Webhooks
from safelight.domain.errors import Misconfigured
from safelight.entrance import make_door, make_side_door
from safelight.gatehouse import make_moderation
from safelight.jobs.calls import Calls
from safelight.jobs.feeds import Feeds
from safelight.jobs.line import Line
from safelight.jobs.shared_feeds import SharedFeeds
from safelight.jobs.shared_log import SharedLog, connect
from safelight.jobs.trails import Trails
from safelight.metering.opening import Metering, measuring
from safelight.privacy import Privacy
from safelight.prompts.book import PromptBook
from safelight.prompts.enhancement import Enhancer
from safelight.prompts.rules import Rules
from safelight.prompts.styles import read_styles
from safelight.prompts.words import WordLists
from safelight.providers.directory import Providers
from safelight.runner import Runner
from safelight.settings import EnhancerChoice, Settings
from safelight.sources import make_providers
from safelight.store.audit import Audit
from safelight.store.checkpoints import Checkpoints
from safelight.store.home import held
from safelight.store.leases import Leases
from safelight.store.opening import Store, open_store
from safelight.store.provenance.opening import make_finish
from safelight.store.records import Records
from safelight.store.registry import Registry

log = logging.getLogger(__name__)

GRACE_S = 10
"""Seconds that a reader who does not read may delay the end of the server."""
LOADING_S = 3600
GLANCE_S = 0.05
"""Seconds between two looks at what nobody announces: whether uvicorn listens, and whether the model is loaded."""


@dataclass(frozen=True, kw_only=True)
class House:
    """Everything that runs. Made by `open_house`."""

    settings: Settings
    store: Store
    providers: Providers
    runner: Runner
    batching: Batching
    door: Door
    office: Office
    privacy: Privacy
    side_door: SideDoor | None
    metering: Metering


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """The house, opened: unfinished generations are in line again, and the models load in the background.

    On leaving, what runs is left for the next start, and everything is closed in reverse order.

    Raises:
        Misconfigured: the home folder, the database or a model cannot be used.
    """
    async with AsyncExitStack() as stack:
        name = stack.enter_context(held(settings.home))
        store = await stack.enter_async_context(open_store(settings, finish=make_finish(settings)))
        await sweep(store)
        metering = stack.enter_context(measuring(settings))
        meter = metering.meter
        providers, records = make_providers(settings, store=store, meter=meter), store.records
        runner = Runner(
            providers=providers,
            records=records,
            leases=Leases(records=records, owner=name, lasting_s=settings.lease_s, alone=not store.shared),
            pictures=store.pictures,
            prompts=_prompts(settings),
            inputs=store.inputs,
            recovery=_recovery(settings, store),
            moderation=make_moderation(settings, store, meter=meter),
            line=Line(waiting_limit=settings.queue_limit, running_pictures=settings.running_limit),
            feeds=_feeds(settings, store),
            calls=_calls(settings, store, name=name),
            quotas=_quotas(settings, records),
            webhooks=_webhooks(settings),
            meter=meter,
        )
        metering.exposition.look_at(runner)
        stack.push_async_callback(runner.close)
        await runner.open()
        registry = Registry(records)
        door = await make_door(settings, registry)
        stack.push_async_callback(door.limits.close)
        batching = Batching(runner=runner, batches=store.batches)
        stack.push_async_callback(batching.close)
        await batching.open()
        office = Office(registry=registry, audit=Audit(records))
        privacy = Privacy(batching=batching, office=office, people=store.people, asked=settings.consent)
        await privacy.open()
        for work in _beside(settings, store, runner):
            await stack.enter_async_context(meanwhile(work))
        yield House(
            settings=settings,
            store=store,
            providers=providers,
            runner=runner,
            batching=batching,
            door=door,
            office=office,
            privacy=privacy,
            side_door=make_side_door(settings, door, office, records),
            metering=metering,
        )


def _webhooks(settings: Settings) -> Webhooks:
    return Webhooks(
        signs=settings.webhook_key is not None,
        addresses=Addresses(frozenset(settings.webhook_hosts)),
        everywhere=settings.webhook,
    )


def _beside(
    settings: Settings, store: Store, runner: Runner
) -> Iterator[Callable[[asyncio.Event], Coroutine[None, None, None]]]:
    """What goes on beside the drawing."""
    yield Tidying(
        store=store,
        checkpoints=runner.recovery.checkpoints,
        trash_days=settings.trash_days,
        generation_days=settings.generation_days,
        delivery_days=settings.delivery_days,
    ).run
    if settings.webhook_key is not None:
        addresses = runner.webhooks.addresses
        yield Postman(deliveries=store.deliveries, addresses=addresses, key=settings.webhook_key).run


def _feeds(settings: Settings, store: Store) -> Feeds:
    """Servers that share a database and have a Redis follow each other there."""
    if settings.redis_url is None or not store.shared:
        return Feeds(kept_bytes=settings.frames_budget)
    log = SharedLog(connect(settings.redis_url.get_secret_value()), kept_s=settings.shared_feed_minutes * 60)
    return SharedFeeds(log, kept_bytes=settings.frames_budget)


def _calls(settings: Settings, store: Store, *, name: str) -> Calls | None:
    if settings.redis_url is None or not store.shared:
        return None
    return Calls(connect(settings.redis_url.get_secret_value()), name=name)


def _recovery(settings: Settings, store: Store) -> Recovery:
    keep_for = timedelta(hours=settings.checkpoint_hours)
    return Recovery(
        records=store.records,
        pictures=store.pictures,
        inputs=store.inputs,
        checkpoints=Checkpoints(store.records, keep_for=keep_for, budget=settings.checkpoint_budget),
        trails=Trails(budget=settings.trails_budget),
        every_s=settings.checkpoint_s,
    )


def _quotas(settings: Settings, records: Records) -> Quotas:
    return Quotas(
        records=records,
        under_way=settings.concurrent_limit,
        of_line=settings.queue_share,
        device_s_a_day=settings.device_seconds_a_day,
        workspace_device_s_a_day=settings.workspace_device_seconds_a_day,
    )


def _prompts(settings: Settings) -> PromptBook:
    own = settings.own_library
    return PromptBook(WordLists(own / "wildcards"), read_styles(own), _enhancer(settings))


def _enhancer(settings: Settings) -> Enhancer:
    if settings.enhancer is EnhancerChoice.RULES:
        return Rules()
    from safelight.prompts.anthropic import Anthropic

    assert settings.anthropic_key is not None, "the settings see to it"
    return Anthropic(
        key=settings.anthropic_key,
        model=settings.anthropic_model,
        timeout=settings.anthropic_timeout_s,
        url=settings.anthropic_url,
    )


async def serve(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then close everything.

    Args:
        settings: how.
        say: hears the server's address once it answers, and after that a sentence when the model is loaded.

    Raises:
        Misconfigured: the house cannot be opened, or the port is taken.
    """
    from safelight.web.app import build
    from safelight.web.rooms import Site
    from safelight.web.server import Server, configured

    with _listen(settings) as listener:
        stop = asyncio.Event()
        async with open_house(settings) as house:
            app = build(
                runner=house.runner,
                batching=house.batching,
                gallery=house.store.gallery,
                shares=house.store.shares,
                stop=stop,
                door=house.door,
                office=house.office,
                privacy=house.privacy,
                side_door=house.side_door,
                site=Site(hosts=settings.hosts, origins=settings.allowed_origins, pictures_from=house.store.origin),
                home=settings.home,
                library=settings.own_library,
                body_limit=settings.body_limit,
                images_limit=settings.images_limit,
                metering=house.metering,
                metrics_token=settings.metrics_bearer,
                open_doors=settings.doors,
            )
            config = configured(
                app,
                grace_s=GRACE_S,
                trusted_proxies=settings.trusted_proxies,
                log_config=None,
                access_log=False,
                server_header=False,
            )
            server = Server(config, stop=stop)
            telling = asyncio.create_task(_tell(server, house.providers, _address(listener), say))
            try:
                await server.serve(sockets=[listener])
            finally:
                telling.cancel()


async def _tell(server: object, providers: Providers, address: str, say: Callable[[str], None]) -> None:
    while not getattr(server, "started", False):  # noqa: ASYNC110
        await asyncio.sleep(GLANCE_S)
    say(address)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while (missing := providers.ready()) is not None and loop.time() - begun < LOADING_S:  # noqa: ASYNC110
        await asyncio.sleep(GLANCE_S)
    say(missing or f"Ready after {loop.time() - begun:.1f} seconds.")


def _listen(settings: Settings) -> socket.socket:
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, settings.port), family=family)
    except OSError as error:
        raise Misconfigured(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror or error}.",
            hint="Stop whatever uses that port, or choose another with --port (0 takes a free one).",
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"
