"""File names that tell what is inside, on every operating system."""

import re
import unicodedata
from datetime import UTC, datetime

SNIPPET_LIMIT = 40
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/avif": "avif", "image/gif": "gif"}


def file_name(*, provider: str, prompt: str, moment: datetime, media_type: str) -> str:
    """`{provider}_{prompt-snippet}_{iso-timestamp}.png`, for example
    `local_a-red-dragon_2026-11-21T12-30-05.123456Z.png`.

    Letters of any script stay; what some file system forbids becomes a hyphen. At most 255 bytes in UTF-8.
    """
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")
    extension = EXTENSIONS.get(media_type, "bin")
    return f"{_plain(provider) or 'safelight'}_{_plain(prompt) or 'untitled'}_{stamp}.{extension}"


def _plain(text: str) -> str:
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", text).lower())
    return words[:SNIPPET_LIMIT].strip("-")
