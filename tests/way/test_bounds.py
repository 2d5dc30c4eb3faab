"""How large what is sent may be: every route that reads a body, and every one that opens an image."""

import base64
import re
import socket
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image

from safelight.domain.access import Openness
from safelight.domain.errors import UnusableImage
from safelight.store.decoding import PIXELS_LIMIT, measured, opened
from safelight.web import body as reading
from safelight.web.permissions import RULES
from tests.running import ROOT
from tests.way.house import Plan, Running, running

BODY, IMAGES = 8192, 65536
JSON, FORM = "application/json", "multipart/form-data; boundary=x"
MARK = b'"data:image/'
SENDING = ("POST", "PUT", "PATCH")
EMPTY = {
    "/api/v1/generations/{generation}/reproduce",
    "/api/v1/models/{model}/residency",
    "/sdapi/v1/interrupt",
    "/sdapi/v1/skip",
    "/sdapi/v1/refresh-checkpoints",
    "/sdapi/v1/refresh-loras",
    "/sdapi/v1/refresh-vae",
}
"""They take no body, and read none."""
UPLOADS = {"/api/v1/images", "/api/v1/pictures", "/api/v1/watermarks"}
FORMS = {"/v1/images/edits"}
TAKING = sorted({*((m, p) for m, p in RULES if m in SENDING and p not in EMPTY), ("DELETE", "/api/v1/me")})

OURS = [(method, path) for method, path in TAKING if path.startswith("/api/v1/") and path not in UPLOADS]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    plan = Plan(home=tmp_path_factory.mktemp("home"), openness=Openness.SINGLE, body_limit=BODY, images_limit=IMAGES)
    with running(plan) as server, connected(server) as client:
        yield client


def connected(server: Running) -> httpx2.Client:
    return httpx2.Client(base_url=server.url, trust_env=False, timeout=30)


def kind_of(path: str) -> str:
    return "image/png" if path in UPLOADS else FORM if path in FORMS else JSON


def body(size: int, *, image: bool) -> bytes:
    """A JSON object of so many bytes, in which an image begins or none."""
    begins = b'{"x": ' + (MARK if image else b'"')
    return begins + b"A" * (size - len(begins) - 2) + b'"}'


def in_pieces(data: bytes) -> Iterator[bytes]:
    """Sent without saying how much it will be."""
    for first in range(0, len(data), 4096):
        yield data[first : first + 4096]


@pytest.mark.parametrize(("method", "path"), TAKING)
def test_one_byte_too_many_is_refused_however_it_comes(client: httpx2.Client, method: str, path: str) -> None:
    kind = {"Content-Type": kind_of(path)}
    place = path.format(**dict.fromkeys(re.findall(r"{(\w+)", path), "x")).replace(":path", "")
    large = body(IMAGES + 1, image=True)
    for content in (large, in_pieces(large)):
        refused = client.request(method, place, content=content, headers=kind)
        assert refused.status_code == 413, (refused.status_code, refused.text[:300])
    fits = client.request(method, place, content=body(BODY, image=False), headers=kind)
    assert fits.status_code not in (413, 500), fits.text[:300]


@pytest.mark.parametrize(("method", "path"), OURS)
def test_a_body_without_an_image_has_no_reason_to_be_large(client: httpx2.Client, method: str, path: str) -> None:
    place = path.format(**dict.fromkeys(re.findall(r"{(\w+)", path), "x"))
    for size, image, large in ((BODY + 1, False, True), (BODY + 1, True, False), (IMAGES, True, False)):
        answer = client.request(method, place, content=body(size, image=image), headers={"Content-Type": JSON})
        assert (answer.status_code == 413) is large, (size, image, answer.text[:300])


