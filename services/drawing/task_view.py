"""A task as the console shows it: what stands, what may be done next, and by whom."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import func, select

from inspection.actors import Role
from inspection.draw.announcement import SourceKind
from inspection.draw.pools import ANY_TARGET
from inspection.item_rules import inspected_from
from inspection.outcomes import result_text
from inspection.policy import CLASSES, UNCLASSIFIED
from inspection.reasons import CONFLICT_WORDS, VOID_REASONS
from inspection.workdays import local_date
from models.draws import Shortfall
from models.people import Inspector, Member
from models.registers import Target
from models.store import companions, destructions, lists, voids
from models.store import tasks as store
from models.store.pools import targets_by_code
from models.store.states import STATUS_WORDS
from models.store.tasks import VOIDED
from models.tasks import Draw, Part, Submission, Task, Visit, VisitMember
from services.act import Act
from services.drawing import batches, beacons, kinds, lowers, replacement_view, stamps
from services.drawing.draws import SYSTEM_SOURCE
from services.drawing.tasks import EXCLUSION_WORDS, Pool, named_items, pool_of

SHORT_SHOWN = 50
CLASS_WORDS = {**{one: f"{one} 类" for one in CLASSES}, UNCLASSIFIED: "未分类"}
SOURCE_WORDS = {"system": "服务器承诺值", "dice": "现场掷骰", "public": "公开信息"}


async def task_rows(act: Act) -> list[dict[str, Any]]:
    """The tasks the actor may see, with how far they are."""
    rows = await store.tasks(act.db, act.actor)
    names = await store.departments(act.db)
    visits = {
        (task_id, status): count
        for task_id, status, count in (
            await act.db.execute(
                select(Visit.task_id, Visit.status, func.count()).group_by(Visit.task_id, Visit.status)
            )
        ).all()
    }
    drawn = await act.db.execute(select(Draw.task_id, Draw.number).where(Draw.status != VOIDED))
    numbers = {task_id: number for task_id, number in drawn.all()}  # noqa: C416 a Row is no pair to mypy
    return [
        {
            **_head(row),
            "department": names[row.department_id].name,
            "draw_number": numbers.get(row.id),
            "visits": sum(count for (task_id, _), count in visits.items() if task_id == row.id),
            "published": visits.get((row.id, "published"), 0),
        }
        for row in rows
    ]


def _head(row: Task) -> dict[str, Any]:
    shown = ("id", "number", "name", "status", "starts_on", "ends_on", "announced", "team_size")
    return {**{name: getattr(row, name) for name in shown}, "status_text": STATUS_WORDS[row.status]}


async def task_detail(act: Act, task_id: str) -> dict[str, Any]:
    """One task with its pool (before the freeze), draw and visits."""
    task = await store.task(act.db, act.actor, task_id)
    names = await store.departments(act.db)
    pool = await pool_of(act, task) if task.status in {"draft", "prepared"} else None
    draw = await store.draw_of(act.db, task.id)
    values = await store.seed_values(act.db, draw.id) if draw else {}
    prepared = await store.member_names(act.db, [task.prepared_by])
    items = await store.items(act.db, task.id)
    rows = await _visits(act, task, names)
    return {
        **_head(task),
        "department": names[task.department_id].name,
        "mode": task.mode,
        "kind_text": kinds.kind_text(task, await store.teams(act.db, task.id)),
        "batches": await batches.shown(act, task),
        "parent_id": task.parent_id,
        "scope_text": kinds.scope_text(task),
        "quota_text": _quota_text(task, by_class=bool(act.house.rules.class_ratio_factor)),
        "teams": await _teams(act, task, pool),
        "items": [
            {"name": one.name, "department": names[one.department_id].name, "questions": len(one.form["questions"])}
            for one in items
        ],
        "preview": await _preview(act, pool) if pool else None,
        "prepared_by": prepared.get(task.prepared_by or ""),
        "draw": await _draw(act, draw, values) if draw else None,
        "void": await _void(act, draw) if draw else None,
        "voided": await _voided(act, task),
        "visits": rows,
        "changes": await replacement_view.of_task(act, task.id, sum(len(one["members"]) for one in rows)),
        "can": _can(act, task, draw, values),
        "beacon": beacon_choice(act),
        "destroyed": await destructions.gone(act.db, f"task:{task.id}"),
    }


def _quota_text(task: Task, *, by_class: bool) -> str:
    quota, adjusted = task.quota, "（按信用风险分类调整）" if by_class else ""
    least = f"，每个区域至少 {quota['each_region']} 户" if "each_region" in quota else ""
    if "classes" in quota:
        return "、".join(f"{CLASS_WORDS[one]} {n} 户" for one, n in sorted(quota["classes"].items()) if n) + least
    if "count" in quota:
        return f"{quota['count']} 户{adjusted}{least}"
    if "ratio" in quota:
        return f"{float(quota['ratio']) * 100:g}%{adjusted}{least}"
    return "各事项按各自比例，同一对象只抽一次" if task.terms.get("merge") else "全部检查，不按比例抽取"


async def choices(act: Act, plan_entry_id: str) -> dict[str, Any]:
    """What a new task of a plan entry may be made of: kinds of draw, departments, the listed items of its own.

    Of the items those are `named` that the plan itself says for certain; where it says none, somebody has to choose.
    """
    entry = await store.plan_entry(act.db, plan_entry_id)
    names = await store.departments(act.db)
    own = [entry.department_id, *[one for one in entry.partner_ids if one != entry.department_id]]
    first = inspected_from(entry.starts_on, entry.ends_on, local_date(act.now))
    listed = await lists.listed_for(act.db, own, first, entry.ends_on)
    named = {one.id for one in await named_items(act, entry, listed)}
    return {
        "kinds": [{"mode": mode.value, "text": text} for mode, text in kinds.KIND_WORDS.items()],
        "departments": [{"code": one.code, "name": one.name} for one in names.values() if not one.is_office],
        "items": [
            {
                "id": one.id,
                "name": one.name,
                "department": names[one.department_id].name,
                "partners": [names[partner].name for partner in one.partner_ids if partner in own],
                "leads": one.department_id in own,
                "named": one.id in named,
            }
            for one in listed
        ],
    }


async def _teams(act: Act, task: Task, pool: Pool | None) -> list[dict[str, Any]]:
    fitting: Counter[str] = Counter()
    if pool:
        barred = {inspector for target, inspector in pool.barred.reasons if target == ANY_TARGET}
        fitting.update(one.department for one in pool.people if one.id not in barred)
    return [
        {
            "department": row.department.name,
            "size": task.team_size,
            "skills": list(row.skills),
            "fitting": fitting[row.department.code] if pool else None,
            "region": row.region,
        }
        for row in await store.teams(act.db, task.id)
    ]


async def _preview(act: Act, pool: Pool) -> dict[str, Any]:
    return {
        "in_scope": pool.candidates + pool.excluded.total(),
        "candidates": pool.candidates,
        "excluded": {EXCLUSION_WORDS.get(reason, reason): count for reason, count in pool.excluded.items()},
        "to_draw": sum(pool.quotas.values()),
        "short_risk": list(pool.short_risk),
        "conflicts": {CONFLICT_WORDS[reason]: count for reason, count in pool.barred.counts().items()},
        "relaxed": pool.barred.relaxed,
        "short_targets": await _short_targets(act, pool),
        "short_count": len({one.target for one in pool.short_targets}),
    }


async def _short_targets(act: Act, pool: Pool) -> list[dict[str, Any]]:
    """The first of the targets that conflicts leave short: who is kept away by what, and what would mend it."""
    some = pool.short_targets[:SHORT_SHOWN]
    targets = await targets_by_code(act.db, [one.target for one in some])
    names = {one.code: one.name for one in (await store.departments(act.db)).values()}
    return [
        {
            "code": one.target,
            "name": targets[one.target].name,
            "department": names[one.department],
            "fitting": one.fitting,
            "size": one.size,
            "why": "、".join(f"{CONFLICT_WORDS[reason]} {count} 人" for reason, count in one.kept.items()),
            "mend": f"需增派 {one.size - one.fitting} 名有相应资格且无须回避的人员，或由上级部门委托执法",
        }
        for one in some
    ]


async def _draw(act: Act, draw: Draw, values: dict[str, str]) -> dict[str, Any]:
    drawn = draw.status == "drawn"
    known = {**values, **({SYSTEM_SOURCE: draw.secret} if drawn else {})}
    return {
        "number": draw.number,
        "status": draw.status,
        "fingerprint": draw.fingerprint,
        "frozen_at": draw.frozen_at,
        "drawn_at": draw.drawn_at,
        "counts": draw.counts,
        "sources": [
            {
                **source,
                "kind_text": SOURCE_WORDS[source["kind"]],
                "entered": source["name"] in known,
                "value": known.get(source["name"]),
            }
            for source in draw.sources
        ],
        "bundle_url": f"/api/console/draws/{draw.number}/bundle" if drawn else None,
        "parts": lowers.names_of(draw),
        "stamp": stamps.shown(await stamps.of_draw(act.db, draw.id)),
        "beacon": await beacons.shown(act.db, draw.id),
    }


def _can(act: Act, task: Task, draw: Draw | None, values: dict[str, str]) -> dict[str, Any]:
    office = act.actor.has(Role.COORDINATOR)
    waiting = _next_sources(draw, values) if draw and draw.status == "frozen" else []
    return {
        "prepare": office and task.status == "draft",
        "freeze": office and task.status == "prepared" and task.prepared_by != act.actor.member_id,
        "enter": waiting if act.actor.has(Role.COORDINATOR, Role.OBSERVER) else [],
        "draw": office and task.status == "frozen" and not waiting,
        "publish": act.actor.has(Role.COORDINATOR, Role.APPROVER) and task.status == "drawn",
    }


def beacon_choice(act: Act) -> dict[str, Any] | None:
    """The public source that a freeze may announce, and when it would speak."""
    beacon = act.house.beacon
    return {"name": beacon.name, "after_minutes": beacon.after_minutes} if beacon else None


def _next_sources(draw: Draw, values: dict[str, str]) -> list[str]:
    """The sources that may speak now: the room's first, the world's when the room is done."""
    missing = [one for one in draw.sources if one["name"] not in values and one["kind"] != SourceKind.SYSTEM.value]
    dice = [one["name"] for one in missing if one["kind"] == SourceKind.DICE.value]
    return dice or [one["name"] for one in missing]


async def _void(act: Act, draw: Draw) -> dict[str, Any] | None:
    """The proposal to void this draw that waits for a second coordinator."""
    row = await voids.open_for(act.db, draw.id)
    if row is None:
        return None
    names = await store.member_names(act.db, [row.proposed_by])
    office = act.actor.has(Role.COORDINATOR)
    return {
        "id": row.id,
        "reason_text": VOID_REASONS[row.reason],
        "detail": row.detail if office else "",
        "proposed_by": names.get(row.proposed_by, ""),
        "proposed_at": row.proposed_at,
        "decide": office and row.proposed_by != act.actor.member_id,
    }


async def _voided(act: Act, task: Task) -> list[dict[str, Any]]:
    """The task's draws that were voided before."""
    rows = await store.voided_draws(act.db, task.id)
    why = await voids.approved(act.db, [row.id for row in rows])
    return [
        {
            "number": row.number,
            "fingerprint": row.fingerprint,
            "reason_text": VOID_REASONS[why[row.id].reason],
            "voided_at": why[row.id].decided_at,
        }
        for row in rows
    ]


