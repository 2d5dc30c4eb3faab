"""Where pictures come from, over HTTP."""

import io
import stat
import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from safelight.cli import examining, telling
from safelight.cli.finding import Finding
from safelight.domain.errors import Misconfigured
from safelight.settings import Settings
from safelight.store import metadata
from safelight.store.finish import Finish
from safelight.store.provenance.chain import own_chain
from safelight.store.provenance.presence import signed
from safelight.store.provenance.reading import read_credentials
from safelight.store.provenance.signing import Signing
from tests.running import serving
from tests.store.authority import Authority, authority
from tests.store.making import recipe
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS
from tests.way.test_submitting import assert_problem

pytestmark = pytest.mark.anyio
PICTURES = "/api/v1/pictures"
WISH = {"prompt": "a red dragon", "steps": 2, "seed": 5}


@pytest.fixture(scope="module")
def finish(tmp_path_factory: pytest.TempPathFactory) -> Finish:
    chain = own_chain(tmp_path_factory.mktemp("chain"))
    return Finish(signing=Signing(chain=chain), anchors=chain.anchors, invisible=True)


@pytest.fixture(scope="module")
def camera() -> Authority:
    return authority()


@pytest.fixture
def signing(serve: Callable[..., Running], finish: Finish) -> Running:
    return serve(finish=finish)


def photograph() -> bytes:
    """A PNG with texts that another program wrote."""
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, "PNG")
    return metadata.embed(out.getvalue(), recipe("a red dragon in secret"))


