"""A server with two workspaces, and somebody of every kind."""

import asyncio
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from safelight.admission.office import COMMAND_LINE, Clerk, Office
from safelight.domain.access import Openness, Role
from safelight.store.audit import Audit
from safelight.store.records import Records
from safelight.store.registry import Registry
from tests.way.house import Plan, Running, running

HERE, ELSEWHERE = "here", "elsewhere"
CLERK = Clerk(actor=COMMAND_LINE, within=None)
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Town:
    """Keys by who has them: `viewer`, `creator` and `admin` of the workspace `here`; `stranger` and `boss`, who draws
    and who decides in `elsewhere`; `keeper`, who keeps the server; `expired` and `revoked`, admins of `here` once.

    Attributes:
        ids: the workspaces' by name, `user` and `revoked`.
    """

    server: Running
    keys: dict[str, str]
    ids: dict[str, str]

    def client(self, who: str | None, **more: Any) -> httpx2.AsyncClient:
        shown = {} if who is None else {"Authorization": f"Bearer {self.keys[who]}"}
        headers = {**shown, **more.pop("headers", {})}
        return httpx2.AsyncClient(
            base_url=self.server.url, timeout=30, trust_env=False, verify=False, headers=headers, **more
        )


@contextmanager
def town(home: Path, **differences: Any) -> Generator[Town, None, None]:
    # In a thread of its own: whoever calls may be in a loop already.
    with ThreadPoolExecutor(1) as aside:
        keys, ids = aside.submit(lambda: asyncio.run(_populate(home))).result()
    with running(Plan(home=home, **{"openness": Openness.KEYS, **differences})) as server:
        yield Town(server, keys, ids)


async def _populate(home: Path) -> tuple[dict[str, str], dict[str, str]]:
    records = await Records.open(f"sqlite+aiosqlite:///{home}/safelight.db")
    office = Office(registry=Registry(records), audit=Audit(records))
    keys: dict[str, str] = {}
    ids = {name: (await office.create_workspace(CLERK, name=name)).id for name in (HERE, ELSEWHERE)}
    people = [("viewer", Role.VIEWER, HERE), ("creator", Role.CREATOR, HERE), ("admin", Role.ADMIN, HERE)]
    people += [
        ("stranger", Role.CREATOR, ELSEWHERE),
        ("boss", Role.ADMIN, ELSEWHERE),
        ("keeper", Role.ADMIN, "default"),
    ]
    for name, role, workspace in people:
        _, keys[name] = await office.create_key(CLERK, name=name, role=role, workspace=workspace)
    soon = datetime.now(UTC) + timedelta(milliseconds=1)
    _, keys["expired"] = await office.create_key(
        CLERK, name="expired", role=Role.ADMIN, workspace=HERE, expires_at=soon
    )
    revoked, keys["revoked"] = await office.create_key(CLERK, name="revoked", role=Role.ADMIN, workspace=HERE)
    await office.revoke_key(CLERK, revoked.id)
    user = await office.create_user(CLERK, name="ada", password=PASSWORD)
    await office.set_member(CLERK, user=user.id, workspace=HERE, role=Role.CREATOR)
    await records.close()
    return keys, ids | {"user": user.id, "revoked": revoked.id}