async def _visits(act: Act, task: Task, names: dict[str, Any]) -> list[dict[str, Any]]:
    visits = (
        await act.db.execute(
            select(Visit, Target)
            .join(Target, Target.id == Visit.target_id)
            .where(Visit.task_id == task.id)
            .order_by(Visit.position)
        )
    ).all()
    members: dict[str, list[dict[str, Any]]] = {}
    people = await act.db.execute(
        select(VisitMember, Member, Inspector.staff_no)
        .join(Member, Member.id == VisitMember.member_id)
        .join(Inspector, Inspector.id == VisitMember.inspector_id)
        .join(Visit, Visit.id == VisitMember.visit_id)
        .where(Visit.task_id == task.id)
        .order_by(VisitMember.leads.desc(), Inspector.staff_no)
    )
    for row, member, staff_no in people.all():
        shown = {"name": member.name, "department": names[row.department_id].name, "leads": row.leads, "no": staff_no}
        members.setdefault(row.visit_id, []).append(shown)
    parts = await _parts(act, task, names)
    short = await _short(act, task, names)
    experts: dict[str, list[str]] = {}
    for one in await companions.experts(act.db, task_id=task.id):
        experts.setdefault(one.visit_id, []).append(one.name)
    return [
        {
            "id": visit.id,
            "number": visit.number,
            "position": visit.position,
            "target_name": target.name,
            "target_code": target.code,
            "status": visit.status,
            "status_text": STATUS_WORDS[visit.status],
            "leader": next((one["name"] for one in members.get(visit.id, []) if one["leads"]), None),
            "members": members.get(visit.id, []),
            "parts": parts.get(visit.id, []),
            "short": short.get(visit.id, []),
            "experts": experts.get(visit.id, []),
        }
        for visit, target in visits
    ]


async def _short(act: Act, task: Task, names: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The places that nobody fills, by visit; entrusted to whom, where the office has done so (D9)."""
    found: dict[str, list[dict[str, Any]]] = {}
    query = select(Shortfall).join(Visit, Visit.id == Shortfall.visit_id)
    for row in await act.db.scalars(query.where(Visit.task_id == task.id, companions.standing())):
        department = names[row.department_id]
        shown = {"department": department.name, "code": department.code, "missing": row.missing}
        own = {"entrusted_from": row.entrusted_from, "entrusted_to": row.entrusted_to, "document": row.document}
        found.setdefault(row.visit_id, []).append({**shown, **own})
    return found


async def _parts(act: Act, task: Task, names: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    rows = await act.db.execute(
        select(Part, Submission)
        .join(Visit, Visit.id == Part.visit_id)
        .outerjoin(Submission, Submission.id == Part.submission_id)
        .where(Visit.task_id == task.id)
    )
    for part, submission in rows.all():
        found.setdefault(part.visit_id, []).append(
            {
                "id": part.id,
                "department": names[part.department_id].name,
                "status": part.status,
                "status_text": STATUS_WORDS[part.status],
                "result_text": result_text(submission.manifest["results"]) if submission else "",
            }
        )
    return found
