"""Whoever is called is called by the number that was looked at, and has to be who the name says."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from safelight.developing.addresses import Addresses
from safelight.developing.postman import Postman
from safelight.store.batches import Batches
from safelight.store.deliveries import Deliveries, Delivery
from safelight.store.pictures import Pictures
from safelight.store.records import Records

pytestmark = pytest.mark.anyio
NAME = "hooks.example"


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate that it signed itself, in one file."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def receiving(path: Path, hosts: list[str]) -> Iterator[int]:
    """The port of a server with that certificate, which notes by which name it was called."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Who does not trust the certificate hangs up."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("certified", [NAME, "other.example"])
async def test_the_name_is_looked_up_once_and_certified(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certified: str
) -> None:
    asked, hosts = list[str](), list[str]()
    path = certificate(tmp_path, certified)

    async def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "192.0.2.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo, raising=False)
    pictures: Pictures = None  # type: ignore[assignment]
    postman = Postman(
        deliveries=Deliveries(records, pictures, Batches(records)),
        addresses=Addresses(frozenset({NAME})),
        key=SecretStr("secret"),
    )
    with receiving(path, hosts) as port:
        trusted = ssl.create_default_context(cafile=path)
        url = f"https://{NAME}:{port}/"
        delivery = Delivery(id="d", created_at=datetime.now(UTC), event="e", url=url, body="{}", attempts=1)
        async with httpx2.AsyncClient(verify=trusted, trust_env=False) as client:
            fault = await postman._call(delivery, client)
    assert asked == [NAME]
    if certified == NAME:
        assert (fault, hosts) == (None, [f"{NAME}:{port}"])
    else:
        assert fault is not None and "reached" in fault
        assert hosts == []
