"""What somebody learns by asking in the chat: his work, what is due, how far the office is; nothing beyond his posts.

asker -> own visits | his department (approver) | the whole office (coordinator) -> plain values for `bot.chat`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ForbiddenError
from inspection.notices import Notice, NoticeKind
from inspection.workdays import local_date
from models.draws import Replacement
from models.registers import Target
from models.results import Deadline
from models.store import tasks as task_store
from models.store import visits as visit_store
from models.store.parts import NOT_DONE
from models.store.visits import OwnVisit
from models.tasks import Part, Visit, VisitMember
from services.act import Act
from services.clock.audiences import Audience, audience_of, subjects_of
from services.people.notices import Letter, tell_many
from services.registers.search import TargetFilter

SHOWN = 8
URGED_AT_ONCE = 500
OFFICE = (Role.COORDINATOR, Role.ADMIN)
DONE = ("submitted", "approved", "published")


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """Something that is due: what, about whom, whose, by when."""

    text: str
    about: str
    department: str
    due_on: date
    paused: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How far a department is (K1): parts to be entered, entered, published; overdue counts as not done (K2)."""

    department: str
    parts: int
    entered: int
    published: int
    overdue: int


async def open_visits(act: Act) -> list[OwnVisit]:
    """The asker's visits whose part is not handed in yet, the nearest end first."""
    return [one for one in await visit_store.own_visits(act.db, act.actor) if one.part.status in NOT_DONE]


async def leaving(act: Act) -> set[str]:
    """The visits that the asker has asked to leave (更换, 回避) and nobody has decided on yet."""
    query = select(Replacement.visit_id).where(Replacement.asked_by == act.actor.member_id)
    return set(await act.db.scalars(query.where(Replacement.open_for.is_not(None))))


async def to_accept(act: Act) -> list[OwnVisit]:
    """The asker's visits that wait for his acceptance; not those that he has asked to leave."""
    return unaccepted(await open_visits(act), await leaving(act))


def unaccepted(own: Sequence[OwnVisit], asked: set[str]) -> list[OwnVisit]:
    """Those of one's visits that wait for one's acceptance; `asked`: the visits that one has asked to leave."""
    return [one for one in own if one.member.accepted_at is None and one.visit.id not in asked]


async def visits_in_hand(act: Act) -> list[OwnVisit]:
    """The asker's accepted visits that still take evidence."""
    return [one for one in await open_visits(act) if one.member.accepted_at is not None]


async def due_between(act: Act, first: date | None, last: date) -> list[Due]:
    """The open deadlines from `first` (None: from ever) to `last`, both included, of those that concern the asker."""
    query = select(Deadline).where(Deadline.settled_at.is_(None), Deadline.due_on <= last)
    if first is not None:
        query = query.where(Deadline.due_on >= first)
    if not act.actor.has(*OFFICE):
        wall: ColumnElement[bool] = Deadline.subject.in_(await _own_subjects(act))
        if act.actor.has(Role.APPROVER):
            wall |= Deadline.department_id == act.actor.department_id
        query = query.where(wall)
    rows = (await act.db.scalars(query.order_by(Deadline.due_on, Deadline.id).limit(URGED_AT_ONCE))).all()
    return await _shown(act, rows)


async def figures(act: Act) -> list[Figures]:
    """How far each department is: the office sees all, an approver his own; ForbiddenError for anybody else."""
    if not act.actor.has(*OFFICE, Role.APPROVER):
        raise ForbiddenError
    counts = select(Part.department_id, Part.status, func.count()).group_by(Part.department_id, Part.status)
    late = (
        select(Deadline.department_id, func.count())
        .where(Deadline.settled_at.is_(None), Deadline.due_on < local_date(act.now), Deadline.paused_on.is_(None))
        .group_by(Deadline.department_id)
    )
    parts: dict[str, dict[str, int]] = {}
    for department_id, status, count in await act.db.execute(counts):
        parts.setdefault(department_id, {})[status] = count
    overdue = {row[0]: int(row[1]) for row in await act.db.execute(late)}
    return [
        Figures(
            department=department.name,
            parts=sum(parts.get(one, {}).values()),
            entered=sum(parts.get(one, {}).get(status, 0) for status in DONE),
            published=parts.get(one, {}).get("published", 0),
            overdue=overdue.get(one, 0),
        )
        for one, department in (await task_store.departments(act.db)).items()
        if act.actor.has(*OFFICE) or one == act.actor.department_id
    ]


