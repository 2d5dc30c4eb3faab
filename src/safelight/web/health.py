"""How the server is: for load balancers, for probes, and for people who look for a fault."""

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter

from safelight import __version__
from safelight.domain.errors import NotReady
from safelight.domain.frozen import Frozen
from safelight.web import problems
from safelight.web.hardware import Gpu, TheHardware
from safelight.web.providers import ProviderState, states
from safelight.web.rooms import House, Rooms

router = APIRouter(tags=["health"], responses=problems.RESPONSES)

PACKAGES = ("fastapi", "uvicorn", "pydantic", "sqlalchemy", "pillow", "numpy", "torch", "diffusers", "transformers")


class Health(Frozen):
    status: str
    version: str
    gpus: tuple[Gpu, ...] = ()
    """The graphics cards, where `/health` finds any."""


class Machine(Frozen):
    system: str
    processors: int
    load_average: tuple[float, ...]
    """Over 1, 5 and 15 minutes, where the system measures it."""
    memory_bytes: int | None
    """Of the whole machine."""
    resident_bytes: int | None
    """The most this process has held so far."""
    disk_free_bytes: int


class Queue(Frozen):
    waiting: int
    running: int
    waiting_limit: int
    running_pictures: int
    seconds_per_generation: float
    """Measured, as a running mean."""


class Diagnostics(Frozen):
    version: str
    python: str
    packages: dict[str, str]
    providers: tuple[ProviderState, ...]
    machine: Machine
    queue: Queue


@router.get("/health")
async def health(hardware: TheHardware) -> Health:
    """200 as long as the server answers at all."""
    return Health(status="ok", version=__version__, gpus=await hardware.gpus())


@router.get("/ready")
async def ready(house: House) -> Health:
    """200 when a generation would start at once; else 503 and what is in the way."""
    if reason := in_the_way(house):
        raise NotReady(reason, hint="A generation sent now waits until then.", retry_after=1)
    return Health(status="ready", version=__version__)


@router.get("/diagnostics")
async def diagnostics(house: House) -> Diagnostics:
    """Versions, models, memory, disk and queue: what to put into a bug report."""
    line = house.runner.line
    return Diagnostics(
        version=__version__,
        python=platform.python_version(),
        packages={name: found for name in PACKAGES if (found := _version(name))},
        providers=states(house),
        machine=machine_of(house),
        queue=Queue(
            waiting=line.waiting,
            running=line.running,
            waiting_limit=line.waiting_limit,
            running_pictures=line.running_pictures,
            seconds_per_generation=round(line.seconds_per_generation, 2),
        ),
    )


def in_the_way(house: Rooms) -> str | None:
    """Why a generation would not start at once; None where it would."""
    if house.stop.is_set():
        return "The server is stopping."
    if reason := house.runner.providers.ready():
        return reason
    line = house.runner.line
    if not line.free:
        return f"{line.running} generations are running and {line.waiting} are waiting."
    return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine_of(house: Rooms) -> Machine:
    return Machine(
        system=platform.platform(),
        processors=os.cpu_count() or 1,
        load_average=_load(),
        memory_bytes=_memory(),
        resident_bytes=_resident(),
        disk_free_bytes=shutil.disk_usage(house.home).free,
    )


if sys.platform == "win32":

    def _load() -> tuple[float, ...]:
        return ()

    def _memory() -> int | None:
        return None

    def _resident() -> int | None:
        return None

else:
    import resource

    def _load() -> tuple[float, ...]:
        return tuple(round(load, 2) for load in os.getloadavg())

    def _memory() -> int | None:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    def _resident() -> int | None:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
