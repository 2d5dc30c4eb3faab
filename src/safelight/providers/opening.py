"""Builds the services that the settings name, and their providers. The only place here that knows every one."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from safelight.domain.errors import Misconfigured
from safelight.domain.measuring import UNMEASURED, Meter
from safelight.domain.recipe import Recipe
from safelight.providers.prices import Prices
from safelight.providers.purse import Purse, Vault
from safelight.providers.remote import Manners, RemoteProvider
from safelight.providers.settings import ProviderSettings, ServiceName
from safelight.providers.upstream import Credentials, Service, Tier

Made = tuple[Service, Callable[[Recipe], float | None], Credentials]
"""A service, what it asks for a picture, and the server's own credentials for it."""


def services(
    settings: ProviderSettings, *, purse: Purse, vault: Vault, library: Path, meter: Meter = UNMEASURED
) -> Sequence[RemoteProvider]:
    """The providers of every service that is named, in that order.

    Args:
        library: folder of the user's own prices and workflows.

    Raises:
        Misconfigured: a service cannot be used as it is set up, or its SDK is not installed.
    """
    prices = Prices.read(library)
    manners = Manners(
        at_once=settings.provider_pictures,
        per_minute=settings.provider_rate,
        attempts=settings.provider_attempts,
        first_wait_s=settings.provider_first_wait_s,
        quiet_s=settings.provider_quiet_s,
        limits_s={Tier.LOCAL: settings.provider_local_limit_s, Tier.SERVERLESS: settings.provider_limit_s},
    )
    made = (MAKERS[name](settings, prices, library) for name in dict.fromkeys(settings.providers))
    return [
        RemoteProvider(service, price=price, purse=purse, vault=vault, own=own, manners=manners, meter=meter)
        for service, price, own in made
    ]


def _openai(settings: ProviderSettings, prices: Prices, _: Path) -> Made:
    _installed("openai", extra="openai")
    from safelight.providers.openai import openai_service

    service = openai_service(url=settings.openai_url, models=settings.openai_image_models, prices=prices)
    return service, service.price, _secrets(key=settings.openai_key)


def _azure(settings: ProviderSettings, prices: Prices, _: Path) -> Made:
    _installed("openai", extra="openai")
    from safelight.providers.openai import azure_service

    service = azure_service(version=settings.azure_api_version, deployments=settings.azure_deployments, prices=prices)
    own = {**_secrets(key=settings.azure_key), **_secrets(endpoint=settings.azure_endpoint)}
    return service, service.price, own


def _comfyui(settings: ProviderSettings, prices: Prices, library: Path) -> Made:
    _installed("websockets", extra="comfyui")
    from safelight.providers.comfyui import ComfyUI

    own = _secrets(token=settings.comfyui_token)
    folder = settings.comfyui_workflows or library / "comfyui"
    return ComfyUI(settings.comfyui_url, workflows=folder, own=own), lambda _: 0.0, own


def _huggingface(settings: ProviderSettings, prices: Prices, _: Path) -> Made:
    _installed("huggingface_hub", extra="huggingface")
    from safelight.providers.huggingface import HuggingFace

    service = HuggingFace(
        models=settings.huggingface_models,
        partner=settings.huggingface_partner,
        url=settings.huggingface_url,
        prices=prices,
    )
    return service, _listed(prices), _secrets(token=settings.huggingface_token)


def _replicate(settings: ProviderSettings, prices: Prices, _: Path) -> Made:
    _installed("replicate", extra="replicate")
    from safelight.providers.replicate import Replicate

    service = Replicate(url=settings.replicate_url.rstrip("/"), models=settings.replicate_models, prices=prices)
    return service, _listed(prices), _secrets(token=settings.replicate_token)


def _bedrock(settings: ProviderSettings, prices: Prices, _: Path) -> Made:
    _installed("boto3", extra="bedrock")
    from safelight.providers.bedrock import Bedrock

    service = Bedrock(
        region=settings.bedrock_region,
        endpoint=settings.bedrock_endpoint,
        prices=prices,
    )
    own = _secrets(key_id=settings.bedrock_key_id, secret_key=settings.bedrock_secret_key)
    return service, _listed(prices), own


def _google(settings: ProviderSettings, prices: Prices, _: Path) -> Made:
    _installed("google.genai", extra="google")
    from safelight.providers.google import Google

    vertex = settings.vertex_project is not None
    service = Google(url=settings.google_url, location=settings.vertex_location, vertex=vertex, prices=prices)
    own = _secrets(key=settings.google_key, project=settings.vertex_project, token=settings.vertex_token)
    return service, _listed(prices), own


MAKERS: Mapping[ServiceName, Callable[[ProviderSettings, Prices, Path], Made]] = {
    ServiceName.OPENAI: _openai,
    ServiceName.AZURE: _azure,
    ServiceName.COMFYUI: _comfyui,
    ServiceName.HUGGINGFACE: _huggingface,
    ServiceName.REPLICATE: _replicate,
    ServiceName.BEDROCK: _bedrock,
    ServiceName.GOOGLE: _google,
}


def _listed(prices: Prices) -> Callable[[Recipe], float | None]:
    return lambda recipe: prices.of_picture(recipe.model or "")


def _secrets(**values: SecretStr | str | None) -> Credentials:
    """Those that are set."""
    shown = {name: one.get_secret_value() if isinstance(one, SecretStr) else one for name, one in values.items()}
    return {name: value for name, value in shown.items() if value}


def _installed(package: str, *, extra: str) -> None:
    from importlib.util import find_spec

    if find_spec(package.partition(".")[0]) is None or find_spec(package) is None:
        raise Misconfigured(
            f"The package `{package}` is not installed.", hint=f"pip install 'safelight[{extra}]' installs it."
        )
