"""Deadlines and their reminders as rows: the database says what is due, whoever runs the clock.

next_on has come -> due -> add_reminders (first one wins) -> look_again (the day of the next step)
                        -> told at once, or waiting -> the morning's digest -> told_all
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Row, String, Table, delete, func, or_, select, update
from sqlalchemy import cast as cast_sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Role
from models.people import Grant, Member
from models.registers import Target
from models.results import Deadline, Reminder
from models.store.states import insert_ignore
from models.tasks import Part, SummarySignature, Visit, VisitMember

AT_ONCE = 2_000  # rows a statement: far below both databases' limits of parameters
REOPENED = ("due_on", "provisional", "created_at", "start_on", "days", "calendar", "next_on")


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a deadline is about, for a message or a list."""

    visit_id: str
    visit_number: str
    target_name: str
    words: tuple[str, str] = ("检查编号", "检查对象")  # what number and name are the number and name of
    task_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupMember:
    """Somebody in a visit's group whom a message reaches."""

    visit_id: str
    department_id: str
    userid: str
    inspector_id: str
    leads: bool
    accepted: bool
    signed: bool  # has said his word under the summary that stands


async def open_or_reopen(db: AsyncSession, **values: Any) -> bool:
    """Insert a deadline; one that is settled begins anew with the new day; one that is open stays as it is (False)."""
    if await insert_ignore(db, Deadline, **values):
        return True
    same = (Deadline.kind == values["kind"], Deadline.subject == values["subject"], Deadline.settled_at.is_not(None))
    found = await db.scalar(
        update(Deadline)
        .where(*same)
        .values(settled_at=None, paused_on=None, **{key: values[key] for key in REOPENED})
        .returning(Deadline.id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        return False
    await forget_reminders(db, [found])
    return True


async def forget_reminders(db: AsyncSession, ids: Collection[str]) -> None:
    """Let the steps of these deadlines come again around their new day; what was told stays in the digest lines."""
    for some in _chunks(ids):
        await db.execute(delete(Reminder).where(Reminder.deadline_id.in_(some)))


async def take_back(db: AsyncSession, now: datetime, today: date) -> None:
    """Forget the reminders of a time that has not been yet, and look at every open row again."""
    await db.execute(delete(Reminder).where(Reminder.at > now))
    await db.execute(
        update(Deadline)
        .where(Deadline.settled_at.is_(None), Deadline.paused_on.is_(None))
        .values(next_on=today)
        .execution_options(synchronize_session=False)
    )


async def settle(db: AsyncSession, kind: str, subject: str, now: datetime) -> bool:
    """Close an open deadline; False if there is none."""
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        update(Deadline)
        .where(Deadline.kind == kind, Deadline.subject == subject, Deadline.settled_at.is_(None))
        .values(settled_at=now)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1


async def due(db: AsyncSession, today: date, limit: int) -> Sequence[Row[str, str, date, datetime]]:
    """Up to `limit` open deadlines whose next look is due: (id, kind, due_on, created_at); by the partial index."""
    query = (
        select(Deadline.id, Deadline.kind, Deadline.due_on, Deadline.created_at)
        .where(Deadline.settled_at.is_(None), Deadline.next_on <= today)
        .order_by(Deadline.next_on, Deadline.id)
        .limit(limit)
    )
    return (await db.execute(query)).all()


async def look_again(db: AsyncSession, on: date | None, ids: Collection[str]) -> None:
    """Set the day on which these rows are looked at next."""
    await db.execute(
        update(Deadline).where(_among(db, ids)).values(next_on=on).execution_options(synchronize_session=False)
    )


async def add_reminders(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    """Write reminders (columns of `Reminder`); return (deadline id, stage) of those that nobody had written before."""
    if not rows:
        return set()
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    table = cast("Table", Reminder.__table__)
    query = insert(table).on_conflict_do_nothing().returning(table.c.deadline_id, table.c.stage)
    found = await (await db.connection()).execute(query, rows)
    return {(deadline_id, stage) for deadline_id, stage in found}


def _among(db: AsyncSession, ids: Collection[str]) -> ColumnElement[bool]:
    """The deadlines with these ids, however many: one parameter, where a list of thousands takes longer to write."""
    if db.get_bind().dialect.name == "sqlite":
        return Deadline.id.in_(select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value))
    return Deadline.id == func.any(cast_sql(list(ids), postgresql.ARRAY(String)))


async def waiting(db: AsyncSession) -> Sequence[Row[Deadline, str, bool]]:
    """What waits for a digest: (deadline, stage, late); settled and paused ones are told to nobody."""
    query = (
        select(Deadline, Reminder.stage, Reminder.late)
        .join(Reminder, Reminder.deadline_id == Deadline.id)
        .where(Reminder.waits, Deadline.settled_at.is_(None), Deadline.paused_on.is_(None))
        .order_by(Deadline.due_on, Deadline.id)
    )
    return (await db.execute(query)).all()


async def told_all(db: AsyncSession) -> None:
    """Nothing waits any more: the digest has been made of it."""
    await db.execute(
        update(Reminder).where(Reminder.waits).values(waits=False).execution_options(synchronize_session=False)
    )


async def by_ids(db: AsyncSession, ids: Collection[str]) -> dict[str, Deadline]:
    """These deadlines by id."""
    found: dict[str, Deadline] = {}
    for some in _chunks(ids):
        found |= {row.id: row for row in await db.scalars(select(Deadline).where(Deadline.id.in_(some)))}
    return found


async def subjects(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    """What these subjects are about: "visit:ID", "part:ID", or one of several of theirs ("part:ID/rectify-1")."""
    of = {name: name.partition("/")[0] for name in names if name.startswith(("visit:", "part:"))}
    visit_ids = {one.removeprefix("visit:") for one in of.values() if one.startswith("visit:")}
    part_ids = {one.removeprefix("part:") for one in of.values() if one.startswith("part:")}
    query = (
        select(Visit.id, Visit.number, Visit.task_id, Target.name, Part.id)
        .join(Target, Target.id == Visit.target_id)
        .join(Part, Part.visit_id == Visit.id)
        .where(or_(Visit.id.in_(visit_ids), Part.id.in_(part_ids)))
    )
    found: dict[str, Subject] = {}
    for visit_id, number, task_id, target_name, part_id in await db.execute(query):
        subject = Subject(visit_id=visit_id, visit_number=number, target_name=target_name, task_id=task_id)
        found[f"visit:{visit_id}"] = found[f"part:{part_id}"] = subject
    return {name: found[one] for name, one in of.items() if one in found}


async def groups(db: AsyncSession, visit_ids: Collection[str]) -> Sequence[GroupMember]:
    """Everybody in these visits' groups, leaders first."""
    query = (
        select(VisitMember, Member.userid, SummarySignature.at)
        .join(Member, Member.id == VisitMember.member_id)
        .join(Visit, Visit.id == VisitMember.visit_id)
        .outerjoin(
            SummarySignature,
            (SummarySignature.visit_id == Visit.id)
            & (SummarySignature.inspector_id == VisitMember.inspector_id)
            & (SummarySignature.summary_digest == Visit.summary_digest),
        )
        .where(VisitMember.visit_id.in_(visit_ids), Member.active)
        .order_by(VisitMember.visit_id, VisitMember.leads.desc(), Member.userid)
    )
    return [
        GroupMember(
            visit_id=row.visit_id,
            department_id=row.department_id,
            userid=userid,
            inspector_id=row.inspector_id,
            leads=row.leads,
            accepted=row.accepted_at is not None,
            signed=signed_at is not None,
        )
        for row, userid, signed_at in await db.execute(query)
    ]


async def holders(db: AsyncSession, role: Role, post: str = "") -> dict[str, list[str]]:
    """The userids of everybody who has a role, by department; of a `post` alone where the department has one of it."""
    query = (
        select(Member.department_id, Member.userid, Member.post)
        .join(Grant, Grant.member_id == Member.id)
        .where(Grant.role == role.value, Member.active)
        .order_by(Member.userid)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for department_id, userid, held in await db.execute(query):
        found.setdefault(department_id, []).append((userid, held))
    of_post = {one: [userid for userid, held in some if post and held == post] for one, some in found.items()}
    return {one: of_post[one] or [userid for userid, _ in some] for one, some in found.items()}


async def of_subjects(db: AsyncSession, names: Collection[str]) -> Sequence[Deadline]:
    """The open deadlines of these subjects, nearest first; whoever may see the subject may see them."""
    query = select(Deadline).where(Deadline.subject.in_(names), Deadline.settled_at.is_(None))
    return (await db.scalars(query.order_by(Deadline.due_on, Deadline.kind))).all()


async def find(db: AsyncSession, kind: str, subject: str) -> Deadline | None:
    """One deadline, open or settled."""
    return await db.scalar(select(Deadline).where(Deadline.kind == kind, Deadline.subject == subject))


def _chunks(rows: Collection[Any]) -> Iterator[Sequence[Any]]:
    known = list(rows)
    for start in range(0, len(known), AT_ONCE):
        yield known[start : start + AT_ONCE]
