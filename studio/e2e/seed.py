"""Fills the gallery of a home that no server uses with as many pictures as wanted, thumbnails and all.

python seed.py HOME COUNT
"""

import asyncio
import os
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.gallery import fill
from safelight.store.records import Records

KINDS = 48
"""Different pictures; the files of all others are links to them."""


def sprite(number: int) -> Image.Image:
    """128 pixels square, no two alike."""
    image = Image.new("RGB", (128, 128), ((number * 37) % 120, (number * 61) % 120, (number * 17) % 120))
    draw = ImageDraw.Draw(image)
    for row in range(8):
        for column in range(4):
            if (number * 2654435761 >> (row * 4 + column)) & 1:
                colour = (100 + number * 29 % 155, 100 + number * 53 % 155, 100 + row * 19)
                for x in (column, 7 - column):
                    draw.rectangle((x * 16, row * 16, x * 16 + 15, row * 16 + 15), fill=colour)
    return image


def written(image: Image.Image, kind: str) -> bytes:
    file = BytesIO()
    image.save(file, kind, quality=80)
    return file.getvalue()


def hang(pictures: Path, count: int) -> None:
    for folder in ("thumbnails", "2026-01"):
        (pictures / folder).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        for folder, kind in (("thumbnails", "webp"), ("2026-01", "png")):
            file = pictures / folder / f"{number}.{kind}"
            if number < KINDS:
                file.write_bytes(written(sprite(number), kind))
            else:
                os.link(pictures / folder / f"{number % KINDS}.{kind}", file)


async def main(home: Path, count: int) -> None:
    hang(home / "pictures", count)
    records = await Records.open(f"sqlite+aiosqlite:///{home / 'safelight.db'}")
    try:
        await fill(records, count)
    finally:
        await records.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
