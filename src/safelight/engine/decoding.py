"""Final latents to pictures, beside the forwards. What is denoised is never lost for want of memory."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from safelight.engine.device import free_memory
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


class Decoder:
    """One thread that decodes; more would only take the cores from the denoiser."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._waiting: list[Future[Decoded]] = []

    def submit(self, drawing: Drawing, latents: Tensor, *, way: Way, threads: int) -> None:
        """
        Args:
            way: to begin with; where the memory does not suffice the next one is tried.
            threads: that the arithmetic may use.
        """
        self._waiting.append(self._pool.submit(_decode, drawing, latents, way, threads))

    def collect(self, *, patience: float) -> Iterator[Decoded]:
        """What has come of it since the last time, in order; waits `patience` seconds for the first."""
        if not self._waiting:
            return
        wait(self._waiting, timeout=patience, return_when=FIRST_COMPLETED)
        while self._waiting and self._waiting[0].done():
            yield self._waiting.pop(0).result()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _decode(drawing: Drawing, latents: Tensor, way: Way, threads: int) -> Decoded:
    torch.set_num_threads(threads)  # of this thread
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
