"""Builds the house from the settings, and takes it down again. The only place that knows every concrete class."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from safelight.access_settings import OFF
from safelight.accounts.limits import Bucket, Limits, in_redis, tenfold
from safelight.accounts.tokens import Tokens
from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.developing.recovery import Recovery
from safelight.developing.shares import Shares
from safelight.domain.access import Openness
from safelight.domain.errors import Misconfigured
from safelight.domain.model_card import ModelState
from safelight.jobs.feeds import Feeds
from safelight.jobs.line import Line
from safelight.jobs.trails import Trails
from safelight.prompts.book import PromptBook
from safelight.prompts.enhancement import Enhancer
from safelight.prompts.rules import Rules
from safelight.prompts.styles import read_styles
from safelight.prompts.words import WordLists
from safelight.providers.directory import Providers
from safelight.runner import Runner
from safelight.settings import EngineChoice, EnhancerChoice, Settings
from safelight.store.audit import Audit
from safelight.store.blobs import DiskBlobs
from safelight.store.checkpoints import Checkpoints
from safelight.store.home import held
from safelight.store.inputs import Inputs
from safelight.store.pictures import Pictures
from safelight.store.records import Records
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
    records: Records
    pictures: Pictures
    providers: Providers
    runner: Runner
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
        records = await Records.open(settings.database)
        stack.push_async_callback(records.close)
        pictures = Pictures(records, DiskBlobs(settings.pictures))
        if removed := await pictures.sweep():
            log.info("removed %d pictures that were half written when the server last stopped", removed)
        inputs = Inputs(records, DiskBlobs(settings.inputs), pictures)
        if removed := await inputs.sweep():
            log.info("removed %d images that nothing refers to any more", removed)
        providers = make_providers(settings)
        runner = Runner(
            providers=providers,
            records=records,
            pictures=pictures,
            prompts=_prompts(settings),
            inputs=inputs,
            recovery=_recovery(settings, records, pictures, inputs),
            line=Line(waiting_limit=settings.queue_limit, running_pictures=settings.running_limit),
            feeds=Feeds(kept_bytes=settings.frames_budget),
            shares=Shares(
                records=records,
                under_way=settings.concurrent_limit,
                of_line=settings.queue_share,
                device_s_a_day=settings.device_seconds_a_day,
            ),
        )
        stack.push_async_callback(runner.close)
        await runner.open()
        registry = Registry(records)
        door = await _door(settings, registry)
        stack.push_async_callback(door.limits.close)
        yield House(
            settings=settings,
            records=records,
            pictures=pictures,
            providers=providers,
            runner=runner,
            door=door,
            office=Office(registry=registry, audit=Audit(records)),
        )


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncIterator[Office]:
    """The office alone, for a command; a server may run beside it.

    Raises:
        Misconfigured: the database cannot be used.
    """
    records = await Records.open(settings.database)
    try:
        yield Office(registry=Registry(records), audit=Audit(records))
    finally:
        await records.close()


async def _door(settings: Settings, registry: Registry) -> Door:
    if settings.openness is Openness.KEYS and not await registry.knows_anyone():
        log.warning("nobody can get in yet: make a key with `safelight keys create --role admin --name me`")
    return Door(
        registry=registry,
        limits=_limits(settings),
        openness=settings.openness,
        tokens=_tokens(settings),
        session_for=timedelta(hours=settings.session_hours),
    )


def _limits(settings: Settings) -> Limits:
    signing_in = settings.sign_in_limit
    rates = {
        Bucket.REQUESTS: settings.rate_limit,
        Bucket.MEDIA: settings.media_rate_limit,
        Bucket.SIGN_INS: signing_in,
        Bucket.STRANGERS: signing_in if signing_in == OFF else tenfold(signing_in),
    }
    redis = settings.redis_url
    storage = None if redis is None else in_redis(redis.get_secret_value())
    return Limits({bucket: rate for bucket, rate in rates.items() if rate != OFF}, storage=storage)


def _tokens(settings: Settings) -> Tokens | None:
    if settings.jwt_secret is None and settings.jwt_jwks is None:
        return None
    return Tokens(
        secret=settings.jwt_secret,
        jwks=settings.jwt_jwks,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        role_claim=settings.jwt_role_claim,
        workspace_claim=settings.jwt_workspace_claim,
    )


def _recovery(settings: Settings, records: Records, pictures: Pictures, inputs: Inputs) -> Recovery:
    keep_for = timedelta(hours=settings.checkpoint_hours)
    return Recovery(
        records=records,
        pictures=pictures,
        inputs=inputs,
        checkpoints=Checkpoints(records, keep_for=keep_for, budget=settings.checkpoint_budget),
        trails=Trails(budget=settings.trails_budget),
        every_s=settings.checkpoint_s,
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
                stop=stop,
                door=house.door,
                office=house.office,
                site=Site(hosts=settings.hosts, origins=settings.allowed_origins),
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
