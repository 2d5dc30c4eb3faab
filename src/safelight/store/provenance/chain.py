"""The certificates to sign with: one's own, made at the first start, or those that the settings name.

Our own root signs one certificate, and its key is never written anywhere. When the certificate is about to expire, a
new pair is made; the root of the earlier one stays among those that are trusted.
"""

import logging
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from safelight.domain.errors import Misconfigured

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

log = logging.getLogger(__name__)

LASTS = timedelta(days=3653)
"""Long: without a timestamp authority a signature holds no longer than its certificate."""
RENEWED_BEFORE = timedelta(days=90)
CHAIN, KEY, ROOT, EARLIER = "chain.pem", "key.pem", "root.pem", "earlier-roots.pem"
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
PURPOSES = {"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1"}
"""What a certificate has to be for: e-mail, documents, or C2PA claims."""


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A certificate with its key.

    Attributes:
        certificates: PEM, the signing one first.
        key: PEM. Not shown in any representation, and not to be logged.
        algorithm: C2PA's name of the signature algorithm.
        signer: name in the certificate.
        anchors: PEM of what is trusted because of it; empty where the certificate is not our own.
    """

    certificates: bytes
    key: bytes = field(repr=False)
    algorithm: str
    signer: str
    begins: datetime
    expires: datetime
    anchors: bytes = b""

    @property
    def holds(self) -> bool:
        """Whether it can be signed with now."""
        return self.begins <= datetime.now(UTC) < self.expires


def own_chain(folder: Path) -> Chain:
    """Our own certificate, made where there is none that lasts for a while.

    Raises:
        Misconfigured: the folder cannot be written to.
    """
    try:
        found = found_own(folder)
        if found is not None and found.expires - datetime.now(UTC) > RENEWED_BEFORE:
            return found
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / ROOT).is_file():
            _write(folder / EARLIER, _anchors(folder))
        _make(folder)
    except OSError as error:
        raise Misconfigured(
            f"The certificate for content credentials cannot be kept in {folder}: {error.strerror}.",
            hint="Give the server a home that it can write to, or set SAFELIGHT_CONTENT_CREDENTIALS=off.",
        ) from error
    made = found_own(folder)
    assert made is not None
    log.info("made a certificate for content credentials, which is good until %s", f"{made.expires:%Y-%m-%d}")
    return made


def found_own(folder: Path) -> Chain | None:
    """Our own certificate as it lies there; None where there is none, or half of one."""
    try:
        return read_chain(folder / CHAIN, folder / KEY, anchors=_anchors(folder))
    except (Misconfigured, FileNotFoundError):
        return None


def read_chain(certificates: Path, key: Path, *, anchors: bytes = b"") -> Chain:
    """A certificate with its key, from two files.

    Raises:
        Misconfigured: one of them cannot be read, they do not belong together, or it is not for signing.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = _read(certificates)
    try:
        leaf = x509.load_pem_x509_certificates(pem)[0]
    except ValueError as error:
        raise _unusable(certificates, "there is no certificate in it") from error
    secret = _read(key)
    try:
        private = load_pem_private_key(secret, password=None)
    except (ValueError, TypeError) as error:
        # Nothing of the file goes into the message.
        raise _unusable(key, "there is no private key in it, or one with a password") from error
    if private.public_key() != leaf.public_key():
        raise _unusable(key, f"it does not belong to the first certificate in {certificates}")
    if not PURPOSES & _purposes(leaf):
        raise _unusable(certificates, "its first certificate is not for signing (e-mail protection or C2PA claims)")
    return Chain(
        certificates=pem,
        key=secret,
        algorithm=_algorithm(private, key),
        signer=leaf.subject.rfc4514_string(),
        begins=leaf.not_valid_before_utc,
        expires=leaf.not_valid_after_utc,
        anchors=anchors,
    )


def _algorithm(private: object, path: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    match private:
        case EllipticCurvePrivateKey(curve=curve) if curve.name in CURVES:
            return CURVES[curve.name]
        case Ed25519PrivateKey():
            return "ed25519"
        case RSAPrivateKey(key_size=size) if size >= 2048:
            return "ps256"
    raise _unusable(path, "it is not of a kind that C2PA knows (P-256, P-384, P-521, Ed25519, RSA from 2048 bits)")


def _purposes(certificate: "x509.Certificate") -> set[str]:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return set()
    return {purpose.dotted_string for purpose in usage}


def _make(folder: Path) -> None:
    """A root and what it signs. The key first, the chain last: without the chain there is none."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    # A number that says nothing: whoever has two pictures sees that one server signed both, and not whose it is.
    number = uuid4().hex[:8]
    root, root_key = _certificate(f"Safelight root {number}")
    leaf, leaf_key = _certificate(f"Safelight {number}", issuer=(root, root_key))
    (folder / CHAIN).unlink(missing_ok=True)
    _write(folder / KEY, leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(folder / ROOT, root.public_bytes(Encoding.PEM))
    _write(folder / CHAIN, leaf.public_bytes(Encoding.PEM))


def _certificate(
    name: str, *, issuer: "tuple[x509.Certificate, EllipticCurvePrivateKey] | None" = None
) -> "tuple[x509.Certificate, EllipticCurvePrivateKey]":
    """By the profile of the C2PA specification, 14.5: version 3, one purpose, no self-signed signer."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key, begins = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC) - timedelta(hours=1)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Safelight"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    by, signing = (subject, key) if issuer is None else (issuer[0].subject, issuer[1])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LASTS)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=issuer is None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if issuer is not None:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(signing, SHA256()), key


def _usage(*, signs_certificates: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _anchors(folder: Path) -> bytes:
    """Our root, and those before it."""
    return b"".join(path.read_bytes() for path in (folder / ROOT, folder / EARLIER) if path.is_file())


def _write(path: Path, data: bytes) -> None:
    """For nobody else's eyes, and whole or not at all."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    draft.replace(path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _unusable(path, "there is no such file") from None
    except OSError as error:
        raise _unusable(path, error.strerror or "it cannot be read") from error


def _unusable(path: Path, why: str) -> Misconfigured:
    return Misconfigured(
        f"Nothing can be signed with {path}: {why}.",
        hint="See docs/how-to/content-credentials.md, or set SAFELIGHT_CONTENT_CREDENTIALS=off.",
    )
