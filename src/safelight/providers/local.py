"""The embedded engine as a provider: the engine in its own thread, asyncio outside.

torch and diffusers take seconds and half a gigabyte to import, so only the engine's thread imports them.
"""

import asyncio
import os
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safelight.domain.adapting import AdapterCard
from safelight.domain.errors import NotReady, SafelightError
from safelight.domain.estimate import Estimate
from safelight.domain.measuring import UNMEASURED, Meter, Tally
from safelight.domain.model_card import ModelCard
from safelight.domain.order import Order
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn, Paused, Progress, Remark, Steered, Step
from safelight.domain.prompting import Count
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Turn
from safelight.engine import message as told
from safelight.engine.estimating import estimate
from safelight.engine.footprint import Footprints
from safelight.engine.shelf import Shelf
from safelight.providers import commands
from safelight.providers.commands import Add, Ask, Cancel, Command, Do, Stop, Work
from safelight.providers.counting import Counter
from safelight.providers.encoding import compute_alone, encode_frame, encode_png
from safelight.providers.library import Library
from safelight.providers.previews import PreviewBudget
from safelight.providers.tallying import tallied

if TYPE_CHECKING:
    from safelight.engine.engine import Engine
    from safelight.engine.hub import Hub
    from safelight.engine.residency import Residency

NAME = "local"
PREVIEW_SHARE = 0.03
"""Of the steps' time, what previews may take."""
IDLE_S = 1800.0
TIDY_S = 30.0
"""How often it is looked for models that nobody asks for."""


