"""A whole cluster on one machine, to try it: servers, engines on Ray, PostgreSQL, Redis and a bucket.

What is given by its address is used; the rest is started, and kept in one folder.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from safelight.domain.errors import Misconfigured
from safelight.scale.supervisor import Part, Supervisor

BUCKET = "safelight"
KEY = "safelight"
"""Both halves of the key of a bucket that is started here, and reachable from this machine alone."""
POSTGRES_USER = "postgres"


@dataclass(kw_only=True)
class Wish:
    """What the cluster should be.

    Attributes:
        folder: everything that is started here is kept in it.
        servers, engines: how many of each.
        database, redis, s3: addresses of what is there already.
        port: of the first server; the others have those that follow; 0 takes free ones.
    """

    folder: Path
    model: str = "sprite"
    servers: int = 2
    engines: int = 2
    database: str | None = None
    redis: str | None = None
    s3: str | None = None
    port: int = 8000
    engine_arguments: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


@dataclass
class Trial:
    """The cluster that runs: `addresses` are its servers'."""

    supervisor: Supervisor
    addresses: list[str]
    env: dict[str, str]


async def bring_up(wish: Wish, supervisor: Supervisor, *, say: Callable[[str], None]) -> Trial:
    """Start everything, in order. The caller closes the supervisor, whatever comes of this.

    Raises:
        Misconfigured: something is missing on this machine, or does not start.
    """
    wish.folder.mkdir(parents=True, exist_ok=True)
    env = {"SAFELIGHT_DATABASE_URL": wish.database or await _postgresql(wish, supervisor, say)}
    env["SAFELIGHT_REDIS_URL"] = wish.redis or await _redis(wish, supervisor, say)
    env |= await _bucket(wish, supervisor, say)
    env |= await _engines(wish, supervisor, say)
    addresses = []
    for number in range(wish.servers):
        port = wish.port + number if wish.port else free_port()
        addresses.append(await _server(wish, supervisor, say, env=env, number=number + 1, port=port))
    return Trial(supervisor, addresses, env)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _postgresql(wish: Wish, supervisor: Supervisor, say: Callable[[str], None]) -> str:
    say("PostgreSQL")
    user = _unprivileged()
    data, port = wish.folder / "postgresql", free_port()
    if not (data / "PG_VERSION").exists():
        data.mkdir(exist_ok=True)
        if user is not None:
            shutil.chown(data, user)
        make = [_program("initdb"), "-D", str(data), "-U", POSTGRES_USER, "--auth", "trust", "--no-sync"]
        made = await asyncio.to_thread(subprocess.run, make, user=user, capture_output=True, text=True, cwd="/")
        if made.returncode:
            raise Misconfigured(f"No database could be made: {made.stderr.strip()[-300:]}", hint="Give --database.")
    options = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", ""]
    part = Part(name="postgresql", command=[_program("postgres"), *options], ready=_listens(port), user=user)
    await supervisor.start(part)
    return f"postgresql+asyncpg://{POSTGRES_USER}@127.0.0.1:{port}/postgres"


async def _redis(wish: Wish, supervisor: Supervisor, say: Callable[[str], None]) -> str:
    say("Redis")
    data, port = wish.folder / "redis", free_port()
    data.mkdir(exist_ok=True)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes", "--dir", str(data)]
    await supervisor.start(Part(name="redis", command=[_program("redis-server"), *options], ready=_listens(port)))
    return f"redis://127.0.0.1:{port}/0"


async def _bucket(wish: Wish, supervisor: Supervisor, say: Callable[[str], None]) -> dict[str, str]:
    address = wish.s3
    if address is None:
        say("a bucket, in memory: what is in it goes with the cluster")
        port = free_port()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        await supervisor.start(Part(name="s3", command=command, ready=_listens(port)))
        address = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            (await client.put(f"{address}/{BUCKET}")).raise_for_status()
        key = {"SAFELIGHT_S3_KEY_ID": KEY, "SAFELIGHT_S3_SECRET_KEY": KEY}
    else:
        key = {name: value for name, value in os.environ.items() if name.startswith("SAFELIGHT_S3_")}
    return {"SAFELIGHT_S3_ENDPOINT": address, "SAFELIGHT_S3_BUCKET": BUCKET, **key}


async def _engines(wish: Wish, supervisor: Supervisor, say: Callable[[str], None]) -> dict[str, str]:
    say(f"Ray, and {wish.engines} engines with the model {wish.model}")
    port = free_port()
    # Whoever else is on this machine has no part in the cluster.
    env = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ADDRESS": f"127.0.0.1:{port}",
    }
    cpus = max(4, os.cpu_count() or 1)
    head = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--disable-usage-stats"]
    head += [f"--port={port}", f"--num-cpus={cpus}", "--include-dashboard=false"]
    head += ["--dashboard-agent-listen-port", str(free_port()), "--object-store-memory", str(200 * 2**20)]
    own = {name: value for name, value in env.items() if name != "RAY_ADDRESS"}
    # Ray lets everything else on the machine go first, so that on a busy one its engines would hardly come to anything.
    own["RAY_worker_niceness"] = "0"
    await supervisor.start(Part(name="ray", command=head, env=own, ready=_listens(port), patience_s=300))
    deployed = wish.folder / "deployed"
    deployed.unlink(missing_ok=True)
    arguments = {"model": wish.model, "least": str(wish.engines), "most": str(wish.engines), "cpus": "0.5"}
    given = [f"{name}={value}" for name, value in {**arguments, **wish.engine_arguments}.items()]
    command = [sys.executable, "-m", "safelight.scale.deploying", str(deployed), *given]
    await supervisor.start(
        Part(name="engines", command=command, env=env, ready=partial(_exists, deployed), patience_s=600)
    )
    return {**env, "SAFELIGHT_ENGINE": "ray", "SAFELIGHT_RAY_ADDRESS": env["RAY_ADDRESS"]}


async def _server(
    wish: Wish, supervisor: Supervisor, say: Callable[[str], None], *, env: dict[str, str], number: int, port: int
) -> str:
    say(f"server {number}")
    own = {**env, **wish.settings, "SAFELIGHT_HOME": str(wish.folder / f"server-{number}")}
    command = [sys.executable, "-m", "safelight", "serve", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    await supervisor.start(
        Part(
            name=f"server-{number}",
            command=command,
            env=own,
            ready=partial(_answers, f"{address}/ready"),
            patience_s=300,
        )
    )
    return address


def _listens(port: int) -> Callable[[], Awaitable[bool]]:
    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    return listens


async def _exists(file: Path) -> bool:
    return await asyncio.to_thread(file.exists)


async def _answers(url: str) -> bool:
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
            return (await client.get(url)).status_code == 200
    except httpx2.HTTPError:
        return False


def _program(name: str) -> str:
    places = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    if found := shutil.which(name, path=os.pathsep.join(places)):
        return found
    option = "--redis" if name.startswith("redis") else "--database"
    raise Misconfigured(
        f"There is no `{name}` on this machine.", hint=f"Install it, or say with {option} where one runs already."
    )


def _unprivileged() -> str | None:
    """As whom PostgreSQL runs, which does not run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(POSTGRES_USER).pw_name
    except KeyError:
        raise Misconfigured(
            "PostgreSQL does not run as root, and there is no user `postgres`.", hint="Give --database."
        ) from None


def shown(address: str) -> str:
    """An address without the password in it."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
