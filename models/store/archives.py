"""Access to what is filed: the departments that took part in a visit, and the office (L1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.archives import Archive, ArchiveKey
from models.corrections import Correction, PublicationVersion
from models.field import VisitEvent
from models.followups import FollowUp, FollowUpPhoto, FollowUpStep
from models.people import AuditEntry
from models.registers import Target
from models.results import Outbox, Publication
from models.tasks import Draw, Evidence, Part, Task, Visit

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
        found.setdefault(row.visit_id, []).append(row)
    return found


async def archive(db: AsyncSession, actor: Actor, archive_id: str) -> Archive:
    """One archive of a visit that the actor may file; NotFoundError for any other."""
    query = select(Archive).join(Visit, Visit.id == Archive.visit_id)
    found = await db.scalar(query.where(Archive.id == archive_id, _wall(actor)))
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
        "events": await rows(VisitEvent, VisitEvent.visit_id == case.visit.id),
    }


def _visits() -> Select[Visit, Task, Target]:
    return select(Visit, Task, Target).join(Task, Task.id == Visit.task_id).join(Target, Target.id == Visit.target_id)


def _wall(actor: Actor) -> ColumnElement[bool]:
    if actor.has(Role.COORDINATOR):
        return Visit.id.is_not(None)
    return exists().where(Part.visit_id == Visit.id, Part.department_id == actor.department_id)


def _case(row: Any) -> VisitCase:
    return VisitCase(visit=row[0], task=row[1], target=row[2])
