"""Plans on their way: made, submitted, collected, studied by the joint meeting, filed, published (C1-C5, S1-S4).

department: create -> entries -> submit -> office: collect -> joint meeting: approve -> file; publish once approved
department: take_back from submitted
office: send_back from submitted or collected -> department mends and submits again
tick -> expect_next_year -> the MAKE_PLAN deadline of next year's joint plan (S2)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete

from inspection import cells
from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.plan_rules import FORMS, FilingRules, filing_due, is_preferred, making_due
from inspection.workdays import local_date
from models.base import new_id
from models.plans import Plan, PlanLine, PlanRevision, PlanStep
from models.registers import PlanEntry
from models.store import lists as list_store
from models.store import plans as store
from models.store import tasks as task_store
from models.store.plans import Placed
from models.store.states import STATUS_WORDS, advance, next_number
from services.act import Act, Rules
from services.clock import deadlines

KINDS = {"annual": "年度抽查计划", "special": "专项抽查计划"}
EXPECTED_BEFORE = timedelta(days=60)  # how long before its day the making of next year's plan is on the desk
ENTRY_FIELDS = (
    "name", "item_text", "scope_text", "frequency", "risk_note", "method", "mode", "starts_on", "ends_on",
    "partner_ids",
)  # fmt: skip
LINE_FIELDS = ("item_ids", "keywords", "region", "form", "base_count", "bureau")


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryOrder:
    """A line of a plan as somebody writes it (C1, C2); `quota` in words: 10%, 20户, 10%(20户)."""

    name: str
    starts_on: date
    ends_on: date
    quota: str
    department_id: str = ""  # 发起部门; empty: the plan's own
    partner_ids: tuple[str, ...] = ()
    item_text: str = ""
    scope_text: str = ""
    frequency: str = ""
    risk_note: str = ""
    method: str = ""
    mode: str = ""
    item_ids: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    region: str = ""
    form: str = ""
    base_count: int | None = None
    bureau: str = ""


def filing_rules(rules: Rules) -> FilingRules:
    """Give the office's filing days."""
    return FilingRules(
        annual_filed_by=rules.annual_plan_filed_by,
        joint_made_by=rules.joint_plan_made_by,
        joint_filed_by=rules.joint_plan_filed_by,
        special_months_ahead=rules.special_plan_months_ahead,
    )


async def create_plan(act: Act, title: str, year: int, kind: str, *, joint: bool = False) -> Plan:
    """Begin a plan: joint ones by the office, a department's own by its approver or liaison (C3)."""
    plan = Plan(
        number=f"抽查计划〔{year}〕{await next_number(act.db, f'plan/{year}')}号",
        department_id=act.actor.department_id,
        year=year,
        kind=kind,
        joint=joint,
        title=title.strip() or f"{year}年{KINDS[kind]}",
        status="draft",
        created_at=act.now,
    )
    if not store.keeps(act.actor, plan):
        raise ForbiddenError
    act.db.add(plan)
    await act.db.flush()
    await _step(act, plan, "draft")
    if kind == "annual":
        await _expect_filing(act, plan, None)
    return plan


async def add_entries(act: Act, plan_id: str, orders: Sequence[EntryOrder]) -> list[str]:
    """Put lines on a plan that is not submitted; give their ids."""
    plan = await _open_plan(act, plan_id)
    ids = []
    for order in orders:
        values = await checked(act, plan, order)
        entry = PlanEntry(id=new_id(), key=new_id(), year=plan.year, digest="", **values["entry"])
        act.db.add(entry)
        await act.db.flush()
        act.db.add(PlanLine(entry_id=entry.id, plan_id=plan.id, **values["line"]))
        ids.append(entry.id)
    await act.db.flush()
    act.record("plan-entries", f"plan:{plan.id}", number=plan.number, added=len(ids))
    return ids


async def replace_entry(act: Act, entry_id: str, order: EntryOrder) -> None:
    """Write a line anew while its plan is not submitted; afterwards it is adjusted, with a reason (C6)."""
    found = await _open_entry(act, entry_id)
    write(found, await checked(act, found.plan, order))  # type: ignore[arg-type]  # _open_entry gives one with a plan
    await act.db.flush()
    act.record("plan-entries", f"entry:{entry_id}", name=order.name, replaced=1)


