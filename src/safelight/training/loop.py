"""The loop that the small networks share: AdamW or Muon against a budget of time, resumable."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from safelight.training.clock import ActiveClock, learning_rate
from safelight.training.muon import Muon, split
from safelight.training.precision import mixed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how boldly a network learns; ``minutes`` are of active time."""

    minutes: float
    peak: float
    warm_up: int = 100
    weight_decay: float = 1e-4
    cap_s: float = 5.0
    """A step counts as at most so long: what is beyond it was a pause."""
    muon: tuple[str, ...] | None = None
    """Where Muon takes the matrices: the names of the outer modules that stay with AdamW. None is AdamW for all."""
    report_every: int = 200
    """Steps between a line in the log and a kept state."""


def optimise(
    module: nn.Module, pace: Pace, loss_of: Callable[[], Tensor], *, name: str, state: Path, device: str
) -> None:
    """Step ``module`` down ``loss_of`` until the time is spent; a second run goes on from the file ``state``."""
    optimisers = _optimisers(module, pace)
    clock = ActiveClock(budget_s=pace.minutes * 60, cap_s=pace.cap_s)
    step, average = _restore(module, optimisers, clock, state, device)
    while clock.tick() < 1.0:
        rate = learning_rate(clock.progress, step, peak=pace.peak, warm_up=pace.warm_up)
        with mixed(device):
            loss = loss_of()
        module.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = rate
            optimiser.step()
        average = float(loss.detach()) if step == 0 else 0.98 * average + 0.02 * float(loss.detach())
        step += 1
        if step % pace.report_every == 0:
            log.info("%s step %d loss %.4f at %.0f s", name, step, average, clock.spent_s)
            _keep(module, optimisers, state, step=step, spent=clock.spent_s, loss=average)
            clock.restart()


def _optimisers(module: nn.Module, pace: Pace) -> list[torch.optim.Optimizer]:
    trained = [p for p in module.parameters() if p.requires_grad]
    matrices, rest = ([], trained) if pace.muon is None else split(module, pace.muon)
    adam = torch.optim.AdamW(rest, lr=pace.peak, betas=(0.9, 0.98), weight_decay=pace.weight_decay)
    return [Muon(matrices, lr=pace.peak, weight_decay=pace.weight_decay), adam] if matrices else [adam]


def _keep(module: nn.Module, optimisers: list[torch.optim.Optimizer], state: Path, **figures: float) -> None:
    kept = {"module": module.state_dict(), "optimisers": [o.state_dict() for o in optimisers], **figures}
    torch.save(kept, state.with_suffix(".part"))
    state.with_suffix(".part").replace(state)


def _restore(
    module: nn.Module, optimisers: list[torch.optim.Optimizer], clock: ActiveClock, state: Path, device: str
) -> tuple[int, float]:
    state.parent.mkdir(parents=True, exist_ok=True)
    if not state.exists():
        return 0, 0.0
    kept = torch.load(state, map_location=device)
    module.load_state_dict(kept["module"])
    for optimiser, its in zip(optimisers, kept["optimisers"], strict=True):
        optimiser.load_state_dict(its)
    clock.resume(kept["spent"])
    return int(kept["step"]), float(kept["loss"])
