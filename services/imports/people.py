"""Members and inspectors into their library (B11-B14, F4); a department that is new is made and reported."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Role
from inspection.departments import match_department
from inspection.tables import InspectorRow, Rejected
from models.people import Department, Grant, Inspector, Member
from services.imports.report import Outcome, Tally

OFFICE_WORD = "联席会议"


class Directory:
    """The departments as names are matched against them; new ones are added as they appear."""

    def __init__(self, rows: Iterable[Department], tally: Tally) -> None:
        self._rows = {row.id: row for row in rows}
        self._tally = tally

    @classmethod
    async def load(cls, db: AsyncSession, tally: Tally) -> Directory:
        """Read all departments."""
        return cls(await db.scalars(select(Department)), tally)

    def add_known(self, department: Department) -> None:
        """Take in a department made elsewhere."""
        self._rows[department.id] = department

    async def find_or_add(self, db: AsyncSession, words: str) -> Department:
        """The department that these words name; a new one for words that name none of ours."""
        found = match_department(words, {id_: [row.name, *row.aliases] for id_, row in self._rows.items()})
        if found is not None:
            return self._rows[found]
        code = f"dept-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
        row = Department(code=code, name=words, aliases=[], is_office=OFFICE_WORD in words)
        db.add(row)
        await db.flush()
        self._rows[row.id] = row
        self._tally.departments_added.append(words)
        return row


async def store_inspectors(db: AsyncSession, rows: Iterable[InspectorRow | Rejected], tally: Tally) -> Tally:
    """Compare and write members with their roles, and inspectors with their certificates."""
    directory = await Directory.load(db, tally)
    for row in rows:
        if isinstance(row, Rejected):
            tally.reject(row)
            continue
        holder = await _holder_of_account(db, row)
        if holder:
            tally.reject(_taken(row, holder))
            continue
        department = await directory.find_or_add(db, row.department)
        outcome = await _store_row(db, row, department)
        tally.count(outcome)
        if outcome is not Outcome.UNCHANGED:
            tally.show(outcome.value, row.staff_no, "")  # a report names nobody
    return tally


async def _holder_of_account(db: AsyncSession, row: InspectorRow) -> str | None:
    """The staff number of another inspector who has this row's WeCom account: one account is one person."""
    query = select(Inspector.staff_no).join(Member, Member.id == Inspector.member_id)
    return await db.scalar(query.where(Member.userid == _userid(row), Inspector.staff_no != row.staff_no))


def _taken(row: InspectorRow, holder: str) -> Rejected:
    reason = f"该账号已登记在工号 {holder} 名下"
    return Rejected(row=row.row, field="企业微信账号", value=_userid(row), reason=reason, raw=tuple(row.raw))


def _userid(row: InspectorRow) -> str:
    return row.userid or row.staff_no.lower()


async def _store_row(db: AsyncSession, row: InspectorRow, department: Department) -> Outcome:
    userid = _userid(row)
    member = await db.scalar(select(Member).where(Member.userid == userid))
    values = {
        "department_id": department.id,
        "name": row.name,
        "mobile": row.mobile,
        "post": row.post or "",
        "active": row.active,
    }
    outcome, member = await _put(db, member, Member, {"userid": userid, **values})
    roles_changed = await _set_roles(db, member.id, _roles(row))
    outcomes = {outcome, Outcome.CHANGED if roles_changed and outcome is Outcome.UNCHANGED else outcome}
    if row.kind is not None:
        inspector = await db.scalar(select(Inspector).where(Inspector.staff_no == row.staff_no))
        found, _ = await _put(
            db,
            inspector,
            Inspector,
            {
                "staff_no": row.staff_no,
                "member_id": member.id,
                "department_id": department.id,
                "kind": row.kind.value,
                "skills": list(row.skills),
                "certificate_no": row.certificate_no,
                "certificate_expires": row.certificate_expires,
            },
        )
        outcomes.add(found)
    return next(one for one in (Outcome.ADDED, Outcome.CHANGED, Outcome.UNCHANGED) if one in outcomes)


def _roles(row: InspectorRow) -> frozenset[Role]:
    return row.roles | ({Role.INSPECTOR} if row.kind is not None else frozenset())


async def _put(db: AsyncSession, found: Any, table: Any, values: dict[str, Any]) -> tuple[Outcome, Any]:
    """Add a row, or change what differs."""
    if found is None:
        found = table(**values)
        db.add(found)
        await db.flush()
        return Outcome.ADDED, found
    different = {name: value for name, value in values.items() if getattr(found, name) != value}
    for name, value in different.items():
        setattr(found, name, value)
    await db.flush()
    return Outcome.CHANGED if different else Outcome.UNCHANGED, found


async def _set_roles(db: AsyncSession, member_id: str, roles: frozenset[Role]) -> bool:
    """Give the member exactly these roles; tell whether anything changed."""
    wanted = {role.value for role in roles}
    held = set(await db.scalars(select(Grant.role).where(Grant.member_id == member_id)))
    for role in wanted - held:
        db.add(Grant(member_id=member_id, role=role))
    if held - wanted:
        await db.execute(delete(Grant).where(Grant.member_id == member_id, Grant.role.in_(held - wanted)))
    await db.flush()
    return wanted != held
