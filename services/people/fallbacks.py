"""When a message ends without having reached anybody: the next way, and at the end a person who phones.

wecom | wechat -> sms (where a gateway is set and a number known) -> 电话告知: a call for a named person, who is told
unknown (perhaps delivered) -> 电话告知 at once, with the flag 可能已送达
held (nobody of the enterprise has bound it) for a day -> the same, while the notice still waits for whoever binds

Runs in the transaction that settles the message: what failed and what follows from it are never apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, DepartmentId, MemberId, Role
from inspection.notices import Channel, Notice, NoticeKind, Priority
from inspection.workdays import SHANGHAI
from models.people import Grant, Member
from models.registers import Contact
from models.results import Outbox, PhoneCall
from models.store import addresses, audit, held, outbox
from models.store.outbox import AS_TEXT, Claimed
from models.store.states import insert_ignore
from models.tasks import Visit
from services.act import Act

Row = Claimed | Outbox
Failed = tuple[Row, str, str]  # row, status it ended in, error
SMS = "/sms"  # ends the key of a row that follows one which reached nobody
UNBOUND = "unbound"  # why a held notice went another way; each goes once
LIAISON = "联络"  # F4: the post that says so
PERSON, TARGET = "m:", "t:"  # whose number an SMS goes to
TO_REPORT = ("dead", "unknown", "refused")

log = structlog.get_logger(__name__)


async def take_over(db: AsyncSession, failed: Sequence[Failed], now: datetime, *, sms: bool = False) -> None:
    """Say in the log how these ended and go the next way with each; `sms`: there is a gateway."""
    # Who asked in the chat and hears nothing asks again; nobody is phoned for it.
    failed = [one for one in failed if one[1] in TO_REPORT and one[0].kind != NoticeKind.CHAT_ANSWER.value]
    if not failed:
        return
    for row, status, error in failed:
        _report(db, row, now, status, error)
    await _go_on(db, failed, now, sms=sms)


async def hand_on_held(act: Act) -> int:
    """Let what waits too long for its enterprise to bind go the next way, each once; returns how many notices.

    It stays held besides: whoever binds later has it in WeChat all the same.
    """
    before = act.now - timedelta(hours=act.house.rules.unbound_notice_hours)
    rows = await held.hand_on(act.db, before, UNBOUND)
    for row in rows:
        actor = Actor(member_id=MemberId("system"), department_id=DepartmentId(row.department_id), roles=frozenset())
        audit.record(act.db, actor, act.now, "message.unbound", row.subject, outbox=row.id)
    await _go_on(act.db, [(row, "held", UNBOUND) for row in rows], act.now, sms=act.house.has_sms)
    return len(rows)


async def _go_on(db: AsyncSession, failed: Sequence[Failed], now: datetime, *, sms: bool) -> None:
    numbers = await _known_numbers(db, [row for row, _, _ in failed]) if sms else {}
    by_sms, to_call = list[dict[str, Any]](), list[Failed]()
    for row, status, error in failed:
        whose = numbers.get(row.id)
        if whose and status != "unknown" and row.channel != Channel.SMS.value:
            by_sms.append(_sms_row(row, whose, now))
        else:
            to_call.append((row, status, error))
    if by_sms:
        await outbox.add_many(db, by_sms)
    await _ask_to_call(db, [one for one in to_call if one[0].kind != NoticeKind.CALL_DUE.value], now)


async def numbers(db: AsyncSession, recipients: Collection[str]) -> dict[str, str]:
    """The phone numbers behind an SMS row's recipients; read for the sending alone."""
    userids = {one.removeprefix(PERSON) for one in recipients if one.startswith(PERSON)}
    found = {PERSON + userid: mobile for userid, mobile in (await addresses.mobiles(db, userids)).items()}
    targets = {one.removeprefix(TARGET) for one in recipients if one.startswith(TARGET)}
    known = await db.execute(select(Contact.target_id, Contact.phone).where(Contact.target_id.in_(targets)))
    return found | {TARGET + row.target_id: row.phone for row in known if row.phone}


async def _known_numbers(db: AsyncSession, rows: Sequence[Row]) -> dict[str, str]:
    """Row id -> recipient of its SMS, where a number is known."""
    of_members = {row.id: PERSON + row.recipient for row in rows if row.channel == Channel.WECOM.value}
    visits = {
        row.id: row.subject.removeprefix("visit:")
        for row in rows
        if row.channel == Channel.WECHAT.value and row.subject.startswith("visit:")
    }
    found = await db.execute(select(Visit.id, Visit.target_id).where(Visit.id.in_(set(visits.values()))))
    targets = {row.id: row.target_id for row in found}
    whose = of_members | {one: TARGET + targets[visit] for one, visit in visits.items() if visit in targets}
    known = await numbers(db, set(whose.values()))
    return {one: name for one, name in whose.items() if name in known}


