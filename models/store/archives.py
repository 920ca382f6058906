"""Access to what is filed: the departments that took part in a visit, and the office (L1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.archives import Archive, ArchiveKey, ArchiveOrder
from models.corrections import Correction, PublicationVersion
from models.field import SitePaper, VisitEvent
from models.followups import FollowUp, FollowUpPhoto, FollowUpStep
from models.people import AuditEntry
from models.registers import Target
from models.results import Outbox, Publication
from models.tasks import Draw, Evidence, Part, Task, TaskTeam, Visit

MOST_ROWS = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitCase:
    """A visit that may be filed, with its task and target."""

    visit: Visit
    task: Task
    target: Target


async def done(db: AsyncSession, actor: Actor) -> Sequence[VisitCase]:
    """The published visits that the actor's department took part in (the office: all), the newest first."""
    query = _visits().where(Visit.status == "published", _wall(actor)).order_by(Visit.id.desc()).limit(MOST_ROWS)
    return [_case(one) for one in await db.execute(query)]


async def visit(db: AsyncSession, actor: Actor, visit_id: str) -> VisitCase:
    """One visit that the actor may file; NotFoundError for any other."""
    row = (await db.execute(_visits().where(Visit.id == visit_id, _wall(actor)))).one_or_none()
    if row is None:
        raise NotFoundError(what="这次检查")
    return _case(row)


async def of_visits(db: AsyncSession, visit_ids: Sequence[str]) -> dict[str, list[Archive]]:
    """The archives of visits the actor already holds, the newest first."""
    found: dict[str, list[Archive]] = {}
    query = select(Archive).where(Archive.visit_id.in_(visit_ids)).order_by(Archive.id.desc())
    for row in await db.scalars(query):
        found.setdefault(row.visit_id or "", []).append(row)
    return found


async def tasks_done(db: AsyncSession, actor: Actor) -> Sequence[Task]:
    """The finished tasks that the actor's department took part in (the office: all), the newest first."""
    query = select(Task).where(Task.status == "finished", _task_wall(actor)).order_by(Task.id.desc()).limit(MOST_ROWS)
    return (await db.scalars(query)).all()


async def task(db: AsyncSession, actor: Actor, task_id: str) -> Task:
    """One task whose archive the actor may have; NotFoundError for any other."""
    found = await db.scalar(select(Task).where(Task.id == task_id, _task_wall(actor)))
    if found is None:
        raise NotFoundError(what="这项抽查任务")
    return found


async def visits_of(db: AsyncSession, task_id: str) -> Sequence[str]:
    """The visits of a task the actor already holds, in the order drawn."""
    return (await db.scalars(select(Visit.id).where(Visit.task_id == task_id).order_by(Visit.position))).all()


async def of_tasks(db: AsyncSession, task_ids: Sequence[str]) -> dict[str, list[Archive]]:
    """The archives of tasks the actor already holds, the newest first."""
    found: dict[str, list[Archive]] = {}
    query = select(Archive).where(Archive.task_id.in_(task_ids)).order_by(Archive.id.desc())
    for row in await db.scalars(query):
        found.setdefault(row.task_id or "", []).append(row)
    return found


async def orders_of(db: AsyncSession, task_ids: Sequence[str]) -> dict[str, ArchiveOrder]:
    """The newest order of each task the actor already holds."""
    query = select(ArchiveOrder).where(ArchiveOrder.task_id.in_(task_ids)).order_by(ArchiveOrder.id)
    return {row.task_id: row for row in await db.scalars(query)}


async def order_due(db: AsyncSession, now: datetime) -> ArchiveOrder | None:
    """The oldest order that nobody works on, locked; also one whose maker was lost."""
    lost = (ArchiveOrder.status == "running") & (ArchiveOrder.leased_until < now)
    query = select(ArchiveOrder).where(or_(ArchiveOrder.status == "waiting", lost)).order_by(ArchiveOrder.id).limit(1)
    return await db.scalar(query.with_for_update(skip_locked=True))


