"""The embedded engine as a provider: the engine in its own thread, asyncio outside.

torch and diffusers take seconds and half a gigabyte to import, so only the engine's thread imports them.
"""

import asyncio
import os
import queue
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from safelight.domain.errors import ModelBroken, SafelightError
from safelight.domain.model_card import ModelCard
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn, Progress, Remark, Step
from safelight.domain.recipe import Recipe
from safelight.engine.folder import ModelFolder
from safelight.providers.previews import PreviewBudget

if TYPE_CHECKING:
    from safelight.engine import message as told
    from safelight.engine.engine import Engine
    from safelight.engine.residency import Residency

NAME = "local"


@dataclass(eq=False)
class _Work:
    """A recipe in the engine's thread, and where its messages go."""

    recipe: Recipe
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    messages: "asyncio.Queue[told.Message]" = field(default_factory=asyncio.Queue)

    def tell(self, message: "told.Message") -> None:
        """From the engine's thread. The loop may be gone by then: nobody listens any more."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.messages.put_nowait, message)


@dataclass(frozen=True)
class _Add:
    work: _Work


@dataclass(frozen=True)
class _Cancel:
    work: _Work


@dataclass(frozen=True)
class _Stop:
    pass


class LocalProvider:
    """This machine's own engine.

    Args:
        folders: stock diffusers directories; each folder's name is its model's id.
        preload: id of the model to load at once, so that the first picture does not wait for it.
        preview_share: of the steps' processor time, what previews may take; 0 draws none.

    Raises:
        ModelBroken: a folder is not a model that the engine knows.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        preload: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        preview_share: float = 0.02,
    ) -> None:
        self._folders = {folder.id: folder for folder in map(ModelFolder.open, folders)}
        self._cards = {model: folder.card(provider=NAME, loaded=False) for model, folder in self._folders.items()}
        self._preload = preload
        self._device = device
        self._dtype = dtype
        self._residency: Residency | None = None
        self._thread: threading.Thread | None = None
        self._commands: queue.SimpleQueue[_Add | _Cancel | _Stop] = queue.SimpleQueue()
        self._state: str | None = "The engine has not been started."
        self._accepting = False
        self._door = threading.Lock()
        self._previews = PreviewBudget(preview_share, cores=os.cpu_count() or 1)
        # One thread: encoding must not take the cores from the denoiser.
        self._encoder = ThreadPoolExecutor(1, thread_name_prefix="encode", initializer=_compute_alone)

    @property
    def name(self) -> str:
        return NAME

    @property
    def device(self) -> str:
        if self._residency is None:
            return self._device
        return f"{self._residency.device}, {str(self._residency.dtype).removeprefix('torch.')}"

    def models(self) -> Sequence[ModelCard]:
        resident = self._residency
        return tuple(
            card.model_copy(update={"loaded": resident is not None and resident.loaded(model)})
            for model, card in self._cards.items()
        )

    def ready(self) -> str | None:
        return self._state

    async def open(self) -> None:
        self._state = "The model is being loaded."
        self._accepting = True
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        if self._thread is not None:
            self._commands.put(_Stop())
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def generate(self, recipe: Recipe) -> AsyncGenerator[Progress, None]:
        from safelight.engine import message as told

        work = _Work(recipe)
        with self._door:
            if not self._accepting:
                raise _engine_stopped()
            self._commands.put(_Add(work))
        try:
            while not isinstance(message := await work.messages.get(), told.Done):
                yield await self._translate(message, work)
        finally:
            self._commands.put(_Cancel(work))

    async def _translate(self, message: "told.Message", work: _Work) -> Progress:
        from safelight.engine import message as told

        loop = asyncio.get_running_loop()
        match message:
            case told.Stepped(picture=picture, step=step, total=total, sigma=sigma, ms=ms):
                frame = await loop.run_in_executor(self._encoder, self._frame, message, work)
                return Step(picture=picture, step=step, total=total, sigma=sigma, ms=ms, frame=frame)
            case told.Drawn(picture=picture, seed=seed, image=image):
                pixels = await loop.run_in_executor(self._encoder, encode_png, image)
                return Drawn(picture=picture, seed=seed, image=pixels)
            case told.Remark(code=code, detail=detail):
                return Remark(code=code, detail=detail)
            case told.Failed(error=error):
                raise error
            case told.Done():
                raise AssertionError("the end of the messages is not one of them")

    def _frame(self, step: "told.Stepped", work: _Work) -> Pixels | None:
        """A preview, unless a later one is there already or previews have had their share. The last is always drawn."""
        self._previews.earn(step.ms / 1e3 / step.batch)
        late = not work.messages.empty()
        if step.step != step.total and (late or not self._previews.affordable):
            return None
        begin = time.thread_time()
        frame = encode_frame(step.preview())
        self._previews.spend(time.thread_time() - begin)
        return frame

    def _run(self) -> None:
        """The engine's thread. However it ends, nobody is left waiting."""
        works: dict[told.Ticket, _Work] = {}
        try:
            self._loop(self._start(), works)
        finally:
            self._state = "The engine has stopped; the log says why. Restart the server."
            self._give_up(works)

    def _start(self) -> "Engine":
        from safelight.engine.engine import Engine
        from safelight.engine.residency import Residency

        self._residency = Residency(
            [folder.path for folder in self._folders.values()], device=self._device, dtype=self._dtype
        )
        engine = Engine(self._residency.family)
        if self._preload is not None:
            engine.load(self._preload)
        self._state = None
        return engine

    def _loop(self, engine: "Engine", works: "dict[told.Ticket, _Work]") -> None:
        from safelight.engine import message as told

        while True:
            while not (engine.busy and self._commands.empty()):
                match self._commands.get():
                    case _Add(work):
                        self._add(engine, works, work)
                    case _Cancel(work):
                        _cancel(engine, works, work)
                    case _Stop():
                        engine.close()
                        return
            for ticket, message in engine.step():
                if ticket in works:
                    works[ticket].tell(message)
                if isinstance(message, told.Done | told.Failed):
                    works.pop(ticket, None)

    def _add(self, engine: "Engine", works: "dict[told.Ticket, _Work]", work: _Work) -> None:
        from safelight.engine import message as told

        try:
            works[engine.add(work.recipe)] = work
        except SafelightError as error:
            work.tell(told.Failed(error))

    def _give_up(self, works: "dict[told.Ticket, _Work]") -> None:
        from safelight.engine import message as told

        waiting = list(works.values())
        with self._door:
            self._accepting = False
            while not self._commands.empty():
                command = self._commands.get()
                if isinstance(command, _Add):
                    waiting.append(command.work)
        for work in waiting:
            work.tell(told.Failed(_engine_stopped()))


def _cancel(engine: "Engine", works: "dict[told.Ticket, _Work]", work: _Work) -> None:
    for ticket in [ticket for ticket, other in works.items() if other is work]:
        engine.cancel(ticket)
        del works[ticket]


def _compute_alone() -> None:
    from safelight.engine.device import compute_alone

    compute_alone()


def _engine_stopped() -> ModelBroken:
    return ModelBroken("The engine has stopped.", hint="Look into the server's log for the reason and restart it.")


def encode_frame(image: Image.Image) -> Pixels:
    """A preview for the wire: JPEG, or WebP where there is transparency to keep."""
    if image.mode == "RGBA":
        return _encode(image, "WEBP", quality=75, method=0, alpha_quality=50)
    return _encode(image, "JPEG", quality=80)


def encode_png(image: Image.Image) -> Pixels:
    return _encode(image, "PNG", compress_level=4)


def _encode(image: Image.Image, kind: str, **options: int) -> Pixels:
    out = BytesIO()
    image.save(out, kind, **options)
    return Pixels(out.getvalue(), f"image/{kind.lower()}", image.width, image.height)
