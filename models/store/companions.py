"""Who else stands on a visit's papers: departments that inspect by entrustment (D9), experts who come along (B14)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.draws import Shortfall, VisitExpert
from models.people import Department, Inspector, Member
from models.tasks import Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrusted:
    """委托执法: who has jurisdiction entrusts another with a department's part, by a document."""

    visit_id: str
    visit_number: str
    department: str
    authority: str  # 委托机关; empty in rows of before it was asked for
    to: str
    document: str

    def words(self) -> str:
        """The one sentence that stands on page and paper alike."""
        by = f"受{self.authority}委托，" if self.authority else ""
        return f"{self.department}：{by}由{self.to}实施检查（{self.document}）"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expert:
    """Somebody who assists and neither counts nor signs."""

    visit_id: str
    staff_no: str
    name: str
    department: str


async def entrusted(db: AsyncSession, *, visits: Collection[str] = (), task_id: str = "") -> list[Entrusted]:
    """The entrusted places of these visits, or of all visits of a task, in the order of the draw."""
    query = (
        select(Shortfall, Visit.number, Department.name)
        .join(Visit, Visit.id == Shortfall.visit_id)
        .join(Department, Department.id == Shortfall.department_id)
        .where(Shortfall.entrusted_to != "", Shortfall.missing > 0)
        .where(Visit.task_id == task_id if task_id else Visit.id.in_(visits))
        .order_by(Visit.position, Department.code)
    )
    return [
        Entrusted(
            visit_id=row.visit_id,
            visit_number=number,
            department=department,
            authority=row.entrusted_from,
            to=row.entrusted_to,
            document=row.document,
        )
        for row, number, department in await db.execute(query)
    ]


async def experts(db: AsyncSession, *, visits: Collection[str] = (), task_id: str = "") -> list[Expert]:
    """The experts of these visits, or of all visits of a task."""
    query = (
        select(VisitExpert.visit_id, Inspector.staff_no, Member, Department.name)
        .join(Visit, Visit.id == VisitExpert.visit_id)
        .join(Inspector, Inspector.id == VisitExpert.inspector_id)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == VisitExpert.department_id)
        .where(Visit.task_id == task_id if task_id else Visit.id.in_(visits))
        .order_by(VisitExpert.added_at, Inspector.staff_no)
    )
    return [
        Expert(visit_id=visit_id, staff_no=staff_no, name=member.name, department=department)
        for visit_id, staff_no, member, department in await db.execute(query)
    ]