async def about_task(db: AsyncSession, task: Task, draw_ids: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Audit and messages about a task the actor already holds, and about its draws."""
    about = [f"task:{task.id}", f"entry:{task.plan_entry_id}", *(f"draw:{one}" for one in draw_ids)]
    audit = select(AuditEntry).where(AuditEntry.subject.in_(about)).order_by(AuditEntry.id)
    sent = select(Outbox).where(Outbox.subject.in_(about)).order_by(Outbox.id)
    return {"audit": (await db.scalars(audit)).all(), "messages": (await db.scalars(sent)).all()}


async def archive(db: AsyncSession, actor: Actor, archive_id: str) -> Archive:
    """One archive of a visit or task that the actor may file; NotFoundError for any other."""
    query = select(Archive).outerjoin(Visit, Visit.id == Archive.visit_id).outerjoin(Task, Task.id == Archive.task_id)
    mine = or_(
        (Archive.kind == "visit") & _wall(actor),
        (Archive.kind == "task") & _task_wall(actor),
    )
    found = await db.scalar(query.where(Archive.id == archive_id, mine))
    if found is None:
        raise NotFoundError(what="这份档案")
    return found


async def keys(db: AsyncSession) -> Sequence[ArchiveKey]:
    """All keys, the one that seals first."""
    return (
        await db.scalars(select(ArchiveKey).order_by(ArchiveKey.retired_at.is_not(None), ArchiveKey.made_at.desc()))
    ).all()


async def papers(db: AsyncSession, case: VisitCase) -> dict[str, Sequence[Any]]:
    """Every row about a visit the actor already holds, by table."""
    parts = (await db.scalars(select(Part).where(Part.visit_id == case.visit.id).order_by(Part.id))).all()
    ids = [one.id for one in parts]
    about = [f"visit:{case.visit.id}", f"task:{case.task.id}", *(f"part:{one}" for one in ids)]
    followups = (await db.scalars(select(FollowUp).where(FollowUp.part_id.in_(ids)).order_by(FollowUp.id))).all()
    follow_ids = [one.id for one in followups]
    published = (await db.scalars(select(Publication).where(Publication.part_id.in_(ids)))).all()
    public_ids = [one.id for one in published]
    below = [f"part:{one}/%" for one in ids]
    subjects = or_(AuditEntry.subject.in_(about), *(AuditEntry.subject.like(one) for one in below))
    sent = or_(Outbox.subject.in_(about), *(Outbox.subject.like(one) for one in below))

    async def rows(table: Any, *where: Any) -> Sequence[Any]:
        return (await db.scalars(select(table).where(*where).order_by(*table.__table__.primary_key))).all()

    return {
        "parts": parts,
        "evidence": await rows(Evidence, Evidence.visit_id == case.visit.id),
        "followups": followups,
        "steps": await rows(FollowUpStep, FollowUpStep.followup_id.in_(follow_ids)),
        "photos": await rows(FollowUpPhoto, FollowUpPhoto.followup_id.in_(follow_ids)),
        "published": published,
        "versions": await rows(PublicationVersion, PublicationVersion.publication_id.in_(public_ids)),
        "corrections": await rows(Correction, Correction.publication_id.in_(public_ids)),
        "draws": await rows(Draw, Draw.task_id == case.task.id),
        "audit": await rows(AuditEntry, subjects),
        "messages": await rows(Outbox, sent),
        "papers": await rows(SitePaper, SitePaper.visit_id == case.visit.id),
        "events": await rows(VisitEvent, VisitEvent.visit_id == case.visit.id),
    }


def _visits() -> Select[Visit, Task, Target]:
    return select(Visit, Task, Target).join(Task, Task.id == Visit.task_id).join(Target, Target.id == Visit.target_id)


def _wall(actor: Actor) -> ColumnElement[bool]:
    if actor.has(Role.COORDINATOR):
        return Visit.id.is_not(None)
    return exists().where(Part.visit_id == Visit.id, Part.department_id == actor.department_id)


def _task_wall(actor: Actor) -> ColumnElement[bool]:
    if actor.has(Role.COORDINATOR):
        return Task.id.is_not(None)
    team = exists().where(TaskTeam.task_id == Task.id, TaskTeam.department_id == actor.department_id)
    return or_(Task.department_id == actor.department_id, team)


def _case(row: Any) -> VisitCase:
    return VisitCase(visit=row[0], task=row[1], target=row[2])
