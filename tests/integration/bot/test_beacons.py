"""A round of drand as the last to speak (D2): announced before, fetched when out; what else may come is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import verify
from bot.beacons import MOST_BYTES, BeaconReader
from inspection.draw.beacon import OUTCOME_WORDS
from inspection.draw.refusals import SeedValueError
from inspection.errors import ConflictError
from models.draws import DrawBeacon
from models.people import AuditEntry
from models.tasks import Draw, SeedValue
from services.drawing import draws, task_view, voids
from tests.drand import Drand, open_drand, page_of, public_key, signed_page
from tests.office import COORDINATOR, DICE, OBSERVER, SECOND, Office

AFTER = 20  # minutes
SECRET = 20261121  # of a chain of the test's own


@asynccontextmanager
async def listening(office: Office, key: str = "") -> AsyncIterator[tuple[Office, Drand, BeaconReader]]:
    """The office with a drand, and what reads it; `key` is the chain's, as the office has configured it."""
    async with open_drand(office.clock) as drand:
        beacon = replace(drand.beacon(), public_key=key)
        found = replace(office, house=replace(office.house, beacon=beacon))
        reader = BeaconReader(database=office.database, house=found.house, timeout_s=0.5, clock=office.clock)
        yield found, drand, reader
        await reader.close()


async def frozen(office: Office) -> tuple[str, DrawBeacon]:
    """A draw whose last word is drand's."""
    task_id = await office.prepared()
    async with office.act(SECOND) as act:
        await draws.freeze(act, task_id, [DICE], beacon_after=AFTER)
    (row,) = await office.all(select(DrawBeacon))
    return task_id, row


async def enter(office: Office, task_id: str, who: str, value: str) -> bool:
    async with office.act(who) as act:
        return await draws.enter_value(act, task_id, "drand", value)


async def state(office: Office) -> DrawBeacon:
    (row,) = await office.all(select(DrawBeacon))
    return row


async def checked(office: Office, draw: Draw) -> tuple[dict[str, bytes], str]:
    """The bundle, and the line in which the checker speaks of the beacon."""
    async with office.act(SECOND) as act:
        archive = zipfile.ZipFile(io.BytesIO(await draws.bundle(act, draw.number)))
    files = {name: archive.read(name) for name in archive.namelist()}
    report = verify.check(files)
    assert not report.findings
    (line,) = [line for line in report.lines if line.startswith("公开随机源")]
    return files, line


async def test_the_announced_round_speaks_last(office: Office) -> None:
    """D2: not before its hour and not before the room; its page is kept to the byte; the draw follows from it."""
    async with listening(office) as (found, drand, reader):
        task_id, row = await frozen(found)
        assert await reader.work() == 0, "its hour has not come"
        with pytest.raises(SeedValueError, match="自动获取"):
            await enter(found, task_id, COORDINATOR, "f" * 64)
        await found.enter(task_id, DICE.name)
        found.clock.advance(minutes=AFTER, seconds=30)
        assert await reader.work() == 1
        assert await reader.work() == 0
        number = row.round["round"]
        assert drand.asked == [number]
        draw = await found.draw(task_id)
        files, line = await checked(found, draw)
    assert "与保存的页面一致" in line
    assert json.loads(files["beacon.json"]) == page_of(number)
    assert json.loads(files["seed.json"])["values"]["drand"] == page_of(number)["randomness"]
    announced = json.loads(files["announcement.json"])["beacon"]
    assert announced["round"] == number
    assert announced["at"] > json.loads(files["announcement.json"])["frozen_at"]
    for name, change in {
        "beacon.json": {**page_of(number), "round": number + 1},
        "seed.json": {"values": {}, "seed": ""},
    }.items():
        assert verify.check(files | {name: json.dumps(change).encode()}).findings
    other = page_of(number + 1)
    assert verify.check(files | {"beacon.json": json.dumps({**other, "round": number}).encode()}).findings


async def test_a_room_that_is_late_has_no_last_word(office: Office) -> None:
    """D2: once the round is out no dice are taken, the round is not used, and the draw is voided and frozen anew."""
    async with listening(office) as (found, drand, reader):
        task_id, _ = await frozen(found)
        found.clock.advance(minutes=AFTER, seconds=30)
        with pytest.raises(SeedValueError, match="作废后重新冻结"):
            await found.enter(task_id, DICE.name)
        assert await reader.work() == 1
        assert drand.asked == []
        assert (await state(found)).outcome == "room-late"
        with pytest.raises(SeedValueError):
            await enter(found, task_id, COORDINATOR, "f" * 64)
        assert await found.count(SeedValue) == 0
        (number,) = await found.all(select(Draw.number))
        async with found.act(COORDINATOR) as act:
            wish = await voids.propose(act, number, "source-missing", "现场超时")
        async with found.act(SECOND) as act:
            await voids.approve(act, wish.id)
        found.clock.advance(minutes=5)
        assert await reader.work() == 0, "of a voided draw nothing is fetched"


