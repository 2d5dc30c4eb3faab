"""What is done to a drawn picture before it is kept, and to a kept one before it is handed out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from safelight.domain.credentials import Credentials, Metadata
from safelight.domain.images import image_fields
from safelight.domain.pixels import Pixels
from safelight.domain.recipe import Recipe
from safelight.store import metadata
from safelight.store.provenance import watermark
from safelight.store.provenance.corner import written
from safelight.store.provenance.presence import signed
from safelight.store.provenance.reading import read_credentials
from safelight.store.provenance.signing import Signing
from safelight.store.thumbnails import thumbnail

AT_ONCE = 2
"""Pictures that are worked on at a time: the others wait, and whatever draws goes on."""
DRAWN_HERE = frozenset({"local", "fake"})
"""Providers whose pictures are ours to mark and to sign."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A picture as it is kept. `mark` is what is in its pixels; None where nothing is."""

    image: Pixels
    small: Pixels
    mark: int | None = None


@dataclass(frozen=True, kw_only=True)
class Finish:
    """Marks, recipe, credentials; each only where it is wished for.

    Attributes:
        signing: None where nothing is signed.
        anchors: certificates that are trusted when credentials are read, in PEM.
        invisible: put a mark into the pixels.
        visible: words in a corner.
    """

    signing: Signing | None = None
    anchors: bytes = b""
    invisible: bool = False
    visible: str | None = None
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), repr=False, compare=False)

    async def of(
        self,
        image: Pixels,
        recipe: Recipe,
        *,
        provider: str,
        given: Mapping[str, bytes] | None = None,
        sealed: bool = False,
    ) -> Finished:
        """A drawn picture as it is kept. What came with a signature of its own is not touched.

        Args:
            given: the files that the recipe refers to, by their ids.
            sealed: its bytes are a service's, and stay what they are, signed or not.
        """
        async with self._room:
            if sealed:
                return Finished(image=image, small=await asyncio.to_thread(thumbnail, image.data))
            return await asyncio.to_thread(self._of, image, recipe, provider, given or {})

    async def handed_out(self, image: Pixels, wanted: Metadata, *, drawn: bool) -> bytes:
        """The file of a kept picture, with what shall go along.

        Args:
            drawn: here, and not imported.
        """
        if wanted is Metadata.KEEP:
            return image.data
        async with self._room:
            return await asyncio.to_thread(self._bared, image, wanted, drawn)

    async def credentials(self, image: Pixels) -> Credentials:
        """What a validator says of a file. Raises Unsupported."""
        async with self._room:
            return await asyncio.to_thread(read_credentials, image.data, image.media_type, anchors=self.anchors)

    def _of(self, image: Pixels, recipe: Recipe, provider: str, given: Mapping[str, bytes]) -> Finished:
        if signed(image.data, image.media_type):
            return Finished(image=image, small=thumbnail(image.data))
        ours, mark = provider in DRAWN_HERE, None
        if ours:
            image, mark = self._marked(image, recipe)
        small, data = thumbnail(image.data), image.data
        if image.media_type == "image/png":
            data = metadata.embed(data, recipe)
        if ours and self.signing is not None:
            data = self.signing.drawn(data, image.media_type, recipe, inputs=_inputs(recipe, given))
        return Finished(image=replace(image, data=data), small=small, mark=mark)

    def _marked(self, image: Pixels, recipe: Recipe) -> tuple[Pixels, int | None]:
        if image.media_type != "image/png":
            return image, None
        data = image.data if self.visible is None else written(image.data, self.visible)
        if not self.invisible:
            return replace(image, data=data), None
        mark = watermark.mark_of(recipe)
        put = watermark.put(data, mark)
        return replace(image, data=put or data), mark if put else None

    def _bared(self, image: Pixels, wanted: Metadata, drawn: bool) -> bytes:
        bare = metadata.stripped(image.data, image.media_type)
        if wanted is Metadata.STRIP or self.signing is None:
            return bare
        if signed(image.data, image.media_type):
            return self.signing.bared(bare, image.media_type, before=image.data)
        return self.signing.drawn(bare, image.media_type, None) if drawn else bare


def _inputs(recipe: Recipe, given: Mapping[str, bytes]) -> Sequence[bytes]:
    """Files of the images that a picture was drawn from; a mask shows nothing."""
    images = (image for name, image in image_fields(recipe).items() if "mask" not in name.split("."))
    return [given[image] for image in dict.fromkeys(images) if image in given]
