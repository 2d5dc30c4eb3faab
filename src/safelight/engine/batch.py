"""One forward for many questions: put their rows together, and give each its own answer back."""

from collections.abc import Sequence

import torch
from torch import Tensor

from safelight.engine.evaluation import Evaluation
from safelight.engine.families.family import Family


def answer(family: Family, questions: Sequence[Evaluation]) -> list[Tensor]:
    """Predictions for questions of one group, in order, each `[1, channels, height, width]` with guidance applied."""
    own_rows = torch.split(family.predict(questions), [question.rows for question in questions])
    return [_guide(question, own) for question, own in zip(questions, own_rows, strict=True)]


def stack_rows(questions: Sequence[Evaluation]) -> tuple[Tensor, Tensor, Tensor]:
    """Model inputs of all rows: samples `[rows, channels, height, width]`, timesteps `[rows]`, hidden states
    `[rows, tokens, width]`. A guided question has its negative row first."""
    samples = [q.sample for q in questions for _ in range(q.rows)]
    timesteps = [q.timestep for q in questions for _ in range(q.rows)]
    states: list[Tensor] = []
    for question in questions:
        conditioning = question.conditioning
        states += [conditioning.negative, conditioning.positive] if question.guided else [conditioning.positive]
    return torch.cat(samples), torch.tensor(timesteps, dtype=torch.float32), torch.cat(states)


def _guide(question: Evaluation, rows: Tensor) -> Tensor:
    """Classifier-free guidance (Ho & Salimans, 2022, https://arxiv.org/abs/2207.12598)."""
    if not question.guided:
        return rows
    negative, positive = rows.chunk(2)
    return negative + question.guidance * (positive - negative)
