"""The cluster as a server sees it: which engines there are, and handles to them."""

import asyncio
import logging
import os
from dataclasses import dataclass, field
from typing import Any

from safelight.domain.errors import Misconfigured, ServiceFailed, Unreachable
from safelight.scale.messages import Described
from safelight.scale.plan import APP_PREFIX

log = logging.getLogger(__name__)

ENGINE, MAIL = "Engine", "Mailroom"
ANSWER_S = 20.0
"""How long a replica may take to say what it is. One that is started is not asked."""


def join(address: str) -> bool:
    """Let this process be part of the cluster. Takes seconds: for a thread.

    Returns:
        True, also where it was part of it already.

    Raises:
        Misconfigured: Ray is not installed, or there is no cluster.
    """
    # Ray tells its makers of every cluster unless it is asked not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Threads of Ray Serve outlive the end, and would join again by themselves.
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
    try:
        import ray
    except ImportError as error:
        raise Misconfigured(
            "The engine `ray` needs a package that is not installed.", hint="pip install 'safelight[ray]'"
        ) from error
    if ray.is_initialized():
        return True
    try:
        ray.init(address=address, namespace="safelight", log_to_driver=False, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise Misconfigured(
            f"There is no Ray cluster at '{address}': {error}",
            hint="`safelight cluster up` starts one on this machine; SAFELIGHT_RAY_ADDRESS names another.",
        ) from error

    return True


def leave() -> None:
    """Be no longer part of the cluster. Takes a while: for a thread."""
    import ray

    ray.shutdown()


@dataclass
class Engine:
    """One model's application."""

    app: str
    handle: Any
    mailroom: Any
    described: Described | None = None


@dataclass
class Cluster:
    """The engines, by their applications' names."""

    engines: dict[str, Engine] = field(default_factory=dict)

    async def look(self) -> None:
        """Find the engines that there are now, and ask each what it has.

        Raises:
            Unreachable: the cluster does not answer.
        """
        names = await asyncio.to_thread(_applications)
        for gone in self.engines.keys() - names:
            del self.engines[gone]
        for name in names - self.engines.keys():
            self.engines[name] = await asyncio.to_thread(_engine, name)
        await asyncio.gather(*(self._ask(engine) for engine in self.engines.values()))

    def of(self, model: str) -> Engine:
        """Raises Unreachable."""
        for engine in self.engines.values():
            if engine.described and any(card.id == model for card in engine.described.models):
                return engine
        raise Unreachable(f"No engine on Ray has the model '{model[:80]}' at this moment.", retry_after=5)

    async def _ask(self, engine: Engine) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                engine.described = await engine.handle.describe.remote()
        except TimeoutError:
            log.warning("the engine %s does not say what it is", engine.app)
        except ray_errors() as error:
            log.warning("the engine %s does not answer: %s", engine.app, error)


def ray_errors() -> tuple[type[Exception], ...]:
    """What Ray raises where the other side is not there."""
    from ray.exceptions import RayError
    from ray.serve.exceptions import RayServeException

    return RayError, RayServeException


def _applications() -> set[str]:
    from ray import serve

    try:
        running = serve.status().applications
    except ray_errors() as error:
        raise Unreachable("Ray Serve does not answer.", retry_after=5) from error
    return {name for name in running if name.startswith(APP_PREFIX)}


def _engine(app: str) -> Engine:
    from ray import serve

    return Engine(app, serve.get_deployment_handle(ENGINE, app), serve.get_deployment_handle(MAIL, app))


def given_up(tries: int) -> ServiceFailed:
    return ServiceFailed(
        f"{tries} engines on Ray in a row were lost before they took a step.",
        hint="`serve status` and the replicas' logs say why; try again when they are well.",
    )
