"""What anybody reads who scans the code on a paper: who made it, when, about whom, and whether it still stands."""

from __future__ import annotations

from typing import Any

from inspection.errors import NotFoundError
from inspection.site_papers import KINDS
from models.people import Department
from models.registers import Target
from models.store import papers as paper_store
from models.store import parts as part_store
from models.tasks import Part, Visit
from services.act import Act
from services.people import genuine
from services.people.genuine import Mark


async def shown(act: Act, code: str) -> dict[str, Any]:
    """What the page says of a genuine code, no more than stands on the paper's head; NotFoundError for a forged one."""
    mark = genuine.read(act.house, code)
    found = await {"paper": _paper, "record": _record, "receipt": _receipt}[mark.kind](act, mark)
    if found is None:
        raise NotFoundError(what="这份文书")
    return found


async def _paper(act: Act, mark: Mark) -> dict[str, Any] | None:
    row = await paper_store.by_number(act.db, genuine.unpacked(mark.id))
    if row is None:
        return None
    words = await _of_visit(act, row.visit_id, row.department_id)
    return {
        **words, "title": KINDS[row.kind].text, "paper": row.number, "at": row.made_at, "digest": row.digest,
        "stands": True,
    }  # fmt: skip


async def _record(act: Act, mark: Mark) -> dict[str, Any] | None:
    visit = await act.db.get(Visit, mark.id)
    if visit is None:
        return None
    return {
        **await _of_visit(act, visit.id, visit.department_id), "title": "部门联合抽查情况记录表", "paper": visit.number,
        "at": visit.confirmed_at, "digest": visit.summary_digest,
        "stands": visit.summary_digest.startswith(mark.digest),
    }  # fmt: skip


async def _receipt(act: Act, mark: Mark) -> dict[str, Any] | None:
    sent = await part_store.submission(act.db, mark.id)
    part = await act.db.get(Part, sent.part_id) if sent else None
    if sent is None or part is None:
        return None
    return {
        **await _of_visit(act, part.visit_id, sent.department_id), "title": "检查结果提交回执", "paper": sent.id,
        "at": sent.received_at, "digest": sent.manifest_digest, "stands": part.submission_id == sent.id,
    }  # fmt: skip


async def _of_visit(act: Act, visit_id: str, department_id: str) -> dict[str, Any]:
    visit = await act.db.get(Visit, visit_id)
    target = await act.db.get(Target, visit.target_id) if visit else None
    department = await act.db.get_one(Department, department_id)
    return {
        "department": department.name,
        "visit": visit.number if visit else "",
        "target": target.name if target else "",
    }
