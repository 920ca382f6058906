"""One-off filings that a notice asks for by a day (S5, S6): entered by the office, due, reminded of, done.

make (matter, basis, day, departments) -> one row a department, FILE_ONCE opened, liaisons told by the clock
done (by the department or the office) | drop (the office, with a reason) -> settled
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ForbiddenError, InvalidInputError
from inspection.filings import USUAL
from inspection.workdays import local_date
from models.base import new_id
from models.filings import Filing
from models.store import filings as store
from models.store import tasks as task_store
from models.store.states import advance, insert_ignore
from services.act import Act
from services.clock import deadlines

MAX_WORDS = 300
WORDS = {"open": "待报送", "done": "已报送", "dropped": "已撤销"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingOrder:
    """What is to be filed where, by which day, by which departments."""

    title: str
    basis: str
    recipient: str
    due_on: date
    department_ids: tuple[str, ...]


async def shown(act: Act) -> dict[str, Any]:
    """The filings that the actor may see, those to be done first, and what notices usually ask for."""
    names = {one: row.name for one, row in (await task_store.departments(act.db)).items()}
    today, office = local_date(act.now), act.actor.has(Role.COORDINATOR)
    return {
        "rows": [
            {
                "id": row.id,
                "title": row.title,
                "basis": row.basis,
                "recipient": row.recipient,
                "department": names[row.department_id],
                "due_on": row.due_on,
                "status": row.status,
                "status_text": WORDS[row.status],
                "overdue": row.status == "open" and row.due_on < today,
                "done_on": row.done_on,
                "document_no": row.document_no,
                "note": row.note,
                "can_do": row.status == "open" and _may_do(act, row),
                "can_drop": row.status == "open" and office,
            }
            for row in await store.rows(act.db, act.actor)
        ],
        "usual": [
            {"title": one.title, "source": one.source, "recipient": one.recipient, "due_on": one.next_day(today)}
            for one in USUAL
        ],
        "departments": [{"id": one, "name": name} for one, name in names.items()] if office else [],
        "can_make": office,
    }


async def make(act: Act, order: FilingOrder) -> list[str]:
    """Enter a filing, one for each department; the same matter for the same day and department is there once."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    title, basis = order.title.strip(), order.basis.strip()
    if not title or not basis:
        raise InvalidInputError(what="备案事项", why="请写明事项名称和依据的文件、条款。")
    if order.due_on < local_date(act.now):
        raise InvalidInputError(what="截止日期", why="不能早于今天。")
    known = await task_store.departments(act.db)
    if not order.department_ids or any(one not in known for one in order.department_ids):
        raise InvalidInputError(what="报送部门", why="请至少选择一个部门。")
    made = []
    for department_id in dict.fromkeys(order.department_ids):
        filing_id = new_id()
        new = await insert_ignore(
            act.db,
            Filing,
            id=filing_id,
            department_id=department_id,
            title=title,
            basis=basis,
            recipient=order.recipient.strip(),
            due_on=order.due_on,
            status="open",
            made_by=act.actor.member_id,
            made_at=act.now,
            document_no="",
            note="",
        )
        if not new:
            continue
        made.append(filing_id)
        await deadlines.open_on(act, DeadlineKind.FILE_ONCE, subject(filing_id), department_id, order.due_on)
        act.record("filing-make", subject(filing_id), title=title, due_on=str(order.due_on))
    return made


async def done(act: Act, filing_id: str, done_on: date, document_no: str, note: str) -> str:
    """Write down that it was filed, on which day under which number; the department itself or the office."""
    row = await store.one(act.db, act.actor, filing_id)
    if not _may_do(act, row):
        raise ForbiddenError
    if done_on > local_date(act.now):
        raise InvalidInputError(what="报送日期", why="不能晚于今天。")
    fields = {
        "done_on": done_on,
        "document_no": document_no.strip(),
        "note": _words(note),
        "done_by": act.actor.member_id,
    }
    await advance(act.db, row, "done", come_from={"open"}, what="备案事项", **fields)
    await deadlines.settle(act, DeadlineKind.FILE_ONCE, subject(row.id))
    act.record("filing-done", subject(row.id), title=row.title, done_on=str(done_on), number=row.document_no)
    return row.status


async def drop(act: Act, filing_id: str, reason: str) -> str:
    """Take a filing back that is not asked for any more; the office alone, with a reason."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    row = await store.one(act.db, act.actor, filing_id)
    if not reason.strip():
        raise InvalidInputError(what="撤销理由", why="必填，不能为空。")
    fields = {"note": _words(reason), "done_by": act.actor.member_id}
    await advance(act.db, row, "dropped", come_from={"open"}, what="备案事项", **fields)
    await deadlines.settle(act, DeadlineKind.FILE_ONCE, subject(row.id))
    act.record("filing-drop", subject(row.id), title=row.title)
    return row.status


def subject(filing_id: str) -> str:
    """Name a filing in deadlines and the audit."""
    return f"filing:{filing_id}"


def _may_do(act: Act, row: Filing) -> bool:
    if act.actor.has(Role.COORDINATOR):
        return True
    return act.actor.has(Role.APPROVER, Role.LIAISON) and row.department_id == act.actor.department_id


def _words(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_WORDS:
        raise InvalidInputError(what="说明", why=f"不超过 {MAX_WORDS} 字。")
    return text
