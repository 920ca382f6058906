"""The target's file as its inspectors open it, and what was answered the last time (G1, 预查比对).

licences, what is still to be put right, complaints, the place on the map <- all departments
the last answers of the same item's same questions <- the department's own earlier visits; they answer nothing by
themselves: the inspector sees them beside the question and says whether it is still so
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from inspection.checklists import Form, form_of
from inspection.clues import SOURCES
from inspection.coordinates import Position, to_gcj02
from inspection.followups import RULES, FollowUpKind
from models.field import AddedItem
from models.store import before as store
from models.store import visits as visit_store
from models.store.states import STATUS_WORDS
from models.tasks import Submission, TaskItem, Visit
from services.act import Act

_SAME = ("kind", "text", "options", "columns", "unit")  # what makes two versions of a question the same one

_Item = TaskItem | AddedItem


async def file_of(act: Act, own: visit_store.OwnVisit) -> dict[str, Any]:
    """What else is known of the target of a visit that the actor holds; nobody who complained is named."""
    target = own.target
    return {
        "licences": [
            {"name": one.name, "number": one.number, "issuer": one.issuer, "expires_on": one.expires_on}
            for one in await store.licences(act.db, target.id)
        ],
        "open": [
            {
                "number": row.number,
                "kind": RULES[FollowUpKind(row.kind)].text,
                "department": department,
                "demand": row.demand if row.department_id == own.part.department_id else "",
                "due_on": row.due_on,
                "status_text": STATUS_WORDS.get(row.status, row.status),
            }
            for row, department in await store.open_followups(act.db, target.id)
        ],
        "clues": [
            {
                "number": row.number,
                "source": SOURCES.get(row.source, row.source),
                "matter": row.matter,
                "received_on": row.received_on,
                "department": department,
            }
            for row, department in await store.clues(act.db, target.id)
        ],
        "map_url": _map_url(target.name, target.address, await store.last_place(act.db, target.id)),
    }


async def last_answers(
    act: Act, own: visit_store.OwnVisit, items: list[tuple[TaskItem | AddedItem, str]]
) -> dict[str, Any]:
    """The last answers by task item: number and day of that visit, and each answer that is still asked for."""
    earlier = await store.last_submissions(act.db, own.part, own.visit)
    found: dict[str, Any] = {}
    for sent, visit in earlier:
        were = {
            row.item_id: (row, words)
            for row, words in await visit_store.items(act.db, visit.task_id, own.part.department_id)
        }
        for item, words in items:
            if item.id in found or item.item_id not in were:
                continue
            now = form_of(item.form, item.name, words, item.basis)
            row, then = were[item.item_id]
            answers = _still_asked(now, form_of(row.form, row.name, then, row.basis), row, sent)
            if answers:
                found[item.id] = _earlier(visit, sent, answers)
    return found


def _earlier(visit: Visit, sent: Submission, answers: dict[str, Any]) -> dict[str, Any]:
    return {"visit_number": visit.number, "at": sent.received_at, "answers": answers}


def _still_asked(now: Form, then: Form, row: _Item, sent: Submission) -> dict[str, Any]:
    asked = {one.id: {name: one.as_data().get(name) for name in _SAME} for one in then.questions}
    same = {one.id for one in now.questions if asked.get(one.id) == {name: one.as_data().get(name) for name in _SAME}}
    return {
        one["question_id"]: {"value": one["value"], "comment": one["comment"]}
        for one in sent.manifest["answers"]
        if one["task_item_id"] == row.id and one["question_id"] in same and one["value"] not in (None, "", [])
    }


def _map_url(name: str, address: str, place: dict[str, Any]) -> str:
    """Where a map shows the target: by the newest photo's place (as GCJ-02), else by its address; or nothing."""
    if place:
        at = to_gcj02(Position(latitude=place["lat"], longitude=place["lon"]))
        words = urlencode({"position": f"{at.longitude:.6f},{at.latitude:.6f}", "name": name, "coordinate": "gaode"})
        return f"https://uri.amap.com/marker?{words}"
    return f"https://uri.amap.com/search?keyword={quote(address)}" if address.strip() else ""
