"""Final latents to pictures, beside the forwards. What is denoised is never lost for want of memory."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from safelight.engine.device import compute_alone, free_memory
from safelight.engine.drawing import Drawing
from safelight.engine.failure import DRAWING_ERRORS, is_out_of_memory
from safelight.engine.families.family import Way
from safelight.engine.message import Remark

RECEIPTS = {
    Way.TILED: Remark(
        "decoded_in_tiles",
        "There was too little memory to decode the picture whole. It was decoded in tiles, whose seams may just show.",
    ),
    Way.ON_HOST: Remark(
        "decoded_on_host",
        "There was too little memory on the device to decode the picture. It was decoded in main memory, more slowly.",
    ),
}


class Decoded(NamedTuple):
    """What became of latents: a picture and, where it was not decoded whole on the device, a remark; or an error."""

    drawing: Drawing
    image: Image.Image | None
    remark: Remark | None = None
    error: Exception | None = None


Work = Callable[[], Decoded]


class Decoder:
    """Decodes beside the forwards, in one thread and on one core; more would only take the cores from the denoiser.

    Where nothing else is to be done, the engine's own thread decodes, with all cores. A second team of threads would
    slow every forward after it: once OpenMP has more threads than there are cores, it lets them sleep between any two
    operations.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="decode", initializer=compute_alone)
        self._waiting: list[Future[Decoded] | Work] = []

    def submit(self, drawing: Drawing, latents: Tensor, *, way: Way) -> None:
        """
        Args:
            way: to begin with; where the memory does not suffice the next one is tried.
        """
        work = partial(_decode, drawing, latents, way)
        on_cpu = drawing.family.device.type == "cpu"
        self._waiting.append(work if on_cpu else self._pool.submit(work))

    def collect(self, *, patience: float, alone: bool) -> Iterator[Decoded]:
        """What has come of it since the last time, in order; waits `patience` seconds for the first.

        Args:
            alone: nobody waits for a forward. With patience, the first of them is then decoded here and now.
        """
        if not self._waiting:
            return
        if not alone:
            self._waiting = [one if isinstance(one, Future) else self._pool.submit(one) for one in self._waiting]
        elif patience and not isinstance(first := self._waiting[0], Future):
            self._waiting[0] = _done(first())
        begun = [one for one in self._waiting if isinstance(one, Future)]
        wait(begun, timeout=patience, return_when=FIRST_COMPLETED)
        while self._waiting and isinstance(first := self._waiting[0], Future) and first.done():
            del self._waiting[0]
            yield first.result()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _done(decoded: Decoded) -> Future[Decoded]:
    future: Future[Decoded] = Future()
    future.set_result(decoded)
    return future


def _decode(drawing: Drawing, latents: Tensor, way: Way) -> Decoded:
    try:
        with torch.inference_mode():
            image, taken = _with_what_there_is(drawing, latents, way)
            return Decoded(drawing, drawing.finish(image), RECEIPTS.get(taken))
    except DRAWING_ERRORS as error:
        return Decoded(drawing, None, error=error)


def _with_what_there_is(drawing: Drawing, latents: Tensor, way: Way) -> tuple[Image.Image, Way]:
    family = drawing.family
    while True:
        try:
            return family.decode(latents, way), way
        except (RuntimeError, MemoryError) as error:
            if way is Way.ON_HOST or not is_out_of_memory(error):
                raise
        # Outside the handler: its traceback holds on to what did not fit.
        free_memory(family.device)
        way = Way(way + 1)
