"""What a C2PA validator says of a file."""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from safelight.domain.credentials import Credentials, Holds, Ingredient, Objection
from safelight.domain.errors import Unsupported
from safelight.store.provenance.presence import signed
from safelight.store.provenance.signing import QUIET

PACKAGE = "c2pa"
UNTRUSTED = "signingCredential.untrusted"
MANY, LONG = 20, 300
"""A file may say more than anybody wants to hear."""


def installed() -> bool:
    """Whether credentials can be signed and read here."""
    return all(importlib.util.find_spec(name) is not None for name in (PACKAGE, "cryptography"))


def read_credentials(data: bytes, media_type: str, *, anchors: bytes = b"") -> Credentials:
    """Read and validate, without asking anybody. Takes milliseconds: for a thread.

    Args:
        anchors: certificates that are trusted, in PEM.

    Raises:
        Unsupported: there are some, and no validator is installed.
    """
    if not signed(data, media_type):
        return Credentials(state=Holds.ABSENT)
    if not installed():
        raise Unsupported(
            "This file has content credentials, and nothing here can read them.",
            hint="pip install -c constraints.txt 'safelight[provenance]'",
        )
    from c2pa import C2paError, Context, Reader, Settings

    trusting = {**QUIET, "trust": {"trust_anchors": anchors.decode()}} if anchors else QUIET
    try:
        with (
            Settings.from_dict(trusting) as settings,
            Context(settings) as context,
            Reader(media_type, BytesIO(data), context=context) as reader,
        ):
            return _told(json.loads(reader.json()))
    except C2paError as error:
        problem = Objection(code="unreadable", explanation=str(error)[:LONG])
        return Credentials(state=Holds.INVALID, problems=(problem,))


def _told(store: Mapping[str, Any]) -> Credentials:
    manifests = store.get("manifests", {})
    active = manifests.get(store.get("active_manifest"), {})
    signature, state = active.get("signature_info", {}), store.get("validation_state")
    problems = store.get("validation_status") or ()
    # That nobody here knows the signer is not a fault of the file: `trusted` says it.
    faults = [one for one in problems if one.get("code") != UNTRUSTED]
    actions = list(_actions(active))
    everything = [action for manifest in manifests.values() for action in _actions(manifest)]
    return Credentials(
        state=Holds.VALID if state in ("Valid", "Trusted") else Holds.INVALID,
        trusted=state == "Trusted",
        issuer=_short(signature.get("issuer")),
        signer=_short(signature.get("common_name")),
        generator=_generator(active),
        signed_at=_moment(signature.get("time")),
        actions=_few(action.get("action") for action in actions),
        source_types=_few(str(action.get("digitalSourceType") or "").rpartition("/")[2] for action in everything),
        software=_few(_agent(action.get("softwareAgent")) for action in everything),
        ingredients=tuple(_ingredients(active))[:MANY],
        problems=tuple(
            Objection(code=_short(one.get("code")) or "", explanation=_short(one.get("explanation")) or "")
            for one in faults[:MANY]
        ),
    )


def _actions(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for assertion in manifest.get("assertions") or ():
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            yield from assertion.get("data", {}).get("actions") or ()


def _ingredients(manifest: Mapping[str, Any]) -> Iterator[Ingredient]:
    for one in manifest.get("ingredients") or ():
        yield Ingredient(
            title=_short(one.get("title")) or "",
            relationship=_short(one.get("relationship")) or "",
            credentials=bool(one.get("active_manifest")),
        )


def _generator(manifest: Mapping[str, Any]) -> str | None:
    for one in manifest.get("claim_generator_info") or ():
        return _short(" ".join(filter(None, (one.get("name"), one.get("version")))))
    return _short(manifest.get("claim_generator"))


def _agent(agent: object) -> str:
    """Of a picture's maker; a mapping in version 2 of the actions, a text before."""
    return str(agent.get("name") or "") if isinstance(agent, Mapping) else str(agent or "")


def _few(texts: Iterator[Any]) -> tuple[str, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(str(text)[:LONG] for text in texts if text))[:MANY]


def _short(text: object) -> str | None:
    return None if text is None else str(text)[:LONG]


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
