"""The departments of the joint inspection (T3, B10): whom lists, plans, rules and pickers name.

Imports add a department for words that name none of ours; here the office gives it its proper name and the other
names it goes by, so that the next table finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from inspection.cells import plain
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from models.base import new_id
from models.people import Department, Inspector, Member
from models.store import tasks as store
from services.act import Act

MOST_NAMES = 20


async def department_rows(act: Act) -> list[dict[str, Any]]:
    """Every department, the office first, then by name: pickers read `id` and `name`."""
    query = (
        select(Inspector.department_id, func.count())
        .join(Member, Member.id == Inspector.member_id)
        .where(Inspector.kind == "certified", Member.active)
        .group_by(Inspector.department_id)
    )
    people = {department_id: count for department_id, count in (await act.db.execute(query)).all()}  # noqa: C416 a Row is no pair to mypy
    rows = (await store.departments(act.db)).values()
    return [
        {
            "id": one.id,
            "code": one.code,
            "name": one.name,
            "aliases": one.aliases,
            "is_office": one.is_office,
            "inspectors": people.get(one.id, 0),
        }
        for one in sorted(rows, key=lambda one: (not one.is_office, one.name))
    ]


async def add_department(act: Act, name: str, aliases: Sequence[str]) -> Department:
    """Write a department down; ConflictError where a name is another's already."""
    row = Department(id=new_id(), name="", aliases=[])
    row.code = f"dept-{row.id[-8:]}"  # its ASCII name in draws
    await _name(act, row, name, aliases)
    act.db.add(row)
    await act.db.flush()
    act.record("department-add", f"department:{row.id}", name=row.name)
    return row


async def rename_department(act: Act, department_id: str, name: str, aliases: Sequence[str]) -> Department:
    """Give a department its name and its other names; what was published under the old one keeps it."""
    row = await act.db.get(Department, department_id, with_for_update=True)
    if row is None:
        raise NotFoundError(what="这个部门")
    before = row.name
    await _name(act, row, name, aliases)
    await act.db.flush()
    act.record("department-name", f"department:{row.id}", name=row.name, before=before)
    return row


async def _name(act: Act, row: Department, name: str, aliases: Sequence[str]) -> None:
    """Check that nobody else goes by one of these names, then write them."""
    wanted = [one for one in dict.fromkeys(word.strip() for word in (name, *aliases)) if one]
    if not name.strip():
        raise InvalidInputError(what="部门名称", why="必填，不能为空。")
    if len(wanted) > MOST_NAMES:
        raise InvalidInputError(what="别名", why=f"最多 {MOST_NAMES - 1} 个。")
    for other in (await store.departments(act.db)).values():
        taken = {plain(one) for one in (other.name, *other.aliases)} & {plain(one) for one in wanted}
        if other.id != row.id and taken:
            raise ConflictError(what="部门名称", why=f"“{taken.pop()}”已经是“{other.name}”的名称或别名。")
    row.name, row.aliases = wanted[0], wanted[1:]
