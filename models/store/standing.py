"""Duties that stand as long as rows say so: tasks that lie, libraries unconfirmed, certificates that end (B8, B11, D).

rows as they are -> Standing: what is waited for at this moment ; names -> what they are about, who holds them
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.deadlines import DeadlineKind
from models.libraries import Certificate, LibraryConfirmation
from models.people import Department, Inspector, Member
from models.store.deadlines import Subject
from models.tasks import Task, TaskTeam

OPEN_TASK = ("draft", "prepared")
BOTH = 2  # libraries of a department


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Something that is waited for as long as the rows say so; `due_on` where the row names the day."""

    kind: DeadlineKind
    subject: str
    department_id: str
    due_on: date | None = None


async def tasks(db: AsyncSession) -> list[Standing]:
    """Tasks that are not frozen yet, and frozen ones that are not drawn (D1, D2, D4)."""
    query = select(Task.id, Task.department_id, Task.status).where(Task.status.in_((*OPEN_TASK, "frozen")))
    return [
        Standing(kind=DeadlineKind.DRAW_TASK, subject=f"frozen:{task_id}", department_id=department_id)
        if status == "frozen"
        else Standing(kind=DeadlineKind.FREEZE_TASK, subject=f"task:{task_id}", department_id=department_id)
        for task_id, department_id, status in (await db.execute(query)).all()
    ]


async def libraries(db: AsyncSession) -> list[Standing]:
    """The departments of open tasks that have not confirmed both their libraries (B8)."""
    said = (
        select(
            LibraryConfirmation.task_id,
            LibraryConfirmation.department_id,
            func.count(LibraryConfirmation.kind.distinct()).label("kinds"),
        )
        .group_by(LibraryConfirmation.task_id, LibraryConfirmation.department_id)
        .subquery()
    )
    query = (
        select(TaskTeam.task_id, TaskTeam.department_id)
        .join(Task, Task.id == TaskTeam.task_id)
        .outerjoin(said, (said.c.task_id == Task.id) & (said.c.department_id == TaskTeam.department_id))
        .where(Task.status.in_(OPEN_TASK), func.coalesce(said.c.kinds, 0) < BOTH)
    )
    return [
        Standing(
            kind=DeadlineKind.CONFIRM_LIBRARY, subject=f"library:{task_id}/{department_id}", department_id=department_id
        )
        for task_id, department_id in (await db.execute(query)).all()
    ]


async def certificates(db: AsyncSession, first: date, last: date) -> list[Standing]:
    """The 执法证 that end between two days, of inspectors who are here (B11); those of the row and further ones."""
    own = (
        select(Inspector.id, Inspector.department_id, Inspector.certificate_expires)
        .join(Member, Member.id == Inspector.member_id)
        .where(Member.active, Inspector.certificate_expires.between(first, last))
    )
    further = (
        select(Certificate.id, Inspector.department_id, Certificate.expires_on)
        .join(Inspector, Inspector.id == Certificate.inspector_id)
        .join(Member, Member.id == Inspector.member_id)
        .where(Member.active, Certificate.withdrawn_on.is_(None), Certificate.expires_on.between(first, last))
    )
    rows = [*(await db.execute(own)).all(), *(await db.execute(further)).all()]
    kind = DeadlineKind.RENEW_CERTIFICATE
    return [
        Standing(kind=kind, subject=f"certificate:{one}", department_id=department_id, due_on=ends)
        for one, department_id, ends in rows
    ]


async def subjects(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    """What "task:ID", "frozen:ID", "library:TASK/DEPARTMENT" and "certificate:ID" are about; others are left out."""
    return {**await _tasks(db, names), **await _certificates(db, names)}


async def certificate_holders(db: AsyncSession, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """By subject: (userid, inspector id) of who holds this certificate."""
    return {name: (row.userid, row.id) for name, row in (await _held(db, names)).items()}


async def _tasks(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    of = {name: _task_id(name) for name in names if name.startswith(("task:", "frozen:", "library:"))}
    if not of:
        return {}
    rows = {row.id: row for row in await db.scalars(select(Task).where(Task.id.in_(set(of.values()))))}
    names = {one: f"{department}：" for one, department in await db.execute(select(Department.id, Department.name))}
    words = ("任务编号", "任务名称")
    found = {}
    for name, one in of.items():
        if one in rows:
            about = names.get(_owed_by(name), "") + rows[one].name
            number = rows[one].number
            found[name] = Subject(visit_id="", visit_number=number, target_name=about, words=words, task_id=one)
    return found


def _owed_by(name: str) -> str:
    """Whose word a task waits for; empty where it is the office's."""
    return name.partition("/")[2]


def _task_id(name: str) -> str:
    return name.partition(":")[2].partition("/")[0]


async def _certificates(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    words = ("人员工号", "证件")
    return {
        name: Subject(visit_id="", visit_number=row.staff_no, target_name=row.kind, words=words)
        for name, row in (await _held(db, names)).items()
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    id: str
    userid: str
    staff_no: str
    kind: str


async def _held(db: AsyncSession, names: Iterable[str]) -> dict[str, _Held]:
    ids = {name.partition(":")[2] for name in names if name.startswith("certificate:")}
    if not ids:
        return {}
    people = select(Inspector.id, Inspector.staff_no, Member.userid).join(Member, Member.id == Inspector.member_id)
    own = (await db.execute(people.where(Inspector.id.in_(ids)))).all()
    further: Sequence[tuple[str, str, str, str, str]] = [
        row._tuple()  # noqa: SLF001 SQLAlchemy's own public name
        for row in await db.execute(
            select(Certificate.id, Inspector.id, Inspector.staff_no, Member.userid, Certificate.kind)
            .join(Inspector, Inspector.id == Certificate.inspector_id)
            .join(Member, Member.id == Inspector.member_id)
            .where(Certificate.id.in_(ids))
        )
    ]
    found = {f"certificate:{one}": _Held(id=one, userid=user, staff_no=no, kind="执法证") for one, no, user in own}
    return found | {
        f"certificate:{one}": _Held(id=inspector, userid=user, staff_no=no, kind=kind)
        for one, inspector, no, user, kind in further
    }
