"""Access to a visit's parts and what was submitted for them: a department reaches its own (H1, H3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor
from inspection.errors import NotFoundError
from models.people import Department, Member
from models.registers import Target
from models.tasks import Part, PartApproval, Submission, Task, Visit

NOT_DONE = ("open", "returned")


@dataclass(frozen=True, kw_only=True, slots=True)
class DepartmentPart:
    """A part with its department and what stands submitted for it."""

    part: Part
    department: Department
    submission: Submission | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PartCase:
    """A submitted part with all that is needed to judge it or to publish it."""

    part: Part
    visit: Visit
    task: Task
    target: Target
    department: Department
    submission: Submission


async def of_visit(db: AsyncSession, visit_id: str) -> Sequence[DepartmentPart]:
    """All parts of a visit the actor already holds, by department code."""
    query = (
        select(Part, Department, Submission)
        .join(Department, Department.id == Part.department_id)
        .outerjoin(Submission, Submission.id == Part.submission_id)
        .where(Part.visit_id == visit_id)
        .order_by(Department.code)
    )
    return [
        DepartmentPart(part=part, department=department, submission=submission)
        for part, department, submission in await db.execute(query)
    ]


async def part_ids_of_task(db: AsyncSession, task_id: str) -> Sequence[tuple[str, str]]:
    """The parts of all visits of a task, as (part id, department id)."""
    query = select(Part.id, Part.department_id).join(Visit, Visit.id == Part.visit_id).where(Visit.task_id == task_id)
    return [(part_id, department_id) for part_id, department_id in await db.execute(query)]


async def submission(db: AsyncSession, submission_id: str) -> Submission | None:
    """A submission by the phone's own id, whoever's it is: the caller compares before it answers anything."""
    return await db.get(Submission, submission_id)


async def waiting(db: AsyncSession, actor: Actor) -> Sequence[PartCase]:
    """The submitted parts of the actor's own department whose visits the leader has confirmed, oldest first (H1)."""
    query = _cases(actor).where(Part.status == "submitted", Visit.status == "confirmed")
    return [part_case(row) for row in await db.execute(query.order_by(Visit.confirmed_at, Visit.number))]


async def own_case(db: AsyncSession, actor: Actor, part_id: str) -> PartCase:
    """A part of the actor's own department with its submission; NotFoundError for any other."""
    row = (await db.execute(_cases(actor).where(Part.id == part_id))).one_or_none()
    if row is None:
        raise NotFoundError(what="这份检查结果")
    return part_case(row)


async def ready(db: AsyncSession, task_id: str, department_id: str | None) -> Sequence[PartCase]:
    """The approved parts of a task's confirmed visits (of one department, or of all where None), held for the act."""
    query = joined().where(Visit.task_id == task_id, Part.status == "approved", Visit.status == "confirmed")
    if department_id is not None:
        query = query.where(Part.department_id == department_id)
    query = query.order_by(Visit.position, Department.code).with_for_update(of=(Visit, Part))
    return [part_case(row) for row in await db.execute(query)]


async def lock(db: AsyncSession, part_id: str) -> None:
    """Make everybody else who changes this part's visit or any part of it wait."""
    query = select(Visit.id).join(Part, Part.visit_id == Visit.id).where(Part.id == part_id)
    await db.execute(query.with_for_update(of=Visit))


async def approvals(db: AsyncSession, submission_ids: Collection[str]) -> dict[str, list[PartApproval]]:
    """The levels that said yes to these submissions, the first level first."""
    query = select(PartApproval).where(PartApproval.submission_id.in_(submission_ids)).order_by(PartApproval.level)
    found: dict[str, list[PartApproval]] = {}
    for row in await db.scalars(query):
        found.setdefault(row.submission_id, []).append(row)
    return found


async def userids(db: AsyncSession, member_ids: Collection[str]) -> dict[str, str]:
    """The userids of active members, by member id."""
    query = select(Member.id, Member.userid).where(Member.id.in_(member_ids), Member.active)
    return {member_id: userid for member_id, userid in await db.execute(query)}  # noqa: C416 rows are not pairs to mypy


def joined() -> Select[Part, Visit, Task, Target, Department, Submission]:
    """Submitted parts with all that is needed to judge them; the caller says whose."""
    return (
        select(Part, Visit, Task, Target, Department, Submission)
        .join(Visit, Visit.id == Part.visit_id)
        .join(Task, Task.id == Visit.task_id)
        .join(Target, Target.id == Visit.target_id)
        .join(Department, Department.id == Part.department_id)
        .join(Submission, Submission.id == Part.submission_id)
    )


def _cases(actor: Actor) -> Select[Part, Visit, Task, Target, Department, Submission]:
    return joined().where(Part.department_id == actor.department_id)


def part_case(row: Any) -> PartCase:
    """A row of `joined` as a value."""
    part, visit, task, target, department, submission = row
    return PartCase(part=part, visit=visit, task=task, target=target, department=department, submission=submission)
