"""Files in pieces by tus 1.0.0: whatever the line does, what is kept is what the phone hashed, once."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from models.database import Database
from models.field import AnnouncedManifest, PendingFile
from models.tasks import Evidence, Submission
from services.field import uploads
from tests.api.public_server import Http, http_of
from tests.api.tus import PIECE, UNDER_WAY, Phone, said
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes, signature_bytes

# The wire is the same whichever database keeps the rows.
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PDF = b"%PDF-1.7\n"


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await play.accept()
    async with http_of(play) as found:
        yield found


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 the same cuts at every run


def paper(chance: random.Random, size: int) -> bytes:
    """A document of this size that nothing can compress."""
    return PDF + chance.randbytes(size - len(PDF))


async def count(http: Http, table: type) -> int:
    async with http.play.database.read() as db:
        return int(await db.scalar(select(func.count()).select_from(table)) or 0)


def spooled(http: Http) -> list[str]:
    return [path.name for path in http.play.house.spool._root.glob("*")]


async def test_creation_head_patch_by_the_letter_of_the_protocol(http: Http) -> None:
    """G10: tus 1.0.0, creation and expiration: Location, offsets, 204; the last piece makes evidence of it."""
    phone, data = Phone(http, "lead-1"), photo_bytes("a")
    status, _, headers = await phone.ask("OPTIONS", phone.door)
    assert (status, headers["Tus-Version"]) == (204, "1.0.0")
    assert headers["Tus-Extension"] == "creation,creation-with-upload,expiration,checksum"
    assert headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    status, body, where = await phone.begin(data)
    assert (status, body["stored"]) == (201, False)
    status, _, headers = await phone.ask("HEAD", where)
    assert (status, headers["Upload-Offset"], headers["Upload-Length"]) == (200, "0", str(len(data)))
    assert headers["Upload-Expires"].endswith("GMT")
    assert headers["Cache-Control"] == "no-store"
    status, _, headers = await phone.patch(where, 0, data[:100])
    assert (status, headers["Upload-Offset"], headers["Tus-Resumable"]) == (204, "100", "1.0.0")
    assert await phone.offset(where) == 100
    assert await count(http, Evidence) == 0
    assert (await phone.patch(where, 100, data[100:]))[0] == 204
    assert await phone.offset(where) == len(data)
    assert await http.play.house.blobs.get(hashlib.sha256(data).hexdigest()) == data
    assert spooled(http) == []
    assert (await phone.patch(where, len(data), b""))[0] == 204


@one_database
async def test_what_the_protocol_refuses_changes_nothing(http: Http) -> None:
    """G10, reliability test 14: wrong offset 409, wrong sum 460, wrong type 415, wrong version 412, too much 413."""
    phone, data = Phone(http, "lead-1"), photo_bytes("a")
    _, _, where = await phone.begin(data)
    await phone.patch(where, 0, data[:50])
    good = "sha256 " + b64encode(hashlib.sha256(data[50:90]).digest()).decode()
    refusals = [
        (409, "upload-offset", {"offset": 10, "data": data[10:90]}),
        (409, "upload-offset", {"offset": 51, "data": data[51:90]}),
        (460, "upload-checksum", {"offset": 50, "data": data[50:89], "Upload-Checksum": good}),
        (422, "invalid-input", {"offset": 50, "data": data[50:90], "Upload-Checksum": "md4 " + "A" * 22}),
        (422, "invalid-input", {"offset": 50, "data": data[50:90], "Upload-Checksum": "sha256 no base64!"}),
        (415, "tus-type", {"offset": 50, "data": data[50:90], "Content-Type": "image/jpeg"}),
        (412, "tus-version", {"offset": 50, "data": data[50:90], "Tus-Resumable": "0.2.2"}),
        (412, "tus-version", {"offset": 50, "data": data[50:90], "Tus-Resumable": ""}),
        (413, "too-large", {"offset": 50, "data": data[50:] + b"more"}),
        (422, "invalid-input", {"offset": 50, "data": data[50:90], "Upload-Offset": "-1"}),
    ]
    for status, code, what in refusals:
        found, body, headers = await phone.patch(where, **what)
        assert (found, body["code"], headers["Tus-Resumable"]) == (status, code, "1.0.0"), what
        assert await phone.offset(where) == 50
    assert (await phone.patch(where, 50, data[50:90], **{"Upload-Checksum": good}))[0] == 204
    sha1 = "sha1 " + b64encode(hashlib.sha1(data[90:], usedforsecurity=False).digest()).decode()
    assert (await phone.patch(where, 90, data[90:], **{"Upload-Checksum": sha1}))[0] == 204
    assert await http.play.house.blobs.get(hashlib.sha256(data).hexdigest()) == data


@one_database
async def test_the_sum_is_checked_before_the_blob_is_taken(http: Http) -> None:
    """G10: bytes that are not what the phone hashed are forgotten whole; the phone may begin anew."""
    phone, data = Phone(http, "lead-1"), photo_bytes("a")
    _, _, where = await phone.begin(data)
    status, body, _ = await phone.patch(where, 0, data[:-1] + b"?")
    assert (status, body["code"]) == (422, "digest-mismatch")
    assert await phone.offset(where) == -1
    assert (spooled(http), await count(http, PendingFile), await count(http, Evidence)) == ([], 0, 0)
    assert not await http.play.house.blobs.has(hashlib.sha256(data).hexdigest())
    _, _, where = await phone.begin(data)
    assert (await phone.patch(where, 0, data))[0] == 204


@one_database
async def test_what_cannot_be_begun(http: Http) -> None:
    """M3, G10: foreign visits are not found; sizes, kinds and digests are checked before a byte is sent."""
    phone, data = Phone(http, "lead-1"), photo_bytes("a")
    digest = hashlib.sha256(data).hexdigest()
    assert (await Phone(http, "lead-approver").begin(data))[0] == 403
    tries = [
        (413, {"Upload-Length": "20000001"}),
        (422, {"Upload-Length": "0"}),
        (422, {"Upload-Length": "many"}),
        (422, {"Upload-Metadata": said(kind="program", digest=digest)}),
        (422, {"Upload-Metadata": said(kind="photo", digest=digest.upper())}),
        (422, {"Upload-Metadata": said(kind="photo", digest="../" + digest[3:])}),
        (422, {"Upload-Metadata": "kind ***"}),
        (422, {"Upload-Metadata": said(kind="photo", digest=digest, lat="north", lon="1")}),
        (422, {"Upload-Metadata": said(kind="photo", digest=digest, taken_at="noon")}),
    ]
    for expected, headers in tries:
        status, body, _ = await phone.begin(data, **headers)
        assert status == expected, (headers, body)
    assert (await count(http, PendingFile), spooled(http)) == (0, [])
    _, _, where = await phone.begin(data)
    assert await Phone(http, "lead-2").offset(where) == -1  # a colleague of the same visit sends his own
    assert (await phone.begin(data + b"!", digest=digest))[0] == 422  # the same bytes cannot be longer now


async def test_two_phones_with_the_same_bytes_are_one_piece_of_evidence(http: Http) -> None:
    """G10: one blob, one row, whoever is first; the other learns it without sending what is left."""
    data = photo_bytes("a")
    one, other = Phone(http, "lead-1"), Phone(http, "lead-2")
    _, _, first = await one.begin(data)
    _, _, second = await other.begin(data)
    await other.patch(second, 0, data[:80])
    answers = await asyncio.gather(one.patch(first, 0, data), other.patch(second, 80, data[80:]))
    assert [status for status, _, _ in answers] == [204, 204]
    assert await count(http, Evidence) == 1
    status, body, _ = await Phone(http, "lead-2").begin(data)
    assert (status, body["stored"]) == (201, True)
    assert spooled(http) == []


@one_database
async def test_two_lines_of_one_phone_never_mix(http: Http) -> None:
    """Reliability test 14: while one connection writes another is told to wait (423)."""
    phone, data = Phone(http, "lead-1"), photo_bytes("a")
    _, _, where = await phone.begin(data)
    async with http.play.house.spool.hold(where.rsplit("/", 1)[1]):
        assert (await phone.ask("HEAD", where))[0] == 423
        assert (await phone.patch(where, 0, data))[1]["code"] == "upload-busy"
    assert (await phone.patch(where, 0, data))[0] == 204


@one_database
async def test_a_piece_with_a_sum_that_is_cut_off_is_not_taken(http: Http) -> None:
    """Tus 1.0.0, checksum: what cannot be checked is discarded; without a sum of its own what came is kept."""
    phone, data = Phone(http, "lead-1"), paper(_chance(1), 300_000)
    _, _, where = await phone.begin(data, "file")
    await phone.patch_and_lose_the_line(where, 0, data, 200_000)
    kept = await phone.offset(where)
    assert 200_000 - UNDER_WAY <= kept <= 200_000
    sum_of_it = {"Upload-Checksum": f"sha1 {b64encode(bytes(20)).decode()}"}
    await phone.patch_and_lose_the_line(where, kept, data[kept:], 50_000, **sum_of_it)
    assert await phone.offset(where) == kept


async def test_what_nobody_finishes_is_swept(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tus 1.0.0, expiration: after a week the row is gone and so is the file; what goes on is left alone."""
    phone, data = Phone(http, "lead-1"), photo_bytes("a")
    _, _, old = await phone.begin(data)
    await phone.patch(old, 0, data[:70])
    http.play.clock.advance(hours=24 * 6)
    phone.token = ""
    _, _, young = await phone.begin(photo_bytes("b"))
    http.play.clock.advance(hours=25)
    phone.token = ""
    monkeypatch.setattr(uploads, "GRACE", -uploads.GRACE)  # the file's own time is the machine's
    assert (await phone.ask("HEAD", old))[0] == 404
    async with http.play.act("coordinator") as act:
        assert await uploads.sweep(act) == 1
    assert await phone.offset(young) == 0
    assert [one in young for one in spooled(http)] == [True]


