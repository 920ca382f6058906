"""The outbox's reader: what is due goes out once, with the same bytes, and every row ends in a definite state."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from bot.sender import Sender
from inspection.actors import Actor, DepartmentId, MemberId, Role
from inspection.notices import Notice, NoticeKind
from models.base import new_id
from models.database import Database
from models.people import AuditEntry, Department, Member, Owner, OwnerBinding
from models.results import Outbox
from models.store import outbox
from services.people import notices
from tests.builders import target_row
from tests.conftest import Clock
from tests.integration.bot.conftest import BAD_GATEWAY, CUT, HTML, Vendor
from tests.integration.bot.parts import act_of, notice, rows


async def tell(
    database: Database, clock: Clock, *userids: str, number: str = "抽查〔2026〕1号", **changes: Any
) -> None:
    letters = [
        notices.Letter(
            userid=userid,
            notice=notice(f"{number}-{place}", **changes),
            department_id="d",
            subject=f"visit:{place}",
            dedupe_key=f"{number}/{userid}/{place}",
        )
        for place, userid in enumerate(userids)
    ]
    async with database.write() as db:
        await notices.tell_many(act_of(db, clock.now), letters)


async def tell_owner(database: Database, clock: Clock) -> None:
    async with database.write() as db:
        target = await target_row(db)
        owner = Owner(openid_hash="h", openid="openid-of-nobody")
        db.add(owner)
        await db.flush()
        db.add(OwnerBinding(owner_id=owner.id, target_id=target.id, bound_at=clock.now))
        await db.flush()
        await notices.tell_owner(
            act_of(db, clock.now), target.id, notice(), department_id="d", dedupe_key="k", visit_id="1"
        )


async def only(database: Database) -> Outbox:
    (row,) = await rows(database)
    return row


async def acts(database: Database) -> list[str]:
    async with database.read() as db:
        return list(await db.scalars(select(AuditEntry.act)))


async def test_what_was_told_is_sent_once(database: Database, sender: Sender, vendor: Vendor, clock: Clock) -> None:
    """F3: delivered after the commit, with what WeCom said; nothing is left to send."""
    await tell(database, clock, "zhangsan", "lisi", "wangwu")
    report = await sender.drain()
    assert (report.accepted, report.refused, report.unknown, report.dead, report.later) == (3, 0, 0, 0, 0)
    stored = await rows(database)
    assert {row.status for row in stored} == {"accepted"}
    assert {row.msgid for row in stored} == {"m1", "m2", "m3"}
    assert {row.body for row in stored} == set(vendor.bodies)
    assert {json.loads(body)["touser"] for body in vendor.bodies} == {"zhangsan", "lisi", "wangwu"}
    assert (await sender.drain()).accepted == 0
    assert len(vendor.bodies) == 3


async def test_nothing_is_sent_of_what_did_not_happen(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Reliability 2.3: the act rolled back, so nobody hears of it."""

    async def fail() -> None:
        async with database.write() as db:
            await notices.tell_member(
                act_of(db, clock.now), "a", notice(), department_id="d", subject="s", dedupe_key="k"
            )
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    await sender.drain()
    assert vendor.bodies == []


