"""Access to tasks, their teams, items and draws: the office sees all, a department the tasks it takes part in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.people import Department, Member
from models.registers import PlanEntry
from models.tasks import Draw, SeedValue, Task, TaskItem, TaskTeam

VOIDED = "voided"
SEES_ALL = (Role.COORDINATOR, Role.OBSERVER, Role.ADMIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamRow:
    """A team of a task with its department."""

    department: Department
    skills: tuple[str, ...]
    region: str = ""  # dispatched down: the region it alone is competent for


def _visible(actor: Actor) -> Select[Task]:
    query = select(Task)
    if actor.has(*SEES_ALL):
        return query
    mine = select(TaskTeam.task_id).where(TaskTeam.department_id == actor.department_id)
    return query.where(or_(Task.department_id == actor.department_id, Task.id.in_(mine)))


async def tasks(db: AsyncSession, actor: Actor) -> Sequence[Task]:
    """The tasks that the actor may see, newest first."""
    return (await db.scalars(_visible(actor).order_by(Task.id.desc()))).all()


async def task(db: AsyncSession, actor: Actor, task_id: str) -> Task:
    """One task; NotFoundError if there is none or it is not the actor's."""
    found = await db.scalar(_visible(actor).where(Task.id == task_id))
    if found is None:
        raise NotFoundError(what="这项抽查任务")
    return found


async def teams(db: AsyncSession, task_id: str) -> list[TeamRow]:
    """The teams of a task the actor already holds, the lead department first."""
    query = (
        select(Department, TaskTeam.skills, TaskTeam.region)
        .join(TaskTeam, TaskTeam.department_id == Department.id)
        .where(TaskTeam.task_id == task_id)
        .order_by(TaskTeam.position)
    )
    return [
        TeamRow(department=department, skills=tuple(skills), region=region)
        for department, skills, region in (await db.execute(query)).all()
    ]


async def items(db: AsyncSession, task_id: str) -> Sequence[TaskItem]:
    """The items of a task the actor already holds."""
    return (await db.scalars(select(TaskItem).where(TaskItem.task_id == task_id).order_by(TaskItem.id))).all()


async def draw_of(db: AsyncSession, task_id: str) -> Draw | None:
    """The draw of a task the actor already holds; one that was voided is none any more."""
    return await db.scalar(select(Draw).where(Draw.task_id == task_id, Draw.status != VOIDED))


async def voided_draws(db: AsyncSession, task_id: str) -> Sequence[Draw]:
    """The voided draws of a task the actor already holds, oldest first."""
    query = select(Draw).where(Draw.task_id == task_id, Draw.status == VOIDED).order_by(Draw.number)
    return (await db.scalars(query)).all()


async def draw_by_number(db: AsyncSession, actor: Actor, number: str) -> Draw:
    """A draw by its number, for those who may see its task."""
    found = await db.scalar(select(Draw).where(Draw.number == number))
    if found is None:
        raise NotFoundError(what="这次抽取")
    await task(db, actor, found.task_id)
    return found


async def seed_values(db: AsyncSession, draw_id: str) -> dict[str, str]:
    """The values entered so far, by source."""
    rows = await db.scalars(select(SeedValue).where(SeedValue.draw_id == draw_id))
    return {row.source: row.value for row in rows}


async def plan_entry(db: AsyncSession, entry_id: str) -> PlanEntry:
    """A plan entry (plans are public: no further wall)."""
    found = await db.get(PlanEntry, entry_id)
    if found is None:
        raise NotFoundError(what="这条年度计划")
    return found


async def departments(db: AsyncSession) -> dict[str, Department]:
    """All departments by id (their names are public)."""
    return {row.id: row for row in await db.scalars(select(Department).order_by(Department.code))}


async def member_names(db: AsyncSession, member_ids: Sequence[str | None]) -> dict[str, str]:
    """Names of members by id, for those who hold rows that name them."""
    rows = await db.scalars(select(Member).where(Member.id.in_([one for one in member_ids if one])))
    return {row.id: row.name for row in rows}
