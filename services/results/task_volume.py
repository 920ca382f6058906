"""What the archive of a task holds beside its visits: plan entry, items, draws with their bundles, acts (L1, L2, D11).

task rows -> contents -> tables as data, bundle files by path       visits, one by one -> a line each for the volume
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspection.draw.record import RECORD
from inspection.reasons import VOID_REASONS
from models.blobs import Digest
from models.store import archives as store
from models.store import plans as plan_store
from models.store import tasks as task_store
from models.store import voids
from models.tasks import Draw, Task
from services.act import Act
from services.drawing import stamps
from services.drawing.record import record_of
from services.results import volume

TEMPLATE = Path(__file__).with_name("task_volume.typ")
ENTRY_CELLS = ("year", "name", "item_text", "scope_text", "quota", "frequency", "risk_note", "method", "mode")
TASK_CELLS = ("number", "name", "status", "announced", "scope", "mode", "quota", "terms", "team_size")


async def contents(act: Act, task: Task) -> tuple[dict[str, Any], dict[str, Digest], dict[str, bytes]]:
    """The tables of a task as data, its stored files by path, and the files that are written for the archive."""
    standing = await task_store.draw_of(act.db, task.id)
    draws = [*await task_store.voided_draws(act.db, task.id), *([standing] if standing else [])]
    papers = await store.about_task(act.db, task, [one.id for one in draws])
    words = {
        "task": await _task(act, task),
        "plan": await _plan(act, task),
        "draws": [_draw(one, await voids.approved(act.db, [one.id])) for one in draws],
        "messages": [volume.message(one) for one in papers["messages"]],
        "audit": await volume.acts(act, papers["audit"]),
    }
    stored = {f"draw/{one.number}/{name}": Digest(digest) for one in draws for name, digest in one.files.items()}
    written: dict[str, bytes] = {}
    for one in draws:
        beside = await stamps.file_of(act, one)
        if one.drawn_at is not None:
            beside[RECORD] = await record_of(act, one)
        written |= {f"draw/{one.number}/{name}": data for name, data in beside.items()}
    return words, stored, written


def line_of(folder: str, words: Mapping[str, Any], *, files: int, size: int, sha: str) -> dict[str, Any]:
    """A visit as the task's volume and `data/visits.json` show it; `sha` is its own volume's."""
    visit = words["visit"]
    return {
        "folder": folder,
        **{name: visit[name] for name in ("number", "target", "code", "ended_at")},
        "group": [f"{name}（{staff_no}）" for _, name, staff_no, *_ in visit["group"]],
        "results": [[one["department"], one["result_text"]] for one in words["results"]],
        "followups": len(words["followups"]),
        "corrections": len(words["corrections"]),
        "published": len(words["published"]),
        "messages": len(words["messages"]),
        "files": files,
        "size": size,
        "volume_sha256": sha,
    }


async def _task(act: Act, task: Task) -> dict[str, Any]:
    items = await task_store.items(act.db, task.id)
    names = {one.id: one.name for one in (await task_store.departments(act.db)).values()}
    return {
        "office": act.house.office_name,
        **{name: getattr(task, name) for name in TASK_CELLS},
        "starts_on": task.starts_on,
        "ends_on": task.ends_on,
        "created_at": volume.moment(task.created_at),
        "teams": [[one.department.name, list(one.skills)] for one in await task_store.teams(act.db, task.id)],
        "items": [
            {"department": names[one.department_id], "name": one.name, "basis": one.basis, "form": one.form}
            for one in items
        ],
        "filed_at": volume.moment(act.now),
    }


async def _plan(act: Act, task: Task) -> dict[str, Any]:
    [placed] = await plan_store.placed(act.db, ids=[task.plan_entry_id])
    names = {one.id: one.name for one in (await task_store.departments(act.db)).values()}
    revisions = (await plan_store.revisions(act.db, [task.plan_entry_id])).get(task.plan_entry_id, [])
    plan = placed.plan
    return {
        **{name: getattr(placed.entry, name) for name in ENTRY_CELLS},
        "department": names[placed.entry.department_id],
        "partners": [names[one] for one in placed.entry.partner_ids if one in names],
        "starts_on": placed.entry.starts_on,
        "ends_on": placed.entry.ends_on,
        "plan": {name: getattr(plan, name) for name in ("number", "title", "status", "filing_number")} if plan else {},
        "steps": [
            {"status": one.status, "at": volume.moment(one.at), "note": one.note}
            for one in (await plan_store.steps(act.db, plan.id) if plan else [])
        ],
        "revisions": [
            {"number": one.number, "reason": one.reason, "values": one.values, "at": volume.moment(one.at)}
            for one in revisions
        ],
    }


def _draw(row: Draw, voided: Mapping[str, Any]) -> dict[str, Any]:
    void = voided.get(row.id)
    return {
        "number": row.number,
        "status": row.status,
        "frozen_at": volume.moment(row.frozen_at),
        "drawn_at": volume.moment(row.drawn_at),
        "fingerprint": row.fingerprint,
        "counts": row.counts,
        "void": VOID_REASONS[void.reason] if void else "",
    }