@one_database
async def test_a_file_that_came_whole_while_the_server_died_is_kept_by_beginning_again(http: Http) -> None:
    """G10: HEAD does not say "complete" of what is no evidence yet."""
    phone, data = Phone(http, "lead-1"), photo_bytes("a")
    _, _, where = await phone.begin(data)
    async with http.play.house.spool.hold(where.rsplit("/", 1)[1]) as file:
        await file.append(data)  # and here the power was cut
    assert await phone.offset(where) == -1
    status, body, again = await phone.begin(data)
    assert (status, body["stored"], again) == (201, True, where)
    assert await count(http, Evidence) == 1


async def over_bad_lines(http: Http, files: int, cuts: int, largest: int) -> float:
    """Send so many files, four at a time, each cut so often; returns bytes sent for each byte that was needed."""
    chance = _chance(7)
    papers = [paper(chance, chance.randrange(largest // 4, largest)) for _ in range(files)]
    phones = [Phone(http, ("lead-1", "lead-2", "partner-1", "partner-2")[number % 4]) for number in range(files)]
    slots = asyncio.Semaphore(4)

    async def one(phone: Phone, data: bytes, seed: int) -> None:
        async with slots:
            lines = _chance(seed)
            _, _, where = await phone.begin(data, "file")
            at = 0
            for _ in range(cuts):
                left = data[at:]
                after = lines.randrange(1, max(2, 2 * len(left) // cuts))
                await phone.patch_and_lose_the_line(where, at, left, after)
                at = await phone.offset(where)
            assert (await phone.patch(where, at, data[at:]))[0] == 204

    await asyncio.gather(
        *(one(phone, data, seed) for seed, (phone, data) in enumerate(zip(phones, papers, strict=True)))
    )
    for data in papers:
        assert await http.play.house.blobs.get(hashlib.sha256(data).hexdigest()) == data
    assert (await count(http, Evidence), spooled(http)) == (files, [])
    return sum(phone.sent for phone in phones) / sum(map(len, papers))


@one_database
async def test_uploads_cut_again_and_again_arrive_whole(http: Http) -> None:
    """Issue 7: 20 files cut 5 times each at random, every hash right, at most 1.2 times the bytes."""
    assert await over_bad_lines(http, files=20, cuts=5, largest=800_000) <= 1.2


@one_database
@pytest.mark.hard
@pytest.mark.timeout(1200)
async def test_two_hundred_uploads_cut_ten_times_each(http: Http) -> None:
    """Issue 7, reliability test 14: 200 files cut 10 times each, every hash right, at most 1.2 times the bytes."""
    assert await over_bad_lines(http, files=200, cuts=10, largest=4_000_000) <= 1.2


async def test_an_announced_manifest_names_what_lacks_and_is_kept_before_its_files(http: Http) -> None:
    """G10: manifest, then files, then the seal and the receipt; what cannot be accepted is said before any upload."""
    play, phone = http.play, Phone(http, "lead-1")
    late = photo_bytes("late")
    digest = hashlib.sha256(late).hexdigest()
    manifest = await play.filled("lead-1", photos=[digest])
    path = f"/api/phone/visits/{play.scene.visit.id}"
    for _ in range(2):
        status, announced, _ = await http.call("POST", f"{path}/manifests", "lead-1", json=manifest)
        assert (status, announced["missing"]) == (200, [digest])
    assert await play.house.blobs.has(announced["manifest_digest"])
    assert await count(http, AnnouncedManifest) == 1
    assert (await http.call("POST", f"{path}/submissions", "lead-1", json=manifest))[1]["code"] == "evidence-missing"
    wrong = {**manifest, "results": []}
    status, problem, _ = await http.call("POST", f"{path}/manifests", "lead-1", json=wrong)
    assert (status, problem["code"]) == (422, "submission-incomplete")
    _, _, where = await phone.begin(late)
    await phone.patch(where, 0, late)
    assert (await http.call("POST", f"{path}/manifests", "lead-1", json=manifest))[1]["missing"] == []
    status, receipt, _ = await http.call("POST", f"{path}/submissions", "lead-1", json=manifest)
    assert (status, receipt["manifest_digest"]) == (200, announced["manifest_digest"])
    assert (await http.call("POST", f"{path}/manifests", "lead-1", json=manifest))[1]["missing"] == []
    assert (await http.call("POST", f"{path}/manifests", "lead-1", json={**manifest, "note": "x"}))[0] == 409


async def test_fifty_sends_of_one_submission_are_one_record(http: Http) -> None:
    """Issue 7, reliability test 12: with their files, all at once, over HTTP; every answer the same receipt."""
    play = http.play
    manifest = await play.filled("lead-1")
    token = await http.token("lead-1")
    path = f"/api/phone/visits/{play.scene.visit.id}/submissions"

    async def send() -> tuple[int, str]:
        phone = Phone(http, "lead-1", token=token)
        _, _, where = await phone.begin(photo_bytes("lead-1"))
        assert where
        status, body, _ = await http.call("POST", path, json=manifest, headers={"Cookie": f"suicha_session={token}"})
        return status, str(body)

    answers = await asyncio.gather(*(send() for _ in range(50)))
    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) == 1
    assert (await count(http, Submission), await count(http, Evidence)) == (1, 2)


async def test_nothing_sealed_is_replaced_or_deleted(http: Http) -> None:
    """Issue 7, reliability test 13: what is sealed stays, byte for byte, whoever knocks at whatever door."""
    await try_to_replace(http, 120)


@pytest.mark.hard
@pytest.mark.timeout(600)
async def test_a_thousand_tries_to_replace_or_delete_and_none_succeeds(http: Http) -> None:
    """Issue 7, reliability test 13: a thousand."""
    await try_to_replace(http, 1000)


async def try_to_replace(http: Http, tries: int) -> None:
    play = http.play
    manifest = await play.filled("lead-1")
    await play.submit("lead-1", manifest)
    photo, ink = photo_bytes("lead-1"), signature_bytes(1)
    digest = hashlib.sha256(photo).hexdigest()
    before = await _sealed(http, photo, ink)
    visit = f"/api/phone/visits/{play.scene.visit.id}"
    phones = [Phone(http, who) for who in ("lead-1", "lead-2", "partner-1", "coordinator", "lead-approver")]
    _, _, old = await phones[2].begin(photo)
    other = paper(_chance(13), 60)
    wrong = {"Upload-Offset": "0", "Content-Type": PIECE}
    doors: list[tuple[str, str, bytes, dict[str, str]]] = [
        ("POST", f"{visit}/uploads", other, _whole("photo", digest, other)),
        ("POST", f"{visit}/uploads", other, _whole("file", digest, photo)),
        ("POST", f"{visit}/uploads", other, _whole("file", hashlib.sha256(other).hexdigest(), other)),
        ("PATCH", old, other, wrong),
        ("PATCH", old, other, wrong | {"Upload-Offset": str(len(photo))}),
        ("DELETE", old, b"", {}),
        ("DELETE", f"{visit}/uploads", b"", {}),
        ("PUT", f"/api/phone/evidence/{digest}/display?visit={play.scene.visit.id}", other, {}),
        ("DELETE", f"/api/phone/evidence/{digest}/display?visit={play.scene.visit.id}", b"", {}),
        ("PUT", f"{visit}/submissions", b"{}", {}),
        ("DELETE", f"{visit}/submissions/{manifest['submission_id']}", b"", {}),
        ("POST", f"{visit}/submissions", json.dumps({**manifest, "note": "another"}).encode(), {}),
        ("POST", f"{visit}/manifests", json.dumps({**manifest, "photos": []}).encode(), {}),
    ]
    chance = _chance(7)
    for _ in range(tries):
        phone, (method, path, data, headers) = chance.choice(phones), chance.choice(doors)
        status, body, _ = await phone.ask(method, path, data, **headers)
        # Only the other department, which is not done yet, may add a paper of its own; who sends bytes that are here
        # already is told so.
        added = phone.who == "partner-1" and method == "POST" and path.endswith("/uploads")
        assert status >= 400 or added or path == old or body.get("stored"), (phone.who, method, path, body)
    assert await _sealed(http, photo, ink) == before


def _whole(kind: str, digest: str, data: bytes) -> dict[str, str]:
    return {
        "Upload-Length": str(len(data)),
        "Upload-Metadata": said(kind=kind, digest=digest),
        "Content-Type": PIECE,
    }


async def _sealed(http: Http, *files: bytes) -> list[object]:
    """Everything that must not change: rows, blobs."""
    digests = [hashlib.sha256(data).hexdigest() for data in files]
    async with http.play.database.read() as db:
        kept = await db.scalars(select(Evidence).where(Evidence.digest.in_(digests)).order_by(Evidence.id))
        rows = [(one.digest, one.kind, one.size, one.member_id) for one in kept]
        records = [(one.id, one.manifest_digest) for one in await db.scalars(select(Submission))]
    blobs = http.play.house.blobs
    bytes_kept = [await blobs.get(digest) == data for digest, data in zip(digests, files, strict=True)]
    assert bytes_kept == [True] * len(files)
    return [rows, records]


@one_database
async def test_voice_video_and_papers_are_sealed_like_photos(http: Http) -> None:
    """G10: by their first bytes, within the limits of their kind; played as they were sent, papers never as a page."""
    play, phone = http.play, Phone(http, "lead-1")
    kept = {"voice": b"\0\0\0\x1cftypM4A " + bytes(900), "video": b"\x1a\x45\xdf\xa3" + bytes(900), "file": PDF + b"x"}
    for kind, data in kept.items():
        for stranger in (b"<html>" + data, b"MZ" + bytes(90), b"#!/bin/sh\n", photo_bytes("x")):
            _, _, where = await phone.begin(stranger, kind)
            status, body, _ = await phone.patch(where, 0, stranger)
            assert (status, body["code"]) == (422, "invalid-input"), (kind, stranger[:9])
        _, _, where = await phone.begin(data, kind)
        assert (await phone.patch(where, 0, data))[0] == 204
    digests = [hashlib.sha256(data).hexdigest() for data in kept.values()]
    for digest, media in zip(digests, ("audio/mp4", "video/webm", "application/pdf"), strict=True):
        path = f"/api/phone/evidence/{digest}/display?visit={play.scene.visit.id}"
        status, _, headers = await http.call("GET", path, "lead-approver")
        assert (status, headers["Content-Type"], headers["X-Content-Type-Options"]) == (200, media, "nosniff")
        assert ("Content-Disposition" in headers) == (media == "application/pdf")
    path = f"/api/phone/evidence/{digests[1]}/display?visit={play.scene.visit.id}"
    for asked, length, told in (("bytes=0-1", 2, "0-1"), ("bytes=4-", 900, "4-903"), ("bytes=-9", 9, "895-903")):
        status, _, headers = await http.call("GET", path, "lead-1", headers={"Range": asked})
        assert (status, headers["Content-Length"], headers["Content-Range"]) == (206, str(length), f"bytes {told}/904")
    assert (await http.call("GET", path, "lead-1", headers={"Range": "bytes=904-"}))[0] == 416
    manifest = await play.filled("lead-1", recordings=digests)
    wrong = {**manifest, "recordings": manifest["photos"]}
    path = f"/api/phone/visits/{play.scene.visit.id}/submissions"
    assert (await http.call("POST", path, "lead-1", json=wrong))[1]["code"] == "submission-incomplete"
    status, receipt, _ = await http.call("POST", path, "lead-1", json=manifest)
    assert status == 200
    assert set(digests) <= set(receipt["evidence"])
