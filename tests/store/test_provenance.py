"""Content credentials: what is signed, with what, and what a validator says of it."""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from PIL import Image

from safelight.domain.credentials import Holds, Metadata
from safelight.domain.errors import Misconfigured
from safelight.domain.pixels import Pixels
from safelight.store import metadata
from safelight.store.finish import Finish
from safelight.store.provenance import chain as chains
from safelight.store.provenance.chain import Chain, own_chain, read_chain
from safelight.store.provenance.presence import manifest_bytes, media_type_of, signed
from safelight.store.provenance.reading import read_credentials
from safelight.store.provenance.signing import Signing
from tests.store.authority import authority
from tests.store.making import png, recipe

pytestmark = pytest.mark.anyio
PROMPT = "a red dragon"
A, M, P = (f"img_{letter * 64}" for letter in "0ab")
STARTED = recipe(image={"image": A})


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return own_chain(tmp_path_factory.mktemp("home") / "credentials")


@pytest.fixture
def finish(chain: Chain) -> Finish:
    return Finish(signing=Signing(chain=chain), anchors=chain.anchors)


def pixels(data: bytes, media_type: str = "image/png") -> Pixels:
    with Image.open(BytesIO(data)) as image:
        return Pixels(data, media_type, image.width, image.height)


def encoded(kind: str) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, kind)
    return out.getvalue()


