"""Builds, from the settings, who gets in: the door, and the office."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from safelight.access_settings import OFF
from safelight.accounts.limits import Bucket, Limits, in_redis, tenfold
from safelight.accounts.oidc import OpenId
from safelight.accounts.tokens import Tokens
from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.admission.side_door import SideDoor
from safelight.domain.access import Openness
from safelight.settings import Settings
from safelight.store.audit import Audit
from safelight.store.identities import Identities
from safelight.store.records import Records
from safelight.store.registry import Registry

log = logging.getLogger(__name__)


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


async def make_door(settings: Settings, registry: Registry) -> Door:
    if settings.openness is Openness.KEYS and not await registry.knows_anyone():
        log.warning("nobody can get in yet: make a key with `safelight keys create --role admin --name me`")
    return Door(
        registry=registry,
        limits=_limits(settings),
        openness=settings.openness,
        tokens=_tokens(settings),
        session_for=timedelta(hours=settings.session_hours),
    )


def make_side_door(settings: Settings, door: Door, office: Office, records: Records) -> SideDoor | None:
    """Signing in elsewhere, where the settings say where that is."""
    if settings.oidc_issuer is None:
        return None
    assert settings.oidc_client_id is not None, "the settings see to it"
    return SideDoor(
        openid=OpenId(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            scopes=settings.oidc_scopes,
        ),
        identities=Identities(records),
        door=door,
        office=office,
        claim=settings.oidc_role_claim,
        roles=dict(settings.oidc_roles),
        role=settings.oidc_role,
        domains=settings.oidc_domains,
        workspace=settings.oidc_workspace,
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
