"""A department's approver judges his own department's part (H1, H3).

visit confirmed -> waiting list -> approve, level by level (never who submitted it, never one person twice)
                                -> send back with a reason, at any level -> the inspector mends, all levels anew
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from inspection.actors import Role
from inspection.checklists import Form, Question, form_of, value_text
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, SuichaError
from inspection.notices import Button, Notice, NoticeKind
from inspection.other_items import MARK
from inspection.outcomes import result_text
from models.blobs import Digest
from models.field import AddedItem
from models.people import Member
from models.store import deadlines as deadline_store
from models.store import parts as store
from models.store import visits as visit_store
from models.store.parts import PartCase
from models.store.states import advance
from models.tasks import PartApproval
from services.act import Act
from services.clock import deadlines
from services.people.notices import tell_member

MAX_REASON = 1000
_APPROVING = {DeadlineKind.APPROVE.value, DeadlineKind.APPROVE_NEXT.value}
_Forms = dict[str, tuple[str, Form]]  # by task item: its name and form
_Added = defaultdict[str, list[tuple[AddedItem, str]]]  # by visit: what was added on the spot, with its content


class OwnWorkError(ForbiddenError):
    """本人提交的检查结果须由本部门其他审批人审批。"""

    code: ClassVar[str] = "own-work"
    action: ClassVar[str] = "请联系本部门另一位审批人处理，检查结果没有变化。"


class ApprovedBeforeError(ConflictError):
    """您已在前一级审批通过，下一级须由另一位审批人办理。"""

    code: ClassVar[str] = "approved-before"
    action: ClassVar[str] = "请由下一级审批人办理，审批记录没有变化。"


class OtherPostError(ForbiddenError):
    """这一级须由“{post}”审批。"""

    code: ClassVar[str] = "other-post"
    action: ClassVar[str] = "请由担任这一岗位的审批人办理，检查结果没有变化。"


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
    item_results: Sequence[tuple[str, str]]  # item and what it came to, where the items differ
    added: Sequence[tuple[str, str]]  # items added on the spot, and why
    due_on: date | None = None  # of this level
    level: int = 1  # the one that it waits for
    levels: int = 1
    post: str = ""  # who decides at this level; empty: any approver
    why_not: str = ""  # why the reader is not the one who decides at this level; empty: he is


async def waiting(act: Act) -> list[WaitingPart]:
    """The parts of the actor's own department that wait for approval, the longest waiting first."""
    cases = await store.waiting(act.db, act.actor)
    given = await store.approvals(act.db, [case.submission.id for case in cases])
    waits_as = {case.part.id: _waits_as(case, len(given.get(case.submission.id, ()))) for case in cases}
    rows = await deadline_store.of_subjects(act.db, list(waits_as.values()))
    due = {row.subject: row.due_on for row in rows if row.kind in _APPROVING}
    member = await act.db.get(Member, act.actor.member_id)
    forms = {task_id: await _forms(act, task_id) for task_id in {case.task.id for case in cases}}
    added = await _added(act, cases)
    return [
        replace(
            await _waiting_part(act, case, forms[case.task.id], added),
            due_on=due.get(waits_as[case.part.id]),
            level=len(yes) + 1,
            levels=len(act.house.rules.approval_levels),
            post=_post(act, yes),
            why_not=refusal.sentence() if (refusal := _refusal(act, case, yes, member)) else "",
        )
        for case in cases
        for yes in [given.get(case.submission.id, [])]
    ]


async def approve(act: Act, part_id: str) -> str:
    """Say yes to a part of the actor's own department; after the last level it is approved. Returns the status.

    Of many who try at once one gets through at each level (H1; setting approval_levels).
    """
    if not act.actor.has(Role.APPROVER):
        raise ForbiddenError
    case = await _confirmed_case(act, part_id)
    if not await _last_level(act, case):
        return case.part.status
    fields = {"approved_by": act.actor.member_id, "approved_at": act.now}
    await advance(act.db, case.part, "approved", come_from={"submitted"}, what="本部门检查结果", **fields)
    await _settle(act, part_id)
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


async def approve_from_card(act: Act, part_id: str) -> str:
    """Approve from the card in the chat; what the card says afterwards."""
    return "已通过" if await approve(act, part_id) == "approved" else "已通过本级"


async def _last_level(act: Act, case: PartCase) -> bool:
    """Note this level's yes; tell whether it was the last, else let the next one know."""
    if case.part.status != "submitted":
        raise ConflictError(what="本部门检查结果", why="已经审批或退回。")
    given = (await store.approvals(act.db, [case.submission.id])).get(case.submission.id, [])
    if refusal := _refusal(act, case, given, await act.db.get(Member, act.actor.member_id)):
        raise refusal
    levels, level = act.house.rules.approval_levels, len(given) + 1
    act.db.add(
        PartApproval(
            submission_id=case.submission.id,
            level=level,
            part_id=case.part.id,
            member_id=act.actor.member_id,
            at=act.now,
        )
    )
    await act.db.flush()
    if level >= len(levels):
        return True
    await _settle(act, case.part.id)
    subject = f"part:{case.part.id}"
    await deadlines.begin(act, DeadlineKind.APPROVE_NEXT, f"{subject}/{level + 1}", case.department.id)
    act.record("approve-level", subject, visit=case.visit.number, level=level)
    await _tell_next(act, case, level + 1)
    return False


