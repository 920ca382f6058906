"""Access to clues: the office sees all, a department its own (O1, M1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.clues import Clue
from models.people import Department
from models.plans import Plan, PlanLine
from models.registers import PlanEntry, Target
from models.tasks import Visit

MOST_ROWS = 500


async def newest(db: AsyncSession, actor: Actor) -> Sequence[tuple[Clue, Target, str, str | None]]:
    """The clues that the actor may see, open ones first: (clue, target, department, its visit's number)."""
    query = (
        select(Clue, Target, Department.name, Visit.number)
        .join(Target, Target.id == Clue.target_id)
        .join(Department, Department.id == Clue.department_id)
        .outerjoin(Visit, Visit.id == Clue.visit_id)
        .where(_wall(actor))
        .order_by(Clue.status != "open", Clue.received_on.desc(), Clue.id.desc())
        .limit(MOST_ROWS)
    )
    return [(row[0], row[1], row[2], row[3]) for row in await db.execute(query)]


async def clue(db: AsyncSession, actor: Actor, clue_id: str) -> Clue:
    """One clue that the actor may see; NotFoundError for any other."""
    found = await db.scalar(select(Clue).where(Clue.id == clue_id, _wall(actor)))
    if found is None:
        raise NotFoundError(what="这条线索")
    return found


async def named(db: AsyncSession, actor: Actor, since: date, column: Any) -> list[tuple[str, str, int]]:
    """How many different targets the clues since that day name: (matter, value of the target's column, targets)."""
    query = (
        select(Clue.matter, column, func.count(Clue.target_id.distinct()))
        .join(Target, Target.id == Clue.target_id)
        .where(Clue.received_on >= since, Clue.status.not_in(("dismissed", "planned")), column != "", _wall(actor))
        .group_by(Clue.matter, column)
    )
    return [(row[0], row[1], row[2]) for row in await db.execute(query)]


async def sizes(db: AsyncSession, column: Any) -> dict[str, int]:
    """How many open targets the register has, by a column."""
    query = select(column, func.count()).where(Target.status == "open", column != "").group_by(column)
    return {row[0]: row[1] for row in await db.execute(query)}


async def of_pattern(
    db: AsyncSession, actor: Actor, since: date, matter: str, where: ColumnElement[bool]
) -> list[Clue]:
    """The clues behind a pattern."""
    query = (
        select(Clue)
        .join(Target, Target.id == Clue.target_id)
        .where(Clue.received_on >= since, Clue.status.not_in(("dismissed", "planned")), Clue.matter == matter, where)
        .where(_wall(actor))
    )
    return list(await db.scalars(query))


async def case_entry(db: AsyncSession, department_id: str, year: int) -> PlanEntry | None:
    """The ledger's line of a department's checks without a draw, of that year."""
    return await db.scalar(select(PlanEntry).where(PlanEntry.key == case_key(department_id, year)))


def case_key(department_id: str, year: int) -> str:
    """What identifies that line."""
    return f"case/{department_id}/{year}"


async def add_case_entry(db: AsyncSession, plan: Plan, entry: PlanEntry) -> None:
    """Keep such a line, on a plan that is never public: what is not planned is on no plan (C5)."""
    db.add_all([plan, entry])
    await db.flush()
    db.add(PlanLine(entry_id=entry.id, plan_id=plan.id))
    await db.flush()


def _wall(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.has(Role.COORDINATOR) else Clue.department_id == actor.department_id
