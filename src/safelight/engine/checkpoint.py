"""Everything that decides how a picture goes on, at one moment of its development.

A picture that waits for an answer stands still: what it is made of then is all there is to keep. Going on after a
pause, after a crash, or on a branch are therefore the same operation.
"""

import copy
import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers import SchedulerMixin
from torch import Tensor

from safelight.domain.errors import ModelBroken
from safelight.engine.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of one picture before evaluation `step` (from 1) is answered.

    Attributes:
        latents: `[1, channels, height, width]`, float32.
        scheduler: what its scheduler remembers, by attribute.
        generator: state of the generator that stochastic samplers draw from.
    """

    step: int
    latents: Tensor
    scheduler: Mapping[str, Any]
    generator: Tensor

    @classmethod
    def of(cls, waiting: Evaluation) -> "Checkpoint":
        """Cheap: schedulers put new tensors in the place of old ones, so references are enough; lists are copied."""
        state = {
            name: _own(value) for name, value in vars(waiting.scheduler).items() if not name.startswith("_internal")
        }
        return cls(waiting.step, waiting.latents, state, waiting.generator.get_state())

    def restore(self, scheduler: SchedulerMixin, generator: torch.Generator) -> Tensor:
        """Put a fresh scheduler of the same kind, and a generator, into this state. Returns the latents."""
        vars(scheduler).update({name: _own(value) for name, value in self.scheduler.items()})
        generator.set_state(self.generator)
        return self.latents

    @property
    def nbytes(self) -> int:
        """What it holds in memory, roughly."""
        return sum(map(_nbytes, (self.latents, self.generator, *self.scheduler.values())))

    def on_host(self) -> "Checkpoint":
        """The same in the processor's memory: many of them would take the device's from the models."""
        if self.latents.device.type == "cpu":
            return self
        state = {name: _on_host(value) for name, value in self.scheduler.items()}
        return Checkpoint(self.step, self.latents.cpu(), state, self.generator)

    def to_bytes(self) -> bytes:
        """For the disk: tensors, numbers and text only, so that reading it back never runs code."""
        out = io.BytesIO()
        plain = {name: _plain(value) for name, value in self.scheduler.items()}
        kept = {"step": self.step, "latents": self.latents.cpu(), "scheduler": plain, "generator": self.generator}
        torch.save(kept, out)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, device: torch.device) -> "Checkpoint":
        """Raises ModelBroken where the bytes are damaged."""
        try:
            kept = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
            scheduler = {name: _unplain(value) for name, value in kept["scheduler"].items()}
            return cls(kept["step"], kept["latents"].to(device), scheduler, kept["generator"])
        except (pickle.UnpicklingError, RuntimeError, KeyError, TypeError, EOFError, ValueError, OSError) as error:
            raise ModelBroken(
                "A checkpoint is damaged and cannot be gone on from.",
                hint="Run the generation again: its seed draws the same picture.",
            ) from error


def _own(value: Any) -> Any:
    return copy.copy(value) if isinstance(value, list | dict) else value


def _nbytes(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_nbytes, value))
    return value.nbytes if isinstance(value, Tensor | np.ndarray) else 0


def _on_host(value: Any) -> Any:
    if isinstance(value, list):
        return [_on_host(one) for one in value]
    return value.cpu() if isinstance(value, Tensor) else value


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"ndarray": torch.from_numpy(value)}
    if isinstance(value, np.generic):
        return value.item()
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _unplain(value: Any) -> Any:
    if isinstance(value, dict) and "ndarray" in value:
        return value["ndarray"].numpy()
    return [_unplain(one) for one in value] if isinstance(value, list) else value
