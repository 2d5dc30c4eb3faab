"""Passwords, by Argon2id. A check takes about 0.15 seconds of a processor: it runs in a thread."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = PasswordHash((Argon2Hasher(),))
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$c2FmZWxpZ2h0LW5vYm9keQ$Pv5y1nWrkvBQBrD43pJmGkZ9v0pM7z7D6Yj3mQy1r8k"
"""A hash of nothing: whoever asks for a name that nobody has waits just as long for the answer."""


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_HASHER.hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password that was hashed; False, and not sooner, where there is none."""
    right = await asyncio.to_thread(_HASHER.verify, password, kept or _NOBODYS)
    return right and kept is not None
