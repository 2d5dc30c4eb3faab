"""Builds the house from the settings, and takes it down again. The only place that knows every concrete class."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.asking import Messages
from safelight.batching import Batching
from safelight.developing.addresses import Addresses
from safelight.developing.meanwhile import meanwhile
from safelight.developing.moderation import Moderation
from safelight.developing.postman import Postman
from safelight.developing.quotas import Quotas
from safelight.developing.recovery import Recovery
from safelight.developing.tidying import Tidying, sweep
from safelight.developing.webhooks import Webhooks
from safelight.domain.errors import Misconfigured
from safelight.domain.model_card import ModelState
from safelight.domain.verdict import Moderating
from safelight.entrance import make_door
from safelight.jobs.feeds import Feeds
from safelight.jobs.line import Line
from safelight.jobs.trails import Trails
from safelight.moderation.classifier import Classifier
from safelight.moderation.gate import Gate
from safelight.moderation.judges import Claude, Judge, OpenAI
from safelight.moderation.pixels import OpenNsfw
from safelight.moderation.policy import read_policy
from safelight.moderation.words import Rules as WordRules
from safelight.moderation.words import read_lists
from safelight.prompts.book import PromptBook
from safelight.prompts.enhancement import Enhancer
from safelight.prompts.rules import Rules
from safelight.prompts.styles import read_styles
from safelight.prompts.words import WordLists
from safelight.providers.directory import Providers
from safelight.runner import Runner
from safelight.settings import EngineChoice, EnhancerChoice, JudgeChoice, Settings
from safelight.store.audit import Audit
from safelight.store.checkpoints import Checkpoints
from safelight.store.home import held
from safelight.store.journal import Journal
from safelight.store.opening import Store, open_store
from safelight.store.registry import Registry

if TYPE_CHECKING:
    from safelight.providers.local import LocalProvider

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


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """The house, opened: unfinished generations are in line again, and the models load in the background.

    On leaving, what runs is left for the next start, and everything is closed in reverse order.

    Raises:
        Misconfigured: the home folder, the database or a model cannot be used.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(held(settings.home))
        store = await stack.enter_async_context(open_store(settings))
        await sweep(store)
        providers, records = make_providers(settings), store.records
        runner = Runner(
            providers=providers,
            records=records,
            pictures=store.pictures,
            prompts=_prompts(settings),
            inputs=store.inputs,
            recovery=_recovery(settings, store),
            moderation=_moderation(settings, store),
            line=Line(waiting_limit=settings.queue_limit, running_pictures=settings.running_limit),
            feeds=Feeds(kept_bytes=settings.frames_budget),
            quotas=Quotas(
                records=records,
                under_way=settings.concurrent_limit,
                of_line=settings.queue_share,
                device_s_a_day=settings.device_seconds_a_day,
            ),
            webhooks=Webhooks(
                signs=settings.webhook_key is not None,
                addresses=Addresses(frozenset(settings.webhook_hosts)),
                everywhere=settings.webhook,
            ),
        )
        stack.push_async_callback(runner.close)
        await runner.open()
        registry = Registry(records)
        door = await make_door(settings, registry)
        stack.push_async_callback(door.limits.close)
        batching = Batching(runner=runner, batches=store.batches)
        stack.push_async_callback(batching.close)
        await batching.open()
        for work in _beside(settings, store, runner):
            await stack.enter_async_context(meanwhile(work))
        yield House(
            settings=settings,
            store=store,
            providers=providers,
            runner=runner,
            batching=batching,
            door=door,
            office=Office(registry=registry, audit=Audit(records)),
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


def _moderation(settings: Settings, store: Store) -> Moderation:
    return Moderation(
        gate=make_gate(settings),
        journal=Journal(store.records, keeps_text=settings.moderation_keeps_text),
        veiled=settings.moderation_veiled,
    )


def make_gate(settings: Settings) -> Gate:
    """What the settings ask of prompts and pictures.

    Raises:
        Misconfigured: a list of words or the policy cannot be read, or the image model is not installed.
    """
    stages, own = tuple(Moderating), settings.moderation_library
    level = stages.index(settings.moderates)
    return Gate(
        policy=read_policy(own),
        rules=WordRules(read_lists(own / "words")) if level >= stages.index(Moderating.RULES) else None,
        classifier=Classifier.read() if level >= stages.index(Moderating.STANDARD) else None,
        judge=_judge(settings) if level >= stages.index(Moderating.JUDGE) else None,
        pixels=OpenNsfw() if settings.moderation_images else None,
        fails=settings.moderation_fails,
    )


def _judge(settings: Settings) -> Judge:
    if settings.moderation_judge is JudgeChoice.OPENAI:
        assert settings.openai_key is not None, "the settings see to it"
        return OpenAI(
            key=settings.openai_key,
            model=settings.moderation_model or "omni-moderation-latest",
            timeout=settings.moderation_timeout_s,
            url=settings.openai_url,
        )
    assert settings.anthropic_key is not None, "the settings see to it"
    return Claude(
        Messages(
            key=settings.anthropic_key,
            model=settings.moderation_model or "claude-haiku-4-5",
            timeout=settings.moderation_timeout_s,
            url=settings.anthropic_url,
        )
    )


def make_providers(settings: Settings) -> Providers:
    """The providers that the settings ask for, not yet opened.

    Raises:
        Misconfigured: the default model is not among the models.
        ModelBroken: a model folder cannot be read.
    """
    if settings.engine is EngineChoice.FAKE:
        from safelight.providers.fake import FakeProvider

        fake = FakeProvider(seconds_per_step=settings.fake_step_s)
        providers = Providers([fake], default_model=settings.default_model)
    else:
        local = _local(settings)
        providers = Providers([local], default_model=settings.default_model, local=local)
    known = [card.id for card in providers.models() if card.state is not ModelState.ABSENT]
    if settings.default_model is not None and settings.default_model not in known:
        raise Misconfigured(
            f"The default model '{settings.default_model}' is not installed.",
            hint=f"Installed: {', '.join(known) or 'none'}. `safelight doctor` looks closer.",
        )
    return providers


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


def _local(settings: Settings) -> "LocalProvider":
    from safelight.providers.local import LocalProvider

    folders = settings.model_folders
    first = [folder.stem if folder.suffix == ".safetensors" else folder.name for folder in folders[:1]]
    return LocalProvider(
        folders,
        home=settings.own_library,
        preload=settings.default_model or next(iter(first), None),
        device=settings.device,
        dtype=settings.dtype.value,
        embeddings=settings.own_library / "embeddings",
        adapters=settings.own_library,
        memory=None if settings.memory_gb is None else round(settings.memory_gb * 1e9),
        tuning={"compile": settings.compile, "attention": settings.attention, "offload": settings.offload},
        idle_s=settings.idle_minutes * 60,
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
                site=Site(hosts=settings.hosts, origins=settings.allowed_origins, pictures_from=house.store.origin),
                home=settings.home,
                body_limit=settings.body_limit,
                images_limit=settings.images_limit,
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
