"""A certificate authority that has nothing to do with Safelight, and what it signs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from c2pa import Builder, C2paSignerInfo, Context, Settings, Signer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from safelight.store.provenance.signing import QUIET, SOURCE_TYPES

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Its root, and one certificate with its key; all in PEM."""

    root: bytes
    certificate: bytes
    key: bytes

    def put(self, folder: Path) -> tuple[Path, Path]:
        """Certificate and key as files."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "camera.pem").write_bytes(self.certificate)
        (folder / "camera.key").write_bytes(self.key)
        return folder / "camera.pem", folder / "camera.key"

    def sign(self, data: bytes, media_type: str = "image/png") -> bytes:
        """As another program would."""
        action = {"action": "c2pa.created", "digitalSourceType": f"{SOURCE_TYPES}digitalCapture"}
        manifest = {
            "claim_generator_info": [{"name": "Some camera", "version": "2"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }
        info, out = C2paSignerInfo("es256", self.certificate, self.key, None), BytesIO()
        with (
            Settings.from_dict(QUIET) as settings,
            Context(settings) as context,
            Builder(manifest, context) as builder,
            Signer.from_info(info) as signer,
        ):
            builder.sign(signer, media_type, BytesIO(data), out)
        return out.getvalue()


def authority(*, lasts: timedelta = 30 * DAY, purpose: x509.ObjectIdentifier | None = None) -> Authority:
    """A new one.

    Args:
        lasts: how much longer its certificate is good; negative for one that has expired.
        purpose: of the certificate, instead of e-mail protection.
    """
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _builder("Other people's root", "Other people's root", root_key, 3650 * DAY, signs=True)
    leaf = _builder("A camera", "Other people's root", key, lasts, signs=False).add_extension(
        x509.ExtendedKeyUsage([purpose or ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
    )
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return Authority(
        root=root.add_extension(by, critical=False).sign(root_key, SHA256()).public_bytes(Encoding.PEM),
        certificate=leaf.add_extension(by, critical=False).sign(root_key, SHA256()).public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _builder(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, lasts: timedelta, *, signs: bool
) -> x509.CertificateBuilder:
    usage = dict.fromkeys(
        "content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only".split(), False
    )
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - 60 * DAY)
        .not_valid_after(datetime.now(UTC) + lasts)
        .add_extension(x509.BasicConstraints(ca=signs, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Others"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