async def drawn(client: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post(GENERATIONS, json={**WISH, **changes}, headers={"Prefer": "wait=20"})
    assert answer.status_code == 200, answer.text
    generation: dict[str, Any] = answer.json()
    return generation


async def brought(client: httpx2.AsyncClient, data: bytes) -> str:
    answer = await client.post(PICTURES, content=data, headers={"Content-Type": "image/png"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def credentials(client: httpx2.AsyncClient, picture: str) -> dict[str, Any]:
    answer = await client.get(f"{PICTURES}/{picture}/credentials")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def seen(data: bytes) -> bytes:
    with Image.open(BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


async def test_a_drawn_picture_is_signed_and_says_so(signing: Running, finish: Finish) -> None:
    async with connected(signing) as client:
        picture = (await drawn(client))["pictures"][0]
        data = (await client.get(picture["url"])).content
        told = await credentials(client, picture["id"])
        assert (told["state"], told["trusted"], told["problems"]) == ("valid", True, [])
        assert told["source_types"] == ["trainedAlgorithmicMedia"]
        assert read_credentials(data, "image/png", anchors=finish.anchors).trusted
        kept = metadata.read(data)
        assert kept is not None and kept.prompt == WISH["prompt"]
        assert (await client.get(f"{PICTURES}/{picture['id']}")).json()["bytes"] == len(data)
        assert_problem(await client.get(f"{PICTURES}/pic_none/credentials"), 404)


async def test_what_somebody_else_has_signed_is_kept_to_the_byte(signing: Running, camera: Authority) -> None:
    theirs = camera.sign(photograph())
    flipped = bytearray(theirs)
    flipped[theirs.index(b"IDAT") + 8] ^= 1
    async with connected(signing) as client:
        picture = await brought(client, theirs)
        for query in ({}, {"download": "true"}, {"metadata": "keep"}):
            assert (await client.get(f"{PICTURES}/{picture}/file", params=query)).content == theirs
        told = await credentials(client, picture)
        assert (told["state"], told["trusted"], told["signer"]) == ("valid", False, "A camera")
        assert (await client.get(f"{PICTURES}/{picture}/recipe")).json()["recipe"]["prompt"] == "a red dragon in secret"
        archive = zipfile.ZipFile(io.BytesIO((await client.get(f"{PICTURES}/export")).content))
        assert archive.read(archive.namelist()[0]) == theirs
        unsigned = await brought(client, photograph())
        assert (await credentials(client, unsigned))["state"] == "absent"
        # A picture from it tells of it.
        started = (await drawn(client, image={"image": picture}))["pictures"][0]["id"]
        ingredients = (await credentials(client, started))["ingredients"]
        assert [(one["relationship"], one["credentials"]) for one in ingredients] == [("inputTo", True)]


async def test_a_flipped_byte_is_told(signing: Running, camera: Authority) -> None:
    out = BytesIO()
    Image.linear_gradient("L").save(out, "JPEG")
    broken = bytearray(camera.sign(out.getvalue(), "image/jpeg"))
    broken[-30] ^= 1
    async with connected(signing) as client:
        kind = {"Content-Type": "image/jpeg"}
        picture = (await client.post(PICTURES, content=bytes(broken), headers=kind)).json()["id"]
        told = await credentials(client, picture)
        assert told["state"] == "invalid" and told["trusted"] is False
        assert "assertion.dataHash.mismatch" in [problem["code"] for problem in told["problems"]]
        assert (await client.get(f"{PICTURES}/{picture}/file")).content == bytes(broken)


@pytest.mark.parametrize("wanted", ["strip", "credentials"])
async def test_a_file_goes_out_without_its_prompt(
    wanted: str, signing: Running, finish: Finish, camera: Authority
) -> None:
    async with connected(signing) as client:
        picture = (await drawn(client))["pictures"][0]["id"]
        theirs = await brought(client, camera.sign(photograph()))
        for one in (picture, theirs):
            whole = (await client.get(f"{PICTURES}/{one}/file")).content
            answer = await client.get(f"{PICTURES}/{one}/file", params={"metadata": wanted, "download": "true"})
            assert b"dragon" in whole and b"dragon" not in answer.content and "dragon" not in str(answer.headers)
            assert seen(answer.content) == seen(whole)
            assert signed(answer.content, "image/png") is (wanted == "credentials")
        if wanted == "credentials":
            assert read_credentials(answer.content, "image/png", anchors=finish.anchors).trusted
            assert b"A camera" in answer.content, "the history goes along"
        assert_problem(await client.get(f"{PICTURES}/{picture}/file", params={"metadata": "some"}), 422)


async def test_a_share_link_leaves_in_the_file_what_it_says(signing: Running) -> None:
    async with connected(signing) as client:
        picture = (await drawn(client))["pictures"][0]["id"]
        whole = (await client.get(f"{PICTURES}/{picture}/file")).content

        async def shared(**wish: Any) -> bytes:
            link = (await client.post(f"{PICTURES}/{picture}/share", json=wish)).json()
            assert link["include_credentials"] is wish.get("include_credentials", True)
            return (await client.get(f"{link['url']}/file")).content

        usual, bare = await shared(), await shared(include_credentials=False)
        assert signed(usual, "image/png") and not signed(bare, "image/png")
        assert b"dragon" not in usual + bare
        assert seen(usual) == seen(bare) == seen(whole)
        assert await shared(include_recipe=True) == whole


async def test_signed_and_marked_pictures_are_still_the_same_when_drawn_again(signing: Running) -> None:
    async with connected(signing) as client:
        first, second = (await drawn(client, count=2)), (await drawn(client, count=2))
        again = await client.post(f"{GENERATIONS}/{first['id']}/reproduce", headers={"Prefer": "wait=20"})
        assert (again.json()["verdict"], again.json()["distance"]) == ("identical", 0.0)
        ids = ",".join(one["pictures"][0]["id"] for one in (first, second))
        compared = (await client.get(f"{PICTURES}/compare", params={"ids": ids})).json()
        assert compared["pixels"]["max"] == 0 and compared["recipe"] == []
        key = {"Idempotency-Key": "once", "Prefer": "wait=20"}
        once, twice = [(await client.post(GENERATIONS, json=WISH, headers=key)).json() for _ in range(2)]
        assert once["pictures"] == twice["pictures"]


async def test_the_mark_of_a_copy_leads_to_the_pictures(signing: Running) -> None:
    async with connected(signing) as client:
        picture = (await drawn(client))["pictures"][0]
        other = (await drawn(client, seed=6))["pictures"][0]
        with Image.open(BytesIO((await client.get(picture["url"])).content)) as image:
            paper = Image.new("RGB", image.size, "white")
            paper.paste(image, mask=image.getchannel("A"))
        out = BytesIO()
        paper.save(out, "JPEG", quality=80)
        found = await client.post("/api/v1/watermarks", content=out.getvalue(), headers={"Content-Type": "image/jpeg"})
        assert found.json()["pictures"] == [picture["id"]] and other["id"] != picture["id"]
        assert len(found.json()["mark"]) == 8 and found.json()["sure"] > 0.8
        nothing = await client.post("/api/v1/watermarks", content=photograph(), headers={"Content-Type": "image/png"})
        assert nothing.json() == {"mark": None, "sure": None, "pictures": []}
        broken = await client.post("/api/v1/watermarks", content=b"x", headers={"Content-Type": "image/png"})
        assert_problem(broken, 422)


async def test_a_server_as_it_is_started_signs_with_a_certificate_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    with serving(tmp_path, log_format="json", log_level="debug") as address:
        async with httpx2.AsyncClient(base_url=address, timeout=30, trust_env=False, verify=False) as client:
            picture = (await drawn(client))["pictures"][0]
            data = (await client.get(picture["url"])).content
            assert (await credentials(client, picture["id"]))["trusted"] is True
    key = home / "credentials" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    file = tmp_path / "it.png"
    file.write_bytes(data)
    telling.run(file, config=None, home=home)
    told = capsys.readouterr().out
    assert "valid, trusted" in told and "trainedAlgorithmicMedia" in told and "seed 5" in told
    telling.run(file, config=None, home=tmp_path)
    assert "by somebody who is not known here" in capsys.readouterr().out
    looked = signing_finding(home=home)
    assert "days)" in looked.found and "Safelight" in looked.found and not looked.mend
    body = b"".join(key.read_bytes().splitlines()[1:-1])[:40]
    everything = [path.read_bytes() for path in home.rglob("*") if path.is_file() and path != key]
    assert not any(body in kept for kept in everything)


def signing_finding(**flags: Any) -> Finding:
    """What the doctor finds of the certificate."""
    return next(one for one in examining.findings(config=None, engine="fake", port=0, **flags) if one.what == "signing")


def test_the_doctor_tells_of_a_certificate_that_has_expired(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chain, key = authority(lasts=-timedelta(days=1)).put(tmp_path)
    expired = signing_finding(home=home, credentials_chain=chain, credentials_key=key)
    assert expired.broken and "expired on" in expired.found and "new certificate" in expired.mend
    chain, key = authority(lasts=timedelta(days=9)).put(tmp_path)
    soon = signing_finding(home=home, credentials_chain=chain, credentials_key=key)
    assert not soon.broken and "(8 days)" in soon.found and "new certificate" in soon.mend
    missing = signing_finding(home=home, credentials_chain=chain, credentials_key=tmp_path / "nowhere")
    assert missing.broken and "no such file" in missing.found
    off = signing_finding(home=home, content_credentials="off")
    assert not off.mend and "credentials are off" in off.found
    with pytest.raises(Misconfigured, match="belong together") as half:
        Settings.read(home=home, credentials_chain=chain)
    assert "SAFELIGHT_CREDENTIALS_KEY" in half.value.hint
