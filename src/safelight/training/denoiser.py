"""Train the UNet: what it is, its loop, its moving average, and what survives an interruption."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import nn

from safelight.training.autoencoder import LATENT_CHANNELS
from safelight.training.batches import Batches
from safelight.training.clock import ActiveClock, learning_rate
from safelight.training.gradients import Gradients
from safelight.training.latents import LatentSet
from safelight.training.muon import Muon, split
from safelight.training.text import WIDTH

log = logging.getLogger(__name__)

LATENT_SIZE = 16
_OUTER = ("conv_in", "conv_out", "time_embedding")


@dataclass(frozen=True, slots=True)
class DenoiserRecipe:
    """What the UNet is and how it is trained; ``minutes`` are of active time."""

    minutes: float = 75.0
    batch: int = 64
    peak: float = 1.5e-3
    warm_up: int = 100
    hold: float = 0.3
    optimiser: str = "muon"
    weight_decay: float = 0.01
    ema: float = 0.998
    empty_share: float = 0.10
    pooled_share: float = 0.10
    widths: tuple[int, ...] = (64, 160, 192)
    report_every: int = 50
    save_every_s: float = 240.0
    workers: int = 1
    start: Path | None = None
    """Folder of a UNet of the same shape to go on from."""
    ends_at: float | None = None
    """When to have ended (seconds since 1970), though the minutes be not spent."""


def build_denoiser(widths: tuple[int, ...]) -> UNet2DConditionModel:
    """A stock UNet on 16x16x8 latents; attention (to itself and to the text) at every level but the finest.

    The finest level has no residual block on the way down and one on the way up: it costs most and knows least.
    """
    levels = len(widths)
    return UNet2DConditionModel(
        sample_size=LATENT_SIZE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=widths,
        layers_per_block=[0, *[1] * (levels - 1)],
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * (levels - 1)),
        up_block_types=(*("CrossAttnUpBlock2D",) * (levels - 1), "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=tuple(max(1, width // 32) for width in widths),
        norm_num_groups=16,
    )


class Average:
    """Exponential moving average of weights with a warm-up, so that it does not lag behind at first."""

    def __init__(self, model: nn.Module, ceiling: float) -> None:
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.ceiling = ceiling

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        decay = min(self.ceiling, (1 + step) / (10 + step))
        current = model.state_dict()
        torch._foreach_lerp_(list(self.weights.values()), [current[name] for name in self.weights], 1 - decay)


class Trainer:
    """The denoiser's loop with everything that has to survive an interruption."""

    def __init__(self, data: LatentSet, recipe: DenoiserRecipe, *, folder: Path, device: str, seed: int) -> None:
        torch.manual_seed(seed)
        self.recipe, self.folder, self.device = recipe, folder, device
        self.model = build_denoiser(recipe.widths).to(device).train()
        if recipe.start is not None:
            self.model.load_state_dict(UNet2DConditionModel.from_pretrained(recipe.start).float().state_dict())
        if device == "cpu":
            # So few positions: flash attention's way back took two fifths of a step, plain products take a tenth.
            self.model.set_attn_processor(AttnProcessor())
        self.gradients = Gradients(self.model, recipe.workers)
        self.average = Average(self.model, recipe.ema)
        self.batches = Batches(
            data,
            batch=recipe.batch,
            empty_share=recipe.empty_share,
            pooled_share=recipe.pooled_share,
            device=device,
            seed=seed,
        )
        self.optimisers = self._optimisers()
        self.clock = ActiveClock(budget_s=recipe.minutes * 60, ends_at=recipe.ends_at)
        self.step, self.loss, self._saved_at = 0, 1.0, 0.0

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        peak, decay = self.recipe.peak, self.recipe.weight_decay
        if self.recipe.optimiser == "adamw":
            return [
                torch.optim.AdamW(self.model.parameters(), lr=peak, betas=(0.9, 0.99), weight_decay=decay, fused=True)
            ]
        matrices, rest = split(self.model, _OUTER)
        shares = [Muon(matrices[place::2], lr=peak, weight_decay=decay) for place in range(2)]
        return [*shares, torch.optim.AdamW(rest, lr=peak, betas=(0.9, 0.99), weight_decay=0.0, fused=True)]

    def run(self, on_save: Callable[[Trainer], None] = lambda _: None) -> UNet2DConditionModel:
        """Train until the budget is spent; returns the averaged model."""
        self.clock.restart()
        while self.clock.tick() < 1.0:
            self._one_step()
            if self.step % self.recipe.report_every == 0:
                log.info(
                    "step %d samples %d loss %.4f at %.0f s",
                    self.step,
                    self.step * self.recipe.batch,
                    self.loss,
                    self.clock.spent_s,
                )
            if self.clock.spent_s - self._saved_at > self.recipe.save_every_s:
                self.save()
                on_save(self)
                self.clock.restart()
        self.save()
        on_save(self)
        return self.averaged()

    def _one_step(self) -> None:
        rate = learning_rate(
            self.clock.progress, self.step, peak=self.recipe.peak, warm_up=self.recipe.warm_up, hold=self.recipe.hold
        )
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
            for group in optimiser.param_groups:
                group["lr"] = rate
        loss = self.gradients.compute(self.batches.draw())
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.gradients.share(lambda optimiser: optimiser.step(), self.optimisers)
        self.average.update(self.model, self.step)
        self.loss = 0.98 * self.loss + 0.02 * loss
        self.step += 1

    def averaged(self) -> UNet2DConditionModel:
        """A copy of the model with the averaged weights, for drawing and export."""
        model = build_denoiser(self.recipe.widths).to(self.device).eval()
        model.load_state_dict(self.average.weights)
        return model

    def save(self) -> None:
        """Write the whole state in one piece: an interruption leaves the last one intact."""
        self._saved_at = self.clock.spent_s
        path = self.folder / "denoiser.pt"
        self.folder.mkdir(parents=True, exist_ok=True)
        torch.save(self._state(), path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def restore(self) -> bool:
        """Take up where :meth:`save` left off, if there is anything."""
        path = self.folder / "denoiser.pt"
        if not path.exists():
            return False
        state = torch.load(path, map_location=self.device, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.average.weights = state["average"]
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self.batches.generator.set_state(state["generator"].cpu())
        self.clock.resume(state["spent_s"])
        self.step, self.loss = state["step"], state["loss"]
        self._saved_at = self.clock.spent_s
        return True

    def _state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(), "average": self.average.weights,
            "optimisers": [o.state_dict() for o in self.optimisers],
            "generator": self.batches.generator.get_state(), "spent_s": self.clock.spent_s,
            "step": self.step, "loss": self.loss,
            "recipe": asdict(self.recipe),
        }  # fmt: skip