async def test_two_senders_never_send_the_same_row(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Habit 8: claimed by one of them; each message leaves once."""
    clock.advance(minutes=5)  # bulk rests in the minutes 0 and 30
    await tell(database, clock, *(f"user{n}" for n in range(230)))
    other = Sender(
        database=database, wecom=sender._wecom, wechat=sender._wechat, clock=clock, origin="http://127.0.0.1:8080"
    )
    reports = await asyncio.gather(sender.drain(), other.drain())
    assert sum(report.accepted for report in reports) == 230
    assert len(vendor.bodies) == len(set(vendor.bodies)) == 230


async def test_a_claim_is_exclusive_and_runs_out(database: Database, clock: Clock) -> None:
    """Reliability 2.3: a lease of 30 s; who was overtaken settles nothing."""
    await tell(database, clock, "a", "b", "c")

    async def claim() -> list[outbox.Claimed]:
        async with database.write() as db:
            return await outbox.claim(db, clock.now, channels=["wecom"], limit=2)

    first, second, third = await claim(), await claim(), await claim()
    assert [len(first), len(second), len(third)] == [2, 1, 0]
    assert {row.id for row in first}.isdisjoint(row.id for row in second)
    clock.advance(seconds=61)
    again = await claim()
    assert [row.attempts for row in again] == [2, 2]
    done = outbox.Settlement(status="accepted", not_before=clock.now)
    overtaken = next(row for row in (*first, *second) if row.id == again[0].id)

    async def settle(row: outbox.Claimed) -> int:
        async with database.write() as db:
            return len(await outbox.settle(db, [outbox.Ending(row=row, how=done, first_try=True)], clock.now))

    assert [await settle(row) for row in (overtaken, again[0], again[0])] == [0, 1, 0]


@pytest.mark.parametrize("what", [CUT, HTML, BAD_GATEWAY])
async def test_a_lost_answer_is_asked_again_with_the_same_bytes(
    what: str, database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Reliability 2.1, 2.3: byte-identical, so that WeCom's duplicate check swallows the second one."""
    await tell(database, clock, "zhangsan")
    vendor.script.append(what)
    assert (await sender.drain()).later == 1
    async with database.write() as db:  # whatever changes in between, the bytes stay
        row = await db.scalar(select(Outbox))
        assert row is not None
        row.content = notice("另一个文号").as_data()
    clock.advance(minutes=1)
    assert (await sender.drain()).accepted == 1
    assert len(vendor.bodies) == 2
    assert len(set(vendor.bodies)) == 1
    assert (await only(database)).attempts == 2


async def test_beyond_the_duplicate_check_nobody_resends_blindly(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Reliability 5 (7): answer lost and WeCom away for more than 4 h: no resend, flagged to a person."""
    await tell(database, clock, "zhangsan")
    vendor.script.append(CUT)
    await sender.drain()
    clock.advance(hours=4)
    report = await sender.drain()
    assert (report.unknown, report.accepted, len(vendor.bodies)) == (1, 0, 1)
    row = await only(database)
    assert (row.status, row.last_error) == ("unknown", "lost-answer")
    assert await acts(database) == ["message.unknown"]
    clock.advance(days=3)
    await sender.drain()
    assert len(vendor.bodies) == 1


async def test_lost_answers_are_asked_again_all_through_the_window(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Reliability 5 (6, 7): back-off is seen, no storm, one body, and a definite end."""
    await tell(database, clock, "zhangsan")
    vendor.script.extend([CUT] * 1000)
    for _ in range(24 * 6):
        await sender.drain()
        clock.advance(minutes=10)
    assert 5 < len(vendor.bodies) < 30
    assert len(set(vendor.bodies)) == 1
    assert (await only(database)).status == "unknown"


async def test_what_was_certainly_not_taken_may_wait_for_days(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Reliability 2.3: a refusal by frequency is no lost answer: five hours later it is still lawfully sent."""
    await tell(database, clock, "zhangsan")
    vendor.script.append({"errcode": 45009, "errmsg": ""})
    await sender.drain()
    clock.advance(hours=5)
    assert (await sender.drain()).accepted == 1


async def test_a_frequency_limit_rests_the_api(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Wecom.md 2.8: 45009: this API rests until its window ends; nothing hammers it meanwhile."""
    clock.advance(minutes=5)  # bulk rests in the minutes 0 and 30
    await tell(database, clock, *(f"user{n}" for n in range(150)))
    vendor.script.extend([{"errcode": 45009, "errmsg": ""}] * 150)
    report = await sender.drain()
    assert (report.accepted, len(vendor.bodies) <= 16) == (0, True)
    vendor.script.clear()
    assert (await sender.drain()).accepted == 0
    clock.advance(seconds=80)
    assert (await sender.drain()).accepted == 150


async def test_only_the_invalid_recipient_is_refused(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Wecom.md 2.2: success is per recipient; ids come back in lower case, with errcode 0 or 81013."""
    await tell(database, clock, "ZhangSan")
    vendor.script.append({"errcode": 0, "errmsg": "", "invaliduser": "zhangsan", "msgid": "m"})
    assert (await sender.drain()).refused == 1
    await tell(database, clock, "LiSi", number="抽查〔2026〕2号")
    vendor.script.append({"errcode": 0, "errmsg": "", "invaliduser": "somebodyelse", "msgid": "m"})
    assert (await sender.drain()).accepted == 1
    await tell(database, clock, "WangWu", number="抽查〔2026〕3号")
    vendor.script.append({"errcode": 81013, "errmsg": ""})
    assert (await sender.drain()).refused == 1


async def test_a_wrong_secret_stops_and_loses_nothing(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Wecom.md 2.8: one call, an alarm, all rows still waiting; after the setting is mended all of them go out."""
    await tell(database, clock, *(f"user{n}" for n in range(40)))
    vendor.token_script.append({"errcode": 40001, "errmsg": ""})
    report = await sender.drain()
    assert (report.stopped, vendor.tokens_given, vendor.bodies) == ("wrong-secret", 1, [])
    assert {row.status for row in await rows(database)} == {"waiting"}
    await sender.drain()
    assert vendor.tokens_given == 1
    sender._wecom.line.resume()
    assert (await sender.drain()).accepted == 40


async def test_a_card_refused_for_its_form_goes_out_as_text(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Issue 2, push: text fallback; another body has another key, and a refused text is not tried for ever."""
    await tell(database, clock, "zhangsan")
    vendor.script.extend([{"errcode": 40008, "errmsg": ""}, {"errcode": 40008, "errmsg": ""}])
    report = await sender.drain()
    assert (report.refused, report.dead) == (1, 1)
    card, text = vendor.bodies
    assert (json.loads(card)["msgtype"], json.loads(text)["msgtype"]) == ("template_card", "text")
    first, second = await rows(database)
    assert (first.status, first.dedupe_key + "/text", second.status) == ("refused", second.dedupe_key, "dead")
    assert await acts(database) == ["message.dead"]


async def test_a_member_who_sees_no_cards_is_sent_text(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Wecom.md 2.2: the WeChat plug-in shows no cards."""
    async with database.write() as db:
        db.add(Department(id="d", code="sc", name="市场监管局"))
        await db.flush()
        db.add(Member(department_id="d", userid="zhangsan", name="张样例", wants_text=True))
    await tell(database, clock, "zhangsan", "lisi")
    await sender.drain()
    kinds = {json.loads(body)["touser"]: json.loads(body)["msgtype"] for body in vendor.bodies}
    assert kinds == {"zhangsan": "text", "lisi": "template_card"}


async def test_a_members_thirty_a_minute_are_kept(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Wecom.md 2.7: more than 30 a minute to one member are dropped in silence, so the rest waits; others do not."""
    await tell(database, clock, *["busy"] * 65, "other")
    assert (await sender.drain()).accepted == 31
    assert (await sender.drain()).accepted == 0
    for expected in (30, 5):
        clock.advance(seconds=61)
        assert (await sender.drain()).accepted == expected
    assert len(set(vendor.bodies)) == 66


async def test_a_row_that_cannot_be_rendered_holds_nobody_up(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Reliability 2.3: dead, audited, and the next one goes out."""
    await tell(database, clock, "zhangsan", "lisi")
    async with database.write() as db:
        row = await db.scalar(select(Outbox).where(Outbox.recipient == "zhangsan"))
        assert row is not None
        row.content = {"kind": "nothing we know"}
    report = await sender.drain()
    assert (report.dead, report.accepted) == (1, 1)
    assert await acts(database) == ["message.dead"]


async def test_an_owner_is_told_through_wechat(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """F1, M1: sent to the openid, which stands in no stored message."""
    await tell_owner(database, clock)
    assert (await sender.drain()).accepted == 1
    sent = json.loads(vendor.bodies[0])
    assert (sent["touser"], sent["template_id"]) == ("openid-of-nobody", "T1")
    row = await only(database)
    assert b"openid" not in (row.body or b"")


async def test_wechat_has_no_duplicate_check(database: Database, sender: Sender, vendor: Vendor, clock: Clock) -> None:
    """Reliability 2.1: a lost answer of WeChat's is a person's matter at once; no second message."""
    await tell_owner(database, clock)
    vendor.script.append(CUT)
    assert (await sender.drain()).unknown == 1
    clock.advance(hours=1)
    await sender.drain()
    assert len(vendor.bodies) == 1


async def test_an_owner_who_refused_subscriptions_is_refused(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Wecom.md 3: 43101: give up for this recipient; an owner who is gone has no openid."""
    await tell_owner(database, clock)
    vendor.script.append({"errcode": 43101, "errmsg": ""})
    assert (await sender.drain()).refused == 1
    clock.advance(hours=1)
    await sender.drain()
    assert len(vendor.bodies) == 1


async def test_an_owner_who_is_gone_is_refused_without_a_call(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """M1: an owner whose data were deleted has no openid; the department learns of it."""
    await tell_owner(database, clock)
    async with database.write() as db:
        row = await db.scalar(select(Outbox))
        assert row is not None
        row.recipient = new_id()
    assert (await sender.drain()).refused == 1
    assert (vendor.bodies, await acts(database)) == ([], ["message.refused"])


async def test_a_crash_between_post_and_settle_repeats_the_bytes(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Reliability 5 (5): claimed and fixed, then killed: after the lease the same bytes, never others."""
    await tell(database, clock, "zhangsan")
    async with database.write() as db:
        _, (parcel,) = await sender._packer.claim(db, clock.now, ["wecom"], 100, Counter())
    assert (await sender.drain()).accepted == 0
    clock.advance(seconds=61)
    assert (await sender.drain()).accepted == 1
    assert vendor.bodies == [parcel.body]
    assert Notice.from_data((await only(database)).content).kind is NoticeKind.ASSIGNED_LEADER


async def test_run_is_woken_by_a_commit_and_does_not_wake_itself(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Issue 2: messages follow the commit; a sender with nothing to do rests."""
    stop, wake, committed = asyncio.Event(), asyncio.Event(), asyncio.Event()
    commits: list[int] = []
    database.on_commit.extend([wake.set, committed.set, lambda: commits.append(1)])
    running = asyncio.create_task(sender.run(stop, wake))
    await tell(database, clock, "zhangsan")
    async with asyncio.timeout(5):
        while True:
            committed.clear()  # before looking: a commit that comes while the rows are read is not missed
            if await accepted(database):
                break
            await committed.wait()
    so_far = len(commits)
    for _ in range(20):
        assert await accepted(database)
    assert len(commits) == so_far == 3  # the telling, the claim, the settling
    stop.set()
    wake.set()
    await running
    assert len(vendor.bodies) == 1


async def accepted(database: Database) -> bool:
    async with database.read() as db:
        return (await outbox.counts_by_status(db)).get("accepted", 0) == 1


async def test_a_department_sees_its_own_messages_only(database: Database, clock: Clock) -> None:
    """House rule: rows are reached through functions that know who asks; the office sees all."""
    await tell(database, clock, "zhangsan")

    async def seen(department: str, *roles: Role, status: str = "") -> int:
        actor = Actor(member_id=MemberId("m"), department_id=DepartmentId(department), roles=frozenset(roles))
        async with database.read() as db:
            return len(await outbox.list_for_console(db, actor, status=status))

    assert await seen("d", Role.APPROVER) == 1
    assert await seen("e", Role.APPROVER) == 0
    assert await seen("e", Role.COORDINATOR) == 1
    assert await seen("e", Role.COORDINATOR, status="dead") == 0


async def test_lost_tries_do_not_count_as_busy_ones(
    database: Database, sender: Sender, vendor: Vendor, clock: Clock
) -> None:
    """Issue 5, shows: found by 200 kills: after many lost tries one "busy" is no reason to give a message up."""
    await tell(database, clock, "zhangsan")
    vendor.script.extend([CUT] * 4 + [{"errcode": -1, "errmsg": ""}] * 3 + [CUT] + [{"errcode": -1, "errmsg": ""}] * 4)
    for _ in range(11):
        assert (await sender.drain()).dead == 0
        clock.advance(minutes=14)
    assert (await sender.drain()).dead == 1
    assert len(set(vendor.bodies)) == 1
