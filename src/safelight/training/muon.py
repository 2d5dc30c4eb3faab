"""Muon: momentum whose update is made orthogonal (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/).

Hidden weight matrices and convolution kernels take Muon steps; biases, norms, embeddings and the first and last layers
take AdamW steps. Updates are scaled to AdamW's size (Liu et al. 2025, https://arxiv.org/abs/2502.16982), so that both
share one learning rate.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from safelight.training.precision import has_bfloat16


def orthogonalise(matrix: Tensor, rounds: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrix, roughly: a quintic Newton-Schulz iteration."""
    transposed = matrix.shape[0] > matrix.shape[1]
    wide = matrix.T if transposed else matrix
    wide = wide / (wide.norm() + 1e-7)
    wide = _on_gram(wide, rounds) if wide.shape[1] >= 4 * wide.shape[0] else _directly(wide, rounds)
    return wide.T if transposed else wide


def _directly(wide: Tensor, rounds: int) -> Tensor:
    if has_bfloat16(str(wide.device)):
        wide = wide.bfloat16()
    for _ in range(rounds):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), wide, beta=3.4445)
    return wide.float()


def _on_gram(wide: Tensor, rounds: int) -> Tensor:
    """The same polynomial, iterated on the small ``X X^T`` and applied to ``X`` once: two large products, not ten."""
    gram = wide @ wide.T
    identity = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    total = identity
    for _ in range(rounds):
        factor = 3.4445 * identity + torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
        total = factor @ total
        gram = factor @ gram @ factor
    return total @ wide


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised. Convolution kernels count as ``[out, in x height x width]`` matrices."""

    def __init__(
        self, params: list[nn.Parameter], *, lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, weight.grad, group)

    def _move(self, weight: nn.Parameter, gradient: Tensor, group: dict[str, float]) -> None:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum = state["momentum"].lerp_(gradient, 1 - group["momentum"])
        update = torch.lerp(gradient, momentum, group["momentum"]).flatten(1)
        update = orthogonalise(update) * (0.2 * max(update.shape) ** 0.5)
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        weight.add_(update.view_as(weight).to(weight.dtype), alpha=-group["lr"])


def split(model: nn.Module, outer: tuple[str, ...]) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Parameters for Muon and for AdamW; modules whose name starts with one of ``outer`` go to AdamW whole."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim >= 2 and not name.startswith(outer) else rest).append(parameter)
    return matrices, rest
