"""Plans within the year: adjusted with history, proposed by departments, merged, and read from tables (C6, C9, C10).

office: adjust | withdraw | merge -> the entry as it was is kept -> the plan is filed again
department: propose -> office: decide -> adjust
import -> entries -> adopt_imported -> the year's filed plan, and a revision of each entry that the table changed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.plan_rules import Line
from models.plans import Plan, PlanLine, PlanProposal
from models.store import plans as store
from models.store.plans import Placed
from models.store.states import STATUS_WORDS, advance, next_number
from services.act import Act
from services.planning.plans import (
    ENTRY_FIELDS,
    LINE_FIELDS,
    EntryOrder,
    adjusted,
    checked,
    keep_revision,
    subject,
    write,
)

CHANGEABLE = frozenset(one.name for one in fields(EntryOrder))
_DATES = frozenset({"starts_on", "ends_on"})


async def adjust(act: Act, entry_id: str, changes: Mapping[str, Any], reason: str) -> None:
    """Change an entry of an approved plan, with a reason; how it stood stays to be read (C6). The office alone."""
    found = await _adjustable(act, entry_id, reason)
    order = changed_order(found, changes)
    values = await checked(act, _plan(found), order)
    await keep_revision(act, found, "调整前")
    write(found, values)
    await act.db.flush()
    if not await keep_revision(act, found, reason):
        raise InvalidInputError(what="调整内容", why="与现在的计划没有不同。")
    await _tell(act, found, reason)


async def withdraw(act: Act, entry_id: str, reason: str) -> None:
    """Take an entry off an approved plan; refused once a task was made from it (C6)."""
    found = await _adjustable(act, entry_id, reason)
    await _take_off(act, found, reason)
    await _tell(act, found, reason)


async def propose(act: Act, entry_id: str, changes: Mapping[str, Any], reason: str) -> PlanProposal:
    """Ask the office for an adjustment: the department that leads or joins the entry (C6, C9)."""
    found = await store.entry(act.db, act.actor, entry_id)
    if act.actor.department_id not in {found.entry.department_id, *found.entry.partner_ids}:
        raise ForbiddenError
    _need(reason)
    if not found.settled:
        raise ConflictError(what="调整建议", why="计划尚未通过审批，请直接修改。")
    changed_order(found, changes)
    row = PlanProposal(
        entry_id=entry_id,
        department_id=act.actor.department_id,
        changes=_plain(changes),
        reason=reason.strip(),
        at=act.now,
        member_id=act.actor.member_id,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("plan-propose", f"entry:{entry_id}", proposal=row.id)
    return row


async def decide(act: Act, proposal_id: str, *, accept: bool) -> PlanProposal:
    """Accept a proposal, which adjusts the entry, or turn it down; once."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    row = await store.proposal(act.db, proposal_id)
    to = "approved" if accept else "returned"
    decided = {"decided_by": act.actor.member_id, "decided_at": act.now}
    await advance(act.db, row, to, come_from={"submitted"}, what="调整建议", **decided)
    if accept:
        await adjust(act, row.entry_id, row.changes, row.reason)
    act.record("plan-decide", f"entry:{row.entry_id}", proposal=row.id, accepted=accept)
    return row


async def merge(act: Act, entry_ids: Sequence[str], reason: str) -> None:
    """Merge entries into the first: its items, partners and words grow, its window shrinks to the shared days (C10).

    The office alone, at any time before a task was made from one of them; the others are withdrawn and point to it.
    """
    wanted = list(dict.fromkeys(entry_ids))
    if len(wanted) < 2:  # noqa: PLR2004 - merging takes two
        raise InvalidInputError(what="合并", why="至少选择两条计划。")
    _need(reason)
    await _adopt_all(act)
    found = {one.entry.id: await _mergeable(act, one) for one in await store.placed(act.db, ids=wanted)}
    if len(found) != len(wanted):
        raise NotFoundError(what="所选的计划条目")
    first, *others = [found[one] for one in wanted]
    order = _merged(first, others)
    if any(await store.tasks_of(act.db, wanted)):
        raise ConflictError(what="合并", why="其中有条目已经建立任务。")
    values = await checked(act, _plan(first), order)
    await keep_revision(act, first, "合并前")
    write(first, values)
    await act.db.flush()
    await keep_revision(act, first, reason)
    for one in others:
        await _take_off(act, one, reason, merged_into=first.entry.id)
    for one in {_plan(each).id: each for each in found.values()}.values():
        await _tell(act, one, f"合并：{reason}")


def _merged(first: Placed, others: Sequence[Placed]) -> EntryOrder:
    every = (first, *others)
    starts_on, ends_on = max(one.entry.starts_on for one in every), min(one.entry.ends_on for one in every)
    if starts_on > ends_on or len({one.entry.year for one in every}) > 1:
        raise ConflictError(what="合并", why="这些条目的检查时间没有重叠。")
    departments = (id_ for one in every for id_ in (one.entry.department_id, *one.entry.partner_ids))
    texts = dict.fromkeys(one.entry.item_text for one in every if one.entry.item_text)
    return changed_order(
        first,
        {
            "starts_on": starts_on,
            "ends_on": ends_on,
            "partner_ids": [one for one in dict.fromkeys(departments) if one != first.entry.department_id],
            "item_text": "；".join(texts),
            "item_ids": _union(every, "item_ids"),
            "keywords": _union(every, "keywords"),
        },
    )


