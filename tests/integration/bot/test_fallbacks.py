"""Whom no message reaches: SMS, then a named person who phones and writes it down (issue 5, outbox)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.sandbox import RunningSandbox, SandboxSettings, start_sandbox
from bot.sender import Sender
from bot.sms import SmsClient, SmsSettings
from inspection.actors import Actor, DepartmentId, MemberId, Role
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from models.database import Database
from models.people import AuditEntry, Department, Grant, Member
from models.results import Outbox, PhoneCall
from services.people import calls
from services.people.notices import tell_member
from tests.conftest import Clock
from tests.integration.bot.conftest import CUT, Vendor
from tests.integration.bot.parts import act_of, notice, rows

MOBILE = "13900000000"


@pytest_asyncio.fixture
async def gateway(clock: Clock) -> AsyncIterator[RunningSandbox]:
    settings = SandboxSettings(
        corp_id="c",
        secret="s",
        agent_id=1,
        token="t",
        encoding_aes_key="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        callback_url="",
        trusted_origin="",
        mini_appid="m",
        mini_secret="ms",
    )
    running = await start_sandbox(settings, "127.0.0.1", 0, clock)
    yield running
    await running.close()


@pytest_asyncio.fixture
async def with_sms(database: Database, sender: Sender, gateway: RunningSandbox, clock: Clock) -> AsyncIterator[Sender]:
    async with database.write() as db:
        db.add(Department(id="d", code="sc", name="市场监管局"))
        await db.flush()
        db.add(Member(id="m1", department_id="d", userid="zhangsan", name="张样例", mobile=MOBILE))
        db.add(Member(id="m2", department_id="d", userid="lisi", name="李样例"))
        db.add(Member(id="m3", department_id="d", userid="liaison", name="王样例", post="联络员"))
        await db.flush()
        db.add(Grant(member_id="m3", role=Role.INSPECTOR.value))
    client = SmsClient(
        SmsSettings(url=f"{gateway.base_url}/sms", secret=gateway.state.sms.secret, sign="演示联席办", timeout_s=2.0)
    )
    yield Sender(
        database=database,
        wecom=sender._wecom,
        wechat=sender._wechat,
        clock=clock,
        origin="http://127.0.0.1:8080",
        sms=client,
    )
    await client.close()


async def tell(database: Database, clock: Clock, userid: str) -> None:
    async with database.write() as db:
        await tell_member(
            act_of(db, clock.now), userid, notice(), department_id="d", subject="visit:1", dedupe_key=f"k/{userid}"
        )


async def open_calls(database: Database) -> list[PhoneCall]:
    async with database.read() as db:
        found = list(await db.scalars(select(PhoneCall)))
        db.expunge_all()
        return found


async def test_an_sms_follows_a_refusal(
    database: Database, with_sms: Sender, vendor: Vendor, gateway: RunningSandbox, clock: Clock
) -> None:
    """Issue 5: unlicensed in WeCom, so by SMS; the number stands in no stored message; nobody has to phone."""
    await tell(database, clock, "ZhangSan")
    vendor.script.append({"errcode": 0, "errmsg": "", "unlicenseduser": "ZhangSan", "invaliduser": "zhangsan"})
    await with_sms.drain()
    (sent,) = gateway.state.sms.sent.values()
    assert sent["to"] == MOBILE
    assert sent["text"].startswith("【演示联席办】")
    assert "抽查〔2026〕1号-0001" in sent["text"]
    first, second = await rows(database)
    assert (first.status, first.last_error, second.channel, second.status) == (
        "refused",
        "unlicensed",
        "sms",
        "accepted",
    )
    assert MOBILE.encode() not in (second.body or b"")
    assert await open_calls(database) == []


async def test_without_a_number_a_named_person_phones(
    database: Database, with_sms: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Issue 5: a dead letter reaches a named person: the department's liaison, told by card, once."""
    await tell(database, clock, "lisi")
    vendor.script.append({"errcode": 81013, "errmsg": ""})
    await with_sms.drain()
    (call,) = await open_calls(database)
    assert (call.caller_id, call.recipient, call.status, call.maybe) == ("m3", "lisi", "open", False)
    told = [row for row in await rows(database) if row.kind == "call-due"]
    assert [(row.recipient, row.status) for row in told] == [("liaison", "accepted")]


