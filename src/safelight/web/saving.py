"""What a browser is told about a file: its name, and whether to save it."""

from urllib.parse import quote


def disposition(name: str, *, download: bool) -> dict[str, str]:
    """The header for it; the name may be of any script."""
    return {"Content-Disposition": f"{'attachment' if download else 'inline'}; filename*=UTF-8''{quote(name)}"}
