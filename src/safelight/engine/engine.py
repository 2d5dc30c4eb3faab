"""The trampoline: collects what all pictures wait for, runs one forward per group, hands each its answer.

ticket = engine.add(recipe)         # any time; the picture joins at the next step
for ticket, message in engine.step(): ...
engine.cancel(ticket)               # takes effect before the next evaluation
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from safelight.domain.errors import Conflict, ModelBroken
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Change, Injection
from safelight.engine.batch import answer, answer_row_by_row
from safelight.engine.checkpoint import Checkpoint
from safelight.engine.decoding import Decoded, Decoder
from safelight.engine.device import free_memory, on_one_core, synchronize
from safelight.engine.drawing import Drawing, longest_waiting, next_step, preview_of, rows_of
from safelight.engine.evaluation import GroupKey, Question
from safelight.engine.failure import DRAWING_ERRORS, explain, is_out_of_memory
from safelight.engine.families.family import Family
from safelight.engine.injecting import injection_mask
from safelight.engine.measured import Measured
from safelight.engine.message import Done, Drawn, Failed, Message, Remark, Stepped, Ticket
from safelight.engine.occupancy import Occupancy
from safelight.engine.preparing import Preparing
from safelight.engine.probe import probe
from safelight.engine.profile import Profile
from safelight.engine.rotation import Demand, Rotation
from safelight.engine.upscaling import Upscalers


class Engine:
    """Draws any number of recipes at once. Not thread-safe: one thread adds, steps and cancels.

    Args:
        family: gives the loaded model of that id; may take its time the first time, and may raise `SafelightError`.
        profile: measures a model that has just been loaded.
        decode_wait: seconds that `step` waits for a decode when there is nothing else to do.
        upscalers: what pictures can be enlarged with.
        room: bytes of memory that there are beside the models; None where nobody counts.

    Attributes:
        occupancy: how well its forwards are shared.
    """

    def __init__(
        self,
        family: Callable[[str], Family],
        *,
        profile: Callable[[Family], Profile] = probe,
        decode_wait: float = 0.05,
        upscalers: Upscalers | None = None,
        room: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._upscalers = upscalers or Upscalers()
        self._models = Measured(family, profile, room)
        self._decode_wait = decode_wait
        self._tickets = itertools.count(1)
        self._drawings: dict[Ticket, list[Drawing]] = {}
        self._messages: deque[tuple[Ticket, Message]] = deque()
        self._rotation: Rotation[GroupKey] = Rotation()
        self._decoder = Decoder()
        self._preparing = Preparing()
        self.occupancy = Occupancy()

    @property
    def busy(self) -> bool:
        """Whether there is anything to step for."""
        return bool(self._messages) or any(not drawing.paused or drawing.decoding for drawing in self._all())

    def load(self, model: str) -> Family:
        """The model, loaded and profiled. Raises SafelightError where that cannot be done."""
        return self._models.load(model)

    def profile(self, model: str) -> Profile | None:
        """What was measured of a model; None before it is loaded. In any thread."""
        return self._models.get(model)

    def draws_with(self, model: str) -> bool:
        """Whether a picture of that model is under way."""
        return any(drawing.family.card.id == model for drawing in self._all())

    def forget(self, model: str) -> None:
        """Let go of what was measured of a model. Raises Conflict while it draws."""
        if self.draws_with(model):
            raise Conflict(f"The model '{model}' is drawing.", hint="Wait until it is done, or cancel what it draws.")
        self._models.forget(model)

    def add(
        self,
        recipe: Recipe,
        *,
        images: Mapping[str, bytes] | None = None,
        checkpoints: Mapping[int, Checkpoint] | None = None,
        pictures: Iterable[int] | None = None,
    ) -> Ticket:
        """Take a settled recipe in.

        Args:
            images: the files that the recipe refers to, by their id.
            checkpoints: by picture, where to go on from; the others begin at the beginning.
            pictures: which of its pictures to draw, at least one; left out, all of them.

        Raises:
            SafelightError: its model cannot be loaded.
        """
        assert recipe.model is not None
        family = self.load(recipe.model)
        ticket = Ticket(next(self._tickets))
        self._preparing.begin(ticket, family, recipe)
        begin = partial(Drawing, images=images, upscalers=self._upscalers)
        self._drawings[ticket] = [
            begin(ticket, picture, recipe, family, checkpoint=(checkpoints or {}).get(picture))
            for picture in (range(recipe.count) if pictures is None else pictures)
        ]
        return ticket

    def pause(self, ticket: Ticket, *, paused: bool = True) -> None:
        """Leave its pictures as they are, or go on with them. Idempotent; a ticket that is gone is no error."""
        for drawing in self._drawings.get(ticket, ()):
            drawing.paused = paused

    def steer(self, ticket: Ticket, change: Change) -> Change | None:
        """Change direction at the first step that none of its pictures has taken.

        Returns:
            The change with that step; None where there is no such step, or the ticket is gone.
        """
        step = self.next_step(ticket)
        if step is None:
            return None
        placed = change.model_copy(update={"step": step})
        for drawing in self._drawings[ticket]:
            drawing.change(placed)
        return placed

    def stop_after(self, ticket: Ticket, step: int) -> int | None:
        """Leave off after `step`, or after the first one that none of its pictures has taken.

        Returns:
            The step that it became; None where there is no such step, or the ticket is gone.
        """
        soonest = self.next_step(ticket)
        if soonest is None:
            return None
        for drawing in self._drawings[ticket]:
            drawing.stop_after = max(step, soonest)
        return max(step, soonest)

    def next_step(self, ticket: Ticket) -> int | None:
        """The first step that none of its pictures has taken; None where one of them has taken its last."""
        return next_step(self._drawings.get(ticket, ()))

    def inject(
        self, ticket: Ticket, injection: Injection, *, images: Mapping[str, bytes] | None = None
    ) -> Injection | None:
        """Put noise in after `injection.first`, or after the first step that none of its pictures has taken.

        Args:
            images: the file of a painted mask, by its id; one that cannot be read raises InvalidRecipe.

        Returns:
            The injection as a recipe has to have it, behind its others, to draw the same; None where no step is left.
        """
        injection_mask(injection, images or {}, height=1, width=1)
        step = self.next_step(ticket)
        if step is None:
            return None
        placed = injection.at(max(step, injection.first))
        for drawing in self._drawings[ticket]:
            drawing.inject(placed, images or {})
        return placed

    def cancel(self, ticket: Ticket) -> None:
        """Forget the ticket; nothing more is said about it. Idempotent."""
        self._preparing.forget(ticket)
        for drawing in self._drawings.pop(ticket, ()):
            drawing.close()
        self._messages = deque(message for message in self._messages if message[0] != ticket)

    def step(self) -> Sequence[tuple[Ticket, Message]]:
        """One forward for one group, and everything there is to tell since the last step."""
        with torch.inference_mode():
            self._start_newcomers()
            chosen = self._choose()
            if chosen:
                self._evaluate(chosen)
        patience = 0 if chosen or self._messages else self._decode_wait
        alone = not any(drawing.question for drawing in self._all())
        self._preparing.look_away(idle=alone and patience > 0)
        for decoded in self._decoder.collect(patience=patience, alone=alone):
            self._take(decoded)
        told, self._messages = tuple(self._messages), deque()
        return told

    def close(self) -> None:
        """Cancel everything and stop the decoder."""
        for ticket in tuple(self._drawings):
            self.cancel(ticket)
        self._decoder.close()
        self._preparing.close()

    def _all(self) -> Iterable[Drawing]:
        return itertools.chain.from_iterable(tuple(self._drawings.values()))

    def _start_newcomers(self) -> None:
        for drawing in self._all():
            if drawing.started or self._preparing.waits(drawing.ticket) or drawing.ticket not in self._drawings:
                continue
            try:
                latents = drawing.start()
            except DRAWING_ERRORS as error:
                self._fail(drawing, error)
                continue
            for remark in drawing.remarks():
                self._tell(drawing, remark)
            if latents is not None:
                self._develop(drawing, latents)

    def _choose(self) -> list[Drawing]:
        groups: dict[GroupKey, list[Drawing]] = {}
        for drawing in self._all():
            if drawing.question is not None and not drawing.paused:
                groups.setdefault(drawing.key, []).append(drawing)
        if not groups:
            return []
        batches = {key: longest_waiting(waiting, rows=self._models.rows(key)) for key, waiting in groups.items()}
        now = time.monotonic()
        chosen = self._rotation.choose(
            {
                key: Demand(
                    cost=self._models.of(key).seconds(key, rows_of(batch)),
                    weight=len(groups[key]),
                    waited=now - max(drawing.since for drawing in groups[key]),
                )
                for key, batch in batches.items()
            }
        )
        self.occupancy.leave(groups, chosen=chosen, taken=len(batches[chosen]))
        return batches[chosen]

    def _evaluate(self, batch: list[Drawing]) -> None:
        key, family = batch[0].key, batch[0].family
        questions = [drawing.question for drawing in batch if drawing.question is not None]
        profile, rows = self._models.of(key), rows_of(batch)
        begin = time.perf_counter()
        try:
            with on_one_core(wished=profile.short(key, rows)):
                predictions = answer(family, questions, limit=self._models.rows(key))
            synchronize(family.device)
        except DRAWING_ERRORS as error:
            self._forward_failed(batch, error)
            return
        seconds = time.perf_counter() - begin
        profile.learn(key, rows, seconds)
        self._rotation.charge(key, seconds)
        self.occupancy.count(pictures=len(batch), rows=rows, seconds=seconds)
        for drawing, question, prediction in zip(batch, questions, predictions, strict=True):
            self._hand_back(drawing, question, prediction, ms=seconds * 1e3, batch=len(batch))

    def _forward_failed(self, batch: list[Drawing], error: Exception) -> None:
        """Nobody is given up for having been in a batch: each picture of a failed one is tried again alone."""
        full = is_out_of_memory(error)
        if full:
            error.with_traceback(None)  # it holds on to what did not fit
        if len(batch) == 1:
            if full:
                self._evaluate_narrowly(batch[0])
            else:
                self._fail(batch[0], error)
            return
        if full:
            self._models.of(batch[0].key).shrink()
        for drawing in batch:
            if drawing.question is not None:
                self._evaluate([drawing])

    def _evaluate_narrowly(self, drawing: Drawing) -> None:
        """A last try with the least memory there is: one row at a time."""
        question, begin = drawing.question, time.perf_counter()
        assert question is not None
        free_memory(drawing.family.device)
        try:
            prediction = answer_row_by_row(drawing.family, question)
            synchronize(drawing.family.device)
        except DRAWING_ERRORS as error:
            self._fail(drawing, error)
            return
        if not drawing.narrow:
            drawing.narrow = True
            self._tell(drawing, Remark("row_by_row", "There is little memory left: this picture takes twice the time."))
        self._hand_back(drawing, question, prediction, ms=(time.perf_counter() - begin) * 1e3, batch=1)

    def _hand_back(self, drawing: Drawing, question: Question, prediction: Tensor, *, ms: float, batch: int) -> None:
        family = drawing.family
        try:
            latents = drawing.answer(prediction)
            if latents is not None and not torch.isfinite(latents).all():
                raise ModelBroken(
                    "The model's numbers overflowed and no picture came of it.",
                    hint="Try another sampler or seed, less guidance, or run the model in float32.",
                )
        except DRAWING_ERRORS as error:
            self._fail(drawing, error)
            return
        preview = partial(preview_of, family, question, prediction)
        sigma = family.sigma(question.timestep)
        told = Stepped(drawing.picture, question.step, question.total, sigma, ms, batch, preview, drawing.checkpoint())
        self._tell(drawing, told)
        if latents is not None:
            self._develop(drawing, latents)

    def _develop(self, drawing: Drawing, latents: Tensor) -> None:
        self._decoder.submit(drawing, latents, way=self._models.way(drawing.family, latents))

    def _take(self, decoded: Decoded) -> None:
        drawing = decoded.drawing
        if drawing.ticket not in self._drawings:
            return
        if decoded.error is not None:
            self._fail(drawing, decoded.error)
            return
        assert decoded.image is not None
        if decoded.remark is not None:
            self._tell(drawing, decoded.remark)
        self._tell(drawing, Drawn(drawing.picture, drawing.seed, decoded.image))
        remaining = self._drawings[drawing.ticket]
        remaining.remove(drawing)
        if not remaining:
            self._tell(drawing, Done())
            del self._drawings[drawing.ticket]

    def _fail(self, drawing: Drawing, error: Exception) -> None:
        for other in self._drawings.pop(drawing.ticket, ()):
            other.close()
        self._tell(drawing, Failed(explain(error)))

    def _tell(self, drawing: Drawing, message: Message) -> None:
        self._messages.append((drawing.ticket, message))
