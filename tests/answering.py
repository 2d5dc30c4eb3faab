"""A service on this machine that answers questions in JSON, as the language models' do."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def saying(**answer: object) -> dict[str, object]:
    """A reply as the Messages API documents it for a tool that was forced."""
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-test",
        "content": [{"type": "tool_use", "id": "toolu_01", "name": "answer", "input": answer}],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 400, "output_tokens": 60},
    }


@dataclass
class Api:
    """What the server answers, and what it was asked."""

    reply: object = field(default_factory=dict)
    status: int = 200
    delay: float = 0
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(api.delay)
            data = api.reply if isinstance(api.reply, bytes) else json.dumps(api.reply).encode()
            self.send_response(api.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked has lost patience
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
