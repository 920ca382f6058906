"""Access to plans: an approved plan is for everybody, one on its way for its department and the office (C3-C6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import ForbiddenError, NotFoundError
from models.people import Department
from models.plans import Plan, PlanLine, PlanProposal, PlanRevision, PlanStep
from models.registers import PlanEntry
from models.tasks import Task

READS_ALL = (Role.COORDINATOR, Role.ADMIN, Role.OBSERVER)
SETTLED = frozenset({"approved", "filed"})  # a plan that tasks may be made from (C4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """An entry with its line and plan; both None for one imported before plans were kept."""

    entry: PlanEntry
    line: PlanLine | None
    plan: Plan | None

    @property
    def settled(self) -> bool:
        """Tell whether the entry stands: approved, and not withdrawn."""
        if self.plan is None or self.line is None:
            return True
        return self.plan.status in SETTLED and self.line.withdrawn_at is None


def keeps(actor: Actor, plan: Plan) -> bool:
    """Tell whether the actor writes this plan: whoever signs it, and its department's liaison."""
    return signs(actor, plan) or (actor.has(Role.LIAISON) and _own(actor, plan))


def signs(actor: Actor, plan: Plan) -> bool:
    """Tell whether the actor hands this plan in: the office joint ones and its own, an approver his department's."""
    if actor.has(Role.COORDINATOR) and (plan.joint or plan.department_id == actor.department_id):
        return True
    return actor.has(Role.APPROVER) and _own(actor, plan)


def _own(actor: Actor, plan: Plan) -> bool:
    return not plan.joint and plan.department_id == actor.department_id


def sees(actor: Actor, plan: Plan) -> bool:
    """Tell whether the actor may read this plan."""
    return actor.has(*READS_ALL) or plan.status in SETTLED or plan.department_id == actor.department_id


async def plans(db: AsyncSession, actor: Actor, year: int) -> Sequence[Plan]:
    """The plans of a year (0: of all years) that the actor may read, newest first."""
    query = select(Plan).order_by(Plan.year.desc(), Plan.id.desc())
    rows = await db.scalars(query.where(Plan.year == year) if year else query)
    return [row for row in rows if sees(actor, row)]


async def plan(db: AsyncSession, actor: Actor, plan_id: str) -> Plan:
    """One plan; NotFoundError if there is none or the actor may not read it."""
    found = await db.get(Plan, plan_id)
    if found is None or not sees(actor, found):
        raise NotFoundError(what="这份计划")
    return found


async def lock(db: AsyncSession, plan: Plan) -> None:
    """Hold a plan until the transaction ends and read it anew."""
    await db.refresh(plan, with_for_update=True)


async def kept_plan(db: AsyncSession, actor: Actor, plan_id: str, *, sign: bool = False) -> Plan:
    """A plan that the actor may write (`sign`: hand in); ForbiddenError for one he only reads."""
    found = await plan(db, actor, plan_id)
    if not (signs if sign else keeps)(actor, found):
        raise ForbiddenError
    return found


async def placed(db: AsyncSession, *, year: int = 0, plan_id: str = "", ids: Collection[str] = ()) -> list[Placed]:
    """Entries with line and plan, by start: of a year, of a plan, or by id (no wall: the caller has one)."""
    query = (
        select(PlanEntry, PlanLine, Plan)
        .outerjoin(PlanLine, PlanLine.entry_id == PlanEntry.id)
        .outerjoin(Plan, Plan.id == PlanLine.plan_id)
        .order_by(PlanEntry.starts_on, PlanEntry.id)
    )
    if year:
        query = query.where(PlanEntry.year == year)
    if plan_id:
        query = query.where(PlanLine.plan_id == plan_id)
    if ids:
        query = query.where(PlanEntry.id.in_(ids))
    return [Placed(entry=entry, line=line, plan=found) for entry, line, found in (await db.execute(query)).all()]


async def entry(db: AsyncSession, actor: Actor, entry_id: str) -> Placed:
    """One entry that the actor may read; NotFoundError."""
    found = await placed(db, ids=[entry_id])
    if not found or (found[0].plan is not None and not sees(actor, found[0].plan)):
        raise NotFoundError(what="这条抽查计划")
    return found[0]


