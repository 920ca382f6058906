"""A time agreed upon with the owner for a visit, its invitation, and what becomes of it (F1, F2, D8).

leader: fix -> Appointment row (sequence + 1) -> group told, owner told where he may know -> APPOINTED deadline
        cancel -> the same with nothing to come -> APPOINT deadline anew ; invitation -> iCalendar REQUEST or CANCEL
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.icalendar import Invitation, invitation_text
from inspection.notices import Notice, NoticeKind
from inspection.workdays import SHANGHAI, local_date
from models.clock import Appointment
from models.registers import Target
from models.store import visits as store
from models.store.visits import OwnVisit
from models.tasks import Visit
from services.act import Act
from services.clock import deadlines
from services.people.notices import Letter, tell_many, tell_owner

LASTS = timedelta(hours=1)
MAX_NOTE = 200


class NotTheLeaderError(ForbiddenError):
    """检查时间由检查组组长约定。"""

    code: ClassVar[str] = "not-the-leader"
    action: ClassVar[str] = "请联系本次检查的组长，约定的时间没有变化。"


async def shown(act: Act, visit_id: str) -> dict[str, Any]:
    """What stands for a visit of the actor's, and whether he may fix it."""
    own, row = await _own(act, visit_id)
    return {
        "starts_at": row.starts_at if row and not row.cancelled else None,
        "note": row.note if row else "",
        "sequence": row.sequence if row else None,
        "owner_is_told": own.task.announced,
        "can_fix": own.member.leads and own.visit.status == "accepted",
        "first_day": max(own.task.starts_on, local_date(act.now)),
        "last_day": own.task.ends_on,
    }


async def fix(act: Act, visit_id: str, starts_at: datetime, note: str) -> dict[str, Any]:
    """Fix or move the time of a visit; the leader alone, within the task's days, not in the past."""
    own, row = await _of_leader(act, visit_id)
    day, note = local_date(starts_at), note.strip()
    if starts_at <= act.now or not own.task.starts_on <= day <= own.task.ends_on:
        days = f"{own.task.starts_on} 至 {own.task.ends_on}"
        raise InvalidInputError(what="约定时间", why=f"应当晚于现在，并在 {days} 之间。")
    if len(note) > MAX_NOTE:
        raise InvalidInputError(what="需要准备的材料", why=f"不超过 {MAX_NOTE} 字。")
    moved = row is not None and not row.cancelled
    if row is not None and moved and (row.starts_at, row.note) == (starts_at, note):
        return await shown(act, visit_id)
    row = await _write(act, visit_id, row, starts_at=starts_at, note=note, cancelled=False)
    subject = f"visit:{visit_id}"
    await deadlines.settle(act, DeadlineKind.APPOINT, subject)
    await deadlines.settle(act, DeadlineKind.APPOINTED, subject)
    await deadlines.open_on(act, DeadlineKind.APPOINTED, subject, own.visit.department_id, day)
    act.record("appointment-fix", subject, number=own.visit.number, at=_when(starts_at), sequence=row.sequence)
    await _tell(act, own, row, "检查时间改为" if moved else "检查时间已约定为")
    return await shown(act, visit_id)


async def cancel(act: Act, visit_id: str) -> dict[str, Any]:
    """Take the agreed time back; another one is to be found."""
    own, row = await _of_leader(act, visit_id)
    if row is None or row.cancelled:
        raise ConflictError(what="这次检查", why="没有约定时间。")
    row = await _write(act, visit_id, row, cancelled=True)
    await deadlines.settle(act, DeadlineKind.APPOINTED, f"visit:{visit_id}")
    await expect(act, own)
    act.record("appointment-cancel", f"visit:{visit_id}", number=own.visit.number, sequence=row.sequence)
    await _tell(act, own, row, "约定的检查时间已取消，原定")
    return await shown(act, visit_id)


