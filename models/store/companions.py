"""Who else stands on a visit's papers: departments that inspect by entrustment (D9), experts who come along (B14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
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
    visit_number: str
    department: str


def nameless(some: Iterable[Expert]) -> list[str]:
    """How many experts of each department came along, for whoever is told nobody's name."""
    counted = Counter(one.department for one in some)
    return [f"{department}专家 {count} 名，协助检查" for department, count in sorted(counted.items())]


def standing() -> ColumnElement[bool]:
    """A place that is open, or was until another department of the platform took it by entrustment."""
    return or_(Shortfall.missing > 0, Shortfall.entrusted_department_id.is_not(None))


async def entrusted(db: AsyncSession, *, visits: Collection[str] = (), task_id: str = "") -> list[Entrusted]:
    """The entrusted places of these visits, or of all visits of a task, in the order of the draw."""
    query = (
        select(Shortfall, Visit.number, Department.name)
        .join(Visit, Visit.id == Shortfall.visit_id)
        .join(Department, Department.id == Shortfall.department_id)
        .where(Shortfall.entrusted_to != "", standing())
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
        select(VisitExpert.visit_id, Visit.number, Inspector.staff_no, Member, Department.name)
        .join(Visit, Visit.id == VisitExpert.visit_id)
        .join(Inspector, Inspector.id == VisitExpert.inspector_id)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == VisitExpert.department_id)
        .where(Visit.task_id == task_id if task_id else Visit.id.in_(visits))
        .order_by(Visit.position, VisitExpert.added_at, Inspector.staff_no)
    )
    return [
        Expert(visit_id=visit_id, visit_number=number, staff_no=staff_no, name=member.name, department=department)
        for visit_id, number, staff_no, member, department in await db.execute(query)
    ]
