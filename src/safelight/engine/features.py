"""Deep features that a picture uses again: between whole evaluations only the outermost layers are computed.

What the deep layers of a denoiser say changes little from step to step (Ma et al., 2023, https://arxiv.org/abs/2312.00858,
for UNets; for transformers, whose blocks add to what passes through them, what all but the first have added). So every
n-th evaluation is whole, and those between take over what the last whole one left. Which is which follows from the
number of the step alone. Rows that are computed whole share a forward with others that are, and rows that use something
again with others that do: each row has its own, and none sees its neighbour's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from safelight.engine.evaluation import Question


class Features:
    """Of one picture.

    Args:
        every: so many evaluations have one whole among them.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._kept: Tensor | None = None
        self._of: tuple[object, ...] = ()

    @property
    def kept(self) -> Tensor:
        """`[rows, ...]`, of the last whole evaluation."""
        assert self._kept is not None
        return self._kept

    def serve(self, question: "Question") -> bool:
        """Whether they do for this evaluation, instead of a whole one."""
        return bool((question.step - 1) % self._every) and self._of == _kind(question)

    def keep(self, features: Tensor, question: "Question") -> None:
        """A copy, so that the rest of the batch is let go."""
        self._kept, self._of = features.clone(), _kind(question)

    def forget(self) -> None:
        """The next evaluation is whole."""
        self._kept, self._of = None, ()


def _kind(question: "Question") -> tuple[object, ...]:
    """Features of another size, or of other rows, are of no use."""
    return question.rows, tuple(question.sample.shape)


@contextmanager
def unet_features(unet: Any, questions: Sequence["Question"]) -> Iterator[None]:
    """Inside, a forward of the UNet computes its outermost blocks alone where the questions use features again, and
    else keeps those of the questions that will."""
    if questions[0].reuses:
        down, up = list(unet.down_blocks), list(unet.up_blocks)
        shallow = {
            "down_blocks": nn.ModuleList([down[0], *(_Skipped(len(_outputs(block))) for block in down[1:])]),
            "mid_block": _Given(_stacked(questions)),
            "up_blocks": nn.ModuleList([*(_Passed(len(block.resnets)) for block in up[:-1]), up[-1]]),
        }
        with _replaced(unet, shallow):
            yield
        return
    seen: list[Tensor] = []
    with _hooked(unet.up_blocks[-1], lambda given, _: seen.append(given["hidden_states"]), questions):
        yield
    _hand_out(seen[-1] if seen else None, questions)


@contextmanager
def block_features(transformer: Any, questions: Sequence["Question"], *lists: str) -> Iterator[None]:
    """The same for a transformer, whose blocks are in these lists, one after the other."""
    blocks = [block for name in lists for block in getattr(transformer, name)]
    if questions[0].reuses:
        added = _Added(_stacked(questions))
        shallow = {name: nn.ModuleList() for name in lists}
        shallow[lists[0]].append(blocks[0])
        shallow[lists[-1]].append(added)
        with _replaced(transformer, shallow):
            yield
        return
    first: list[Tensor] = []
    last: list[Tensor] = []
    with (
        _hooked(blocks[0], lambda _, made: first.append(made[1]), questions),
        _hooked(blocks[-1], lambda _, made: last.append(made[1]), questions),
    ):
        yield
    _hand_out(last[-1] - first[-1] if last else None, questions)


def _stacked(questions: Sequence["Question"]) -> Tensor:
    return torch.cat([question.features.kept for question in questions if question.features is not None])


def _hand_out(features: Tensor | None, questions: Sequence["Question"]) -> None:
    """Give each question that keeps any its own rows."""
    if features is None:
        return
    for question, own in zip(questions, torch.split(features, [one.rows for one in questions]), strict=True):
        if question.features is not None:
            question.features.keep(own, question)


@contextmanager
def _hooked(block: nn.Module, see: Any, questions: Sequence["Question"]) -> Iterator[None]:
    """Let `see` have the named inputs and the output of a block, if anybody wants to know."""
    if all(question.features is None for question in questions):
        yield
        return
    hook = block.register_forward_hook(lambda _, __, given, made: see(given, made), with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def _replaced(network: nn.Module, parts: dict[str, Any]) -> Iterator[None]:
    """Other modules in the place of some; only the engine's thread looks at them."""
    own = {name: getattr(network, name) for name in parts}
    try:
        for name, part in parts.items():
            setattr(network, name, part)
        yield
    finally:
        for name, part in own.items():
            setattr(network, name, part)


def _outputs(block: Any) -> Sequence[object]:
    """What a block of a UNet's way down hands to the way up."""
    return [*block.resnets, *(block.downsamplers or ())]


class _Skipped(nn.Module):
    """Stands for a block on the way down: nobody reads what it hands to the way up."""

    has_cross_attention = False

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self._outputs = outputs

    def forward(self, hidden_states: Tensor, temb: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        return hidden_states, (hidden_states,) * self._outputs


class _Given(nn.Module):
    """Stands for the middle, and for all blocks on the way up but the last."""

    has_cross_attention = False

    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self._features = features

    def forward(self, sample: Tensor, emb: Tensor) -> Tensor:
        return self._features


class _Passed(nn.Module):
    """Stands for a block on the way up: takes what it is handed from the way down, and does nothing."""

    has_cross_attention = False

    def __init__(self, resnets: int) -> None:
        super().__init__()
        self.resnets = (None,) * resnets

    def forward(self, hidden_states: Tensor, **_: object) -> Tensor:
        return hidden_states


class _Added(nn.Module):
    """Stands for all blocks of a transformer but the first."""

    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self._features = features

    def forward(self, hidden_states: Tensor, encoder_hidden_states: Tensor, **_: object) -> tuple[Tensor, Tensor]:
        return encoder_hidden_states, hidden_states + self._features
