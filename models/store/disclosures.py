"""Access to exceptions, corrections and older versions: a department's own; what was public is anybody's (H7, J)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.corrections import Correction, NationalNumber, PublicationHold, PublicationVersion
from models.people import Department
from models.results import Publication
from models.store.states import insert_ignore, next_number
from models.tasks import Part, Visit

MOST_ROWS = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionCase:
    """A correction with what it is about."""

    row: Correction
    publication: Publication
    department: Department


async def national_number(db: AsyncSession, subject: str, prefix: str) -> str:
    """The number of a plan or task: the prefix and four digits, given once and for ever."""
    found = await db.get(NationalNumber, subject)
    if found is not None:
        return found.number
    number = f"{prefix}{await next_number(db, f'national:{prefix}'):04d}"
    await insert_ignore(db, NationalNumber, subject=subject, number=number)
    made = await db.scalar(select(NationalNumber.number).where(NationalNumber.subject == subject))
    return made or number


async def hold(db: AsyncSession, part_id: str) -> PublicationHold | None:
    """The exception of a part the actor already holds."""
    return await db.get(PublicationHold, part_id)


async def holds(db: AsyncSession, part_ids: Collection[str]) -> dict[str, PublicationHold]:
    """The exceptions of these parts, by part."""
    return {
        one.part_id: one
        for one in await db.scalars(select(PublicationHold).where(PublicationHold.part_id.in_(part_ids)))
    }


async def withheld(db: AsyncSession, task_id: str) -> dict[str, int]:
    """How many results of a task are kept back, by legal basis: the count is public, what it counts is not."""
    query = (
        select(PublicationHold.basis, func.count())
        .join(Part, Part.id == PublicationHold.part_id)
        .join(Visit, Visit.id == Part.visit_id)
        .where(Visit.task_id == task_id, Part.status == "withheld", PublicationHold.whole)
        .group_by(PublicationHold.basis)
    )
    return {basis: count for basis, count in (await db.execute(query)).all()}  # noqa: C416 rows are not pairs to mypy


async def own_publication(db: AsyncSession, actor: Actor, number: str) -> Publication:
    """A published result of the actor's own department, held for the act; NotFoundError for any other."""
    query = select(Publication).where(Publication.number == number, Publication.department_id == actor.department_id)
    found = await db.scalar(query.with_for_update())
    if found is None:
        raise NotFoundError(what="这份已公示的结果")
    return found


async def open_correction(db: AsyncSession, publication_id: str) -> Correction | None:
    """The correction of a result that still waits for the head's word."""
    query = select(Correction).where(Correction.publication_id == publication_id, Correction.status == "asked")
    return await db.scalar(query)


async def corrections(db: AsyncSession, actor: Actor) -> Sequence[CorrectionCase]:
    """The corrections of the actor's department (the office: all), those that wait first, then the newest."""
    query = _cases()
    if not actor.has(Role.COORDINATOR):
        query = query.where(Correction.department_id == actor.department_id)
    order = (Correction.status != "asked", Correction.id.desc())
    return [_case(one) for one in await db.execute(query.order_by(*order).limit(MOST_ROWS))]


async def own_correction(db: AsyncSession, actor: Actor, correction_id: str) -> CorrectionCase:
    """A correction of the actor's own department; NotFoundError for any other."""
    query = _cases().where(Correction.id == correction_id, Correction.department_id == actor.department_id)
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError(what="这份更正申请")
    return _case(row)


async def signed(db: AsyncSession, limit: int = MOST_ROWS) -> Sequence[CorrectionCase]:
    """What was corrected, the newest first: public."""
    query = _cases().where(Correction.status == "signed").order_by(Correction.decided_at.desc(), Correction.id)
    return [_case(one) for one in await db.execute(query.limit(limit))]


async def versions(db: AsyncSession, publication_id: str) -> Sequence[tuple[PublicationVersion, Correction]]:
    """The older versions of a result with what replaced each, the newest first."""
    query = (
        select(PublicationVersion, Correction)
        .join(Correction, Correction.id == PublicationVersion.correction_id)
        .where(PublicationVersion.publication_id == publication_id)
        .order_by(PublicationVersion.version.desc())
    )
    return [(row, correction) for row, correction in (await db.execute(query)).all()]


def _cases() -> Select[Correction, Publication, Department]:
    return (
        select(Correction, Publication, Department)
        .join(Publication, Publication.id == Correction.publication_id)
        .join(Department, Department.id == Correction.department_id)
    )


def _case(row: Any) -> CorrectionCase:
    return CorrectionCase(row=row[0], publication=row[1], department=row[2])