async def expect(act: Act, own: OwnVisit) -> None:
    """Open the deadline of fixing a time, where the owner may know that somebody comes (F2: else nobody asks him)."""
    if own.task.announced:
        await deadlines.begin(act, DeadlineKind.APPOINT, f"visit:{own.visit.id}", own.visit.department_id)


async def invitation(act: Act, visit_id: str) -> bytes:
    """The agreed time as an invitation for the actor's calendar; a cancelled one cancels it there (RFC 5546)."""
    own, row = await _own(act, visit_id)
    if row is None:
        raise NotFoundError(what="这次检查的约定时间")
    return invitation_text(as_event(act, row, own.visit, own.target), act.now)


def as_event(act: Act, row: Appointment, visit: Visit, target: Target) -> Invitation:
    """An appointment as a calendar knows it; its uid never changes, so that a move moves the entry."""
    return Invitation(
        uid=f"appointment-{visit.id}@suicha",
        sequence=row.sequence,
        title=f"检查：{target.name}",
        starts_at=row.starts_at,
        ends_at=row.starts_at + LASTS,
        place=target.address,
        note=f"{visit.number}\n{row.note}".strip(),
        url=f"{act.house.origin}/m/visits/{visit.id}",
        organizer=act.house.office_name,
        cancelled=row.cancelled,
    )


async def _own(act: Act, visit_id: str) -> tuple[OwnVisit, Appointment | None]:
    own = await store.own_visit(act.db, act.actor, visit_id)
    return own, await act.db.get(Appointment, visit_id)


async def _of_leader(act: Act, visit_id: str) -> tuple[OwnVisit, Appointment | None]:
    await store.lock(act.db, visit_id)
    own, row = await _own(act, visit_id)
    if not own.member.leads:
        raise NotTheLeaderError
    if own.visit.status != "accepted":
        raise ConflictError(what="检查时间", why="请先接受任务；已经提交结果的检查不再约定。")
    return own, row


async def _write(act: Act, visit_id: str, row: Appointment | None, **values: Any) -> Appointment:
    if row is None:
        row = Appointment(visit_id=visit_id, sequence=-1, note="")
        act.db.add(row)
    for name, value in {**values, "sequence": row.sequence + 1, "made_by": act.actor.member_id}.items():
        setattr(row, name, value)
    row.made_at = act.now
    await act.db.flush()
    return row


async def _tell(act: Act, own: OwnVisit, row: Appointment, words: str) -> None:
    visit = own.visit
    number = f"{visit.number}-约{row.sequence + 1}"
    title = f"{words} {_when(row.starts_at)}"
    facts = (
        ("检查编号", visit.number),
        ("检查对象", own.target.name),
        ("地址", own.target.address or "未登记"),
    )
    notice = Notice(
        kind=NoticeKind.APPOINTMENT,
        document_no=number,
        title=title,
        summary=row.note or "请按时到场。可在检查页面下载日历邀请。",
        facts=facts,
        path=f"/m/visits/{visit.id}",
        urgent=local_date(row.starts_at) == local_date(act.now),
    )
    key = f"appointment/{visit.id}/{row.sequence}"
    letters = [
        Letter(
            userid=one.userid,
            notice=notice,
            department_id=one.department_id,
            subject=f"visit:{visit.id}",
            dedupe_key=f"{key}/{one.userid}",
        )
        for one in await store.group(act.db, visit.id)
    ]
    await tell_many(act, letters)
    if not own.task.announced:
        return  # F2: an owner who is to hear nothing hears nothing
    owners = Notice(
        kind=NoticeKind.OWNER_APPOINTMENT,
        document_no=number,
        title=title,
        summary=f"请准备：{row.note}" if row.note else "请安排人员到场配合。",
        facts=facts,
        path=f"/o/visits/{visit.id}",
    )
    about = {"department_id": visit.department_id, "visit_id": visit.id}
    await tell_owner(act, own.target.id, owners, dedupe_key=f"{key}/owner", **about)


def _when(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%m月%d日 %H:%M}"
