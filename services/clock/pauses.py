"""Deadlines that stand still where law allows it, and deadlines that a person puts off for himself (K2).

pause (a listed reason, in words) -> no reminder, days kept -> resume -> the days that were left, counted from now
snooze from a card -> the person hears of it next working morning, never after the due day ; the deadline stands
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import select

from inspection.actors import Role
from inspection.deadlines import KINDS, DeadlineKind, PauseReason, days_left, due_after
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.workdays import add_working_days, local_date
from models.clock import DeadlinePause
from models.people import Member
from models.results import Deadline
from models.store import deadlines as store
from models.store import snoozes
from services.act import Act
from services.clock import nudges
from services.clock.calendars import calendar_of

MAX_NOTE = 500
MAX_BASIS = 200


class TooLateToWaitError(ConflictError):
    """这项期限不能再推迟提醒：下个工作日就是截止日期，或者已经到期。"""

    code: ClassVar[str] = "too-late-to-wait"
    action: ClassVar[str] = "请现在办理；确有法定原因不能办理的，请申请暂停计时。"


async def pause(act: Act, deadline_id: str, reason: PauseReason, note: str, basis: str) -> DeadlinePause:
    """Let an open deadline stand still; ConflictError where law does not allow it, or it is overdue already."""
    row, today, note = await _own(act, deadline_id), local_date(act.now), note.strip()
    if not note or len(note) > MAX_NOTE:
        raise InvalidInputError(what="情况说明", why=f"请写明事实，不超过 {MAX_NOTE} 字。")
    basis = basis.strip()
    if not basis or len(basis) > MAX_BASIS:
        raise InvalidInputError(what="法律依据", why=f"请写明条款或批准文号，不超过 {MAX_BASIS} 字。")
    if reason not in KINDS[DeadlineKind(row.kind)].pauses:
        raise ConflictError(what="这项期限", why=f"“{reason.text}”不是它可以暂停的理由。")
    if row.paused_on is not None or row.settled_at is not None:
        raise ConflictError(what="这项期限", why="已经暂停或已经办结。")
    if row.due_on < today:
        raise ConflictError(what="这项期限", why="已经逾期，不能事后暂停。")
    left = days_left(DeadlineKind(row.kind), today, row.due_on, await calendar_of(act))
    row.paused_on, row.next_on = today, None
    made = DeadlinePause(
        deadline_id=row.id,
        reason=reason.value,
        note=note,
        basis=basis,
        began_on=today,
        days_left=left,
        began_by=act.actor.member_id,
    )
    act.db.add(made)
    await act.db.flush()
    act.record("deadline-pause", row.subject, kind=row.kind, reason=reason.value, due_on=str(row.due_on), days=left)
    title = f"期限暂停：{DeadlineKind(row.kind).text}（{reason.text}）"
    await nudges.tell_concerned(
        act, row, title, f"依据：{basis}。{note}。剩余天数保留，恢复时另行通知。", "暂停-" + made.id[-8:]
    )
    return made


async def resume(act: Act, deadline_id: str) -> date:
    """Let a paused deadline go on: the working days that were left, counted from today; the new due day."""
    row, today = await _own(act, deadline_id), local_date(act.now)
    made = await act.db.scalar(
        select(DeadlinePause).where(DeadlinePause.deadline_id == row.id, DeadlinePause.ended_on.is_(None))
    )
    if made is None or row.paused_on is None or row.settled_at is not None:
        raise ConflictError(what="这项期限", why="没有在暂停。")
    calendar = await calendar_of(act)
    due = due_after(DeadlineKind(row.kind), today, made.days_left, calendar)
    made.ended_on, made.ended_by = today, act.actor.member_id
    row.due_on, row.provisional, row.paused_on = due.due_on, due.provisional, None
    row.start_on, row.days, row.calendar, row.next_on = today, made.days_left, calendar.version(), today
    await act.db.flush()
    await store.forget_reminders(act.db, [row.id])
    act.record("deadline-resume", row.subject, kind=row.kind, due_on=str(row.due_on))
    title = f"期限恢复：{DeadlineKind(row.kind).text}"
    await nudges.tell_concerned(act, row, title, f"新的截止日期为 {row.due_on:%Y-%m-%d}。", "恢复-" + made.id[-8:])
    return row.due_on


async def snooze(act: Act, deadline_id: str) -> date:
    """Put off one's own reminders of a deadline until the next working morning; that day."""
    row, userid = await act.db.get(Deadline, deadline_id), await _userid(act)
    if row is None or not await snoozes.was_told(act.db, userid, deadline_id):
        raise NotFoundError(what="这项提醒")
    until = await _next_morning(act)
    if row.settled_at is not None:
        raise ConflictError(what="这项期限", why="已经办结。")
    if until >= row.due_on:
        raise TooLateToWaitError
    await snoozes.snooze(act.db, row.id, userid, until, act.now)
    act.record("deadline-snooze", row.subject, kind=row.kind, until=str(until))
    return until


async def snooze_from_card(act: Act, what: str) -> str:
    """The card's button: one deadline by its id, or of a day's digest ("2026-03-02") all that can wait; the answer."""
    if not what.count("-"):
        await snooze(act, what)
        return "下个工作日提醒"
    rows = await _of_digest(act, what)
    until = await _next_morning(act)
    can_wait = [row for row in rows if until < row.due_on]
    if not can_wait:
        raise TooLateToWaitError
    userid = await _userid(act)
    for row in can_wait:
        await snoozes.snooze(act.db, row.id, userid, until, act.now)
    act.record("deadline-snooze", f"digest:{what}", deadlines=len(can_wait), until=str(until))
    return f"{len(can_wait)} 项已推迟"


async def of_deadline(act: Act, deadline_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The pauses that hold now, by deadline, for the board."""
    query = select(DeadlinePause).where(DeadlinePause.deadline_id.in_(deadline_ids), DeadlinePause.ended_on.is_(None))
    return {
        row.deadline_id: {
            "reason_text": PauseReason(row.reason).text,
            "basis": row.basis,
            "note": row.note,
            "began_on": row.began_on,
        }
        for row in await act.db.scalars(query)
    }


async def _own(act: Act, deadline_id: str) -> Deadline:
    """A deadline that the actor may stop: the office's coordinator any, an approver his department's own."""
    row = await act.db.scalar(select(Deadline).where(Deadline.id == deadline_id).with_for_update())
    if row is None:
        raise NotFoundError(what="这项期限")
    if act.actor.has(Role.COORDINATOR):
        return row
    if not act.actor.has(Role.APPROVER):
        raise ForbiddenError
    if row.department_id != act.actor.department_id:
        raise NotFoundError(what="这项期限")
    return row


async def _userid(act: Act) -> str:
    member = await act.db.get(Member, act.actor.member_id)
    if member is None:
        raise NotFoundError(what="这项提醒")
    return member.userid


async def _next_morning(act: Act) -> date:
    return add_working_days(local_date(act.now), 1, await calendar_of(act)).due_on


async def _of_digest(act: Act, day: str) -> Sequence[Deadline]:
    try:
        told_on = date.fromisoformat(day)
    except ValueError:
        raise NotFoundError(what="这项提醒") from None
    return await snoozes.lines_of(act.db, await _userid(act), told_on)