def seen(data: bytes) -> bytes:
    with Image.open(BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


async def test_a_drawn_picture_says_who_drew_it_and_that_a_model_did(finish: Finish) -> None:
    made = await finish.of(pixels(png()), recipe(PROMPT), provider="local")
    told = await finish.credentials(made.image)
    assert (told.state, told.trusted, told.problems) == (Holds.VALID, True, ())
    assert told.actions == ("c2pa.created",)
    assert told.source_types == ("trainedAlgorithmicMedia",)
    assert told.software == ("sprite",)
    assert told.generator is not None and told.generator.startswith("Safelight ")
    # Nothing else is lost, and nothing is seen.
    assert metadata.read(made.image.data) == recipe(PROMPT)
    assert seen(made.image.data) == seen(png())
    with Image.open(BytesIO(made.image.data)) as image:
        assert str(image.info["parameters"]).startswith(PROMPT)


def test_whoever_does_not_know_our_root_finds_it_valid_and_does_not_trust_it(finish: Finish, chain: Chain) -> None:
    assert finish.signing is not None
    data = finish.signing.drawn(png(), "image/png", recipe())
    stranger = read_credentials(data, "image/png")
    assert (stranger.state, stranger.trusted) == (Holds.VALID, False)
    other = read_credentials(data, "image/png", anchors=authority().root)
    assert (other.state, other.trusted) == (Holds.VALID, False)
    assert read_credentials(data, "image/png", anchors=chain.anchors).trusted


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_kind_of_file_is_signed_and_one_flipped_byte_is_told(kind: str, finish: Finish, chain: Chain) -> None:
    assert finish.signing is not None
    data, media_type = encoded(kind), f"image/{kind.lower()}"
    assert not signed(data, media_type)
    assert read_credentials(data, media_type).state is Holds.ABSENT
    whole = finish.signing.drawn(data, media_type, recipe())
    assert media_type_of(whole) == media_type
    assert 0 < manifest_bytes(whole, media_type) < 8192 and len(whole) - len(data) < 8192
    assert read_credentials(whole, media_type, anchors=chain.anchors).trusted
    flipped = bytearray(whole)
    middle = len(data) // 2
    flipped[whole.index(data[middle : middle + 24])] ^= 1
    told = read_credentials(bytes(flipped), media_type, anchors=chain.anchors)
    assert (told.state, told.trusted) == (Holds.INVALID, False)
    assert "assertion.dataHash.mismatch" in {problem.code for problem in told.problems}


def test_a_changed_recipe_breaks_the_signature_too(finish: Finish) -> None:
    assert finish.signing is not None
    data = finish.signing.drawn(metadata.embed(png(), recipe()), "image/png", recipe())
    assert read_credentials(metadata.embed(data, recipe("a cat")), "image/png").state is Holds.INVALID


def test_damaged_credentials_are_told_and_nothing_breaks(finish: Finish) -> None:
    assert finish.signing is not None
    whole = finish.signing.drawn(png(), "image/png", recipe())
    at = whole.index(b"caBX")
    for place in range(at + 8, at + 2000, 97):
        broken = bytearray(whole)
        broken[place] ^= 0x55
        assert read_credentials(bytes(broken), "image/png").state in (Holds.INVALID, Holds.VALID)


async def test_images_that_it_was_drawn_from_are_named_with_their_credentials(finish: Finish) -> None:
    camera = authority()
    given = {A: camera.sign(png()), M: png(mode="RGB"), P: png(width=32)}
    started = recipe(image={"image": A}, mask={"image": M})
    made = await finish.of(pixels(png()), started, provider="local", given=given)
    told = read_credentials(made.image.data, "image/png", anchors=finish.anchors + camera.root)
    assert (told.state, told.trusted) == (Holds.VALID, True)
    assert [(one.relationship, one.credentials) for one in told.ingredients] == [("inputTo", True)]
    assert set(told.source_types) == {"compositeWithTrainedAlgorithmicMedia", "digitalCapture"}
    plain = await finish.of(pixels(png()), recipe(image={"image": P}), provider="local", given=given)
    told = await finish.credentials(plain.image)
    assert told.state is Holds.VALID
    assert [(one.relationship, one.credentials) for one in told.ingredients] == [("inputTo", False)]


async def test_ingredients_with_broken_credentials_do_not_break_ours(finish: Finish) -> None:
    broken = bytearray(authority().sign(png()))
    broken[broken.index(b"caBX") + 300] ^= 0x55
    cut = authority().sign(png())
    cut = cut.replace(b"c2pa.claim", b"c2pa.clown")
    for data in (bytes(broken), cut):
        made = await finish.of(pixels(png()), STARTED, provider="local", given={A: data})
        assert (await finish.credentials(made.image)).trusted


async def test_what_another_service_has_signed_or_drawn_is_not_signed_by_us(finish: Finish) -> None:
    theirs = authority().sign(png())
    for provider in ("local", "elsewhere"):
        assert (await finish.of(pixels(theirs), recipe(), provider=provider)).image.data == theirs
    unsigned = await finish.of(pixels(png()), recipe(), provider="elsewhere")
    assert not signed(unsigned.image.data, "image/png")
    assert metadata.read(unsigned.image.data) == recipe()


async def test_handed_out_without_the_prompt(finish: Finish) -> None:
    kept = (await finish.of(pixels(png()), recipe(PROMPT), provider="local")).image
    assert await finish.handed_out(kept, Metadata.KEEP, drawn=True) == kept.data
    bare = await finish.handed_out(kept, Metadata.STRIP, drawn=True)
    told = await finish.handed_out(kept, Metadata.CREDENTIALS, drawn=True)
    for data in (bare, told):
        assert b"dragon" not in data and metadata.read(data) is None
        assert seen(data) == seen(kept.data)
    assert not signed(bare, "image/png")
    credentials = read_credentials(told, "image/png", anchors=finish.anchors)
    assert (credentials.state, credentials.trusted) == (Holds.VALID, True)
    assert credentials.actions == ("c2pa.opened", "c2pa.edited.metadata")
    assert credentials.source_types == ("trainedAlgorithmicMedia",)
    assert [(one.relationship, one.credentials) for one in credentials.ingredients] == [("parentOf", True)]


async def test_credentials_are_made_for_what_was_drawn_before_and_for_nothing_imported(finish: Finish) -> None:
    before = pixels(metadata.embed(png(), recipe(PROMPT)))
    drawn = await finish.handed_out(before, Metadata.CREDENTIALS, drawn=True)
    told = read_credentials(drawn, "image/png")
    assert (told.state, told.actions) == (Holds.VALID, ("c2pa.created",)) and b"dragon" not in drawn
    imported = await finish.handed_out(before, Metadata.CREDENTIALS, drawn=False)
    assert not signed(imported, "image/png") and b"dragon" not in imported
    unsigning = await Finish().handed_out(before, Metadata.CREDENTIALS, drawn=True)
    assert unsigning == await Finish().handed_out(before, Metadata.STRIP, drawn=True)


def test_our_own_certificate_is_made_once_and_nobody_else_can_read_the_key(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "credentials"
    made = own_chain(folder)
    assert own_chain(folder) == made and made.holds
    assert {path.name for path in folder.iterdir()} == {"chain.pem", "key.pem", "root.pem"}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert "PRIVATE" not in repr(made) and "PRIVATE" not in repr(Signing(chain=made))
    (folder / "key.pem").unlink()
    again = own_chain(folder)
    assert again.certificates != made.certificates and made.anchors in again.anchors


def test_a_certificate_that_ends_soon_is_made_anew_and_the_earlier_one_stays_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "LASTS", timedelta(days=20))
    first = own_chain(tmp_path)
    picture = Signing(chain=first).drawn(png(), "image/png", recipe())
    monkeypatch.undo()
    second = own_chain(tmp_path)
    assert second.certificates != first.certificates and own_chain(tmp_path) == second
    assert read_credentials(picture, "image/png", anchors=second.anchors).trusted


def test_certificates_of_ones_own_are_used_as_they_are(tmp_path: Path) -> None:
    mine = authority()
    chain = read_chain(*mine.put(tmp_path))
    assert chain.algorithm == "es256" and "CN=A camera" in chain.signer
    data = Signing(chain=chain).drawn(png(), "image/png", recipe())
    told = read_credentials(data, "image/png", anchors=mine.root)
    assert (told.trusted, told.signer, told.issuer) == (True, "A camera", "Others")


def test_what_cannot_be_signed_with_is_refused_and_the_key_is_not_told(tmp_path: Path) -> None:
    certificate, key = authority().put(tmp_path / "one")
    _, other = authority().put(tmp_path / "other")
    wrong, its_key = authority(purpose=ExtendedKeyUsageOID.SERVER_AUTH).put(tmp_path / "wrong")
    for pair, fault in (
        ((tmp_path / "nowhere.pem", key), "no such file"),
        ((key, key), "no certificate"),
        ((certificate, certificate), "no private key"),
        ((certificate, other), "does not belong"),
        ((wrong, its_key), "not for signing"),
    ):
        with pytest.raises(Misconfigured, match=fault) as refused:
            read_chain(*pair)
        assert "PRIVATE KEY" not in f"{refused.value.detail}{refused.value.hint}"


def test_a_home_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Misconfigured, match="cannot be kept"):
        own_chain(tmp_path / "file" / "credentials")