def _union(every: Sequence[Placed], name: str) -> list[str]:
    return list(dict.fromkeys(value for one in every for value in getattr(one.line, name)))


async def _mergeable(act: Act, found: Placed) -> Placed:
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    plan = _plan(found)
    if plan.status not in {"collected", *store.SETTLED}:
        raise ConflictError(what="合并", why=f"“{found.entry.name}”所属计划{STATUS_WORDS[plan.status]}，尚未汇总。")
    if _withdrawn(found):
        raise ConflictError(what="合并", why=f"“{found.entry.name}”已经取消或合并。")
    return found


async def adopt_imported(act: Act) -> int:
    """Give entries that a table brought their filed plan, and keep how each stood; return how many were new (C6)."""
    new = await store.unplaced(act.db)
    for entry in new:
        plan = await _imported_plan(act, entry.year, entry.department_id)
        act.db.add(PlanLine(entry_id=entry.id, plan_id=plan.id))
    await act.db.flush()
    rows = [one for one in await store.placed(act.db) if one.plan is not None and one.plan.imported]
    for found in rows:
        await keep_revision(act, found, "导入计划表格")
    return len(new)


async def _adopt_all(act: Act) -> None:
    if await store.unplaced(act.db):
        await adopt_imported(act)


async def _imported_plan(act: Act, year: int, otherwise: str) -> Plan:
    found = await store.imported_plan(act.db, year)
    if found is not None:
        return found
    plan = Plan(
        number=f"抽查计划〔{year}〕{await next_number(act.db, f'plan/{year}')}号",
        department_id=await store.office(act.db) or otherwise,
        year=year,
        kind="annual",
        joint=True,
        imported=True,
        title=f"{year}年度抽查计划",
        status="filed",
        created_at=act.now,
        published_at=act.now,
    )
    act.db.add(plan)
    await act.db.flush()
    act.record("plan-step", subject(plan), number=plan.number, status="filed", imported=True)
    return plan


def changed_order(found: Placed, changes: Mapping[str, Any]) -> EntryOrder:
    """An entry's values with some of them changed; InvalidInputError for a field that no entry has."""
    unknown = set(changes) - CHANGEABLE
    if unknown or not changes:
        raise InvalidInputError(what="调整内容", why="没有可调整的项目，或含有未知的项目。")
    values: dict[str, Any] = {name: getattr(found.entry, name) for name in ENTRY_FIELDS}
    values |= {name: getattr(found.line, name) for name in LINE_FIELDS} if found.line else {}
    values |= {"department_id": found.entry.department_id, "quota": str(found.entry.quota.get("raw", ""))}
    values |= {name: _date(value) if name in _DATES else value for name, value in changes.items()}
    lists = ("partner_ids", "item_ids", "keywords")
    return EntryOrder(**values | {name: tuple(values.get(name, ())) for name in lists})


def line_of(found: Placed) -> Line:
    """An entry as the rules of merging and coverage see it; departments by id."""
    entry, line = found.entry, found.line
    return Line(
        id=entry.id,
        name=entry.name,
        departments=(entry.department_id, *entry.partner_ids),
        starts_on=entry.starts_on,
        ends_on=entry.ends_on,
        scope_text=entry.scope_text,
        keywords=frozenset(line.keywords if line else ()),
        region=line.region if line else "",
        item_ids=frozenset(line.item_ids if line else ()),
        item_text=entry.item_text,
    )


async def _adjustable(act: Act, entry_id: str, reason: str) -> Placed:
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    _need(reason)
    await _adopt_all(act)
    found = await store.entry(act.db, act.actor, entry_id)
    if _withdrawn(found):
        raise ConflictError(what="计划条目", why="已经取消或并入其他条目。")
    if not found.settled:
        raise ConflictError(what="计划条目", why="所属计划尚未通过审批，请退回后修改。")
    return found


async def _take_off(act: Act, found: Placed, reason: str, merged_into: str | None = None) -> None:
    if await store.tasks_of(act.db, [found.entry.id]):
        raise ConflictError(what="计划条目", why="已经建立任务，不能取消。")
    await keep_revision(act, found, "取消前")
    line = found.line
    if line is None:
        raise NotFoundError(what="这条计划")
    line.withdrawn_at, line.merged_into = act.now, merged_into
    await act.db.flush()
    await keep_revision(act, found, reason)


async def _tell(act: Act, found: Placed, note: str) -> None:
    plan = _plan(found)
    if plan.status in store.SETTLED:
        await adjusted(act, plan, note)
    act.record("plan-adjust", f"entry:{found.entry.id}", plan=plan.number)


def _plan(found: Placed) -> Plan:
    if found.plan is None:
        raise NotFoundError(what="这条计划")
    return found.plan


def _withdrawn(found: Placed) -> bool:
    return found.line is not None and found.line.withdrawn_at is not None


def _need(reason: str) -> None:
    if not reason.strip():
        raise InvalidInputError(what="原因", why="必填，不能为空。")


def _date(value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise InvalidInputError(what="日期", why="应当是日期，如 2026-03-02。") from None


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in changes.items()}
