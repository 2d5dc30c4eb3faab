"""Every setting, in one class that is read once.

What is said on the command line wins over `SAFELIGHT_…` environment variables, those over `safelight.toml`.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from safelight.access_settings import AccessSettings
from safelight.accounts.settings import OidcSettings
from safelight.domain.errors import Misconfigured
from safelight.domain.verdict import Failing, Moderating
from safelight.jobs.settings import JobSettings
from safelight.metering.settings import MeteringSettings
from safelight.providers.embedded import embedded_models
from safelight.providers.settings import ProviderSettings
from safelight.store.provenance.settings import ProvenanceSettings
from safelight.store.settings import absolute

PREFIX = "SAFELIGHT_"
FILE = "safelight.toml"
MIB = 2**20


class EngineChoice(StrEnum):
    """What draws: this machine's models, the fake that needs no weights, engines on Ray, or only services elsewhere."""

    LOCAL = "local"
    FAKE = "fake"
    RAY = "ray"
    NONE = "none"


class Dtype(StrEnum):
    """Number format of the weights; `auto` takes the fastest that the device is exact enough in."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class EnhancerChoice(StrEnum):
    """What makes prompts better: rules, or a language model of Anthropic's."""

    RULES = "rules"
    ANTHROPIC = "anthropic"


class JudgeChoice(StrEnum):
    """What judges prompts with `moderation` set to `judge`."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(ProvenanceSettings, AccessSettings, OidcSettings, JobSettings, ProviderSettings, MeteringSettings):
    """How this server is set up. Made by `Settings.read`; never changes afterwards."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", env_ignore_empty=True)

    library: Path | None = None
    """Folder of your own `wildcards/`, `embeddings/` and `styles.json` or `styles.csv`; left out, `home`."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    engine: EngineChoice = EngineChoice.LOCAL
    """What draws: `local` runs the models on this machine; `fake` draws simple patterns at once, without weights; `ray`
    has it done by the engines of a Ray cluster; `none` leaves it to the `providers`."""
    ray_address: str = "auto"
    """With the engine `ray`: address of the cluster's head, such as `10.0.0.1:6379`; `auto` takes the one that this
    machine is part of. Needs the extra `ray`."""
    ray_quiet_s: float = Field(default=300, gt=0, le=86400)
    """How long an engine on Ray may say nothing of what it draws before another goes on with it."""
    fake_step_s: float = Field(default=0.05, ge=0, le=60)
    """Seconds that the fake engine takes for a step; slower is easier to watch."""
    models: Annotated[tuple[Path, ...], NoDecode] = ()
    """Folders of models in diffusers' layout, besides the embedded one; several are separated like in PATH."""
    default_model: str | None = None
    """Id of the model for a recipe that names none; left out, the first one found."""
    device: str = "auto"
    """Where the engine computes: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`."""
    dtype: Dtype = Dtype.AUTO
    """Number format of the weights: `auto`, `float32`, `bfloat16` or `float16`."""
    compile: bool = False
    """Let torch.compile build the models' blocks: the first pictures wait for it, the later ones are faster."""
    graphs: bool = False
    """Let CUDA record a model's kernels for every size of batch, and play them back: small models on fast cards. Each
    size waits a minute or more when it first comes."""
    attention: str = ""
    """One of diffusers' attention backends for SD3 and FLUX, `flash` for instance; left out, PyTorch's own."""
    offload: bool = False
    """Let the layers of the denoiser and of T5 wait in main memory: large models on small cards, at less speed."""
    memory_gb: float | None = Field(default=None, gt=0)
    """What models and pictures may take of the device's memory, in GB; left out, nine tenths of it. Models that are not
    drawing make room for others, the one that was asked for longest ago first."""
    idle_minutes: float = Field(default=30.0, gt=0)
    """A model that nobody asks for goes from memory after so long, and is loaded again when it is asked for; the
    default model stays."""
    running_limit: int = Field(default=8, ge=1, le=256)
    """Pictures that develop at the same time; their steps share the model's forward passes."""
    queue_limit: int = Field(default=100, ge=1)
    """Generations that may wait; one more is refused with the advice to come back later."""
    body_limit: int = Field(default=256 * 1024, ge=1024)
    """Largest request body without images, in bytes."""
    images_limit: int = Field(default=32 * MIB, ge=1024)
    """Largest request body with images, in bytes."""
    frames_budget: int = Field(default=256 * MIB, ge=0)
    """Memory for the step previews of ended generations, in bytes; the least recently watched lose theirs first."""
    checkpoint_s: float = Field(default=5.0, ge=0)
    """Seconds of drawing that a crash costs at most: this often it is written down where a picture is."""
    checkpoint_hours: float = Field(default=24.0, ge=0)
    """How long the checkpoints of an ended generation are kept on disk, to branch off from."""
    checkpoint_budget: int = Field(default=512 * MIB, ge=0)
    """What they may take there, in bytes; the longest ended lose theirs first."""
    trash_days: float = Field(default=30.0, ge=0, le=36500)
    """How long deleted pictures stay in the trash before they go for good."""
    trails_budget: int = Field(default=256 * MIB, ge=0)
    """Memory for the checkpoints of every step, in bytes; the generation longest untouched loses its own first."""
    enhancer: EnhancerChoice = EnhancerChoice.RULES
    """What makes prompts better when asked: `rules`, or `anthropic`, a language model that needs `anthropic_key`."""
    anthropic_key: SecretStr | None = None
    """Key of the Anthropic API."""
    anthropic_model: str = "claude-haiku-4-5"
    """Which of Anthropic's models makes prompts better."""
    anthropic_url: str = "https://api.anthropic.com"
    """Where the Anthropic API is; one with `bedrock` in it is asked as Amazon Bedrock wants, with a key of that."""
    anthropic_timeout_s: float = Field(default=20, gt=0, le=600)
    """Seconds to wait for it before the rules answer instead."""
    moderation: Moderating | None = None
    """What a prompt has to pass: `off`, `rules` (lists of words), `standard` (a classifier too) or `judge` (a language
    model too); left out, `rules` where only this machine reaches the server, else `standard`."""
    moderation_judge: JudgeChoice = JudgeChoice.ANTHROPIC
    """Who judges: `anthropic`, which needs `anthropic_key`, or `openai`, which needs `openai_key`."""
    moderation_model: str | None = None
    """Which of its models judges; left out, `claude-haiku-4-5` or `omni-moderation-latest`."""
    moderation_timeout_s: float = Field(default=10, gt=0, le=600)
    """Seconds to wait for the judge."""
    moderation_fails: Failing = Failing.CLOSED
    """What happens when the judge or the image model does not answer: `closed` refuses, `open` does without them."""
    moderation_images: bool = False
    """Look at every preview and picture before anyone sees it. Needs the extra `moderation`."""
    moderation_veiled: float = Field(default=0.0, ge=0, le=1)
    """Share of a picture's steps whose previews are shown blurred even so, as there is little to judge yet. Only with
    `moderation_images`."""
    moderation_keeps_text: bool = False
    """Keep prompts in the journal as they are; left out, their SHA-256."""
    log_level: LogLevel = LogLevel.INFO
    """Least important messages that are written: `debug`, `info`, `warning` or `error`."""
    log_format: LogFormat = LogFormat.CONSOLE
    """`console` for people, `json` for machines (one object a line)."""

    @classmethod
    def read(cls, *, config: Path | None = None, **flags: Any) -> Self:
        """The settings of this process.

        Args:
            config: a TOML file; left out, SAFELIGHT_CONFIG or `safelight.toml` in the working folder, if it is there.
            flags: values from the command line; None means not given.

        Raises:
            Misconfigured: a value is wrong, a name is not a setting, or the host is open without being allowed to be.
        """
        given = {name: value for name, value in flags.items() if value is not None}
        known = cls.model_fields.keys()
        _check_names(os.environ, known)
        document = _read_file(config, known)
        try:
            settings = cls(**given, _file=document)  # type: ignore[call-arg]
        except ValidationError as error:
            raise _explained(error) from error
        settings.check_store()
        settings.check_provenance()
        settings.check_webhooks()
        settings.check_access()
        settings.check_oidc()
        settings.check_providers(local=settings.engine is not EngineChoice.NONE)
        settings.check_metering()
        settings._check_enhancer()
        settings._check_judge()
        return settings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then the file; the first that names a setting wins."""
        assert isinstance(init_settings, InitSettingsSource)
        document = init_settings.init_kwargs.pop("_file", {})
        return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=document)

    @field_validator("models", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

    @field_validator("library", "models", mode="after")
    @classmethod
    def _absolute_too(cls, value: Any) -> Any:
        return absolute(value)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that nobody may read in a log."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))

    @property
    def own_library(self) -> Path:
        """Folder of the user's own models, lists of words, styles, embeddings and adapters."""
        return self.library or self.home

    @property
    def moderation_library(self) -> Path:
        """Folder of the user's own words and policy of moderation."""
        return self.own_library / "moderation"

    @property
    def model_folders(self) -> tuple[Path, ...]:
        """Every model folder: the embedded one first."""
        return embedded_models() + self.models

    def _check_enhancer(self) -> None:
        if self.enhancer is EnhancerChoice.ANTHROPIC and self.anthropic_key is None:
            raise Misconfigured(
                "The enhancer 'anthropic' needs a key of the Anthropic API.",
                hint="Set SAFELIGHT_ANTHROPIC_KEY, or leave SAFELIGHT_ENHANCER out to use the rules.",
            )

    @property
    def moderates(self) -> Moderating:
        """What a prompt has to pass."""
        return self.moderation or (Moderating.RULES if self.loopback else Moderating.STANDARD)

    def _check_judge(self) -> None:
        needed = f"{self.moderation_judge}_key"
        if self.moderates is Moderating.JUDGE and getattr(self, needed) is None:
            raise Misconfigured(
                f"The judge '{self.moderation_judge}' of the moderation needs a key.",
                hint=f"Set {PREFIX}{needed.upper()}, or {PREFIX}MODERATION=standard to do without a judge.",
            )


