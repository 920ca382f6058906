"""电话告知: who is to be called because no message reached him, and what came of it (issue 5, fallback channels).

fallbacks -> an open call, a named person -> calls -> number (shown, and that is on record) -> note -> done
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select, update

from inspection.actors import Role
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.notices import Channel
from models.owners import NoticeRecord
from models.people import Member
from models.registers import Contact, Target
from models.results import PhoneCall
from models.tasks import Visit
from services.act import Act
from services.people import fallbacks

OUTCOMES = {
    "reached": "已告知",
    "no-answer": "无人接听",
    "wrong-number": "号码有误",
    "otherwise": "已用其他方式告知",
}
ENDS = {"reached", "otherwise"}  # the others leave the call open: somebody tries again
WHY = {
    "unbound": "企业还没有人绑定微信",
    "lost-answer": "发出后没有得到回应",
    "lost": "发出后没有得到回应",
    "recipient-unreachable": "对方无法接收",
    "recipient-left-out": "不在企业微信可见范围内",
    "unlicensed": "没有企业微信接口许可",
    "no-openid": "微信账号已注销",
    "no-number": "没有登记电话号码",
    "high-risk-user": "微信认为该用户有风险",
}
MOST = 200
SPOKE_TO, NOTE = 64, 500


async def calls(act: Act) -> list[dict[str, Any]]:
    """The calls that the actor may see, open ones first: the office all, approvers a department's, others their own."""
    query = _visible(act).order_by(PhoneCall.status.desc(), PhoneCall.created_at.desc()).limit(MOST)
    rows = (await act.db.scalars(query)).all()
    names = await _names(act, rows)
    ids = {one for row in rows for one in (row.caller_id, row.called_by) if one}
    callers = await act.db.execute(select(Member.id, Member.name).where(Member.id.in_(ids)))
    who = {row.id: row.name for row in callers}
    return [_shown(row, names, who) for row in rows]


async def number(act: Act, call_id: str) -> str:
    """The phone number of whom to call, empty if none is known; that it was looked at is on record."""
    row = await _call(act, call_id)
    whose = await _whose(act, [row])
    known = await fallbacks.numbers(act.db, set(whose.values()))
    act.record("call-number", row.subject, call=row.id)
    return known.get(whose.get(row.id, ""), "")


async def note(act: Act, call_id: str, outcome: str, *, spoke_to: str = "", words: str = "") -> str:
    """Write down a call: who was spoken to and what came of it; returns the call's status."""
    if outcome not in OUTCOMES:
        raise InvalidInputError(what="结果", why="请选择已告知、无人接听、号码有误或已用其他方式告知。")
    if len(spoke_to) > SPOKE_TO or len(words) > NOTE:
        raise InvalidInputError(what="登记内容", why=f"接听人不超过 {SPOKE_TO} 字，备注不超过 {NOTE} 字。")
    if outcome == "reached" and not spoke_to.strip():
        raise InvalidInputError(what="接听人", why="请写明由谁接听，以备核查。")
    row = await _call(act, call_id)
    status = "done" if outcome in ENDS else "open"
    written = await act.db.scalar(
        update(PhoneCall)
        .where(PhoneCall.id == row.id, PhoneCall.status == "open")
        .values(
            status=status,
            outcome=outcome,
            called_by=act.actor.member_id,
            called_at=act.now,
            spoke_to=spoke_to.strip() or None,
            note=words.strip() or None,
            tries=PhoneCall.tries + 1,
        )
        .returning(PhoneCall.id)
        .execution_options(synchronize_session=False)
    )
    if written is None:
        raise ConflictError(what="电话告知", why="这一条已经由别人登记完成。")
    act.record("call-note", row.subject, call=row.id, outcome=outcome)
    if outcome == "reached":
        await _on_record(act, row, spoke_to.strip(), words.strip())
    return status