def test_no_route_reads_its_body_in_another_way() -> None:
    """Starlette's own ways read as much as there is."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "src/safelight/web").rglob("*.py")}
    unbounded = re.compile(r"request\.(body|json|form)\(|from fastapi import .*\b(File|Form|UploadFile)\b")
    assert not [name for name, text in sources.items() if unbounded.search(text)]
    assert [name for name, text in sources.items() if "request.stream()" in text] == ["body.py"]


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says that it has so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


LARGE = bomb(PIXELS_LIMIT // 1000 + 1, 1000)
URL = f"data:image/png;base64,{base64.b64encode(LARGE).decode()}"
PLAIN = base64.b64encode(LARGE).decode()
RECIPE: dict[str, Any] = {"prompt": "an owl", "steps": 1}
BY_JSON: list[tuple[str, dict[str, Any]]] = [
    ("/api/v1/generations", {**RECIPE, "image": {"image": URL}}),
    ("/api/v1/generations", {**RECIPE, "image": {"image": URL}, "mask": {"image": URL}}),
    ("/api/v1/batches", {"recipes": [{**RECIPE, "image": {"image": URL}}]}),
    ("/sdapi/v1/img2img", {**RECIPE, "init_images": [PLAIN]}),
    ("/sdapi/v1/png-info", {"image": PLAIN}),
    ("/sdapi/v1/extra-single-image", {"image": PLAIN, "upscaler_1": "Lanczos"}),
    ("/sdapi/v1/extra-batch-images", {"imageList": [{"data": PLAIN, "name": "x"}], "upscaler_1": "Lanczos"}),
]


@pytest.mark.parametrize(("path", "wish"), BY_JSON)
def test_a_small_file_that_would_be_huge_is_not_decoded(client: httpx2.Client, path: str, wish: dict[str, Any]) -> None:
    refused = client.post(path, json=wish)
    assert refused.status_code == 422 and "pixels" in refused.text, refused.text[:500]


def test_neither_is_one_that_is_uploaded(client: httpx2.Client) -> None:
    for path in sorted(UPLOADS):
        for sent in ({"content": LARGE, "headers": {"Content-Type": "image/png"}}, {"files": {"file": LARGE}}):
            refused = client.post(path, **sent)
            assert refused.status_code == 422 and "pixels" in refused.json()["detail"]
    for files in ({"image": LARGE}, {"image": png(), "mask": LARGE}):
        refused = client.post("/v1/images/edits", data={"prompt": "an owl"}, files=files)
        assert refused.status_code in (400, 422) and "pixels" in refused.text, refused.text


def png() -> bytes:
    out = BytesIO()
    Image.new("RGBA", (64, 64)).save(out, "PNG")
    return out.getvalue()


def test_the_limit_of_pixels_is_exact() -> None:
    out = BytesIO()
    Image.new("1", (PIXELS_LIMIT // 1000, 1000)).save(out, "PNG")
    with opened(out.getvalue()) as image:
        assert image.width * image.height == PIXELS_LIMIT
    assert measured(out.getvalue()) == (PIXELS_LIMIT // 1000, 1000)
    for read in (measured, lambda data: opened(data).__enter__()):
        with pytest.raises(UnusableImage, match="pixels"):
            read(LARGE)
        with pytest.raises(UnusableImage):
            read(b"\x89PNG\r\n\x1a\n")


def test_a_text_in_a_png_that_unpacks_to_very_much_is_not_read(client: httpx2.Client) -> None:
    """100 MB of spaces, in a hundredth of a megabyte."""
    text = b"parameters\0\0" + zlib.compress(b" " * 100_000_000, 9)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    plain = png()
    end = plain.index(b"IDAT") - 4
    packed = plain[:end] + chunk + plain[end:]
    assert len(packed) > IMAGES  # it would not even come in here; the reader has a limit of its own
    with pytest.raises(UnusableImage), opened(packed):
        pass


def test_who_stops_in_the_middle_of_a_body_is_not_waited_for_for_ever(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SILENCE_S", 0.2)
    head = b"POST /api/v1/generations HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=30) as line:
        line.sendall(head + b'{"prompt": ')
        answer = b"".join(iter(partial(line.recv, 65536), b""))
    assert answer.startswith(b"HTTP/1.1 400") and b"Nothing more of the body came" in answer
    assert client.get("/api/v1/generations").json()["items"] == []
