"""Image services elsewhere: the part of the settings that their providers read."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from safelight.domain.errors import Misconfigured


class ServiceName(StrEnum):
    """The services that there are providers for."""

    OPENAI = "openai"
    AZURE = "azure"
    COMFYUI = "comfyui"
    HUGGINGFACE = "huggingface"
    REPLICATE = "replicate"
    BEDROCK = "bedrock"
    GOOGLE = "google"


class ProviderSettings(BaseSettings):
    """Which services there are, what lets this server into them, and how they are asked."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    providers: Annotated[tuple[ServiceName, ...], NoDecode] = ()
    """Image services besides this machine, separated by commas: `openai`, `azure`, `comfyui`, `huggingface`,
    `replicate`, `bedrock`, `google`. With `provider: auto` they are tried in this order."""
    vault_key: SecretStr | None = None
    """Key that the workspaces' credentials are sealed with, 32 bytes in base64; left out, one in `home` is made.
    Several servers over one database need the same."""
    openai_key: SecretStr | None = None
    """Key of the OpenAI API."""
    openai_url: str = "https://api.openai.com"
    """Where the OpenAI API is."""
    openai_image_models: Annotated[tuple[str, ...], NoDecode] = ("gpt-image-2.5-flare", "gpt-image-2.5-sunburst")
    """OpenAI's image models to offer, separated by commas. The key is `openai_key`."""
    azure_key: SecretStr | None = None
    """Key of the Azure OpenAI resource."""
    azure_endpoint: str | None = Field(default=None, pattern="^https?://")
    """Address of the resource, such as `https://name.openai.azure.com`."""
    azure_deployments: Annotated[tuple[str, ...], NoDecode] = ()
    """Deployments of image models, separated by commas; `name=gpt-image-1.5` says which model one is of."""
    azure_api_version: str = "2025-04-01-preview"
    """Version of Azure's interface."""
    comfyui_url: str = Field(default="http://127.0.0.1:8188", pattern="^https?://")
    """Where ComfyUI answers."""
    comfyui_token: SecretStr | None = None
    """Sent to ComfyUI as a bearer token, for a proxy before it."""
    comfyui_workflows: Path | None = None
    """Folder of your own workflows in ComfyUI's API format; left out, `comfyui` in the library."""
    huggingface_token: SecretStr | None = None
    """Access token of Hugging Face that may call Inference Providers."""
    huggingface_url: str | None = Field(default=None, pattern="^https?://")
    """Address of an inference endpoint of your own; left out, Hugging Face's router."""
    huggingface_partner: str = "auto"
    """Which of Hugging Face's partners draws: `auto`, `hf-inference`, `together`, `fal-ai`, `nscale` and so on."""
    huggingface_models: Annotated[tuple[str, ...], NoDecode] = (
        "black-forest-labs/FLUX.1-schnell",
        "black-forest-labs/FLUX.1-dev",
        "stabilityai/stable-diffusion-xl-base-1.0",
    )
    """Models on Hugging Face to offer, separated by commas."""
    replicate_token: SecretStr | None = None
    """API token of Replicate."""
    replicate_url: str = Field(default="https://api.replicate.com", pattern="^https?://")
    """Where Replicate's API is."""
    replicate_models: Annotated[tuple[str, ...], NoDecode] = (
        "black-forest-labs/flux-schnell",
        "black-forest-labs/flux-dev",
        "black-forest-labs/flux-1.1-pro",
    )
    """Models on Replicate to offer, separated by commas; others than these get prompt, seed and shape alone."""
    bedrock_region: str = "us-west-2"
    """Where Bedrock's models are asked."""
    bedrock_endpoint: str | None = Field(default=None, pattern="^https?://")
    """Address of Bedrock's runtime; left out, Amazon's in that region."""
    bedrock_key_id: SecretStr | None = None
    """AWS access key id; left out with its secret, what the environment or the machine's role gives."""
    bedrock_secret_key: SecretStr | None = None
    """Secret access key that belongs to it."""
    google_key: SecretStr | None = None
    """Key of the Gemini API."""
    google_url: str | None = Field(default=None, pattern="^https?://")
    """Where Google's APIs are; left out, where they are."""
    vertex_project: str | None = None
    """Google Cloud project whose Vertex AI draws; Imagen's models are there alone."""
    vertex_location: str = "us-central1"
    """Where in Google's cloud."""
    vertex_token: SecretStr | None = None
    """Access token for Vertex AI; left out, Google's application default credentials."""
    provider_pictures: int = Field(default=4, ge=1, le=64)
    """Pictures that one service draws for this server at the same time."""
    provider_rate: int | None = Field(default=None, ge=1)
    """Pictures that one service is asked for within any minute; left out, as many as there are."""
    provider_attempts: int = Field(default=4, ge=1, le=10)
    """How often a service is asked that says it has too much to do. What may have been paid is never sent twice."""
    provider_first_wait_s: float = Field(default=0.5, ge=0, le=60)
    """About how long is waited before the second time; every later wait is up to twice as long."""
    provider_quiet_s: float = Field(default=180, gt=0, le=3600)
    """How long a service may say nothing before it is given up."""
    provider_limit_s: float = Field(default=900, gt=0, le=86400)
    """How long a picture may take with a service in the cloud. What there is of it by then is kept."""
    provider_local_limit_s: float = Field(default=1200, gt=0, le=86400)
    """How long a picture may take with ComfyUI."""
    budget_day_usd: float | None = Field(default=None, ge=0)
    """What a workspace may spend on services in a day (UTC), in US dollars; left out, as much as it likes."""
    budget_month_usd: float | None = Field(default=None, ge=0)
    """What a workspace may spend on services in a month (UTC), in US dollars; left out, as much as it likes."""
    caller_budget_day_usd: float | None = Field(default=None, ge=0)
    """What one key, user or token may spend of it in a day (UTC), in US dollars; left out, all of it."""

    @field_validator(
        "providers",
        "openai_image_models",
        "azure_deployments",
        "huggingface_models",
        "replicate_models",
        mode="before",
    )
    @classmethod
    def _listed_services(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("comfyui_workflows", mode="after")
    @classmethod
    def _absolute_workflows(cls, value: Any) -> Any:
        return None if value is None else value.expanduser().absolute()

    def check_providers(self, *, local: bool) -> None:
        """Raises Misconfigured where nothing would draw, or one setting needs another one."""
        if not local and not self.providers:
            raise Misconfigured(
                "With the engine `none`, nothing draws.", hint="Name image services in SAFELIGHT_PROVIDERS."
            )
        pairs = (
            ("bedrock_key_id", "bedrock_secret_key"),
            ("bedrock_secret_key", "bedrock_key_id"),
            ("azure_key", "azure_endpoint"),
        )
        for one, other in pairs:
            if getattr(self, one) is not None and getattr(self, other) is None:
                raise Misconfigured(
                    f"The setting {one} needs {other} beside it.", hint=f"Set SAFELIGHT_{other.upper()} as well."
                )
        if ServiceName.AZURE in self.providers and not self.azure_deployments:
            raise Misconfigured(
                "Azure OpenAI draws with deployments, and none is named.",
                hint="Set SAFELIGHT_AZURE_DEPLOYMENTS, such as `my-deployment=gpt-image-1.5`.",
            )
