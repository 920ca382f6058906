"""What anybody may read: publications by code, task and month, handling results of what is published (H6, H8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.errors import NotFoundError
from inspection.followups import RULES
from models.followups import FollowUp
from models.people import Department
from models.results import Publication
from models.tasks import Task, Visit

MOST_ROWS = 500
MOST_OF_MONTH = 100_000
_ADVERSE = sorted({end.code for rule in RULES.values() for end in rule.outcomes if end.adverse})
_NEVER = ("justice",)  # what courts and police do is theirs to publish


@dataclass(frozen=True, kw_only=True, slots=True)
class Handled:
    """A handling result that stands under a name; `number`: the result that it followed."""

    row: FollowUp
    number: str
    target_name: str
    target_code: str
    department: str


async def of_code(db: AsyncSession, code: str) -> Sequence[Publication]:
    """What is published about a code, the newest first."""
    query = select(Publication).where(Publication.target_code == code)
    return (
        await db.scalars(query.order_by(Publication.published_at.desc(), Publication.id.desc()).limit(MOST_ROWS))
    ).all()


async def handled(db: AsyncSession, code: str | None = None) -> Sequence[Handled]:
    """Closed follow-ups with an adverse end of parts that are published under their names, the newest first (H8)."""
    query = (
        select(FollowUp, Publication.number, Publication.target_name, Publication.target_code, Department.name)
        .join(Publication, Publication.part_id == FollowUp.part_id)
        .join(Department, Department.id == FollowUp.department_id)
        .where(FollowUp.status == "closed", FollowUp.outcome.in_(_ADVERSE), FollowUp.kind.not_in(_NEVER))
        .order_by(FollowUp.closed_at.desc(), FollowUp.id)
        .limit(MOST_ROWS)
    )
    if code is not None:
        query = query.where(Publication.target_code == code)
    return [
        Handled(row=row, number=number, target_name=name, target_code=its_code, department=department)
        for row, number, name, its_code, department in (await db.execute(query)).all()
    ]


async def tasks(db: AsyncSession) -> Sequence[tuple[Task, str, int]]:
    """The tasks with published results: (task, lead department, how many)."""
    query = (
        select(Task, Department.name, func.count(Publication.id))
        .join(Department, Department.id == Task.department_id)
        .join(Visit, Visit.task_id == Task.id)
        .join(Publication, Publication.visit_id == Visit.id)
        .group_by(Task.id, Department.name)
        .order_by(Task.id.desc())
        .limit(MOST_ROWS)
    )
    return [(task, name, count) for task, name, count in (await db.execute(query)).all()]


async def task(db: AsyncSession, number: str) -> tuple[Task, str]:
    """A task by number with its lead department's name; NotFoundError."""
    query = select(Task, Department.name).join(Department, Department.id == Task.department_id)
    row = (await db.execute(query.where(Task.number == number))).one_or_none()
    if row is None:
        raise NotFoundError(what="这项抽查任务的公示信息")
    return row[0], row[1]


async def of_task(db: AsyncSession, task_id: str) -> Sequence[Publication]:
    """What is published of a task, in the order of the draw."""
    query = select(Publication).join(Visit, Visit.id == Publication.visit_id).where(Visit.task_id == task_id)
    return (await db.scalars(query.order_by(Visit.position, Publication.number).limit(MOST_OF_MONTH))).all()


async def span(db: AsyncSession) -> tuple[datetime | None, datetime | None]:
    """When the first and the last result were published."""
    query = select(Publication.published_at).limit(1)
    first = await db.scalar(query.order_by(Publication.published_at))
    return first, await db.scalar(query.order_by(Publication.published_at.desc()))


async def count_between(db: AsyncSession, begin: datetime, end: datetime) -> int:
    """How many results were published in this time."""
    where = (Publication.published_at >= begin, Publication.published_at < end)
    return await db.scalar(select(func.count()).select_from(Publication).where(*where)) or 0


async def between(db: AsyncSession, begin: datetime, end: datetime) -> Sequence[dict[str, Any]]:
    """What the results published in this time say, in order."""
    query = select(Publication.body).where(Publication.published_at >= begin, Publication.published_at < end)
    return (await db.scalars(query.order_by(Publication.published_at, Publication.number).limit(MOST_OF_MONTH))).all()


async def newest(db: AsyncSession, limit: int) -> Sequence[Publication]:
    """The results published or corrected last, the newest first."""
    changed = func.coalesce(Publication.changed_at, Publication.published_at)
    latest = select(Publication).order_by(Publication.published_at.desc(), Publication.id.desc()).limit(limit)
    corrected = select(Publication).where(Publication.changed_at.is_not(None))
    rows = {one.id: one for one in await db.scalars(latest)}
    rows |= {one.id: one for one in await db.scalars(corrected.order_by(changed.desc()).limit(limit))}
    return sorted(rows.values(), key=lambda one: one.changed_at or one.published_at, reverse=True)[:limit]
