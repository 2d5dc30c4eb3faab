"""Signed addresses, as another implementation of the same signature makes them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from safelight.domain.errors import Misconfigured
from safelight.store.cdn import Cdn

URL = "https://d111.cloudfront.net"


def written(path: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_an_address_is_signed_as_botocore_signs_it(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    cdn = Cdn(f"{URL}/", key_id="K1", private_key=written(tmp_path / "cdn.pem", key), lasting=timedelta(minutes=5))
    path = "shared/2026-11/ein drágon 竜+%&'.png"
    link = cdn.link(path)
    expires = datetime.fromtimestamp(int(parse_qs(urlsplit(link).query)["Expires"][0]), UTC)
    assert timedelta(minutes=4) < expires - datetime.now(UTC) <= timedelta(minutes=5)
    theirs = CloudFrontSigner("K1", lambda message: key.sign(message, padding.PKCS1v15(), SHA1()))
    assert link == theirs.generate_presigned_url(f"{URL}/{quote(path)}", date_less_than=expires)


def test_without_a_key_an_address_is_plain() -> None:
    assert Cdn(URL).link("a b") == f"{URL}/a%20b"


def test_a_key_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("no key")
    elliptic = written(tmp_path / "ec.pem", ec.generate_private_key(ec.SECP256R1()))
    for path, fault in ((tmp_path / "none", "No such file"), (tmp_path / "letter", "PEM"), (elliptic, "RSA")):
        with pytest.raises(Misconfigured, match=fault) as caught:
            Cdn(URL, key_id="K1", private_key=path)
        assert "openssl" in caught.value.hint