async def remove_entry(act: Act, entry_id: str) -> None:
    """Take a line off a plan that is not submitted; a line that was approved once is withdrawn instead (C6)."""
    found = await _open_entry(act, entry_id)
    if (await store.revisions(act.db, [entry_id])) or (await store.tasks_of(act.db, [entry_id])):
        raise ConflictError(what="计划条目", why="曾经通过审批，只能调整。")
    await act.db.execute(delete(PlanLine).where(PlanLine.entry_id == entry_id))
    await act.db.delete(found.entry)
    act.record("plan-entries", f"entry:{entry_id}", name=found.entry.name, removed=1)


async def submit(act: Act, plan_id: str, note: str = "") -> Plan:
    """Hand a plan in to the office (C4)."""
    plan = await store.kept_plan(act.db, act.actor, plan_id, sign=True)
    if not await store.placed(act.db, plan_id=plan.id):
        raise ConflictError(what="计划", why="还没有任何条目。")
    await _go(act, plan, "submitted", {"draft", "returned"}, note)
    await _expect_filing(act, plan, await store.first_start(act.db, plan.id))
    return plan


async def take_back(act: Act, plan_id: str) -> Plan:
    """Its department takes a plan back to mend it, as long as the office has not collected it."""
    plan = await store.kept_plan(act.db, act.actor, plan_id, sign=True)
    await _go(act, plan, "draft", {"submitted"}, "撤回修改")
    return plan


async def collect(act: Act, plan_id: str, note: str = "") -> Plan:
    """The office takes a plan into what the joint meeting will study (C4)."""
    return await _office_step(act, plan_id, "collected", {"submitted"}, note)


async def send_back(act: Act, plan_id: str, reason: str) -> Plan:
    """The office gives a plan back with a reason."""
    if not reason.strip():
        raise InvalidInputError(what="退回原因", why="必填，不能为空。")
    return await _office_step(act, plan_id, "returned", {"submitted", "collected"}, reason)


async def approve(act: Act, plan_id: str, note: str) -> Plan:
    """Record that the joint meeting (联席会议) has studied and passed the plan; `note` names the meeting (C4)."""
    if not note.strip():
        raise InvalidInputError(what="会议情况", why="必填，请写明联席会议的时间或纪要文号。")
    plan = await _office_step(act, plan_id, "approved", {"collected"}, note)
    for found in await store.placed(act.db, plan_id=plan.id):
        await keep_revision(act, found, "审批通过")
    if plan.joint and plan.kind == "annual":
        await deadlines.settle(act, DeadlineKind.MAKE_PLAN, f"plan-year:{plan.year}")
    await _expect_publication(act, plan)
    return plan


async def file(act: Act, plan_id: str, filed_on: date, number: str) -> Plan:
    """Record the filing (备案) of an approved plan with date and number (S1, S3, S4)."""
    if filed_on > local_date(act.now):
        raise InvalidInputError(what="备案日期", why="不能晚于今天。")
    plan = await _office_plan(act, plan_id)
    fields = {"filed_on": filed_on, "filing_number": number.strip()}
    await advance(act.db, plan, "filed", come_from={"approved"}, what="计划", **fields)
    await _step(act, plan, "filed", f"{filed_on} {number.strip()}".strip())
    await deadlines.settle(act, DeadlineKind.FILE_PLAN, subject(plan))
    return plan


async def publish(act: Act, plan_id: str) -> Plan:
    """Make an approved plan public (C5): its department or the office, once."""
    plan = await store.plan(act.db, act.actor, plan_id)
    if not (store.signs(act.actor, plan) or act.actor.has(Role.COORDINATOR)):
        raise ForbiddenError
    await store.lock(act.db, plan)
    if plan.status not in store.SETTLED:
        raise ConflictError(what="计划", why=f"当前状态是“{STATUS_WORDS[plan.status]}”，审批通过后才能公布。")
    if plan.published_at is not None:
        raise ConflictError(what="计划", why="已经公布。")
    plan.published_at = act.now
    await _step(act, plan, "published")
    await deadlines.settle(act, DeadlineKind.PUBLISH_PLAN, subject(plan))
    return plan


