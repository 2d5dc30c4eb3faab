"""One forward for many questions: put their rows together, and give each its own answer back."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from safelight.engine.evaluation import Question
from safelight.engine.families.family import Family


class Rows(NamedTuple):
    """Model inputs of all rows of a batch; a guided question has its negative row first.

    Attributes:
        samples: `[rows, channels, height, width]`, float32.
        timesteps: `[rows]`, on the CPU.
        inputs: each input of the conditioning by its name, `[rows, ...]`.
    """

    samples: Tensor
    timesteps: Tensor
    inputs: dict[str, Tensor]


def answer(family: Family, questions: Sequence[Question], *, limit: int | None = None) -> list[Tensor]:
    """Predictions for questions of one group, in order, each `[1, channels, height, width]` with guidance applied.

    Args:
        limit: rows that the forward is not filled up beyond.
    """
    rows = [question.rows for question in questions]
    predicted = family.predict((*questions, *_filling(family, questions, limit=limit)))
    own_rows = torch.split(predicted[: sum(rows)], rows)
    return [_guide(question, own) for question, own in zip(questions, own_rows, strict=True)]


def _filling(family: Family, questions: Sequence[Question], *, limit: int | None) -> tuple[Question, ...]:
    """The last row again, as often as it takes; nobody reads what is said to it."""
    rows = sum(question.rows for question in questions)
    filled = family.filled(rows)
    if limit is not None:
        filled = min(filled, max(rows, limit))
    if filled == rows or any(question.features is not None for question in questions):
        return ()
    return (questions[-1].apart()[-1],) * (filled - rows)


def answer_row_by_row(family: Family, question: Question) -> Tensor:
    """The prediction of one guided question, one row at a time: half the memory, twice the time."""
    if question.features is not None:
        question.features.forget()
    return _guide(question, torch.cat([family.predict([row]) for row in question.apart()]))


def stack_rows(questions: Sequence[Question]) -> Rows:
    """The rows of questions of one group."""
    samples = [question.sample for question in questions for _ in range(question.rows)]
    timesteps = [question.timestep for question in questions for _ in range(question.rows)]
    inputs = [row for question in questions for row in question.inputs]
    stacked = {name: torch.cat([row[name] for row in inputs]) for name in inputs[0]}
    return Rows(torch.cat(samples), torch.tensor(timesteps, dtype=torch.float32), stacked)


def _guide(question: Question, rows: Tensor) -> Tensor:
    """Classifier-free guidance (Ho & Salimans, 2022, https://arxiv.org/abs/2207.12598)."""
    if not question.guided:
        return rows.clone()  # where a graph is played back, the next forward writes over them
    negative, positive = rows.chunk(2)
    return negative + question.guidance * (positive - negative)
