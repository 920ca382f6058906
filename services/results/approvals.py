"""A department's approver judges his own department's part (H1, H3).

visit confirmed -> waiting list -> approve (never by who submitted it) | send back with a reason -> the inspector mends
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from inspection.checklists import Form, Question, form_of, value_text
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError
from inspection.notices import Notice, NoticeKind
from models.blobs import Digest
from models.store import deadlines as deadline_store
from models.store import parts as store
from models.store import visits as visit_store
from models.store.parts import PartCase
from models.store.states import advance
from services.act import Act
from services.clock import deadlines
from services.people.notices import tell_member

MAX_REASON = 1000
_Forms = dict[str, tuple[str, Form]]  # by task item: its name and form


class OwnWorkError(ForbiddenError):
    """本人提交的检查结果须由本部门其他审批人审批。"""

    code: ClassVar[str] = "own-work"
    action: ClassVar[str] = "请联系本部门另一位审批人处理，检查结果没有变化。"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerLine:
    """One answer in words."""

    item: str
    question: str
    value_text: str
    comment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingPart:
    """A part as its approver sees it; `manifest` is the sealed one, with the names that were signed."""

    case: PartCase
    manifest: dict[str, Any]
    answers: Sequence[AnswerLine]
    due_on: date | None


async def waiting(act: Act) -> list[WaitingPart]:
    """The parts of the actor's own department that wait for approval, the longest waiting first."""
    cases = await store.waiting(act.db, act.actor)
    subjects = [f"part:{case.part.id}" for case in cases]
    rows = await deadline_store.of_subjects(act.db, subjects)
    due = {row.subject: row.due_on for row in rows if row.kind == DeadlineKind.APPROVE.value}
    forms = {task_id: await _forms(act, task_id) for task_id in {case.task.id for case in cases}}
    return [await _waiting_part(act, case, forms[case.task.id], due.get(f"part:{case.part.id}")) for case in cases]


async def approve(act: Act, part_id: str) -> str:
    """Approve a part of the actor's own department; of many who try at once one gets through. Returns the status."""
    case = await _confirmed_case(act, part_id)
    if case.submission.member_id == act.actor.member_id:
        raise OwnWorkError
    fields = {"approved_by": act.actor.member_id, "approved_at": act.now}
    await advance(act.db, case.part, "approved", come_from={"submitted"}, what="本部门检查结果", **fields)
    await deadlines.settle(act, DeadlineKind.APPROVE, f"part:{part_id}")
    act.record("approve-part", f"part:{part_id}", visit=case.visit.number, manifest=case.submission.manifest_digest)
    return case.part.status


async def send_back(act: Act, part_id: str, reason: str) -> str:
    """Send a part back with a reason; the visit is open again and its leader confirms anew. Returns the status."""
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise InvalidInputError(what="退回原因", why=f"请写明需要修改的内容，不超过 {MAX_REASON} 字。")
    case = await _confirmed_case(act, part_id)
    await advance(act.db, case.part, "returned", come_from={"submitted"}, what="本部门检查结果", returned_reason=reason)
    await advance(act.db, case.visit, "accepted", come_from={"confirmed"}, what="这次检查")
    await _reopen(act, case)
    act.record("return-part", f"part:{part_id}", visit=case.visit.number, manifest=case.submission.manifest_digest)
    await _tell_submitter(act, case, reason)
    return case.part.status


async def _confirmed_case(act: Act, part_id: str) -> PartCase:
    await store.lock(act.db, part_id)
    case = await store.own_case(act.db, act.actor, part_id)
    if case.visit.status != "confirmed":
        raise ConflictError(what="本部门检查结果", why="检查组长尚未汇总确认，或已经办结。")
    return case


async def _reopen(act: Act, case: PartCase) -> None:
    """Nothing waits for approval while the visit is open; the inspectors get the task's last day, or two days more."""
    for one in await store.of_visit(act.db, case.visit.id):
        await deadlines.settle(act, DeadlineKind.APPROVE, f"part:{one.part.id}")
    within = act.house.rules.accept_within_days
    await deadlines.open_deadline(
        act, DeadlineKind.INSPECT, f"visit:{case.visit.id}", case.visit.department_id, deadlines.today(act), within
    )


async def _tell_submitter(act: Act, case: PartCase, reason: str) -> None:
    userids = await store.userids(act.db, [case.submission.member_id])
    group = await visit_store.group(act.db, case.visit.id)
    # Who has left since is replaced by his colleagues in the group.
    to = list(userids.values()) or [one.userid for one in group if one.department_id == case.part.department_id]
    notice = Notice(
        kind=NoticeKind.PART_RETURNED,
        document_no=f"{case.visit.number}-退回-{case.submission.id[:8]}",
        title="检查结果被退回，请修改后重新提交",
        summary=reason,
        facts=(("检查编号", case.visit.number), ("检查对象", case.target.name), ("部门", case.department.name)),
        path=f"/m/visits/{case.visit.id}",
        urgent=True,
    )
    for userid in to:
        await tell_member(
            act,
            userid,
            notice,
            department_id=case.part.department_id,
            subject=f"part:{case.part.id}",
            dedupe_key=f"part-returned/{case.submission.id}/{userid}",
        )


async def _forms(act: Act, task_id: str) -> _Forms:
    items = await visit_store.items(act.db, task_id, str(act.actor.department_id))
    return {item.id: (item.name, form_of(item.form, item.name, content, item.basis)) for item, content in items}


async def _waiting_part(act: Act, case: PartCase, forms: _Forms, due_on: date | None) -> WaitingPart:
    manifest = json.loads(await act.house.blobs.get(Digest(case.submission.manifest_digest)))
    answers = [_line(*forms[one["task_item_id"]], one) for one in manifest["answers"] if one["task_item_id"] in forms]
    return WaitingPart(case=case, manifest=manifest, answers=answers, due_on=due_on)


def _line(item: str, form: Form, answer: dict[str, Any]) -> AnswerLine:
    question = next(one for one in form.questions if one.id == answer["question_id"])
    return AnswerLine(
        item=item,
        question=_asked(question),
        value_text=value_text(question, answer["value"]),
        comment=answer["comment"],
    )


def _asked(question: Question) -> str:
    return f"★ {question.text}" if question.key else question.text