async def _on_record(act: Act, row: PhoneCall, spoke_to: str, words: str) -> None:
    """An enterprise that was told of its visit by phone has been told (F1): its visit's record says so."""
    to_owner = row.channel == Channel.WECHAT.value or row.recipient.startswith(fallbacks.TARGET)
    visit = await act.db.get(Visit, row.subject.removeprefix("visit:")) if to_owner else None
    if visit is None:
        return
    values = {"way": "phone", "at": act.now, "recorded_by": act.actor.member_id}
    said = {"receiver": spoke_to, "note": words or None}
    act.db.add(NoticeRecord(visit_id=visit.id, department_id=row.department_id, **values, **said))
    await act.db.flush()


def _visible(act: Act) -> Select[PhoneCall]:
    query = select(PhoneCall)
    if act.actor.has(Role.COORDINATOR, Role.ADMIN):
        return query
    own = PhoneCall.caller_id == act.actor.member_id
    if act.actor.has(Role.APPROVER):
        return query.where(own | (PhoneCall.department_id == act.actor.department_id))
    return query.where(own)


async def _call(act: Act, call_id: str) -> PhoneCall:
    row = await act.db.scalar(_visible(act).where(PhoneCall.id == call_id))
    if row is None:
        raise NotFoundError(what="这条电话告知")
    return row


async def _whose(act: Act, rows: Sequence[PhoneCall]) -> dict[str, str]:
    """Call id -> "m:userid" or "t:target id"."""
    found = {row.id: fallbacks.PERSON + row.recipient for row in rows if row.channel == Channel.WECOM.value}
    found |= {row.id: row.recipient for row in rows if row.channel == Channel.SMS.value}
    visits = {
        row.id: row.subject.removeprefix("visit:")
        for row in rows
        if row.channel == Channel.WECHAT.value and row.subject.startswith("visit:")
    }
    known = await act.db.execute(select(Visit.id, Visit.target_id).where(Visit.id.in_(set(visits.values()))))
    targets = {row.id: row.target_id for row in known}
    return found | {call: fallbacks.TARGET + targets[visit] for call, visit in visits.items() if visit in targets}


async def _names(act: Act, rows: Sequence[PhoneCall]) -> dict[str, str]:
    whose = await _whose(act, rows)
    userids = {one.removeprefix(fallbacks.PERSON) for one in whose.values() if one.startswith(fallbacks.PERSON)}
    targets = {one.removeprefix(fallbacks.TARGET) for one in whose.values() if one.startswith(fallbacks.TARGET)}
    members = await act.db.execute(select(Member.userid, Member.name).where(Member.userid.in_(userids)))
    names = {fallbacks.PERSON + row.userid: row.name for row in members}
    query = select(Target.id, Target.name, Contact.name.label("person"))
    query = query.outerjoin(Contact, Contact.target_id == Target.id)
    for row in await act.db.execute(query.where(Target.id.in_(targets))):
        names[fallbacks.TARGET + row.id] = f"{row.name}（{row.person}）" if row.person else row.name
    return {call: names.get(one, "") for call, one in whose.items()}


def _why(error: str) -> str:
    """Why no message reached him, in words; a code that needs no words stays what it is."""
    reason, _, code = error.partition(" ")
    return f"{WHY[reason]}{f'（{code}）' if code else ''}" if reason in WHY else error


def _shown(row: PhoneCall, names: Mapping[str, str], who: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "whom": names.get(row.id) or "（已不在名录中）",
        "title": row.title,
        "document_no": row.document_no,
        "why": _why(row.why),
        "maybe": row.maybe,
        "status": row.status,
        "caller": who.get(row.caller_id or "", ""),
        "called_by": who.get(row.called_by or "", ""),
        "called_at": row.called_at,
        "outcome_text": OUTCOMES.get(row.outcome, ""),
        "spoke_to": row.spoke_to or "",
        "note": row.note or "",
        "tries": row.tries,
    }