class LocalProvider:
    """This machine's own engine.

    Args:
        folders: diffusers folders and single files; their names are the models' ids.
        home: where models that are added are remembered; without one none can be.
        hub: makes the client that downloads them.
        preload: id of the model to load at once, so that the first picture does not wait for it.
        embeddings: folder of textual inversion embeddings; need not exist.
        adapters: folder of what every model may use: `loras`, `controlnets`, `upscalers` and so on.
        memory: bytes that models and pictures may take; left out, most of what the device has.
        tuning: how models are run: `compile`, `graphs`, `attention`, `offload`, as the engine's own `Tuning` says.
        idle_s: seconds after which a model that nobody asks for goes from memory; the preloaded one stays.
        preview_share: of the steps' time, what previews may take; 0 draws none.

    Raises:
        ModelBroken: a folder is not a model that the engine knows.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        home: Path | None = None,
        hub: "Callable[[], Hub] | None" = None,
        preload: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        embeddings: Path | None = None,
        adapters: Path | None = None,
        memory: int | None = None,
        tuning: Mapping[str, Any] | None = None,
        idle_s: float = IDLE_S,
        preview_share: float = PREVIEW_SHARE,
        meter: Meter = UNMEASURED,
    ) -> None:
        self._shelf = Shelf((adapters,) if adapters is not None else ())
        self.library = Library(folders, provider=NAME, home=home, hub=hub, adapters=self._shelf)
        self._preload = preload
        self._device = device
        self._dtype = dtype
        self._embeddings = embeddings
        self._counter = Counter(self.library.find, embeddings)
        self._memory = memory
        self._tuning = tuning or {}
        self._idle_s = idle_s
        self._footprints = Footprints(home / "footprints.json" if home is not None else None)
        self._residency: Residency | None = None
        self._engine: Engine | None = None
        self._thread: threading.Thread | None = None
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._state: str | None = "The engine has not been started."
        self._works: dict[str, Work] = {}
        self._accepting = False
        self._door = threading.Lock()
        self._previews = PreviewBudget(preview_share)
        self._meter = meter
        # One: encoding must not take the cores from the denoiser.
        self._encoder = ThreadPoolExecutor(1, thread_name_prefix="encode", initializer=compute_alone)

    @property
    def name(self) -> str:
        return NAME

    @property
    def device(self) -> str:
        if self._residency is None:
            return self._device
        return f"{self._residency.device}, {str(self._residency.dtype).removeprefix('torch.')}"

    @property
    def pictures_per_forward(self) -> float | None:
        return round(self._engine.occupancy.pictures_per_forward, 2) if self._engine is not None else None

    @property
    def tally(self) -> Tally | None:
        return tallied(self._engine, self._residency)

    def models(self) -> Sequence[ModelCard]:
        resident = self._residency
        return self.library.cards(loaded=lambda model: resident is not None and resident.loaded(model))

    def count(self, prompt: str, *, model: str) -> Count | None:
        # Until the engine's thread is done, it may be importing what the counter would import.
        return self._counter.count(prompt, model=model) if self._state is None else None

    def estimate(self, recipe: Recipe) -> Estimate:
        folder = self.library.find(recipe.model or "")
        folder.shelf.check(recipe)
        residency, engine = self._residency, self._engine
        if residency is None or engine is None:
            return Estimate(model=folder.id)
        profile = engine.profile(folder.id)
        return estimate(
            recipe,
            folder.card(provider=NAME, loaded=profile is not None),
            residency.footprint(folder),
            factor=folder.vae_factor(),
            budget=residency.budget,
            seconds_per_row_cell=profile.seconds_per_row_cell if profile is not None else 0.0,
        )

    def adapters(self) -> Sequence[AdapterCard]:
        own = (Shelf((folder.path,)).cards(model=folder.id) for folder in self.library.folders())
        return (*self._shelf.cards(), *(card for cards in own for card in cards))

    def ready(self) -> str | None:
        return self._state

    async def load(self, model: str) -> None:
        """Load a model, so that its first picture does not wait for it. Raises SafelightError where it cannot be."""
        await self._ask(lambda engine: engine.load(model))

    async def unload(self, model: str) -> None:
        """Free a model's memory; it is loaded again when it is asked for. Raises Conflict while it draws."""

        def let_go(engine: "Engine") -> None:
            engine.forget(model)
            assert self._residency is not None
            self._residency.unload(model)

        await self._ask(let_go)

    async def _ask(self, act: "Callable[[Engine], object]") -> None:
        asked = Ask(act)
        with self._door:
            if not self._accepting:
                raise commands.engine_stopped()
            self._commands.put(asked)
        await asyncio.wrap_future(asked.done)

    async def open(self) -> None:
        self.library.open()
        self._state = "The model is being loaded."
        self._accepting = True
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        await asyncio.to_thread(self.library.close)
        if self._thread is not None:
            self._commands.put(Stop())
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def generate(self, order: Order) -> AsyncGenerator[Progress, None]:
        work = self._works[order.key] = Work(order)
        try:
            with self._door:
                if not self._accepting:
                    raise commands.engine_stopped()
                self._commands.put(Add(work))
            while not isinstance(message := await work.messages.get(), told.Done):
                yield await self._translate(message, work)
        finally:
            self._commands.put(Cancel(work))
            del self._works[order.key]

    def steer(self, key: str, turn: Turn, *, images: Mapping[str, bytes]) -> None:
        self._do(key, partial(commands.steer, turn=turn, images=images))

    def pause(self, key: str) -> None:
        self._do(key, partial(commands.pause, paused=True))

    def resume(self, key: str) -> None:
        self._do(key, partial(commands.pause, paused=False))

    def _do(self, key: str, what: "Callable[[Engine, told.Ticket], Steered | Paused]") -> None:
        if key in self._works:
            self._commands.put(Do(self._works[key], what))

    async def _translate(self, message: told.Message | Steered | Paused, work: Work) -> Progress:
        loop = asyncio.get_running_loop()
        match message:
            case told.Stepped():
                return await loop.run_in_executor(self._encoder, self._stepped, message, work)
            case told.Drawn(picture=picture, seed=seed, image=image):
                pixels = await loop.run_in_executor(self._encoder, encode_png, image)
                return Drawn(picture=picture, seed=seed, image=pixels)
            case told.Remark(code=code, detail=detail):
                return Remark(code=code, detail=detail)
            case Steered() | Paused():
                return message
            case told.Failed(error=error):
                raise error
            case told.Done():
                raise AssertionError("the end of the messages is not one of them")

    def _stepped(self, step: told.Stepped, work: Work) -> Step:
        return Step(
            picture=step.picture,
            step=step.step,
            total=step.total,
            sigma=step.sigma,
            ms=step.ms,
            frame=self._frame(step, work),
            checkpoint=step.checkpoint and step.checkpoint.on_host(),
        )

    def _frame(self, step: told.Stepped, work: Work) -> Pixels | None:
        """A preview of the first and the last step; of others unless a later one waits or previews had their share."""
        self._previews.earn(step.ms / 1e3 / step.batch)
        first, last = step.picture not in work.shown, step.step == step.total
        if not last and not (self._previews.allows(first=first) and (first or not work.late)):
            return None
        work.shown.add(step.picture)
        begin = time.thread_time()
        frame = encode_frame(step.preview())
        self._previews.spend(taken := time.thread_time() - begin)
        self._meter.previewed(seconds=taken)
        return frame

    def _run(self) -> None:
        """The engine's thread. However it ends, nobody is left waiting."""
        works: dict[told.Ticket, Work] = {}
        try:
            self._loop(self._start(), works)
        finally:
            self._state = "The engine has stopped; the log says why. Restart the server."
            self._give_up(works)

    def _start(self) -> "Engine":
        # Read once, when torch is loaded: how long cores that wait for each other go round before they sleep. GNU's own
        # 300,000 rounds take the time from whoever they wait for, as soon as anything else runs on this machine.
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
        from safelight.engine.opening import open_engine

        self._engine, self._residency = open_engine(
            self.library.find,
            device=self._device,
            dtype=self._dtype,
            embeddings=self._embeddings,
            tuning=self._tuning,
            pinned=[self._preload] if self._preload is not None else [],
            footprints=self._footprints,
            memory=self._memory,
            shelf=self._shelf,
        )
        if self._preload is not None:
            # What is still being downloaded is loaded when it is first asked for.
            with suppress(NotReady):
                self._engine.load(self._preload)
        self._state = None
        return self._engine

    def _loop(self, engine: "Engine", works: dict[told.Ticket, Work]) -> None:
        while True:
            while not (engine.busy and self._commands.empty()):
                match self._next():
                    case Add(work):
                        self._add(engine, works, work)
                    case Cancel() as command:
                        commands.cancel(engine, works, command, self._meter)
                    case Do() as command:
                        commands.do(engine, works, command)
                    case Ask() as asked:
                        asked.carry_out(engine)
                    case Stop():
                        engine.close()
                        return
                    case None:
                        assert self._residency is not None
                        self._residency.tidy(idle_s=self._idle_s)
            for ticket, message in engine.step():
                if ticket in works:
                    works[ticket].tell(message)
                if isinstance(message, told.Done | told.Failed):
                    works.pop(ticket, None)

    def _next(self) -> Command | None:
        """The next command; None where none has come for a while."""
        try:
            return self._commands.get(timeout=TIDY_S)
        except queue.Empty:
            return None

    def _add(self, engine: "Engine", works: dict[told.Ticket, Work], work: Work) -> None:
        try:
            works[commands.add(engine, work.order)] = work
            if warning := self._counter.warning(work.order.recipe.prompt, model=work.order.recipe.model or ""):
                work.tell(told.Remark("prompt_long", warning))
        except SafelightError as error:
            work.tell(told.Failed(error))

    def _give_up(self, works: dict[told.Ticket, Work]) -> None:
        waiting = list(works.values())
        with self._door:
            self._accepting = False
            while not self._commands.empty():
                match self._commands.get():
                    case Add(work):
                        waiting.append(work)
                    case Ask() as asked:
                        asked.done.set_exception(commands.engine_stopped())
        for work in waiting:
            work.tell(told.Failed(commands.engine_stopped()))
