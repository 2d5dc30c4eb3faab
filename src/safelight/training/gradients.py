"""Gradients of one batch, computed on several CPU cores side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn

from safelight.training.precision import mixed

Item = TypeVar("Item")
Result = TypeVar("Result")


class Gradients:
    """Computes a batch's gradients, on CPU cores side by side: each worker thread takes a slice of the batch.

    Replicas share the model's weights and own their gradients. One single-threaded worker a core beats one worker with
    threads inside its operators where the machine is shared, because nothing waits at a barrier but the end of a step.
    """

    def __init__(self, model: nn.Module, workers: int) -> None:
        self.model = model
        self.replicas = [model, *(_replica(model) for _ in range(workers - 1))]
        self.pool = (
            ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) if workers > 1 else None
        )

    def share(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Do ``work`` on every item, side by side where there are workers."""
        return list(self.pool.map(work, items) if self.pool else map(work, items))

    def compute(self, batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> float:
        """Leave the mean gradient of the batch in the model's parameters; returns the mean loss."""
        count = len(self.replicas)
        slices = list(zip(self.replicas, *(part.chunk(count) for part in batch), strict=True))
        losses = self.share(lambda job: _backward(*job), slices)
        total = _gradients(self.model)
        for replica in self.replicas[1:]:
            torch._foreach_add_(total, _gradients(replica))
            replica.zero_grad(set_to_none=True)
        if count > 1:
            torch._foreach_mul_(total, 1 / count)
        return float(sum(losses) / count)


def _gradients(model: nn.Module) -> list[Tensor]:
    return [parameter.grad for parameter in model.parameters() if parameter.grad is not None]


def _replica(model: nn.Module) -> nn.Module:
    """A copy whose weights are the same memory."""
    copy = deepcopy(model)
    for parameter, original in zip(copy.parameters(), model.parameters(), strict=True):
        parameter.data = original.data
    return copy


def _backward(model: nn.Module, noisy: Tensor, steps: Tensor, states: Tensor, velocity: Tensor) -> float:
    with mixed(str(noisy.device)):
        predicted = model(noisy, steps, states).sample
    loss = (predicted.float() - velocity).square().mean()
    loss.backward()
    return float(loss.detach())