async def companies(act: Act, words: str) -> tuple[int, Sequence[Target]]:
    """The targets that the asker may look up by part of a name or the beginning of a code: (how many, the first ones).

    The office and approvers search the register; an inspector finds those that he was drawn for, and no other.
    """
    query = select(Target).where(*TargetFilter(q=words).conditions())
    if not act.actor.has(*OFFICE, Role.APPROVER):
        drawn_for = (
            select(Visit.target_id)
            .join(VisitMember, VisitMember.visit_id == Visit.id)
            .where(VisitMember.member_id == act.actor.member_id)
        )
        query = query.where(Target.id.in_(drawn_for))
    rows = (await act.db.scalars(query.order_by(Target.name, Target.code).limit(SHOWN + 1))).all()
    return len(rows), rows[:SHOWN]


async def urge(act: Act, department: str = "") -> int:
    """Tell everybody who holds up something overdue; each of each thing once a day. Returns how many letters are new.

    The office urges all departments or one by its name or part of it, an approver his own.
    """
    if not act.actor.has(Role.COORDINATOR, Role.APPROVER):
        raise ForbiddenError
    today = local_date(act.now)
    query = select(Deadline).where(Deadline.settled_at.is_(None), Deadline.due_on < today, Deadline.paused_on.is_(None))
    names = await task_store.departments(act.db)
    wanted = {one for one, row in names.items() if department in row.name or department in row.aliases}
    if not act.actor.has(Role.COORDINATOR):
        wanted &= {str(act.actor.department_id)}
    query = query.where(Deadline.department_id.in_(wanted)).order_by(Deadline.due_on, Deadline.id)
    rows = (await act.db.scalars(query.limit(URGED_AT_ONCE))).all()
    audience = await audience_of(act, rows)
    letters = [
        Letter(
            userid=userid,
            notice=_urged(row, audience, userid, today),
            department_id=row.department_id,
            subject=row.subject,
            dedupe_key=f"urged/{row.id}/{userid}/{today}",
        )
        for row in rows
        for userid in audience.of(row, "+1")
    ]
    told = await tell_many(act, letters)
    act.record("urge", "deadlines:overdue", number=told, department=department)
    return told


async def _own_subjects(act: Act) -> list[str]:
    own = await open_visits(act)
    return [f"visit:{one.visit.id}" for one in own] + [f"part:{one.part.id}" for one in own]


async def _shown(act: Act, rows: Sequence[Deadline]) -> list[Due]:
    names = await task_store.departments(act.db)
    about = [row.subject for row in rows]
    subjects = await subjects_of(act, about)
    return [
        Due(
            text=DeadlineKind(row.kind).text,
            about=subjects[row.subject].target_name if row.subject in subjects else "",
            department=names[row.department_id].name,
            due_on=row.due_on,
            paused=row.paused_on is not None,
        )
        for row in rows
    ]


def _urged(row: Deadline, audience: Audience, userid: str, today: date) -> Notice:
    text, subject = DeadlineKind(row.kind).text, audience.subjects[row.subject]
    return Notice(
        kind=NoticeKind.REMINDER,
        document_no=f"{subject.visit_number or row.id[-8:]}-催办-{today}",
        title=f"催办：{text}已逾期",
        summary="逾期未录入视同未完成，请今天办理；有困难请告知联席会议办公室。",
        facts=(("检查对象", subject.target_name), ("应办日期", str(row.due_on)), ("事项", text)),
        path=audience.path_for(row, userid),
        buttons=audience.open_button(row, userid),
        urgent=True,
    )
