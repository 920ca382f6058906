"""What a draw is made from: the targets in a scope with this year's visits, and the inspectors of some departments.

Scope (words, region, sub-library) -> covers -> models.store.crowds reads what the policy judges
departments + Window -> inspectors_of -> Available: certified, valid to the end, `on_leave` where away too long
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Role
from models.libraries import Certificate, Leave, LibraryMember, SkillLink
from models.people import Department, Grant, Inspector, Member
from models.registers import Target

CODES_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which targets a task covers: any of the words in name or business scope, in a region; empty means all.

    `library_id`: only targets of this sub-library (B6); `library` is its name, for the announcement.
    """

    keywords: tuple[str, ...] = ()
    region: str = ""
    library_id: str = ""
    library: str = ""

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Scope:
        """Read a task's `scope` column."""
        return cls(
            keywords=tuple(data.get("keywords", ())),
            region=data.get("region", ""),
            library_id=data.get("library_id", ""),
            library=data.get("library", ""),
        )

    def as_data(self) -> dict[str, Any]:
        """The value of a task's `scope` column."""
        data: dict[str, Any] = {"keywords": list(self.keywords), "region": self.region}
        return {**data, "library_id": self.library_id, "library": self.library} if self.library_id else data

    def rule(self) -> str:
        """The scope in words, as the announcement states it."""
        words = f"名称或经营范围含“{'”或“'.join(self.keywords)}”" if self.keywords else "全部检查对象"
        words = f"{self.region}{words}" if self.region else words
        return f"分库“{self.library}”中{words}" if self.library_id else words


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """When a task's visits can happen: from its first day, or from today if that is later, to its last."""

    today: date
    starts_on: date
    ends_on: date

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day, both included."""
        first = max(self.today, self.starts_on)
        return first, max(first, self.ends_on)


@dataclass(frozen=True, kw_only=True, slots=True)
class Available:
    """A certified inspector of a team's department."""

    id: str
    member_id: str
    userid: str
    staff_no: str
    department_id: str
    department_code: str
    skills: tuple[str, ...]
    on_leave: bool
    certificate_expires: date | None


def covers(scope: Scope) -> ColumnElement[bool]:
    """The condition under which a target is in the scope."""
    words = [
        column.contains(word, autoescape=True)
        for word in scope.keywords
        for column in (Target.name, Target.business_scope)
    ]
    region = [column.contains(scope.region, autoescape=True) for column in (Target.region, Target.address)]
    held = select(LibraryMember.target_id).where(LibraryMember.library_id == scope.library_id)
    # A condition that is always true would still make the database read every row for it.
    return and_(
        true(),
        *([or_(*words)] if words else []),
        *([or_(*region)] if scope.region else []),
        *([Target.id.in_(held)] if scope.library_id else []),
    )


async def inspectors_of(db: AsyncSession, department_ids: Collection[str], window: Window) -> Sequence[Available]:
    """Every certified inspector of these departments with a certificate that is good to the end (B11).

    `on_leave` tells who is away on the day of the draw, when visits are to be accepted, or for half the window.
    """
    inspects = select(Grant.member_id).where(Grant.role == Role.INSPECTOR.value)
    _, until = window.days
    further = select(Certificate.inspector_id).where(
        Certificate.expires_on >= until,
        or_(Certificate.withdrawn_on.is_(None), Certificate.withdrawn_on > window.today),
    )
    return await _available(
        db,
        window,
        Inspector.department_id.in_(department_ids),
        Inspector.kind == "certified",
        Member.active.is_(True),
        or_(Inspector.certificate_expires >= until, Inspector.id.in_(further)),
        Inspector.member_id.in_(inspects),  # who lost the role cannot open a visit
    )


async def inspectors_numbered(db: AsyncSession, staff_numbers: Collection[str]) -> dict[str, Available]:
    """The inspectors with these staff numbers, whatever became of them since a freeze: the frozen list stands (D4)."""
    found = await _available(db, None, Inspector.staff_no.in_(staff_numbers))
    return {one.staff_no: one for one in found}


async def _available(db: AsyncSession, window: Window | None, *conditions: ColumnElement[bool]) -> list[Available]:
    query = (
        select(Inspector, Member.userid, Department.code)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == Inspector.department_id)
        .where(*conditions)
        .order_by(Inspector.staff_no)
    )
    links = await skill_links(db)
    away = await _away(db, window) if window else frozenset()
    return [
        Available(
            id=inspector.id,
            member_id=inspector.member_id,
            userid=userid,
            staff_no=inspector.staff_no,
            department_id=inspector.department_id,
            department_code=code,
            skills=skills_with(inspector.skills, links),
            on_leave=inspector.id in away,
            certificate_expires=inspector.certificate_expires,
        )
        for inspector, userid, code in (await db.execute(query)).all()
    ]


async def skill_links(db: AsyncSession) -> dict[str, set[str]]:
    """The skills that each qualification counts as (B13)."""
    found: dict[str, set[str]] = {}
    for link in await db.scalars(select(SkillLink)):
        found.setdefault(link.qualification, set()).add(link.skill)
    return found


def skills_with(own: Collection[str], links: dict[str, set[str]]) -> tuple[str, ...]:
    """An inspector's own words and the skills they count as, in the order of their bytes, as draws want them."""
    every = set(own).union(*(links.get(one, ()) for one in own))
    return tuple(sorted(every, key=str.encode))


async def away_on(db: AsyncSession, day: date) -> frozenset[str]:
    """The inspectors who are away on a day."""
    still = or_(Leave.ends_on.is_(None), Leave.ends_on >= day)
    return frozenset(await db.scalars(select(Leave.inspector_id).where(Leave.starts_on <= day, still)))


async def _away(db: AsyncSession, window: Window) -> frozenset[str]:
    """The inspectors who are away on the day of the draw or for half of the window or more."""
    first, last = window.days
    begins = min(window.today, first)
    rows = await db.scalars(
        select(Leave).where(Leave.starts_on <= last, or_(Leave.ends_on.is_(None), Leave.ends_on >= begins))
    )
    leaves: dict[str, list[tuple[date, date]]] = {}
    for row in rows:
        leaves.setdefault(row.inspector_id, []).append((row.starts_on, row.ends_on or date.max))
    return frozenset(one for one, periods in leaves.items() if is_away(periods, window))


def is_away(periods: Collection[tuple[date, date]], window: Window) -> bool:
    """Tell whether somebody with these leaves (first and last day) cannot be counted on for a window."""
    if any(begins <= window.today <= ends for begins, ends in periods):
        return True
    first, last = window.days
    days = (last - first).days + 1
    gone = sum(any(begins <= first + timedelta(days=n) <= ends for begins, ends in periods) for n in range(days))
    return gone * 2 >= days


async def targets_by_code(db: AsyncSession, codes: Sequence[str]) -> dict[str, Target]:
    """The targets with these credit codes, asked for in blocks that both databases take."""
    found: dict[str, Target] = {}
    for start in range(0, len(codes), CODES_AT_ONCE):
        rows = await db.scalars(select(Target).where(Target.code.in_(codes[start : start + CODES_AT_ONCE])))
        found |= {row.code: row for row in rows}
    return found
