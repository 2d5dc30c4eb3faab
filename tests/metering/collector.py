"""Servers that speak the protocols of OpenTelemetry's collector and of Sentry, and remember what they were sent."""

import gzip
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass
class Received:
    """What came, by the path that it was sent to."""

    url: str
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def spans(self) -> list[Any]:
        """Of every trace that was sent, as their protocol buffers have them."""
        found = []
        for path, _, body in tuple(self.requests):
            assert path == "/v1/traces"
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found

    def events(self) -> list[dict[str, Any]]:
        """What Sentry's envelopes hold: a line about all of it, then a line about each item before the item."""
        found = []
        for path, _, body in tuple(self.requests):
            assert path == "/api/7/envelope/"
            lines = body.split(b"\n")
            items = zip(lines[1::2], lines[2::2], strict=False)
            found += [json.loads(item) for about, item in items if about and json.loads(about)["type"] == "event"]
        return found


@contextmanager
def receiving() -> Generator[Received, None, None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            with received.came:
                received.requests.append((self.path, dict(self.headers), body))
                received.came.notify_all()
            answer = ExportTraceServiceResponse().SerializeToString() if self.path.endswith("traces") else b"{}"
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Received(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
