"""Timestamps of announcements (D2, D4, L2): openssl's own authority vouches, and whatever else answers does not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.x509 import load_pem_x509_certificates
from sqlalchemy import select

from app import verify
from bot.timestamps import MOST_BYTES, AuthoritySettings, Timestamper
from models.draws import DrawStamp
from models.people import AuditEntry
from models.tasks import Draw
from services.drawing import draws, stamps, task_view
from services.drawing.stamps import TSR
from services.results import publications
from tests.office import DICE, OBSERVER, PUBLIC, SECOND, Office
from tests.tsa import Authority, new_authority, open_authority, openssl, reply


@asynccontextmanager
async def watched(office: Office, folder: Path, **how: object) -> AsyncIterator[tuple[Office, Authority, Timestamper]]:
    """The office with an authority, and what asks it; a house without one asks nobody."""
    async with open_authority(folder / "tsa") as authority:
        found = replace(office, house=replace(office.house, timestamps=True))
        roots = load_pem_x509_certificates((folder / "tsa" / "root.pem").read_bytes())
        settings = AuthoritySettings(**{"url": authority.url, "roots": roots, "timeout_s": 2.0, **how})
        stamper = Timestamper(database=office.database, blobs=office.house.blobs, settings=settings, clock=office.clock)
        yield found, authority, stamper
        await stamper.close()


async def stamp_of(office: Office) -> DrawStamp:
    (found,) = await office.all(select(DrawStamp))
    return found


async def bundle_of(office: Office, draw: Draw) -> dict[str, bytes]:
    async with office.act(SECOND) as act:
        archive = zipfile.ZipFile(io.BytesIO(await draws.bundle(act, draw.number)))
    return {name: archive.read(name) for name in archive.namelist()}


async def test_the_authority_vouches_for_the_announcement(office: Office, tmp_path: Path) -> None:
    """D4, L2: asked once after the freeze; shown, public, in the bundle; our checker and openssl agree that it fits."""
    async with watched(office, tmp_path) as (found, authority, stamper):
        task_id = await found.frozen()
        assert await stamper.work() == 1
        assert await stamper.work() == 0
        assert len(authority.asked) == 1
        for name in (DICE.name, PUBLIC.name):
            await found.enter(task_id, name)
        draw = await found.draw(task_id)
    files = await bundle_of(found, draw)
    assert not verify.check(files).findings
    (line,) = [line for line in verify.check(files).lines if line.startswith("时间戳")]
    row = await stamp_of(found)
    assert row.at is not None
    assert f"{row.at:%Y-%m-%dT%H:%M:%S}Z" in line
    assert row.authority == "演示时间戳机构"
    for name in (TSR, "announcement.json"):
        (tmp_path / name).write_bytes(files[name])
    openssl(tmp_path, f"ts -verify -in {TSR} -data announcement.json -CAfile tsa/root.pem")
    async with found.act(OBSERVER) as act:
        assert await publications.public_file(act, draw.number, TSR) == files[TSR]
        assert (await publications.draw(act, draw.number)).stamp["stamped"]
        assert (await task_view.task_detail(act, task_id))["draw"]["stamp"]["stamped"]
    assert await found.count(AuditEntry, AuditEntry.act == "draw-stamp") == 1


async def test_a_silent_authority_stops_no_draw(office: Office, tmp_path: Path) -> None:
    """D4: nobody answers: the draw goes on, the page says so, the request is repeated and succeeds in the end."""
    async with watched(office, tmp_path) as (found, authority, stamper):
        authority.answer = lambda _query: web.Response(status=503)
        task_id, draw = await found.drawn()
        assert await stamper.work() == 1
        assert await stamper.work() == 0, "not at once again"
        async with found.act(OBSERVER) as act:
            told = (await publications.draw(act, draw.number)).stamp
        assert told is not None
        assert (told["stamped"], told["attempts"], told["trouble"]) == (False, 1, stamps.OUTCOME_WORDS["http"])
        files = await bundle_of(found, draw)
        assert TSR not in files
        assert not verify.check(files).findings
        authority.answer = None
        found.clock.advance(seconds=5)
        assert await stamper.work() == 1
    assert (await stamp_of(found)).status == "stamped"
    assert TSR in await bundle_of(found, draw)
    assert task_id


async def test_only_this_announcements_own_timestamp_is_kept(office: Office, tmp_path: Path) -> None:
    """D4: garbage, a flood, a refusal, somebody else's timestamp, an old one and a forger's: none of them is kept."""
    new_authority(tmp_path / "forger")
    async with watched(office, tmp_path) as (found, authority, stamper):
        await found.frozen()
        older = stamps.request_for(b"another announcement").as_bytes()
        tsa = tmp_path / "tsa"
        answers = {
            "unreadable": lambda _query: b"\x30\x82 no timestamp",
            "too-large": lambda _query: b"\x30" * (MOST_BYTES + 1),
            "other-imprint": lambda _query: reply(tsa, older),
            "not-trusted": lambda query: reply(tmp_path / "forger", query),
            "not-granted": lambda _query: reply(tsa, b"no query"),
        }
        for why, answer in answers.items():
            authority.answer = lambda query, answer=answer: web.Response(body=answer(query))
            assert await stamper.work() == 1
            assert (await stamp_of(found)).outcome == why
            found.clock.advance(hours=1)
        first = authority.asked[0]
        authority.answer = lambda _query: web.Response(body=reply(tsa, first))  # of this announcement, asked before
        assert await stamper.work() == 1
        assert (await stamp_of(found)).outcome == "other-nonce"
    found.clock.advance(hours=1)
    closed = Timestamper(
        database=office.database,
        blobs=office.house.blobs,
        settings=AuthoritySettings(url=authority.url, timeout_s=1.0),
        clock=office.clock,
    )
    assert await closed.work() == 1
    await closed.close()
    assert (await stamp_of(found)).outcome == "not-sent"
    assert await found.count(DrawStamp, DrawStamp.status == "stamped") == 0
    assert await found.count(AuditEntry, AuditEntry.act == "draw-stamp") == 0


async def test_without_an_authority_nobody_is_asked(office: Office) -> None:
    """D4: no setting, no row, nothing on any page."""
    await office.frozen()
    assert await office.count(DrawStamp) == 0


def test_a_mangled_answer_is_said_and_never_raises(tmp_path: Path) -> None:
    """D4: whatever stands where a timestamp should be, both readers say so and neither falls over."""
    new_authority(tmp_path)
    request = stamps.request_for(b"announcement")
    data = reply(tmp_path, request.as_bytes())
    for cut in (0, 1, 40, 200, len(data) - 1):
        with pytest.raises(stamps.BadStampError):
            stamps.checked(data[:cut], request, b"announcement")
        with pytest.raises(verify.FindingError, match=r"announcement\.tsr"):
            verify._check_stamp({TSR: data[:cut], "announcement.json": b"announcement"})
