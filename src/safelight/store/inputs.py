"""Images that were given to draw with: kept once each, under an id made of their content.

A row is first written as not whole, then the file, then the row is made whole, as with pictures.
"""

import asyncio
import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image as Pillow
from PIL import ImageOps
from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from safelight.domain.access import HOME
from safelight.domain.errors import InvalidRecipe, NotFound, TooLarge, UnusableImage
from safelight.domain.images import Image, image_fields, with_images
from safelight.domain.links import image_url
from safelight.domain.pixels import Pixels
from safelight.domain.recipe import Recipe
from safelight.domain.starting import IMAGE_LIMIT
from safelight.domain.steering import Turn
from safelight.store.blobs import Blobs
from safelight.store.decoding import opened
from safelight.store.dialects import insert_new
from safelight.store.looking import Look, unseen
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import BATCH_INPUTS, INPUT_GIVERS, INPUT_USES, INPUTS

FORGOTTEN_AFTER = timedelta(days=1)


class Inputs:
    """The images beside the pictures.

    Args:
        blobs: where their files lie.
        pictures: where a recipe's `pic_…` lie.

    Attributes:
        look: is asked about every image that is given.
    """

    def __init__(self, records: Records, blobs: Blobs, pictures: Pictures) -> None:
        self._engine = records.engine
        self._blobs = blobs
        self._pictures = pictures
        self.look: Look = unseen

    @property
    def blobs(self) -> Blobs:
        """Where their files lie."""
        return self._blobs

    async def keep(self, data: bytes, *, workspace: str, caller: str | None = None) -> Image:
        """Keep a PNG, JPEG or WebP. Giving it again is no second copy.

        What a camera noted inside of it is left out, and it is turned the right way up.

        Args:
            caller: who gives it.

        Raises:
            UnusableImage: it cannot be decoded, or has too many pixels.
            TooLarge: it has too many bytes.
            NotAllowed: moderation refuses it.
        """
        pixels = await _pixels(data)
        # Also one that is kept already: it may have been given before anybody looked.
        await self.look(pixels.data, workspace=workspace, caller=caller)
        row = _row(pixels, workspace)
        if not await self._touch(row["id"], workspace):
            await self._write(row, pixels)
        if caller is not None and not await self._note_giver(row["id"], caller):
            # Somebody else's, and gone with them a moment ago.
            await self._write(row, pixels)
            await self._note_giver(row["id"], caller)
        return _image(row)

    async def get(self, image: str, *, workspace: str) -> tuple[Image, bytes]:
        """Raises NotFound."""
        row = await self._row(image, workspace)
        if row is None:
            raise NotFound(f"There is no image '{image[:80]}'.", hint="Send it again with POST /api/v1/images.")
        return _image(row), await self._blobs.get(image)

    async def settle(self, recipe: Recipe, *, workspace: str, caller: str | None = None) -> Recipe:
        """The recipe with every image kept, as given by the caller, and named by its id.

        Raises:
            InvalidRecipe: an image cannot be read, or none of that id is kept; the field is named.
            NotAllowed: moderation refuses an image.
        """
        named: dict[str, str] = {}
        for field, image in image_fields(recipe).items():
            try:
                named[field] = await self._named(image, workspace, caller)
            except (UnusableImage, TooLarge, NotFound) as error:
                fault = error.detail
                raise InvalidRecipe(f"Not valid: {field}. {fault}", hint=error.hint, fields={field: fault}) from error
        return with_images(recipe, lambda field, _: named[field]) if named else recipe

    async def settle_turn(
        self, turn: Turn, *, workspace: str, caller: str | None = None
    ) -> tuple[Turn, Mapping[str, bytes]]:
        """A turn with its images kept and named by their ids, and their files. Raises InvalidRecipe."""
        if turn.injection is None:
            return turn, {}
        recipe = Recipe(prompt="-", injections=(turn.injection,))
        recipe = await self.settle(recipe, workspace=workspace, caller=caller)
        return turn.model_copy(update={"injection": recipe.injections[0]}), await self.load(recipe, workspace=workspace)

    async def load(self, recipe: Recipe, *, workspace: str) -> Mapping[str, bytes]:
        """The files that a settled recipe refers to, by their ids. Raises NotFound where one was deleted."""
        images = set(image_fields(recipe).values())
        return {image: await self._file(image, workspace) for image in sorted(images)}

    async def read(self, image: str, *, workspace: str) -> bytes:
        """The file that a reference means. One that is an image itself is checked, and not kept.

        Raises:
            UnusableImage, TooLarge: it cannot be decoded, or has too many pixels or bytes.
            NotFound: none of that id is kept.
        """
        if image.startswith(("pic_", "img_")):
            return await self._file(image, workspace)
        return (await _pixels(_inline(image))).data

    async def sweep(self) -> int:
        """Remove what no generation or batch refers to and nobody has given for a day; how many that were."""
        return await self._drop(INPUTS.c.used_at < datetime.now(UTC) - FORGOTTEN_AFTER)

    async def drop(self, images: Collection[str]) -> int:
        """Remove those of the images that nobody has given any more, and nothing refers to; how many that were."""
        return await self._drop(INPUTS.c.id.in_(images), INPUTS.c.id.not_in(select(INPUT_GIVERS.c.input)))

    async def _drop(self, *conditions: ColumnElement[bool]) -> int:
        # Not whole first, and at once: whoever gives it again meanwhile writes it again.
        unused = (
            update(INPUTS)
            .where(
                *conditions,
                INPUTS.c.id.not_in(select(INPUT_USES.c.input)),
                INPUTS.c.id.not_in(select(BATCH_INPUTS.c.input)),
            )
            .values(whole=False)
            .returning(INPUTS.c.id)
        )
        async with self._engine.begin() as connection:
            images = (await connection.execute(unused)).scalars().all()
        for image in images:
            await self._blobs.delete(image)
            async with self._engine.begin() as connection:
                await connection.execute(delete(INPUTS).where(INPUTS.c.id == image, INPUTS.c.whole.is_(False)))
        return len(images)

    async def _named(self, image: str, workspace: str, caller: str | None) -> str:
        if image.startswith("pic_"):
            return (await self._pictures.get(image, workspace=workspace)).id
        if image.startswith("img_"):
            if not await self._touch(image, workspace):
                raise NotFound(f"There is no image '{image}'.", hint="Send it first with POST /api/v1/images.")
            return image
        return (await self.keep(_inline(image), workspace=workspace, caller=caller)).id

    async def _file(self, image: str, workspace: str) -> bytes:
        if image.startswith("pic_"):
            return (await self._pictures.file(image, workspace=workspace)).data
        return (await self.get(image, workspace=workspace))[1]

    async def _touch(self, image: str, workspace: str) -> bool:
        """Note that it is used now; False where it is not there."""
        query = update(INPUTS).where(*_here(image, workspace)).values(used_at=datetime.now(UTC))
        async with self._engine.begin() as connection:
            return bool((await connection.execute(query)).rowcount)

    async def _write(self, row: dict[str, Any], pixels: Pixels) -> None:
        # It may be there already: given twice at the same time, or cut short by a crash. The bytes are the same.
        with suppress(IntegrityError):
            async with self._engine.begin() as connection:
                await connection.execute(insert(INPUTS).values(row))
        with suppress(FileExistsError):
            await self._blobs.put(row["id"], pixels.data, pixels.media_type)
        async with self._engine.begin() as connection:
            whole = {"whole": True, "used_at": row["used_at"]}
            await connection.execute(update(INPUTS).where(INPUTS.c.id == row["id"]).values(whole))

    async def _note_giver(self, image: str, caller: str) -> bool:
        """False where the image is gone."""
        try:
            async with self._engine.begin() as connection:
                new = insert_new(connection.dialect, INPUT_GIVERS)
                await connection.execute(new, [{"input": image, "caller": caller}])
        except IntegrityError:
            return False
        return True

    async def _row(self, image: str, workspace: str) -> RowMapping | None:
        query = select(INPUTS).where(*_here(image, workspace))
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).mappings().first()