async def test_nothing_but_the_announced_page_is_taken(office: Office) -> None:
    """D2: another round, a forged value, garbage, a flood, a slow or broken page: none enters; the true one does."""
    async with listening(office) as (found, drand, reader):
        task_id, row = await frozen(found)
        number = row.round["round"]
        await found.enter(task_id, DICE.name)
        found.clock.advance(minutes=AFTER, seconds=30)
        for answer, why in (
            (page_of(number + 1), "other-round"),
            ({**page_of(number), "round": str(number)}, "other-round"),
            ({**page_of(number), "randomness": "0" * 64}, "other-value"),
            ({**page_of(number), "randomness": 7}, "unreadable"),
            (b"<html>", "unreadable"),
            (b"[" * 50_000, "unreadable"),
            (b" " * (MOST_BYTES + 1), "too-large"),
            (404, "http"),
            (2.0, "lost"),
        ):
            drand.answer = answer
            assert await reader.work() == 1
            assert (await state(found)).outcome == why
            assert await reader.work() == 0, "not at once again"
            found.clock.advance(minutes=1)
        assert await found.count(SeedValue) == 1
        async with found.act(OBSERVER) as act:
            told = (await task_view.task_detail(act, task_id))["draw"]["beacon"]
        assert told["trouble"] == OUTCOME_WORDS["lost"]
        assert told["by_hand"]
        drand.answer = None
        assert await reader.work() == 1
        assert await found.count(SeedValue) == 2
        await checked(found, await found.draw(task_id))


async def test_a_round_that_the_chain_did_not_sign_is_not_taken(office: Office) -> None:
    """D2: value and signature that fit each other are not enough; the key is announced for everybody."""
    async with listening(office, public_key(SECRET)) as (found, drand, reader):
        task_id, row = await frozen(found)
        await found.enter(task_id, DICE.name)
        found.clock.advance(minutes=AFTER, seconds=30)
        for forged in (signed_page(row.round["round"], SECRET + 1), page_of(row.round["round"])):
            drand.answer = forged
            assert await reader.work() == 1
            assert (await state(found)).outcome == "not-signed"
            found.clock.advance(minutes=1)
        assert await found.count(SeedValue) == 1
        drand.answer = signed_page(row.round["round"], SECRET)
        assert await reader.work() == 1
        assert await found.count(SeedValue) == 2
        files, _ = await checked(found, await found.draw(task_id))
        assert json.loads(files["announcement.json"])["beacon"]["public_key"] == public_key(SECRET)


async def test_two_people_read_it_off_the_public_page(office: Office) -> None:
    """D2: where it cannot be had, one says the value, another the same; one alone, or two who differ, do not do."""
    async with listening(office) as (found, drand, reader):
        task_id, row = await frozen(found)
        value = str(page_of(row.round["round"])["randomness"])
        await found.enter(task_id, DICE.name)
        found.clock.advance(minutes=AFTER, seconds=30)
        drand.answer = 503
        await reader.work()
        assert not await enter(found, task_id, COORDINATOR, "0" * 64)
        with pytest.raises(SeedValueError, match="另一人"):
            await enter(found, task_id, COORDINATOR, "0" * 64)
        assert not await enter(found, task_id, SECOND, value), "they differ: the second waits for another"
        assert await found.count(SeedValue) == 1
        assert await enter(found, task_id, COORDINATOR, value)
        drand.answer = None
        found.clock.advance(minutes=1)
        assert await reader.work() == 0, "it is in"
        files, line = await checked(found, await found.draw(task_id))
    assert "beacon.json" not in files
    assert "由两人从公开页面录入" in line
    assert await found.count(AuditEntry, AuditEntry.act == "draw-value-said") == 2


async def test_without_a_source_none_is_announced(office: Office) -> None:
    """D2: an office that has configured no public source cannot freeze with one."""
    task_id = await office.prepared()
    with pytest.raises(ConflictError, match="没有配置"):
        async with office.act(SECOND) as act:
            await draws.freeze(act, task_id, [DICE], beacon_after=AFTER)
    assert await office.count(DrawBeacon) == 0


async def test_a_round_is_the_first_after_its_hour(office: Office) -> None:
    """D2: by the timetable, never a round that is out already; an address may ask for the hour instead."""
    async with open_drand(office.clock) as drand:
        beacon = replace(drand.beacon(), url="http://x/{time}/{round}", round_at="")
        for seconds in (0, 1, 29, 30, 31):
            moment = office.clock() + timedelta(seconds=seconds)
            found = beacon.first_after(moment)
            assert 0 <= (found.moment - moment).total_seconds() < beacon.period
            assert found.url == f"http://x/{int(found.moment.timestamp())}/{found.round}"
            assert found.read(b'{"randomness": "ab12"}') == "ab12"
