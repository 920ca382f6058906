"""Inspectors, item lists and plans as tables, in the columns that the import reads (B5).

table(act, kind) -> titles and rows, as they stand now

What stands here is found again by the import: a department by its name, an item or an entry by its words. Members come
out with telephone and certificate, because a table without them could not be read again: who takes it out is on record.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.cells import level_text
from inspection.item_rules import ItemBody
from inspection.tables import columns_of
from models.people import Department, Grant, Inspector, Member
from models.store import lists as list_store
from models.store import plans as plan_store
from services.act import Act

KIND_WORDS = {"certified": "执法人员", "assistant": "辅助人员", "expert": "专家"}
ROLE_WORDS = {
    Role.COORDINATOR: "协调员", Role.APPROVER: "审批人", Role.INSPECTOR: "检查人员", Role.OBSERVER: "监督员",
    Role.ADMIN: "管理员",
}  # fmt: skip
_LEFT_OUT = {"inspectors": {"expert"}, "plan": {"both", "count"}}  # other ways to say what a column says already

Table = tuple[list[str], list[list[str]]]


async def table(act: Act, kind: str, *, year: int = 0) -> Table:
    """The whole register of this kind, one of KINDS; `year` is for plans, 0 for all."""
    columns = [one for one in columns_of(kind) or () if one.field not in _LEFT_OUT.get(kind, ())]
    names = {row.id: row.name for row in await act.db.scalars(select(Department))}
    rows = await _ROWS[kind](act, names, year)
    if kind == "inspectors":
        act.record("export", f"register:{kind}", rows=len(rows))
    return [one.title for one in columns], [[row.get(one.field, "") for one in columns] for row in rows]


async def _inspectors(act: Act, names: Mapping[str, str], _year: int) -> list[dict[str, str]]:
    roles: dict[str, set[str]] = {}
    for grant in await act.db.scalars(select(Grant)):
        roles.setdefault(grant.member_id, set()).add(grant.role)
    query = select(Member, Inspector).outerjoin(Inspector, Inspector.member_id == Member.id).order_by(Member.userid)
    return [
        {
            "staff_no": one.staff_no if one else member.userid,
            "name": member.name,
            "department": names[member.department_id],
            "kind": KIND_WORDS[one.kind] if one else "工作人员",
            "post": member.post,
            "mobile": member.mobile or "",
            "userid": member.userid,
            "certificate_no": (one.certificate_no if one else None) or "",
            "certificate_expires": _day(one.certificate_expires) if one else "",
            "skills": "、".join(one.skills) if one else "",
            "roles": "、".join(word for role, word in ROLE_WORDS.items() if role.value in roles.get(member.id, ())),
            "active": "在岗" if member.active else "离岗",
        }
        for member, one in (await act.db.execute(query)).all()
    ]


async def _items(act: Act, names: Mapping[str, str], _year: int) -> list[dict[str, str]]:
    """The joint list as it was last published."""
    joint = next((one for one in await list_store.item_lists(act.db) if one.kind == "joint"), None)
    versions = await list_store.in_force_on(act.db, date.max, joint.id) if joint else []
    return [
        {
            **{name: str(value) for name, value in version.body.items()},
            "quota": ItemBody.from_data(version.body).ratio,
            "level": level_text(str(version.body.get("level", ""))),
            "lead": names[version.department_id],
            "partners": _named(names, version.partner_ids),
        }
        for version in versions
    ]


async def _plan(act: Act, names: Mapping[str, str], year: int) -> list[dict[str, str]]:
    """The entries that stand."""
    shown = ("name", "item_text", "scope_text", "frequency", "risk_note", "method", "mode")
    return [
        {
            **{name: getattr(one.entry, name) for name in shown},
            "quota": str(one.entry.quota.get("raw", "")),
            "period": f"{_day(one.entry.starts_on)}至{_day(one.entry.ends_on)}",
            "lead": names[one.entry.department_id],
            "partners": _named(names, one.entry.partner_ids),
        }
        for one in await plan_store.placed(act.db, year=year)
        if one.settled
    ]


def _named(names: Mapping[str, str], ids: Sequence[str]) -> str:
    return "、".join(names[one] for one in ids if one in names)


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


_Rows = Callable[[Act, Mapping[str, str], int], Coroutine[Any, Any, list[dict[str, str]]]]
_ROWS: dict[str, _Rows] = {"inspectors": _inspectors, "items": _items, "plan": _plan}
KINDS = frozenset(_ROWS)