def _here(image: str, workspace: str) -> tuple[ColumnElement[bool], ...]:
    return INPUTS.c.id == image, INPUTS.c.workspace == workspace, INPUTS.c.whole


def _inline(image: str) -> bytes:
    """The file inside of a `data:` URL."""
    try:
        return b64decode(image.partition(",")[2], validate=True)
    except NotBase64 as error:
        raise UnusableImage("Its base64 cannot be decoded.", hint="Encode the file as it is.") from error


async def _pixels(data: bytes) -> Pixels:
    """The image as it is kept. Raises UnusableImage, TooLarge."""
    if len(data) > IMAGE_LIMIT:
        raise TooLarge(f"The image is larger than {IMAGE_LIMIT // 2**20} MiB.", hint="Send a smaller one.")
    return await asyncio.to_thread(_checked, data)


def _checked(data: bytes) -> Pixels:
    """The image as it is kept. Decodes it: for a thread."""
    with opened(data) as image:
        if image.getexif():
            return _plain(image)
        return Pixels(data, Pillow.MIME[image.format or "PNG"], image.width, image.height)


def _plain(image: Pillow.Image) -> Pixels:
    """Upright, and without what a camera notes beside the pixels, such as where it was."""
    upright = ImageOps.exif_transpose(image)
    upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    upright.info.clear()
    out = BytesIO()
    upright.save(out, "PNG", compress_level=4)
    return Pixels(out.getvalue(), "image/png", upright.width, upright.height)


def _row(pixels: Pixels, workspace: str) -> dict[str, Any]:
    return {
        "id": _id(pixels.data, workspace),
        "workspace": workspace,
        "whole": False,
        "width": pixels.width,
        "height": pixels.height,
        "media_type": pixels.media_type,
        "bytes": len(pixels.data),
        "used_at": datetime.now(UTC),
    }


def _id(data: bytes, workspace: str) -> str:
    """Made of the content, and of the workspace: whoever has a file cannot ask whether others have it too."""
    salt = b"" if workspace == HOME else f"{workspace}\0".encode()
    return f"img_{hashlib.sha256(salt + data).hexdigest()}"


def _image(row: Mapping[str, Any] | RowMapping) -> Image:
    fields = {name: row[name] for name in ("id", "width", "height", "media_type", "bytes")}
    return Image(**fields, url=image_url(row["id"]))