async def standing(db: AsyncSession) -> Sequence[PlanEntry]:
    """The entries of approved plans and those imported, in the order they were made: what tasks are made from."""
    return await _entries(db, Plan.status.in_(SETTLED))


async def _entries(db: AsyncSession, condition: object) -> Sequence[PlanEntry]:
    query = (
        select(PlanEntry)
        .outerjoin(PlanLine, PlanLine.entry_id == PlanEntry.id)
        .outerjoin(Plan, Plan.id == PlanLine.plan_id)
        .where(or_(PlanLine.entry_id.is_(None), and_(condition, PlanLine.withdrawn_at.is_(None))))  # type: ignore[arg-type]
        .order_by(PlanEntry.id)
    )
    return (await db.scalars(query)).all()


async def unplaced(db: AsyncSession) -> Sequence[PlanEntry]:
    """Entries that no plan holds yet: a table brought them."""
    query = select(PlanEntry).where(~select(PlanLine).where(PlanLine.entry_id == PlanEntry.id).exists())
    return (await db.scalars(query.order_by(PlanEntry.id))).all()


async def imported_plan(db: AsyncSession, year: int) -> Plan | None:
    """The plan that holds what was imported for a year."""
    return await db.scalar(select(Plan).where(Plan.year == year, Plan.imported).limit(1))


async def steps(db: AsyncSession, plan_id: str) -> Sequence[PlanStep]:
    """The way of a plan that the actor already reads, oldest first."""
    return (await db.scalars(select(PlanStep).where(PlanStep.plan_id == plan_id).order_by(PlanStep.id))).all()


async def revisions(db: AsyncSession, entry_ids: Collection[str]) -> dict[str, list[PlanRevision]]:
    """The revisions of entries that the actor already reads, oldest first."""
    query = select(PlanRevision).where(PlanRevision.entry_id.in_(entry_ids)).order_by(PlanRevision.number)
    found: dict[str, list[PlanRevision]] = {}
    for row in await db.scalars(query):
        found.setdefault(row.entry_id, []).append(row)
    return found


async def proposals(db: AsyncSession, actor: Actor) -> Sequence[PlanProposal]:
    """Adjustments that departments asked for: the office sees all, a department its own; newest first."""
    query = select(PlanProposal).order_by(PlanProposal.id.desc())
    if not actor.has(*READS_ALL):
        query = query.where(PlanProposal.department_id == actor.department_id)
    return (await db.scalars(query)).all()


async def proposal(db: AsyncSession, proposal_id: str) -> PlanProposal:
    """One proposal; NotFoundError."""
    found = await db.get(PlanProposal, proposal_id)
    if found is None:
        raise NotFoundError(what="这条调整建议")
    return found


async def tasks_of(db: AsyncSession, entry_ids: Collection[str]) -> dict[str, int]:
    """How many tasks were made from each of these entries."""
    query = select(Task.plan_entry_id, func.count()).where(Task.plan_entry_id.in_(entry_ids))
    return {row[0]: row[1] for row in await db.execute(query.group_by(Task.plan_entry_id))}


async def has_joint(db: AsyncSession, year: int) -> bool:
    """Tell whether the joint plan of a year is approved (S2)."""
    query = select(Plan.id).where(Plan.year == year, Plan.joint, Plan.kind == "annual", Plan.status.in_(SETTLED))
    return await db.scalar(query.limit(1)) is not None


async def first_start(db: AsyncSession, plan_id: str) -> date | None:
    """The first day of a plan's entries."""
    query = select(func.min(PlanEntry.starts_on)).join(PlanLine, PlanLine.entry_id == PlanEntry.id)
    return await db.scalar(query.where(PlanLine.plan_id == plan_id, PlanLine.withdrawn_at.is_(None)))


async def office(db: AsyncSession) -> str | None:
    """The id of the office's department; None where none is marked."""
    return await db.scalar(select(Department.id).where(Department.is_office).limit(1))
