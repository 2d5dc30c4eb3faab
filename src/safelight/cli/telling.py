"""`safelight examine`: what does a file say about where it comes from?"""

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from safelight.cli.console import out
from safelight.domain.credentials import Credentials, Holds
from safelight.domain.errors import Refused
from safelight.domain.recipe import Recipe
from safelight.settings import Settings
from safelight.store.decoding import opened
from safelight.store.metadata import found
from safelight.store.provenance import watermark
from safelight.store.provenance.opening import anchors
from safelight.store.provenance.presence import media_type_of
from safelight.store.provenance.reading import read_credentials


def run(file: Path, *, config: Path | None, home: Path | None) -> None:
    """Look at a file, and say what it tells.

    Raises:
        Refused, UnusableImage, Unsupported: it cannot be read.
    """
    settings, console = Settings.read(config=config, home=home), out()
    try:
        data = file.expanduser().read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.", hint="Name a PNG, JPEG or WebP file.") from error
    with opened(data) as image:
        console.print(Text(f"{image.format}, {image.width}x{image.height}"))
        noted = found(image)
    credentials = read_credentials(data, media_type_of(data) or "", anchors=anchors(settings))
    for line in (*_recipe(noted.recipe, noted.origin), *_credentials(credentials), _mark(data)):
        console.print(Text(line))


def _recipe(recipe: Recipe | None, origin: str) -> Iterator[str]:
    if recipe is None:
        yield "recipe       none"
        return
    yield f"recipe       {origin}: {recipe.prompt}"
    if recipe.seed is not None:
        yield f"             seed {recipe.seed}, model {recipe.model or 'unknown'}"


def _credentials(told: Credentials) -> Iterator[str]:
    if told.state is Holds.ABSENT:
        yield "credentials  none"
        return
    trusted = "trusted" if told.trusted else "by somebody who is not known here"
    yield f"credentials  {told.state}, {trusted}" if told.state is Holds.VALID else f"credentials  {told.state}"
    signer = ", ".join(filter(None, (told.signer, told.issuer, told.generator)))
    yield f"             signed by {signer or 'nobody'}"
    if said := (*told.actions, *told.source_types, *told.software):
        yield f"             {', '.join(said)}"
    for one in told.ingredients:
        yield f"             from {one.title} ({one.relationship}{', signed' if one.credentials else ''})"
    for problem in told.problems:
        yield f"             {problem.code}: {problem.explanation}"


def _mark(data: bytes) -> str:
    mark = watermark.read(data)
    return "watermark    none" if mark is None else f"watermark    {mark.mark:08x} ({mark.sure:.0%} sure)"
