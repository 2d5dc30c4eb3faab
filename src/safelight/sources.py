"""Builds, from the settings, what draws: this machine, the fake, and image services elsewhere."""

from typing import TYPE_CHECKING

from safelight.domain.errors import Misconfigured
from safelight.domain.measuring import UNMEASURED, Meter
from safelight.domain.model_card import ModelState
from safelight.domain.spending import Caps
from safelight.providers.directory import Providers
from safelight.providers.provider import Provider
from safelight.settings import EngineChoice, Settings
from safelight.store.ledger import Ledger
from safelight.store.opening import Store
from safelight.store.vault import SealedVault

if TYPE_CHECKING:
    from safelight.providers.local import LocalProvider


def make_providers(settings: Settings, *, store: Store | None = None, meter: Meter = UNMEASURED) -> Providers:
    """The providers that the settings ask for, not yet opened.

    Args:
        store: who is paid and with which credentials is kept there; without it, services elsewhere are left out.
        meter: hears what they do.

    Raises:
        Misconfigured: the default model is not among the models, or a service cannot be used as it is set up.
        ModelBroken: a model folder cannot be read.
    """
    here: list[Provider] = []
    local: LocalProvider | None = None
    if settings.engine is EngineChoice.FAKE:
        from safelight.providers.fake import FakeProvider

        here.append(FakeProvider(seconds_per_step=settings.fake_step_s))
    elif settings.engine is EngineChoice.LOCAL:
        local = _local(settings, meter)
        here.append(local)
    elif settings.engine is EngineChoice.RAY:
        from safelight.scale.provider import RayProvider

        here.append(RayProvider(address=settings.ray_address, quiet_s=settings.ray_quiet_s))
    providers = _with_services(settings, here, local, store, meter)
    known = [card.id for card in providers.models() if card.state is not ModelState.ABSENT]
    if settings.default_model is not None and settings.default_model not in known and not _later(settings):
        raise Misconfigured(
            f"The default model '{settings.default_model}' is not installed.",
            hint=f"Installed: {', '.join(known) or 'none'}. `safelight doctor` looks closer.",
        )
    return providers


def _later(settings: Settings) -> bool:
    """Whether the default model is one of a service's or an engine's elsewhere, which may be away at this moment."""
    if settings.engine is EngineChoice.RAY:
        return True
    return str(settings.default_model).partition("/")[0] in settings.providers


def _with_services(
    settings: Settings, here: list[Provider], local: "LocalProvider | None", store: Store | None, meter: Meter
) -> Providers:
    default = settings.default_model
    if store is None or not settings.providers:
        return Providers(here, default_model=default, local=local)
    from safelight.providers.opening import services

    caps = Caps(
        day_usd=settings.budget_day_usd,
        month_usd=settings.budget_month_usd,
        caller_day_usd=settings.caller_budget_day_usd,
    )
    purse = Ledger(store.records, caps)
    vault = SealedVault(store.records, home=settings.home, key=settings.vault_key)
    elsewhere = services(settings, purse=purse, vault=vault, library=settings.own_library, meter=meter)
    return Providers([*here, *elsewhere], default_model=default, local=local, purse=purse, vault=vault)


def _local(settings: Settings, meter: Meter) -> "LocalProvider":
    from safelight.providers.local import LocalProvider

    folders = settings.model_folders
    first = [folder.stem if folder.suffix == ".safetensors" else folder.name for folder in folders[:1]]
    return LocalProvider(
        folders,
        home=settings.own_library,
        preload=(None if _later(settings) else settings.default_model) or next(iter(first), None),
        device=settings.device,
        dtype=settings.dtype.value,
        embeddings=settings.own_library / "embeddings",
        adapters=settings.own_library,
        memory=None if settings.memory_gb is None else round(settings.memory_gb * 1e9),
        tuning={name: getattr(settings, name) for name in ("compile", "graphs", "attention", "offload")},
        idle_s=settings.idle_minutes * 60,
        meter=meter,
    )
