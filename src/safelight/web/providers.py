"""The image services behind this server: how they are, and the workspaces' credentials for them."""

import re
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field, SecretStr

from safelight.domain.errors import Refused
from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.spending import Account, Budget
from safelight.providers.breaker import Circuit
from safelight.providers.provider import Provider
from safelight.providers.remote import RemoteProvider
from safelight.providers.upstream import Secret, missing
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.keys import ByClerk
from safelight.web.rooms import House

router = APIRouter(prefix=API, tags=["models"], responses=problems.RESPONSES)


class Whose(StrEnum):
    """Who pays for what a service draws."""

    WORKSPACE = "workspace"
    """The workspace, with credentials of its own."""
    SERVER = "server"
    """Whoever runs this server."""
    NOBODY = "nobody"
    """There are no credentials: nothing can be drawn."""


class ProviderState(Frozen):
    """An image service as this server sees it."""

    name: str
    title: str
    """As people call it."""
    ready: bool
    reason: str | None
    """What is missing, where it is not ready."""
    device: str
    """What it computes on."""
    elsewhere: bool
    """Whether what it draws leaves this machine."""
    circuit: Circuit | None = None
    """Whether requests get through to it; null where it is here."""
    secrets: tuple[str, ...] = ()
    """Names of the credentials that it takes; those that it can do without end in `?`."""
    credentials: Whose | None = None
    """Whose credentials are used for you; null where it takes none."""
    drawing: int | None = None
    """Pictures that it draws for this server at this moment; null where it is here."""
    pictures_per_forward: float | None
    """How many pictures shared a pass through the model, on average since the start; null where it does not tell."""
    models: tuple[str, ...]


class ProviderList(Frozen):
    items: tuple[ProviderState, ...]
    budget: Budget | None
    """What your workspace has spent on services elsewhere; null where there are none."""
    next_cursor: str | None = None


class CredentialsWish(Frozen):
    """What lets a workspace into a service."""

    values: dict[str, SecretStr] = Field(min_length=1, max_length=8)
    """By the names that `/api/v1/providers` lists under `secrets`."""


@router.get("/providers")
async def listed(house: House, access: Caller) -> ProviderList:
    """The image services behind this server, whether they can be used now, and what was spent."""
    providers = house.runner.providers
    items = []
    for provider in providers.all:
        state = _state(provider)
        if isinstance(provider, RemoteProvider) and provider.service.secrets:
            whose = await _whose(provider, house, access.workspace)
            missing = "Nobody has given this server the credentials for it." if whose is Whose.NOBODY else None
            reason = state.reason or missing
            state = state.model_copy(update={"credentials": whose, "ready": reason is None, "reason": reason})
        items.append(state)
    return ProviderList(items=tuple(items), budget=await providers.budget(Account.of(access)))


@router.put(
    "/providers/{provider}/credentials",
    status_code=204,
    response_class=Response,
    openapi_extra=sent("CredentialsWish"),
)
async def put(
    provider: str,
    house: House,
    access: Caller,
    clerk: ByClerk,
    wish: Annotated[CredentialsWish, Depends(body_of(CredentialsWish, what="credentials"))],
) -> Response:
    """Give your workspace credentials of its own. They are kept sealed, used for your workspace alone, and never shown
    again."""
    service = house.runner.providers.remote(provider).service
    values = {name: value.get_secret_value() for name, value in wish.values.items()}
    _check(values, service.secrets, title=service.title)
    await house.runner.providers.vault.put(access.workspace, service.name, values)
    await house.office.note(clerk, "credentials.set", service.name, workspace=access.workspace)
    return Response(status_code=204)


@router.delete("/providers/{provider}/credentials", status_code=204, response_class=Response)
async def removed(provider: str, house: House, access: Caller, clerk: ByClerk) -> Response:
    """Forget your workspace's credentials; the server's own are used again, where it has some. Idempotent."""
    service = house.runner.providers.remote(provider).service
    if await house.runner.providers.vault.remove(access.workspace, service.name):
        await house.office.note(clerk, "credentials.removed", service.name, workspace=access.workspace)
    return Response(status_code=204)


def states(house: House) -> tuple[ProviderState, ...]:
    """Every provider, whoever asks."""
    return tuple(_state(provider) for provider in house.runner.providers.all)


def _state(provider: Provider) -> ProviderState:
    remote = provider if isinstance(provider, RemoteProvider) else None
    reason = provider.ready()
    return ProviderState(
        name=provider.name,
        title=provider.name if remote is None else remote.service.title,
        ready=reason is None,
        reason=reason,
        device=provider.device,
        elsewhere=remote is not None,
        circuit=remote and remote.breaker.state,
        secrets=() if remote is None else tuple(map(_shown, remote.service.secrets)),
        drawing=remote and remote.drawing,
        pictures_per_forward=provider.pictures_per_forward,
        models=tuple(card.id for card in provider.models()),
    )


def _shown(secret: Secret) -> str:
    return secret.name if secret.required else f"{secret.name}?"


async def _whose(provider: RemoteProvider, house: House, workspace: str) -> Whose:
    if await house.runner.providers.vault.opened(workspace, provider.name) is not None:
        return Whose.WORKSPACE
    return Whose.SERVER if provider.lets_in else Whose.NOBODY


def _check(values: dict[str, str], secrets: tuple[Secret, ...], *, title: str) -> None:
    """Raises Refused where they are not what the service takes. Says nothing of what was sent."""
    known = {secret.name: secret for secret in secrets}
    hint = f"{title} takes: {', '.join(map(_shown, secrets)) or 'none'}."
    if unknown := sorted(values.keys() - known.keys()):
        raise Refused(f"There is no credential '{unknown[0][:40]}' of {title}.", hint=hint)
    if lacks := missing(secrets, values):
        raise Refused(f"The credential `{lacks[0]}` of {title} is missing.", hint=hint)
    for name, secret in known.items():
        if name in values and not re.fullmatch(secret.pattern, values[name]):
            raise Refused(f"The credential `{name}` does not look like one of {title}.", hint=hint)
