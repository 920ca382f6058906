"""Follow-ups as the console shows them, and what a result asks about before anything is opened (I, K4)."""

from __future__ import annotations

from typing import Any

from inspection.actors import Role
from inspection.followups import DISHONESTY_GROUNDS, RULES, FollowUpKind, outcome_of, proposed
from inspection.outcomes import measure_text, result_text
from models.store import followups as store
from models.store import tasks as task_store
from models.store.followups import FollowUpCase
from services.act import Act
from services.clock.deadlines import today

STATUS_WORDS = {"open": "办理中", "handed-in": "已报送，待复查", "closed": "已办结"}
STEP_WORDS = {
    "opened": "提出",
    "handed-in": "企业报送整改",
    "recheck": "复查未通过",
    "extended": "延长期限",
    "closed": "办结",
}


async def board(act: Act, *, closed: bool) -> dict[str, Any]:
    """The follow-ups the actor may see, what approved results ask about, and the words to open one with."""
    names = {row.id: row.name for row in (await task_store.departments(act.db)).values()}
    found = await store.rows(act.db, act.actor, closed=closed)
    people = await task_store.member_names(act.db, [one.row.responsible_id for one in found])
    own = str(act.actor.department_id)
    return {
        "rows": [_row(act, one, names, people) for one in found],
        "proposals": [] if closed else await _proposals(act),
        "kinds": _kinds(),
        "departments": [{"id": id_, "name": name} for id_, name in names.items() if id_ != own],
        "members": [{"userid": one.userid, "name": one.name} for one in await store.members(act.db, own)],
    }


async def detail(act: Act, followup_id: str) -> dict[str, Any]:
    """One follow-up with its steps and photos."""
    case = await store.case(act.db, act.actor, followup_id)
    names = {row.id: row.name for row in (await task_store.departments(act.db)).values()}
    steps = await store.steps(act.db, followup_id)
    people = await task_store.member_names(act.db, [case.row.responsible_id, *(one.actor_id for one in steps)])
    return {
        **_row(act, case, names, people),
        "steps": [
            {
                "at": one.at,
                "what": STEP_WORDS[one.kind],
                "who": people.get(one.actor_id, "企业"),
                "department": names.get(one.department_id, ""),
                "note": one.note,
                "detail": one.detail,
            }
            for one in steps
        ],
        "photos": [one.digest for one in await store.photos(act.db, followup_id)],
    }


def _row(act: Act, case: FollowUpCase, names: dict[str, str], people: dict[str, str]) -> dict[str, Any]:
    row, kind = case.row, FollowUpKind(case.row.kind)
    outcome = outcome_of(kind, row.outcome)
    mine = row.department_id == act.actor.department_id
    ends = (row.to_department_id or row.department_id) == act.actor.department_id
    still, approver = row.status != "closed", act.actor.has(Role.APPROVER)
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "kind_text": RULES[kind].text,
        "status": row.status,
        "status_text": STATUS_WORDS[row.status],
        "target_name": case.target.name,
        "target_code": case.target.code,
        "visit_number": case.visit.number,
        "department": case.department.name,
        "to": names.get(row.to_department_id or "", row.body),
        "responsible": people.get(row.responsible_id, ""),
        "demand": row.demand,
        "handed": row.handed,
        "ground_text": DISHONESTY_GROUNDS.get(row.ground, ""),
        "due_on": row.due_on,
        "overdue": still and row.due_on < today(act),
        "opened_at": row.opened_at,
        "outcome_text": outcome.text if outcome else "",
        "document_no": row.document_no,
        "conclusion": row.conclusion,
        "closed_at": row.closed_at,
        "can": {
            "recheck": still and mine and row.kind == FollowUpKind.RECTIFICATION.value,
            "extend": row.status == "open" and mine and approver,
            "close": still and ends and approver,
        },
    }


async def _proposals(act: Act) -> list[dict[str, Any]]:
    found = []
    for case in await store.undecided(act.db, act.actor):
        manifest = case.submission.manifest
        kinds = proposed(manifest["results"], manifest["measures"])
        if kinds:
            found.append(
                {
                    "part_id": case.part.id,
                    "visit_number": case.visit.number,
                    "target_name": case.target.name,
                    "department": case.department.name,
                    "result_text": result_text(manifest["results"]),
                    "measure_text": measure_text(manifest["measures"]),
                    "detail": manifest["result_detail"],
                    "kinds": [kind.value for kind in kinds],
                    "mine": case.part.department_id == act.actor.department_id and act.actor.has(Role.APPROVER),
                }
            )
    return found


def _kinds() -> list[dict[str, Any]]:
    return [
        {
            "kind": kind.value,
            "text": rule.text,
            "source": rule.source,
            "needs_department": rule.needs_department,
            "needs_body": rule.needs_body,
            "needs_handed": rule.needs_handed,
            "grounds": [{"code": code, "text": text} for code, text in (rule.needs_ground or {}).items()],
            "outcomes": [
                {"code": one.code, "text": one.text, "needs_document": one.needs_document} for one in rule.outcomes
            ],
        }
        for kind, rule in RULES.items()
    ]
