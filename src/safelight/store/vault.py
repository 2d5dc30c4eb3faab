"""The workspaces' credentials for image services, sealed: who has the database alone has nothing.

Each set is one row, sealed with AES-256-GCM under the server's key, and bound to its workspace and provider, so that a
row that is moved elsewhere does not open. The key is in a file of the home, and in no backup.
"""

import asyncio
import base64
import binascii
import json
import logging
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.exc import IntegrityError

from safelight.domain.errors import Misconfigured, NotFound, Unsupported
from safelight.store.records import Records
from safelight.store.schema import CREDENTIALS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

log = logging.getLogger(__name__)

FILE = "vault.key"
KEY_BYTES, NONCE_BYTES = 32, 12


class SealedVault:
    """Rows that only this server opens.

    Args:
        home: folder of the key's file, which is made when it is first needed.
        key: instead of the file's: 32 bytes in base64, the same for all servers over one database.
    """

    def __init__(self, records: Records, *, home: Path, key: SecretStr | None = None) -> None:
        self._engine = records.engine
        self._file = home / FILE
        self._given = key

    async def put(self, workspace: str, provider: str, values: Mapping[str, str]) -> None:
        """Keep a workspace's credentials, in the place of those before.

        Raises:
            NotFound: there is no such workspace.
            Unsupported: what seals them is not installed.
            Misconfigured: the key cannot be read or made.
        """
        cipher = await asyncio.to_thread(self._cipher, make=True)
        assert cipher is not None, "it was made"
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + cipher.encrypt(nonce, json.dumps(dict(values)).encode(), _bound(workspace, provider))
        row = {"workspace": workspace, "provider": provider, "sealed": sealed, "changed_at": datetime.now(UTC)}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(delete(CREDENTIALS).where(_of(workspace, provider)))
                await connection.execute(insert(CREDENTIALS).values(row))
        except IntegrityError as error:
            raise NotFound("There is no such workspace.", hint="GET /api/v1/workspaces lists them.") from error

    async def remove(self, workspace: str, provider: str) -> bool:
        """Forget a workspace's credentials; whether there were any. Idempotent."""
        async with self._engine.begin() as connection:
            return bool((await connection.execute(delete(CREDENTIALS).where(_of(workspace, provider)))).rowcount)

    async def opened(self, workspace: str, provider: str) -> Mapping[str, str] | None:
        """A workspace's credentials in the clear; None where it has none, or they were sealed with another key."""
        async with self._engine.connect() as connection:
            sealed = (await connection.execute(select(CREDENTIALS.c.sealed).where(_of(workspace, provider)))).scalar()
        if sealed is None:
            return None
        cipher = await asyncio.to_thread(self._cipher, make=False)
        if cipher is None:
            _complain(workspace, provider)
            return None
        from cryptography.exceptions import InvalidTag

        try:
            clear = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(workspace, provider))
        except InvalidTag:
            _complain(workspace, provider)
            return None
        return {str(name): str(value) for name, value in json.loads(clear).items()}

    def _cipher(self, *, make: bool) -> "AESGCM | None":
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as error:
            raise Unsupported(
                "Credentials are sealed with the package `cryptography`, which is not installed.",
                hint="pip install 'safelight[providers]', or put them into the settings.",
            ) from error
        key = self._key(make=make)
        return None if key is None else AESGCM(key)

    def _key(self, *, make: bool) -> bytes | None:
        if self._given is not None:
            return decoded(self._given.get_secret_value())
        try:
            if make and not self._file.exists():
                # Nobody else may read it, at no moment; who comes second takes the first one's.
                handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)))
            return decoded(self._file.read_text("ascii"))
        except FileNotFoundError:
            return None
        except FileExistsError:
            return decoded(self._file.read_text("ascii"))
        except (OSError, ValueError) as error:
            raise Misconfigured(
                f"The key {self._file} cannot be used: {error}.",
                hint="Put it back, or remove it and give the credentials again.",
            ) from error


def decoded(key: str) -> bytes:
    """The key of a vault. Raises Misconfigured where it is none."""
    try:
        found = base64.b64decode(key.strip(), validate=True)
    except (ValueError, binascii.Error):
        found = b""
    if len(found) != KEY_BYTES:
        raise Misconfigured(
            "The key of the vault is not 32 bytes in base64.",
            hint="`openssl rand -base64 32` makes one for SAFELIGHT_VAULT_KEY.",
        )
    return found


def _of(workspace: str, provider: str) -> ColumnElement[bool]:
    return (CREDENTIALS.c.workspace == workspace) & (CREDENTIALS.c.provider == provider)


def _bound(workspace: str, provider: str) -> bytes:
    return f"{workspace}\0{provider}".encode()


def _complain(workspace: str, provider: str) -> None:
    log.warning("the credentials of %s for %s were sealed with another key", workspace, provider)