def _refusal(act: Act, case: PartCase, given: Sequence[PartApproval], member: Member | None) -> SuichaError | None:
    """Why this member may not say yes at the level that comes after those given; None: he may (H1)."""
    if case.submission.member_id == act.actor.member_id:
        return OwnWorkError()
    if act.actor.member_id in {one.member_id for one in given}:
        return ApprovedBeforeError()
    post = _post(act, given)
    return OtherPostError(post=post) if post and (member is None or member.post != post) else None


def _post(act: Act, given: Sequence[PartApproval]) -> str:
    levels = act.house.rules.approval_levels
    return levels[min(len(given), len(levels) - 1)]


def _waits_as(case: PartCase, given: int) -> str:
    """The subject of the deadline that a part waits under: its own, or that of a further level."""
    return f"part:{case.part.id}/{given + 1}" if given else f"part:{case.part.id}"


async def _settle(act: Act, part_id: str) -> None:
    await deadlines.settle(act, DeadlineKind.APPROVE, f"part:{part_id}")
    for level in range(2, len(act.house.rules.approval_levels) + 1):
        await deadlines.settle(act, DeadlineKind.APPROVE_NEXT, f"part:{part_id}/{level}")


async def _tell_next(act: Act, case: PartCase, level: int) -> None:
    """Tell the approvers of the next level; who said yes before is not asked again."""
    post = act.house.rules.approval_levels[level - 1]
    approvers = (await deadline_store.holders(act.db, Role.APPROVER, post)).get(case.department.id, [])
    given = (await store.approvals(act.db, [case.submission.id])).get(case.submission.id, [])
    asked_before = set((await store.userids(act.db, [one.member_id for one in given])).values())
    notice = Notice(
        kind=NoticeKind.APPROVAL_DUE,
        document_no=f"{case.visit.number}-{case.department.code}-{case.submission.id[:8]}-{level}级",
        title=f"有一份检查结果待您审批（第 {level} 级）",
        summary="前一级已审批通过，请审核。",
        facts=(("检查编号", case.visit.number), ("检查对象", case.target.name), ("部门", case.department.name)),
        path="/console/approvals",
        buttons=(Button(key=f"approve-part:{case.part.id}", text="审批通过"),),
    )
    for userid in approvers:
        if userid not in asked_before:
            key = f"approval-due/{case.part.id}/{case.submission.id}/{level}/{userid}"
            await tell_member(
                act, userid, notice, department_id=case.department.id, subject=f"part:{case.part.id}", dedupe_key=key
            )


async def _confirmed_case(act: Act, part_id: str) -> PartCase:
    await store.lock(act.db, part_id)
    case = await store.own_case(act.db, act.actor, part_id)
    if case.visit.status != "confirmed":
        raise ConflictError(what="本部门检查结果", why="检查组长尚未汇总确认，或已经办结。")
    return case


async def _reopen(act: Act, case: PartCase) -> None:
    """Nothing waits for approval while the visit is open; the inspectors get the task's last day, or two days more."""
    for one in await store.of_visit(act.db, case.visit.id):
        await _settle(act, one.part.id)
    await deadlines.settle(act, DeadlineKind.SIGN, f"visit:{case.visit.id}")
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


async def _added(act: Act, cases: Sequence[PartCase]) -> _Added:
    found: _Added = defaultdict(list)
    visits = [case.visit.id for case in cases]
    for item, content in await visit_store.added_items(act.db, visits, department_id=str(act.actor.department_id)):
        found[item.visit_id].append((item, content))
    return found


async def _waiting_part(act: Act, case: PartCase, of_task: _Forms, on_the_spot: _Added) -> WaitingPart:
    added = on_the_spot[case.visit.id]
    forms = of_task | {
        item.id: (f"{item.name}{MARK}", form_of(item.form, item.name, content, item.basis)) for item, content in added
    }
    manifest = json.loads(await act.house.blobs.get(Digest(case.submission.manifest_digest)))
    answers = [_line(*forms[one["task_item_id"]], one) for one in manifest["answers"] if one["task_item_id"] in forms]
    told = [one for one in manifest.get("item_results", ()) if one["task_item_id"] in forms]
    return WaitingPart(
        case=case,
        manifest=manifest,
        answers=answers,
        item_results=[(forms[one["task_item_id"]][0], result_text(one["results"])) for one in told],
        added=[(item.name, item.reason) for item, _ in added],
    )


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