def _check_names(environment: Mapping[str, str], known: Iterable[str]) -> None:
    allowed = {f"{PREFIX}{name}".upper() for name in known} | {f"{PREFIX}CONFIG"}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in allowed:
            raise _unknown("The environment variable", name, allowed, example=name.upper())


def _read_file(config: Path | None, known: Iterable[str]) -> dict[str, Any]:
    chosen = config or (Path(os.environ[f"{PREFIX}CONFIG"]) if os.environ.get(f"{PREFIX}CONFIG") else None)
    path = chosen or Path(FILE)
    if chosen is None and not path.is_file():
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"The settings file {path} cannot be read: {error}.", hint="It is TOML, for example: port = 8080"
        ) from error
    allowed = set(known)
    for name in document:
        if name not in allowed:
            raise _unknown(f"In {path},", name, allowed, example=name.lower())
    return document


def _unknown(where: str, name: str, allowed: Iterable[str], *, example: str) -> Misconfigured:
    nearest = difflib.get_close_matches(example, sorted(allowed), n=1, cutoff=0)
    return Misconfigured(
        f"{where} {name} is not a setting of Safelight.",
        hint=f"Did you mean {nearest[0]}? Every setting: docs/reference/settings.md.",
    )


def _explained(error: ValidationError) -> Misconfigured:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else "?"
    meaning = Settings.model_fields[name].description if name in Settings.model_fields else ""
    # Whatever stands where a secret belongs may be one.
    secret = name in Settings.model_fields and SecretStr in get_args(Settings.model_fields[name].annotation)
    was = "" if secret else f" (it was {first['input']!r})"
    return Misconfigured(
        f"The setting {name} is wrong: {first['msg']}{was}.",
        hint=f"{meaning} Set it with {PREFIX}{name.upper()} or in {FILE}.".strip(),
    )
