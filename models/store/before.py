"""What is known of a target before a visit to it, from all departments; the actor already holds the visit (G1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.clock import Appointment
from models.clues import Clue
from models.followups import FollowUp
from models.libraries import Licence
from models.people import Department
from models.tasks import Evidence, Part, Submission, Visit

MOST = 50
_LOOKED_BACK = 5  # submissions in which an item may have been answered


async def licences(db: AsyncSession, target_id: str) -> Sequence[Licence]:
    """The target's licences, the one that ends first above."""
    query = select(Licence).where(Licence.target_id == target_id)
    return (await db.scalars(query.order_by(Licence.expires_on, Licence.id).limit(MOST))).all()


async def open_followups(db: AsyncSession, target_id: str) -> Sequence[tuple[FollowUp, str]]:
    """What is still to be put right or decided about the target, with the department that asks for it."""
    query = (
        select(FollowUp, Department.name)
        .join(Department, Department.id == FollowUp.department_id)
        .where(FollowUp.target_id == target_id, FollowUp.status != "closed")
        .order_by(FollowUp.due_on, FollowUp.id)
        .limit(MOST)
    )
    return [(row, name) for row, name in await db.execute(query)]


async def clues(db: AsyncSession, target_id: str) -> Sequence[tuple[Clue, str]]:
    """The complaints and signals about the target, the newest first, with the department that has each."""
    query = (
        select(Clue, Department.name)
        .join(Department, Department.id == Clue.department_id)
        .where(Clue.target_id == target_id, Clue.status != "dismissed")
        .order_by(Clue.received_on.desc(), Clue.id.desc())
        .limit(MOST)
    )
    return [(row, name) for row, name in await db.execute(query)]


async def last_place(db: AsyncSession, target_id: str) -> dict[str, Any]:
    """Where the newest photo of the target was taken, as it was measured (WGS-84); empty where none knows."""
    query = (
        select(Evidence.place)
        .join(Visit, Visit.id == Evidence.visit_id)
        .where(Visit.target_id == target_id, Evidence.kind == "photo")
        .order_by(Evidence.id.desc())
        .limit(MOST)
    )
    return next((place for place in await db.scalars(query) if place), {})


async def last_submissions(db: AsyncSession, part: Part, visit: Visit) -> Sequence[tuple[Submission, Visit]]:
    """What the part's department handed in about the target at earlier visits, the newest first."""
    query = (
        select(Submission, Visit)
        .join(Part, Part.submission_id == Submission.id)
        .join(Visit, Visit.id == Part.visit_id)
        .where(Visit.target_id == visit.target_id, Visit.id != visit.id, Part.department_id == part.department_id)
        .order_by(Submission.received_at.desc())
        .limit(_LOOKED_BACK)
    )
    return [(row, of) for row, of in await db.execute(query)]


async def appointments(db: AsyncSession, visit_ids: Collection[str]) -> dict[str, datetime]:
    """When these visits were agreed upon, by visit; those without a time are not there."""
    query = select(Appointment.visit_id, Appointment.starts_at)
    rows = await db.execute(query.where(Appointment.visit_id.in_(visit_ids), ~Appointment.cancelled))
    return {row.visit_id: row.starts_at for row in rows}
