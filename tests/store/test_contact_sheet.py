"""Contact sheets of every shape."""

from io import BytesIO

import pytest
from PIL import Image

from safelight.domain.batch import Axis, Range
from safelight.store.contact_sheet import contact_sheet
from tests.store.making import png


def axis(size: int, field: str = "seed") -> Axis:
    return Axis(field=field, range=Range(first=1, last=size))


@pytest.mark.parametrize(
    ("sizes", "cells", "wide", "high"),
    [([5], 5, 5, 1), ([5, 3], 15, 5, 3), ([5, 3, 2], 30, 5, 6), ([], 7, 3, 3), ([], 1, 1, 1)],
)
def test_every_cell_has_its_place(sizes: list[int], cells: int, wide: int, high: int) -> None:
    data = contact_sheet({cells - 1: png()}, cells=cells, axes=[axis(size) for size in sizes], image_format="PNG")
    with Image.open(BytesIO(data)) as sheet:
        assert wide * 260 <= sheet.width < wide * 260 + 260
        assert high * 260 <= sheet.height < high * 260 + 260
        grey, first = (232, 232, 232), (sheet.width - wide * 260, sheet.height - high * 260)
        assert (sheet.getpixel((first[0] + 128, first[1] + 10)) == grey) is (cells > 1)


@pytest.mark.parametrize("sizes", [[500], [1, 500], [1, 250, 2], []])
def test_the_largest_batch_fits_into_a_webp(sizes: list[int]) -> None:
    axes = [axis(size, field) for size, field in zip(sizes, ("seed", "guidance", "steps"), strict=False)]
    data = contact_sheet(dict.fromkeys(range(500), png()), cells=500, axes=axes)
    with Image.open(BytesIO(data)) as sheet:
        assert sheet.format == "WEBP"
        assert max(sheet.size) < 16383


def test_a_long_label_stays_in_its_column() -> None:
    words = Axis(field="prompt", search="cat", values=("an owl " * 200, "wolf"))
    data = contact_sheet({0: png()}, cells=4, axes=[words, words], image_format="PNG")
    with Image.open(BytesIO(data)) as sheet:
        assert sheet.width <= 2 * 260 + 512
