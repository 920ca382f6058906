"""What one inspector was drawn for and did, for him, his department's head and the office (K6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.draws import Replacement
from models.field import VisitEvent
from models.people import AuditEntry, Department, Inspector, Member
from models.registers import Target
from models.results import Deadline
from models.tasks import Draw, Evidence, Part, Submission, SummarySignature, Task, Visit, VisitMember

MINE = "me"  # in place of a staff number: one's own


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """The inspector, by name and department."""

    inspector: Inspector
    member: Member
    department: Department


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """A visit that he was of, with his own department's part and the draw behind it."""

    visit: Visit
    task: Task
    target: Target
    seat: VisitMember
    part: Part | None
    draw: Draw | None


async def person(db: AsyncSession, actor: Actor, staff_no: str) -> Person:
    """The inspector, for himself, an approver of his department and the office; NotFoundError for anybody else."""
    query = (
        select(Inspector, Member, Department)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == Inspector.department_id)
        .where(Inspector.member_id == actor.member_id if staff_no == MINE else Inspector.staff_no == staff_no)
    )
    row = (await db.execute(query)).one_or_none()
    if row is not None:
        head = actor.has(Role.APPROVER) and row[0].department_id == actor.department_id
        if actor.has(Role.COORDINATOR) or head or row[0].member_id == actor.member_id:
            return Person(inspector=row[0], member=row[1], department=row[2])
    raise NotFoundError(what="这名检查人员")


async def duties(db: AsyncSession, who: Person, task_number: str, days: tuple[date, date] | None) -> list[Duty]:
    """His visits of a task (by number), or of all tasks whose window meets these days, in their order."""
    query = (
        select(Visit, Task, Target, VisitMember, Part, Draw)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .join(Task, Task.id == Visit.task_id)
        .join(Target, Target.id == Visit.target_id)
        .outerjoin(Part, (Part.visit_id == Visit.id) & (Part.department_id == VisitMember.department_id))
        .outerjoin(Draw, (Draw.task_id == Task.id) & (Draw.status == "drawn"))
        .where(VisitMember.inspector_id == who.inspector.id)
        .order_by(Visit.id)
    )
    query = query.where(_within(task_number, days))
    return [
        Duty(visit=visit, task=task, target=target, seat=seat, part=part, draw=draw)
        for visit, task, target, seat, part, draw in await db.execute(query)
    ]


async def changes(
    db: AsyncSession, who: Person, task_number: str, days: tuple[date, date] | None
) -> Sequence[Replacement]:
    """The approved replacements by which he left a visit or came to one, also where he has none left."""
    his = or_(Replacement.leaving == who.inspector.staff_no, Replacement.entering == who.inspector.staff_no)
    query = select(Replacement).join(Draw, Draw.id == Replacement.draw_id).join(Task, Task.id == Draw.task_id)
    query = query.where(his, Replacement.status == "approved", _within(task_number, days)).order_by(Replacement.id)
    return (await db.scalars(query)).all()


def _within(task_number: str, days: tuple[date, date] | None) -> ColumnElement[bool]:
    return and_(
        *([Task.number == task_number] if task_number else []),
        *([Task.starts_on <= days[1], Task.ends_on >= days[0]] if days else []),
    )


async def papers(db: AsyncSession, who: Person, found: Sequence[Duty]) -> dict[str, Sequence[Any]]:
    """What he did at these visits, by table; all of it his own acts but for deadlines and the visits' events."""
    visits = [one.visit.id for one in found]
    parts = [one.part.id for one in found if one.part is not None]
    about = [*(f"visit:{one}" for one in visits), *(f"part:{one}" for one in parts)]
    below = [AuditEntry.subject.like(f"part:{one}/%") for one in parts]
    own = who.member.id

    async def rows(table: Any, *where: Any) -> Sequence[Any]:
        return (await db.scalars(select(table).where(*where).order_by(*table.__table__.primary_key))).all()

    return {
        "audit": await rows(AuditEntry, AuditEntry.member_id == own, or_(AuditEntry.subject.in_(about), *below)),
        "submissions": await rows(Submission, Submission.member_id == own, Submission.part_id.in_(parts)),
        "evidence": await rows(Evidence, Evidence.member_id == own, Evidence.visit_id.in_(visits)),
        "signatures": await rows(
            SummarySignature,
            SummarySignature.inspector_id == who.inspector.id,
            SummarySignature.visit_id.in_(visits),
        ),
        "deadlines": await rows(Deadline, Deadline.subject.in_(about)),
        "events": await rows(VisitEvent, VisitEvent.visit_id.in_(visits)),
    }