async def test_perhaps_delivered_is_flagged_and_never_sent_twice(
    database: Database, with_sms: Sender, vendor: Vendor, gateway: RunningSandbox, clock: Clock
) -> None:
    """Reliability 5 (7): WeCom away for five hours after a lost answer: no blind resend, a call with the flag."""
    await tell(database, clock, "zhangsan")
    vendor.script.append(CUT)
    await with_sms.drain()
    clock.advance(hours=5)
    report = await with_sms.drain()
    assert (report.unknown, len(gateway.state.sms.sent)) == (1, 0)
    (call,) = await open_calls(database)
    assert call.maybe
    assert sum(b"zhangsan" in body for body in vendor.bodies) == 1


async def test_a_gateway_that_refuses_leads_to_a_call(
    database: Database, with_sms: Sender, vendor: Vendor, gateway: RunningSandbox, clock: Clock
) -> None:
    """Issue 5: the ways in their order: WeCom, SMS (busy, then no such number), a person."""
    async with database.write() as db:
        member = await db.scalar(select(Member).where(Member.userid == "zhangsan"))
        assert member is not None
        member.mobile = "0"
    gateway.state.sms.busy = 1
    await tell(database, clock, "zhangsan")
    vendor.script.append({"errcode": 60111, "errmsg": ""})
    await with_sms.drain()
    assert await open_calls(database) == []
    clock.advance(seconds=90)
    await with_sms.drain()
    (call,) = await open_calls(database)
    assert (call.channel, call.why) == ("sms", "recipient-unreachable 2")


async def test_a_call_is_noted_by_who_may_and_once(
    database: Database, with_sms: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Issue 5, M1: strangers see no call; the number looked at is on record; who answered stands there, once."""
    await tell(database, clock, "lisi")
    vendor.script.append({"errcode": 81013, "errmsg": ""})
    await with_sms.drain()
    (call,) = await open_calls(database)
    mine = Actor(member_id=MemberId("m3"), department_id=DepartmentId("d"), roles=frozenset({Role.INSPECTOR}))
    other = Actor(member_id=MemberId("x"), department_id=DepartmentId("e"), roles=frozenset({Role.APPROVER}))
    async with database.write() as db:
        stranger = act_of(db, clock.now, other)
        assert await calls.calls(stranger) == []
        with pytest.raises(NotFoundError):
            await calls.number(stranger, call.id)
    async with database.write() as db:
        act = act_of(db, clock.now, mine)
        (shown,) = await calls.calls(act)
        assert (shown["whom"], shown["caller"]) == ("李样例", "王样例")
        assert await calls.number(act, call.id) == ""
        with pytest.raises(InvalidInputError):
            await calls.note(act, call.id, "reached")
        assert await calls.note(act, call.id, "no-answer") == "open"
        assert await calls.note(act, call.id, "reached", spoke_to="李样例") == "done"
        with pytest.raises(ConflictError):
            await calls.note(act, call.id, "reached", spoke_to="李样例")
        acts = set(await db.scalars(select(AuditEntry.act)))
        assert {"call-number", "call-note", "message.refused"} <= acts
        (row,) = await db.scalars(select(PhoneCall))
        await db.refresh(row)
        assert (row.tries, row.spoke_to, row.called_by) == (2, "李样例", "m3")


async def test_a_call_letter_that_fails_asks_for_no_further_call(
    database: Database, with_sms: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Issue 5: no chain without an end: the call stays in the list and on the board."""
    await tell(database, clock, "lisi")
    vendor.script.extend([{"errcode": 81013, "errmsg": ""}] * 2)
    await with_sms.drain()
    assert len(await open_calls(database)) == 1
    statuses = {row.kind: row.status for row in await rows(database)}
    assert statuses == {"assigned-leader": "refused", "call-due": "refused"}
    async with database.read() as db:
        assert len(list(await db.scalars(select(Outbox)))) == 2
