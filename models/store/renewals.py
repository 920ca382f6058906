"""Access to renewed certificates: the holder's own, and what a department's deciders have to look at (B11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.libraries import Certificate, CertificateRenewal
from models.people import Department, Grant, Inspector, Member


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewalCase:
    """A request with whose it is; `paper` is None for the 执法证 of the inspector's own row."""

    row: CertificateRenewal
    inspector: Inspector
    member: Member
    department: str
    paper: Certificate | None


async def papers(db: AsyncSession, inspector_id: str) -> Sequence[Certificate]:
    """An inspector's further certificates that are not withdrawn."""
    query = select(Certificate).where(Certificate.inspector_id == inspector_id, Certificate.withdrawn_on.is_(None))
    return (await db.scalars(query.order_by(Certificate.expires_on, Certificate.id))).all()


async def newest(db: AsyncSession, inspector_id: str) -> dict[str, CertificateRenewal]:
    """The newest request for each certificate of an inspector; "" is the 执法证 of his row."""
    query = select(CertificateRenewal).where(CertificateRenewal.inspector_id == inspector_id)
    rows = await db.scalars(query.order_by(CertificateRenewal.asked_at, CertificateRenewal.id))
    return {row.certificate_id or "": row for row in rows}


async def drop_waiting(db: AsyncSession, inspector_id: str, certificate_id: str) -> None:
    """Take back what waits for a word on this certificate: who asks again means the new request."""
    same = (
        CertificateRenewal.certificate_id == certificate_id
        if certificate_id
        else CertificateRenewal.certificate_id.is_(None)
    )
    await db.execute(
        delete(CertificateRenewal)
        .where(CertificateRenewal.inspector_id == inspector_id, CertificateRenewal.status == "asked", same)
        .execution_options(synchronize_session=False)
    )


async def waiting(db: AsyncSession, actor: Actor) -> Sequence[RenewalCase]:
    """The requests that wait, oldest first: of the actor's department, of all for the office."""
    query = _cases(actor).where(CertificateRenewal.status == "asked").order_by(CertificateRenewal.asked_at)
    return [_case(row) for row in await db.execute(query)]


async def case(db: AsyncSession, actor: Actor, renewal_id: str) -> RenewalCase:
    """One request, held for the act; NotFoundError for another department's."""
    query = _cases(actor).where(CertificateRenewal.id == renewal_id).with_for_update(of=CertificateRenewal)
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError(what="这份换证报送")
    return _case(row)


async def deciders(db: AsyncSession, department_id: str, liaison_post: str) -> Sequence[str]:
    """The userids of a department's liaisons and approvers."""
    heads = exists().where(Grant.member_id == Member.id, Grant.role == Role.APPROVER.value)
    query = select(Member.userid).where(Member.department_id == department_id, Member.active)
    return (await db.scalars(query.where(or_(Member.post == liaison_post, heads)).order_by(Member.userid))).all()


def _cases(actor: Actor) -> Select[CertificateRenewal, Inspector, Member, str, Certificate]:
    query = (
        select(CertificateRenewal, Inspector, Member, Department.name, Certificate)
        .join(Inspector, Inspector.id == CertificateRenewal.inspector_id)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == Inspector.department_id)
        .outerjoin(Certificate, Certificate.id == CertificateRenewal.certificate_id)
    )
    if actor.has(Role.COORDINATOR):
        return query
    return query.where(Inspector.department_id == actor.department_id)


def _case(row: Any) -> RenewalCase:
    return RenewalCase(row=row[0], inspector=row[1], member=row[2], department=row[3], paper=row[4])