async def refuse_unready(act: Act, entry: PlanEntry) -> None:
    """Refuse a task from an entry that is withdrawn, or whose plan the joint meeting has not passed (C4)."""
    found = (await store.placed(act.db, ids=[entry.id]))[0]
    if found.line is not None and found.line.withdrawn_at is not None:
        raise ConflictError(what="建立任务", why="这条计划已经取消或并入其他条目。")
    if found.plan is not None and act.house.rules.plan_must_be_approved and not found.settled:
        status = STATUS_WORDS[found.plan.status]
        raise ConflictError(what="建立任务", why=f"所属计划尚未经联席会议审议通过（当前“{status}”）。")


async def expect_next_year(act: Act) -> None:
    """Put the making of next year's joint plan on the office's desk in time (S2); doing it twice is harmless."""
    today = local_date(act.now)
    year = today.year + 1
    due = making_due(year, filing_rules(act.house.rules))
    office = await store.office(act.db)
    if office and today >= due - EXPECTED_BEFORE and not await store.has_joint(act.db, year):
        await deadlines.open_on(act, DeadlineKind.MAKE_PLAN, f"plan-year:{year}", office, due)


def warnings(plan: Plan, department: str, rules: Rules) -> list[str]:
    """Say what is unusual about a plan: a special one from a department that is not a preferred initiator (O4)."""
    if plan.kind != "special" or plan.joint or is_preferred(department, rules.special_plan_initiators):
        return []
    return [f"专项抽查计划一般由{'、'.join(rules.special_plan_initiators)}等部门发起"]


def subject(plan: Plan) -> str:
    """Name a plan in deadlines and the audit."""
    return f"plan:{plan.id}"


async def checked(act: Act, plan: Plan, order: EntryOrder) -> dict[str, dict[str, Any]]:
    """Read an order into the values of entry and line; InvalidInputError names the column, NotFoundError a stranger."""
    department_id = order.department_id or plan.department_id
    known = await task_store.departments(act.db)
    if not plan.joint and department_id != plan.department_id:
        raise InvalidInputError(what="发起部门", why="部门计划的发起部门只能是本部门。")
    if not {department_id, *order.partner_ids} <= known.keys():
        raise NotFoundError(what="所填的部门")
    if not order.name.strip():
        raise InvalidInputError(what="任务名称", why="必填，不能为空。")
    if not order.starts_on <= order.ends_on or order.starts_on.year != plan.year:
        raise InvalidInputError(what="起止时间", why=f"应当在 {plan.year} 年内，且结束不早于开始。")
    if order.form not in {"", *FORMS}:
        raise InvalidInputError(what="任务形式", why=f"应当是 {'、'.join(FORMS)} 之一。")
    await _known_items(act, order.item_ids)
    entry = {name: getattr(order, name) for name in ENTRY_FIELDS}
    partners = [one for one in dict.fromkeys(order.partner_ids) if one != department_id]
    entry |= {"department_id": department_id, "quota": _quota(order.quota), "partner_ids": partners}
    line = {name: getattr(order, name) for name in LINE_FIELDS}
    line |= {"item_ids": list(order.item_ids), "keywords": [one for one in order.keywords if one.strip()]}
    return {"entry": entry, "line": line}


def _quota(words: str) -> dict[str, Any]:
    """What holds for all targets as figures; a quota by groups (`三级≥50%;二级≥30%`) stays words."""
    found = cells.quotas(words)
    if not found:
        raise InvalidInputError(what="抽查比例", why="必填，请写成 10%、20户 或 10%(20户)。")
    quotas = [one for one in found if not one.group]
    ratio = next((str(one.ratio) for one in quotas if one.ratio is not None), None)
    return {"ratio": ratio, "count": next((one.count for one in quotas if one.count), None), "raw": words.strip()}


async def _known_items(act: Act, item_ids: Sequence[str]) -> None:
    """A plan names items of lists: published once, on a list that is inspected by (A3, C7)."""
    if not item_ids:
        return
    known = await list_store.ever_listed(act.db)
    if not known.issuperset(item_ids):
        raise NotFoundError(what="所选的抽查事项（清单之外的事项不得列入计划）")


def write(found: Placed, values: dict[str, dict[str, Any]]) -> None:
    """Write checked values into an entry and its line."""
    for name, value in values["entry"].items():
        setattr(found.entry, name, value)
    for name, value in values["line"].items():
        setattr(found.line, name, value)


