"""How an engine is deployed: what is different from Ray Serve's own defaults, and why."""

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safelight.domain.errors import Misconfigured
from safelight.providers.provider import Provider

FAKE = "fake"
APP_PREFIX = "safelight-"
"""What the names of engines' applications begin with; servers find them by it."""


class Plan(BaseModel):
    """The arguments of `safelight.scale.app:build`: one engine for one model.

    Given to `serve run` as `name=value`, or as `args` of a RayService's application.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, protected_namespaces=())

    model: str = "sprite"
    """Folder or file of the model; `sprite` is the one that comes with Safelight, `fake` draws patterns at once."""
    device: str = "auto"
    """Where the engine computes: `auto`, `cpu`, `cuda`."""
    dtype: str = "auto"
    """Number format of the weights."""
    memory_gb: float | None = Field(default=None, gt=0)
    """What models and pictures may take of the device's memory; left out, most of it."""
    library: Path | None = None
    """Folder of adapters and embeddings, the same on every machine."""
    cpus: float = Field(default=1.0, ge=0)
    """Processors that Ray sets aside for a replica."""
    gpus: float = Field(default=0.0, ge=0)
    """Graphics cards for a replica; half of one lets two share it."""
    least: int = Field(default=1, ge=0)
    """Replicas that are always there: loading a model takes longer than most people wait."""
    most: int = Field(default=4, ge=1)
    """Replicas at most."""
    slots: int = Field(default=8, ge=1, le=256)
    """Pictures whose steps share a forward."""
    waiting: int = Field(default=64, ge=1)
    """Orders that may wait for a replica; more are told to come back."""
    target_s: float = Field(default=30.0, gt=0)
    """Seconds of work that a replica should have before it; with more, another is started."""
    upscale_delay_s: float = Field(default=10.0, ge=0)
    """How long there has to be too much to do before there are more replicas."""
    downscale_delay_s: float = Field(default=900.0, ge=0)
    """How long there has to be too little before there are fewer; a model that was loaded is worth keeping."""
    longest_s: float = Field(default=1800.0, gt=0)
    """How long a replica that is to go may go on with what it draws."""
    stalled_s: float = Field(default=120.0, gt=0)
    """A replica that has work and takes no step for so long is replaced."""
    loading_s: float = Field(default=1800.0, gt=0)
    """How long loading the model may take before the replica is replaced."""
    preview_s: float = Field(default=0.15, ge=0)
    """Least time between two previews of one picture: what crosses from process to process costs by its bytes."""
    fake_step_s: float = Field(default=0.05, ge=0)
    """Seconds of a step of the `fake` model."""

    @classmethod
    def read(cls, given: dict[str, Any]) -> Self:
        """Raises Misconfigured."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "?"
            known = ", ".join(cls.model_fields)
            raise Misconfigured(
                f"The engine's argument {name} is wrong: {first['msg']}.", hint=f"There are: {known}."
            ) from error

    @property
    def id(self) -> str:
        """The model's id."""
        path = Path(self.model)
        return path.stem if path.suffix == ".safetensors" else path.name

    @property
    def app(self) -> str:
        """What its application is called."""
        return f"{APP_PREFIX}{self.id}"

    def provider(self) -> Provider:
        """The same engine that a server without Ray has."""
        if self.model == FAKE:
            from safelight.providers.fake import FakeProvider

            return FakeProvider(seconds_per_step=self.fake_step_s)
        from safelight.providers.local import LocalProvider

        return LocalProvider(
            [self._folder()],
            preload=self.id,
            device=self.device,
            dtype=self.dtype,
            memory=None if self.memory_gb is None else round(self.memory_gb * 1e9),
            adapters=self.library,
            embeddings=None if self.library is None else self.library / "embeddings",
        )

    def _folder(self) -> Path:
        if self.model != "sprite":
            return Path(self.model)
        from safelight.providers.embedded import embedded_models

        found = embedded_models()
        if not found:
            raise Misconfigured("The embedded model is not installed.", hint="Name a model's folder.")
        return found[0]

    def options(self) -> dict[str, Any]:
        """What Ray Serve is told of the deployment."""
        return {
            # A stream counts for as long as it lasts. So many that the engine can fill its batches, and a few who
            # wait for the next place; the rest stays where another replica can take it.
            "max_ongoing_requests": self.slots + max(2, self.slots // 2),
            # Without a bound, whoever comes last waits for ever.
            "max_queued_requests": self.waiting,
            "backpressure_config": {"status_code": 429, "retry_after_s": 5.0},
            "autoscaling_config": {
                "min_replicas": self.least,
                "initial_replicas": max(1, self.least),
                "max_replicas": max(self.least, self.most),
                "target_ongoing_requests": max(1.0, 0.7 * self.slots),
                "upscale_delay_s": self.upscale_delay_s,
                "downscale_delay_s": self.downscale_delay_s,
                "metrics_interval_s": 2.0,
                "look_back_period_s": 10.0,
                "policy": {
                    "policy_function": "safelight.scale.autoscaling:ByEvaluations",
                    "policy_kwargs": {"target_s": self.target_s},
                },
            },
            # A ping would pass while the engine hangs: `check_health` looks for steps.
            "health_check_period_s": 5.0,
            "health_check_timeout_s": 20.0,
            # Twenty seconds, the default, are less than many a picture takes.
            "graceful_shutdown_timeout_s": self.longest_s,
            "graceful_shutdown_wait_loop_s": 1.0,
            "ray_actor_options": {"num_cpus": self.cpus, "num_gpus": self.gpus},
        }