def test_nothing_is_signed_with_an_expired_certificate(tmp_path: Path) -> None:
    chain = read_chain(*authority(lasts=-timedelta(days=1)).put(tmp_path))
    assert not chain.holds
    assert Signing(chain=chain).drawn(png(), "image/png", recipe()) == png()


@pytest.fixture
def broken_authority() -> Iterator[tuple[str, list[bytes]]]:
    """A timestamp authority that answers with an error, and what it was asked."""
    asked: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_without_its_timestamp_authority_a_picture_is_signed_all_the_same(
    chain: Chain, broken_authority: tuple[str, list[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    address, asked = broken_authority
    signing = Signing(chain=chain, timestamps=address)
    with caplog.at_level(logging.WARNING):
        told = [read_credentials(signing.drawn(png(), "image/png", recipe()), "image/png") for _ in range(3)]
    assert {one.state for one in told} == {Holds.VALID}
    assert len(asked) == 1, "it rests for a while"
    assert "timestamp authority" in caplog.text and "PRIVATE" not in caplog.text


def test_reading_never_sends_for_anything(chain: Chain) -> None:
    """A file can say that its credentials lie at some address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"
        xmp = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            f'<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"/>'
            "</rdf:RDF></x:xmpmeta>"
        )
        out = BytesIO()
        Image.new("RGB", (64, 64)).save(out, "JPEG", xmp=xmp.encode())
        camera = authority().sign(out.getvalue(), "image/jpeg")
        cut = camera.replace(b"c2pa.claim", b"c2pa.clown")
        for data in (out.getvalue(), camera, cut):
            read_credentials(data, "image/jpeg", anchors=chain.anchors)
            Signing(chain=chain).drawn(png(), "image/png", STARTED, inputs=[data])
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.skipif(os.name == "nt", reason="no modes of files")
def test_the_files_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter([None, None])

    def fails(handle: int) -> None:
        if next(calls, "full") == "full":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(Misconfigured, match="No space left"):
        own_chain(tmp_path)
    monkeypatch.undo()
    assert own_chain(tmp_path).holds
