"""A server that speaks as the Hugging Face hub does, over real HTTP: repositories are folders of a temporary one."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """
    Attributes:
        root: repositories, as `owner/name` folders.
        gated: repositories that want a token.
        cut_after: bytes of a large file after which the connection is closed, once.
        corrupt: whether large files arrive with other bytes than promised.
        asked: what was asked for, such as `GET /owner/name/resolve/…/file` and its range.
    """

    root: Path
    gated: set[str] = field(default_factory=set)
    cut_after: int | None = None
    corrupt: bool = False
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    url: str = ""

    def fetched(self) -> list[str]:
        """Files whose content was sent."""
        return [
            path.partition(f"/resolve/{COMMIT}/")[2]
            for method, path, _ in self.asked
            if method == "GET" and COMMIT in path
        ]


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer("HEAD")

        def do_GET(self) -> None:
            self._answer("GET")

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self, method: str) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append((method, path, self.headers.get("Range")))
            if path.startswith("/api/models/"):
                self._info(path.removeprefix("/api/models/").partition("/revision/")[0])
            else:
                repository, _, rest = path.lstrip("/").partition("/resolve/")
                self._file(method, repository, rest.partition("/")[2])

        def _info(self, repository: str) -> None:
            if not self._may(repository):
                return
            folder = hub.root / repository
            siblings = [
                {"rfilename": str(file.relative_to(folder)), "size": file.stat().st_size}
                for file in sorted(folder.rglob("*"))
                if file.is_file()
            ]
            body = json.dumps({"id": repository, "sha": COMMIT, "siblings": siblings}).encode()
            self._send(200, {"Content-Type": "application/json", "Content-Length": str(len(body))}, body)

        def _file(self, method: str, repository: str, name: str) -> None:
            file = hub.root / repository / name
            if not self._may(repository):
                return
            if not file.is_file():
                self._send(404, {"X-Error-Code": "EntryNotFound", "Content-Length": "0"})
                return
            data = file.read_bytes()
            large = name.endswith(".safetensors")
            etag = hashlib.sha256(data).hexdigest() if large else hashlib.sha1(data).hexdigest()
            headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            if large:
                headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(data))}
            if large and hub.corrupt:
                data = data[:-1] + bytes([data[-1] ^ 1])
            start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            rest = data[start:]
            headers["Content-Length"] = str(len(rest))
            if method == "GET" and large and hub.cut_after is not None:
                rest, hub.cut_after, self.close_connection = rest[: hub.cut_after], None, True
            self._send(206 if start else 200, headers, rest if method == "GET" else b"")

        def _may(self, repository: str) -> bool:
            if not (hub.root / repository).is_dir():
                self._send(404, {"X-Error-Code": "RepoNotFound", "Content-Length": "0"})
                return False
            if repository in hub.gated and self.headers.get("Authorization") != "Bearer hf_good":
                self._send(403, {"X-Error-Code": "GatedRepo", "Content-Length": "0"})
                return False
            return True

        def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
