"""Files of kept pictures on their way out: with what goes along, and what they say of themselves."""

from dataclasses import replace

from safelight.domain.credentials import Credentials, Metadata
from safelight.domain.picture import Origin
from safelight.domain.pixels import Pixels
from safelight.store.pictures import Pictures


async def handed_out(pictures: Pictures, picture: str, wanted: Metadata, *, workspace: str) -> Pixels:
    """A picture with what shall go along with its pixels. Raises NotFound."""
    record = await pictures.get(picture, workspace=workspace)
    image = await pictures.file(picture, workspace=workspace)
    data = await pictures.finish.handed_out(image, wanted, drawn=record.origin is Origin.DRAWN)
    return replace(image, data=data)


async def credentials_of(pictures: Pictures, picture: str, *, workspace: str) -> Credentials:
    """What a validator says of a picture's file. Raises NotFound, Unsupported."""
    return await pictures.finish.credentials(await pictures.file(picture, workspace=workspace))
