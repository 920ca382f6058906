"""A private calendar link for an inspector or a department: visits and deadlines, for the phone's own calendar.

make_link -> token, shown once (its SHA-256 is kept) -> GET /public/calendars/TOKEN -> feed ; revoke -> nothing more
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ForbiddenError, NotFoundError
from inspection.icalendar import CalendarEvent, Invitation, calendar_text
from models.clock import Appointment, FeedLink
from models.people import Department, Member
from models.registers import Target
from models.results import Deadline
from models.tasks import Part, Task, Visit, VisitMember
from services.act import Act
from services.clock import appointments
from services.clock.audiences import audience_of

MOST_EVENTS = 2_000
_OVER = ("published",)


async def make_link(act: Act, *, whole_department: bool) -> str:
    """Make a link of one's own, or (approvers, coordinators) of one's department; what it replaces is revoked."""
    if whole_department and not act.actor.has(Role.APPROVER, Role.COORDINATOR):
        raise ForbiddenError
    await revoke_link(act, whole_department=whole_department)
    token = secrets.token_urlsafe(32)
    act.db.add(
        FeedLink(
            token_hash=_hash(token),
            member_id=None if whole_department else act.actor.member_id,
            department_id=act.actor.department_id,
            made_by=act.actor.member_id,
            made_at=act.now,
        )
    )
    act.record("feed-link", f"member:{act.actor.member_id}", department=whole_department)
    return f"{act.house.origin}/public/calendars/{token}"


async def revoke_link(act: Act, *, whole_department: bool) -> bool:
    """End one's own link, or one's department's; False if there is none."""
    if whole_department and not act.actor.has(Role.APPROVER, Role.COORDINATOR):
        raise ForbiddenError
    row = await act.db.scalar(_current(act, whole_department=whole_department))
    if row is None:
        return False
    row.revoked_at = act.now
    act.record("feed-revoke", f"member:{act.actor.member_id}", department=whole_department)
    await act.db.flush()
    return True


async def links(act: Act) -> dict[str, Any]:
    """Which links there are; a token is never shown again."""
    own = await act.db.scalar(_current(act, whole_department=False))
    department = await act.db.scalar(_current(act, whole_department=True))
    return {
        "own": own.made_at if own else None,
        "department": department.made_at if department else None,
        "may_share": act.actor.has(Role.APPROVER, Role.COORDINATOR),
    }


async def feed(act: Act, token: str) -> bytes:
    """The calendar of a link, as an .ics file; NotFoundError for a token that is none, revoked, or of a leaver."""
    row = await act.db.scalar(
        select(FeedLink).where(FeedLink.token_hash == _hash(token), FeedLink.revoked_at.is_(None))
    )
    if row is None:
        raise NotFoundError(what="这个日历")
    name = await _name(act, row)
    events = [*await _visits(act, row), *await _deadlines(act, row)]
    timed = await _appointments(act, row)
    return calendar_text(name, sorted(events, key=lambda one: (one.first, one.uid)), act.now, timed)


async def _name(act: Act, row: FeedLink) -> str:
    # The maker answers for it: when he leaves, or goes to another department, the link is dead.
    maker = await act.db.get(Member, row.made_by)
    department = await act.db.get(Department, row.department_id)
    if maker is None or department is None or not maker.active or maker.department_id != row.department_id:
        raise NotFoundError(what="这个日历")
    return f"随查 · {department.name if row.member_id is None else '我的检查'}"


async def _visits(act: Act, row: FeedLink) -> list[CalendarEvent]:
    query = select(Visit, Task, Target.name).join(Task, Task.id == Visit.task_id).join(Target)
    if row.member_id is None:
        query = query.join(Part, Part.visit_id == Visit.id).where(Part.department_id == row.department_id)
    else:
        query = query.join(VisitMember, VisitMember.visit_id == Visit.id).where(VisitMember.member_id == row.member_id)
    rows = await act.db.execute(query.where(Visit.status.not_in(_OVER)).order_by(Task.ends_on).limit(MOST_EVENTS))
    return [
        CalendarEvent(
            uid=f"visit-{visit.id}@suicha",
            title=f"检查：{name}",
            first=task.starts_on,
            last=task.ends_on,
            note=f"{task.name}\n{visit.number}",
            url=f"{act.house.origin}/m/visits/{visit.id}",
        )
        for visit, task, name in rows.all()
    ]


async def _appointments(act: Act, row: FeedLink) -> list[Invitation]:
    query = (
        select(Appointment, Visit, Target)
        .join(Visit, Visit.id == Appointment.visit_id)
        .join(Target, Target.id == Visit.target_id)
        .where(Visit.status.not_in(_OVER))
    )
    if row.member_id is None:
        query = query.join(Part, Part.visit_id == Visit.id).where(Part.department_id == row.department_id)
    else:
        query = query.join(VisitMember, VisitMember.visit_id == Visit.id).where(VisitMember.member_id == row.member_id)
    rows = await act.db.execute(query.order_by(Appointment.starts_at, Visit.id).limit(MOST_EVENTS))
    return [appointments.as_event(act, one, visit, target) for one, visit, target in rows.all()]


async def _deadlines(act: Act, row: FeedLink) -> list[CalendarEvent]:
    found = await _open(act, row)
    audience, maker = await audience_of(act, found), await act.db.get(Member, row.made_by)
    userid = maker.userid if maker is not None else ""
    return [
        CalendarEvent(
            uid=f"deadline-{one.id}@suicha",
            title=f"截止：{DeadlineKind(one.kind).text}（{audience.subjects[one.subject].target_name}）",
            first=one.due_on,
            last=one.due_on,
            note=f"{audience.subjects[one.subject].visit_number}{'（暂定）' if one.provisional else ''}",
            url=act.house.origin + audience.path_for(one, userid),
            alarm=True,
        )
        for one in found
        if one.subject in audience.subjects
    ]


async def _open(act: Act, row: FeedLink) -> Sequence[Deadline]:
    query = select(Deadline).where(Deadline.settled_at.is_(None)).order_by(Deadline.due_on).limit(MOST_EVENTS)
    if row.member_id is None:
        query = query.where(Deadline.department_id == row.department_id)
    else:
        mine = select("visit:" + VisitMember.visit_id).where(VisitMember.member_id == row.member_id)
        query = query.where(Deadline.subject.in_(mine))
    return (await act.db.scalars(query)).all()


def _current(act: Act, *, whole_department: bool) -> Any:
    whose = FeedLink.member_id.is_(None) if whole_department else FeedLink.member_id == act.actor.member_id
    return select(FeedLink).where(
        whose, FeedLink.department_id == act.actor.department_id, FeedLink.revoked_at.is_(None)
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
