"""Where things live on the HTTP surface, so that events and pictures can carry their own addresses."""

API = "/api/v1"


def generation_url(generation: str) -> str:
    return f"{API}/generations/{generation}"


def events_url(generation: str) -> str:
    return f"{generation_url(generation)}/events"


def frame_url(generation: str, *, step: int, picture: int = 0) -> str:
    url = f"{generation_url(generation)}/frames/{step}"
    return f"{url}?picture={picture}" if picture else url


def picture_file_url(picture: str) -> str:
    return f"{API}/pictures/{picture}/file"


def thumbnail_url(picture: str) -> str:
    return f"{API}/pictures/{picture}/thumbnail"


def image_url(image: str) -> str:
    return f"{API}/images/{image}"


def share_url(token: str) -> str:
    return f"/share/{token}"


def batch_url(batch: str) -> str:
    return f"{API}/batches/{batch}"


def batch_events_url(batch: str) -> str:
    return f"{batch_url(batch)}/events"


def grid_url(batch: str) -> str:
    return f"{batch_url(batch)}/grid"