def snapshot(found: Placed) -> dict[str, Any]:
    """An entry as it stands, as JSON data."""
    entry, line = found.entry, found.line
    values = {name: getattr(entry, name) for name in (*ENTRY_FIELDS, "department_id", "quota")}
    values |= {"starts_on": entry.starts_on.isoformat(), "ends_on": entry.ends_on.isoformat()}
    if line is not None:
        values |= {name: getattr(line, name) for name in LINE_FIELDS}
        values["withdrawn"] = line.withdrawn_at is not None
    return values


async def keep_revision(act: Act, found: Placed, reason: str) -> bool:
    """Keep an entry as it stands now; False if that is what the newest revision holds (C6)."""
    values = snapshot(found)
    digest = hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    earlier = (await store.revisions(act.db, [found.entry.id])).get(found.entry.id, [])
    if earlier and earlier[-1].digest == digest:
        return False
    act.db.add(
        PlanRevision(
            entry_id=found.entry.id,
            number=len(earlier) + 1,
            reason=reason.strip(),
            values=values,
            digest=digest,
            at=act.now,
            member_id=act.actor.member_id,
        )
    )
    await act.db.flush()
    return True


async def adjusted(act: Act, plan: Plan, note: str) -> None:
    """Tell of an adjustment in the plan's way; a filed plan is to be filed again (C6)."""
    if plan.status == "filed":
        await advance(act.db, plan, "approved", come_from={"filed"}, what="计划")
    await _step(act, plan, "adjusted", note)
    within, today = act.house.rules.plan_adjustment_filed_within_days, local_date(act.now)
    await deadlines.open_deadline(act, DeadlineKind.FILE_PLAN, subject(plan), plan.department_id, today, within)


async def _open_plan(act: Act, plan_id: str) -> Plan:
    plan = await store.kept_plan(act.db, act.actor, plan_id)
    await store.lock(act.db, plan)  # a line that arrives while the plan is handed in is in it, or refused
    if plan.status not in {"draft", "returned"}:
        raise ConflictError(what="计划", why=f"当前状态是“{STATUS_WORDS[plan.status]}”，不能直接修改。")
    return plan


async def _open_entry(act: Act, entry_id: str) -> Placed:
    found = await store.entry(act.db, act.actor, entry_id)
    if found.plan is None:
        raise ConflictError(what="计划条目", why="是导入的已备案计划，只能调整。")
    await _open_plan(act, found.plan.id)
    return found


async def _office_plan(act: Act, plan_id: str) -> Plan:
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    return await store.plan(act.db, act.actor, plan_id)


async def _office_step(act: Act, plan_id: str, to: str, come_from: set[str], note: str) -> Plan:
    plan = await _office_plan(act, plan_id)
    await _go(act, plan, to, come_from, note)
    return plan


async def _go(act: Act, plan: Plan, to: str, come_from: set[str], note: str) -> None:
    await advance(act.db, plan, to, come_from=come_from, what="计划")
    await _step(act, plan, to, note)


async def _step(act: Act, plan: Plan, status: str, note: str = "") -> None:
    act.db.add(
        PlanStep(
            plan_id=plan.id,
            status=status,
            at=act.now,
            member_id=act.actor.member_id,
            department_id=act.actor.department_id,
            note=note.strip(),
        )
    )
    await act.db.flush()
    act.record("plan-step", subject(plan), number=plan.number, status=status)


async def _expect_filing(act: Act, plan: Plan, starts_on: date | None) -> None:
    """Open the filing's deadline; a special plan handed in again may start on another day, so it is opened anew."""
    special = plan.kind == "special"
    due = filing_due(plan.year, starts_on, filing_rules(act.house.rules), special=special, joint=plan.joint)
    if special:
        await deadlines.settle(act, DeadlineKind.FILE_PLAN, subject(plan))
    await deadlines.open_on(act, DeadlineKind.FILE_PLAN, subject(plan), plan.department_id, due)


async def _expect_publication(act: Act, plan: Plan) -> None:
    """An approved plan is public by its filing day (S1), or within the days of an adjustment where that has passed."""
    rules, today = act.house.rules, local_date(act.now)
    starts_on = await store.first_start(act.db, plan.id)
    due = filing_due(plan.year, starts_on, filing_rules(rules), special=plan.kind == "special", joint=plan.joint)
    about = (act, DeadlineKind.PUBLISH_PLAN, subject(plan), plan.department_id)
    if due >= today:
        await deadlines.open_on(*about, due)
    else:
        await deadlines.open_deadline(*about, today, rules.plan_adjustment_filed_within_days)
