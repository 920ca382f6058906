"""Publications and what else the public sees: written once, read by anybody (H5, H6, C5, D10)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.errors import NotFoundError
from models.people import Department
from models.results import Deadline, Publication
from models.store.tasks import VOIDED
from models.tasks import Draw, Part, Task, Visit

_AT_ONCE = 500


async def mark_parts(db: AsyncSession, part_ids: Sequence[str], to: str = "published") -> frozenset[str]:
    """Move approved parts to published (or withheld); return the ids of those that this call moved."""
    moved: set[str] = set()
    for start in range(0, len(part_ids), _AT_ONCE):
        some = part_ids[start : start + _AT_ONCE]
        found = await db.scalars(
            update(Part)
            .where(Part.id.in_(some), Part.status == "approved")
            .values(status=to)
            .returning(Part.id)
            .execution_options(synchronize_session=False)
        )
        moved.update(found)
    return frozenset(moved)


async def finish_visits(db: AsyncSession, task_id: str) -> Sequence[tuple[str, str]]:
    """Move a task's confirmed visits on whose parts are all published, or kept back by law.

    Returns those that this call moved, as (visit id, department id).
    """
    unpublished = exists().where(Part.visit_id == Visit.id, Part.status.not_in(("published", "withheld")))
    found = await db.execute(
        update(Visit)
        .where(Visit.task_id == task_id, Visit.status == "confirmed", ~unpublished)
        .values(status="published")
        .returning(Visit.id, Visit.department_id)
        .execution_options(synchronize_session=False)
    )
    return [(visit_id, department_id) for visit_id, department_id in found]


async def finish_task(db: AsyncSession, task_id: str) -> bool:
    """Move a drawn task whose visits are all published to finished; tell whether this call did."""
    unpublished = exists().where(Visit.task_id == Task.id, Visit.status != "published")
    found = await db.scalar(
        update(Task)
        .where(Task.id == task_id, Task.status == "drawn", ~unpublished)
        .values(status="finished")
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None


async def settle_many(db: AsyncSession, kind: str, subjects: Sequence[str], now: datetime) -> None:
    """Close the open deadlines of this kind."""
    for start in range(0, len(subjects), _AT_ONCE):
        await db.execute(
            update(Deadline)
            .where(Deadline.kind == kind, Deadline.subject.in_(subjects[start : start + _AT_ONCE]))
            .where(Deadline.settled_at.is_(None))
            .values(settled_at=now)
            .execution_options(synchronize_session=False)
        )


async def due_days(db: AsyncSession, kind: str, subjects: Collection[str]) -> dict[str, Deadline]:
    """The deadlines of this kind by subject, open or settled."""
    found: dict[str, Deadline] = {}
    names = list(subjects)
    for start in range(0, len(names), _AT_ONCE):
        query = select(Deadline).where(Deadline.kind == kind, Deadline.subject.in_(names[start : start + _AT_ONCE]))
        found |= {row.subject: row for row in await db.scalars(query)}
    return found


async def draw_number(db: AsyncSession, task_id: str) -> str:
    """The number of a task's draw, or nothing."""
    return await db.scalar(select(Draw.number).where(Draw.task_id == task_id, Draw.status != VOIDED)) or ""


async def by_number(db: AsyncSession, number: str) -> Publication:
    """One published result; NotFoundError for what is not published."""
    found = await db.scalar(select(Publication).where(Publication.number == number))
    if found is None:
        raise NotFoundError(what="这份检查结果")
    return found


async def of_visit(db: AsyncSession, visit_id: str) -> Sequence[Publication]:
    """All that is published of one visit, by department."""
    query = select(Publication).where(Publication.visit_id == visit_id)
    return (await db.scalars(query.order_by(Publication.number))).all()


async def of_target(db: AsyncSession, code: str, limit: int = 20) -> Sequence[tuple[Publication, str]]:
    """What was published about a target before, newest first, with the department's name (G1)."""
    query = (
        select(Publication, Department.name)
        .join(Department, Department.id == Publication.department_id)
        .where(Publication.target_code == code)
        .order_by(Publication.published_at.desc())
        .limit(limit)
    )
    return [(publication, name) for publication, name in await db.execute(query)]


async def draws(db: AsyncSession, limit: int = 200) -> Sequence[tuple[Draw, str]]:
    """All draws, voided ones too, newest first, each with its lead department's name (D10)."""
    query = select(Draw, Department.name).join(Department, Department.id == Draw.department_id)
    return [(draw, name) for draw, name in await db.execute(query.order_by(Draw.id.desc()).limit(limit))]


async def draw(db: AsyncSession, number: str) -> tuple[Draw, str]:
    """One draw with its lead department's name; NotFoundError for a number never given."""
    query = select(Draw, Department.name).join(Department, Department.id == Draw.department_id)
    row = (await db.execute(query.where(Draw.number == number))).one_or_none()
    if row is None:
        raise NotFoundError(what="这次抽取")
    return row[0], row[1]
