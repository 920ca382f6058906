"""Counts for the figures: of parts by department, of published results by a group of their targets (K1, K5, K7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.other_items import MARK
from inspection.outcomes import NO_PROBLEM
from models.followups import FollowUp
from models.libraries import Region
from models.registers import Target
from models.results import Deadline, Publication
from models.tasks import Draw, Part, Task, TaskItem, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A department's parts of a period, and how far they are."""

    department_id: str
    due: int
    open: int
    public: int
    in_time: int
    overdue: int
    finished: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Published visits of one group: how many, and how many of them found a problem."""

    key: str
    seen: int
    hits: int


async def by_department(db: AsyncSession, first: date, last: date, today: date) -> Sequence[Done]:
    """The parts of visits whose tasks end in this period, by department; checks without a draw count too."""
    unsettled = exists().where(FollowUp.part_id == Part.id, FollowUp.status != "closed")
    public = Part.status == "published"
    past = exists().where(
        Deadline.subject.in_((literal("part:") + Part.id, literal("visit:") + Part.visit_id)),
        Deadline.kind.in_(("publish", "inspect")),
        Deadline.settled_at.is_(None),
        Deadline.due_on < today,
    )
    late = past & Part.status.not_in(("published", "withheld"))
    query = (
        select(
            Part.department_id,
            func.count(),
            _sum(Part.status.in_(("open", "returned"))),
            _sum(public),
            _sum(public & (Publication.body["late"].as_boolean().is_(False))),
            _sum(late),
            _sum(public & ~unsettled),
        )
        .join(Visit, Visit.id == Part.visit_id)
        .join(Task, Task.id == Visit.task_id)
        .outerjoin(Publication, Publication.part_id == Part.id)
        .where(Task.ends_on.between(first, last))
        .group_by(Part.department_id)
    )
    return [
        Done(department_id=one, due=due, open=opened, public=out, in_time=good, overdue=bad, finished=ended)
        for one, due, opened, out, good, bad, ended in await db.execute(query)
    ]


async def joint(db: AsyncSession, first: date, last: date) -> tuple[int, int]:
    """(visits of several departments, all visits) of the tasks that end in this period."""
    parts = (
        select(func.count().label("parts"))
        .select_from(Part)
        .join(Visit, Visit.id == Part.visit_id)
        .join(Task, Task.id == Visit.task_id)
        .where(Task.ends_on.between(first, last))
        .group_by(Visit.id)
        .subquery()
    )
    found = (await db.execute(select(_sum(parts.c.parts > 1), func.count()).select_from(parts))).one()
    return int(found[0] or 0), int(found[1])


async def problems(db: AsyncSession, first: date, last: date, by: str) -> list[Seen]:
    """Published visits of drawn tasks in this period by "section", "trade" (its division), "region", "class" or "item".

    A problem of any department counts.
    The visit is what was drawn: its departments' results are not so many samples. Visits without a draw are left out:
    whoever complains chooses, and no sample is drawn so.
    """
    columns: dict[str, Any] = {
        "section": func.substr(Target.trade, 1, 1),
        "trade": func.substr(Target.trade, 1, 3),
        "region": Target.region_code,
        "class": Target.credit_class,
        "item": TaskItem.name,
    }
    key = columns[by]
    drawn = exists().where(Draw.task_id == Task.id, Draw.status == "drawn")
    problem = case((Publication.body["problem_free"].as_boolean().is_(False), 1), else_=0)
    rows = (
        select(key.label("key"), func.max(problem).label("problem"))
        .select_from(Publication)
        .join(Visit, Visit.id == Publication.visit_id)
        .join(Task, Task.id == Visit.task_id)
        .join(Target, Target.id == Visit.target_id)
        .where(Task.ends_on.between(first, last), drawn, key != "")
        .group_by(Visit.id, key)
    )
    apart: dict[str, Seen] = {}
    if by == "item":
        own = and_(TaskItem.task_id == Task.id, TaskItem.department_id == Publication.department_id)
        as_one = Publication.body["item_results"].as_string().is_(None)
        rows = rows.join(TaskItem, own).where(as_one)
        bodies = (
            select(Publication.body)
            .join(Visit, Visit.id == Publication.visit_id)
            .join(Task, Task.id == Visit.task_id)
            .where(Task.ends_on.between(first, last), drawn, ~as_one)
        )
        apart = _by_item((await db.scalars(bodies)).all())
    found = rows.subquery()
    query = select(found.c.key, func.count(), func.sum(found.c.problem)).group_by(found.c.key)
    for one, seen, hits in await db.execute(query):
        other = apart.get(one, Seen(key=one, seen=0, hits=0))
        apart[one] = Seen(key=one, seen=other.seen + seen, hits=other.hits + int(hits or 0))
    return list(apart.values())


async def region_names(db: AsyncSession) -> dict[str, str]:
    """The office's own names of regions, by code."""
    return {row.code: row.name for row in await db.scalars(select(Region))}


def _by_item(bodies: Sequence[Mapping[str, Any]]) -> dict[str, Seen]:
    """The results whose items came to different things, each item by its own; few, so they are read one by one."""
    found: dict[str, Seen] = {}
    for body in bodies:
        for item, codes in zip(body["items"], body["item_results"], strict=False):
            if item.endswith(MARK):  # nobody drew it: it is no sample of anything
                continue
            was = found.get(item, Seen(key=item, seen=0, hits=0))
            found[item] = Seen(key=item, seen=was.seen + 1, hits=was.hits + any(one != NO_PROBLEM for one in codes))
    return found


async def inspected_items(db: AsyncSession, first: date, last: date) -> int:
    """How many different items were inspected by in this period."""
    query = (
        select(func.count(TaskItem.item_id.distinct()))
        .join(Task, Task.id == TaskItem.task_id)
        .where(Task.ends_on.between(first, last), Task.status.in_(("drawn", "finished")))
    )
    return await db.scalar(query) or 0


async def class_sizes(db: AsyncSession) -> dict[str, int]:
    """How many open targets each credit class has."""
    query = select(Target.credit_class, func.count()).where(Target.status == "open").group_by(Target.credit_class)
    return {row[0]: row[1] for row in await db.execute(query)}


def _sum(what: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((what, 1), else_=0))