def _sms_row(row: Row, whose: str, now: datetime) -> dict[str, Any]:
    return {
        "dedupe_key": _base(row) + SMS,
        "document_no": row.document_no,
        "department_id": row.department_id,
        "channel": Channel.SMS.value,
        "recipient": whose,
        "priority": row.priority,
        "join_key": None,
        "kind": row.kind,
        "subject": row.subject,
        "content": row.content,
        "not_before": now,
        "created_at": now,
    }


async def _ask_to_call(db: AsyncSession, failed: Sequence[Failed], now: datetime) -> None:
    if not failed:
        return
    callers = await _callers(db, {row.department_id for row, _, _ in failed})
    letters: dict[str, dict[str, Any]] = {}
    for row, status, error in failed:
        caller = next((one for one in callers.get(row.department_id, ()) if one.userid != row.recipient), None)
        new = await insert_ignore(
            db,
            PhoneCall,
            dedupe_key=_call_key(row, now),
            outbox_id=row.id,
            department_id=row.department_id,
            caller_id=caller.id if caller else None,
            channel=row.channel,
            recipient=row.recipient,
            subject=row.subject,
            document_no=row.document_no,
            title=str(row.content.get("title", ""))[:256],
            why=error,
            maybe=status == "unknown",
            status="open",
            created_at=now,
        )
        if new and caller is not None:
            letters.setdefault(caller.userid, _call_letter(caller.userid, row.department_id, now))
    if letters:
        await outbox.add_many(db, list(letters.values()))


async def _callers(db: AsyncSession, departments: Collection[str]) -> Mapping[str, list[Member]]:
    """Who is asked to phone, best first: a department's liaison, its approver, the office's coordinator."""
    query = select(Member, Grant.role).outerjoin(Grant, Grant.member_id == Member.id).where(Member.active)
    ranks: dict[str, list[tuple[int, str, Member]]] = {one: [] for one in departments}
    for member, role in await db.execute(query.where(_may_call())):
        for one in departments:
            own = member.department_id == one
            if own and LIAISON in member.post:
                ranks[one].append((0, member.userid, member))
            elif own and role == Role.APPROVER.value:
                ranks[one].append((1, member.userid, member))
            elif role == Role.COORDINATOR.value:
                ranks[one].append((2, member.userid, member))
    return {one: [member for _, _, member in sorted(some, key=lambda found: found[:2])] for one, some in ranks.items()}


def _may_call() -> Any:
    return Member.post.contains(LIAISON) | Grant.role.in_((Role.APPROVER.value, Role.COORDINATOR.value))


def _call_letter(userid: str, department_id: str, now: datetime) -> dict[str, Any]:
    hour = now.astimezone(SHANGHAI)
    notice = Notice(
        kind=NoticeKind.CALL_DUE,
        document_no=f"电话告知-{hour:%Y%m%d%H}-{userid}",
        title="有通知未能送达，请电话告知",
        summary="企业微信、微信和短信均未能送达的通知，请打开工作台“电话告知”逐条电话联系并登记结果。",
        path="/console/calls",
        urgent=True,
    )
    return {
        "dedupe_key": f"calls/{userid}/{hour:%Y%m%d%H}",
        "document_no": notice.document_no,
        "department_id": department_id,
        "channel": Channel.WECOM.value,
        "recipient": userid,
        "priority": Priority.ORDINARY.value,
        "join_key": None,
        "kind": notice.kind.value,
        "subject": "calls",
        "content": notice.as_data(),
        "not_before": now,
        "created_at": now,
    }


def _call_key(row: Row, now: datetime) -> str:
    # A digest comes every morning: somebody whom nothing reaches is called once a month for it, not every day.
    if row.kind == NoticeKind.DIGEST.value:
        return f"digest/{row.recipient}/{now:%Y-%m}"
    return _base(row)


def _base(row: Row) -> str:
    return row.dedupe_key.removesuffix(SMS).removesuffix(AS_TEXT)


def _report(db: AsyncSession, row: Row, now: datetime, status: str, error: str) -> None:
    # In the department's own log: it has to find out by another way whether the notice arrived.
    actor = Actor(member_id=MemberId("system"), department_id=DepartmentId(row.department_id), roles=frozenset())
    audit.record(db, actor, now, f"message.{status}", row.subject, outbox=row.id, error=error)
    log.error("message needs a person", outbox=row.id, status=status, error=error)
