"""What follows a result: opened by a department's own act, never by itself; each with a day and somebody (I1-I8).

approved part -> proposals (what the result asks about) -> open_followup -> RECTIFY | ANSWER_TRANSFER | ... is counted
rectification: owner's photos -> handed-in -> recheck -> closed | open again      transfer: answered by who received it
others: closed with an outcome of their kind, and a decision's number where the rules want one
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.followups import MAX_WORDS, RULES, FollowUpKind, Order, Outcome, check_order, outcome_of
from inspection.notices import Notice, NoticeKind
from models.base import new_id
from models.database import changes_public
from models.followups import FollowUp, FollowUpStep
from models.people import Department, Member
from models.store import deadlines as deadline_store
from models.store import followups as store
from models.store import parts as part_store
from models.store.followups import FollowUpCase
from models.store.states import advance, next_number
from services.act import Act
from services.clock import deadlines
from services.people.notices import tell_member, tell_owner

OPENABLE = frozenset({"approved", "published"})
NOT_CLOSED = frozenset({"open", "handed-in"})


class ElsewhereError(ForbiddenError):
    """移送事项由接收部门答复，其他处理由本部门审批人办理。"""

    code: ClassVar[str] = "followup-elsewhere"
    action: ClassVar[str] = "请联系办理这项后续处理的部门，数据没有变化。"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFollowUp:
    """What is opened for a part; `due_on` None: the kind's own days. `responsible`: a userid of the department."""

    part_id: str
    kind: FollowUpKind
    order: Order
    responsible: str
    due_on: date | None = None


async def open_followup(act: Act, new: NewFollowUp) -> FollowUp:
    """Open a follow-up of an approved part of the actor's own department (I1); raises InvalidInputError."""
    await part_store.lock(act.db, new.part_id)
    case = await part_store.own_case(act.db, act.actor, new.part_id)
    if case.part.status not in OPENABLE:
        raise ConflictError(what="后续处理", why="检查结果尚未审批通过。")
    for problem in check_order(new.kind, new.order):
        raise InvalidInputError(what=problem.where, why=problem.why)
    responsible = await _responsible(act, new.responsible)
    receiver = await _receiver(act, new.order.department_id)
    number = f"{case.visit.number}-{case.department.code}-H{await next_number(act.db, f'followup:{case.part.id}')}"
    row = FollowUp(
        id=new_id(),
        number=number,
        kind=new.kind.value,
        department_id=case.department.id,
        target_id=case.target.id,
        part_id=case.part.id,
        responsible_id=responsible.id,
        to_department_id=receiver.id if receiver else None,
        demand=new.order.demand.strip(),
        handed=[one.strip() for one in new.order.handed if one.strip()],
        body=new.order.body.strip(),
        ground=new.order.ground,
        opened_by=act.actor.member_id,
        opened_at=act.now,
    )
    row.due_on = await _count(act, row, RULES[new.kind].deadline, new.due_on)
    act.db.add(row)
    await act.db.flush()
    _step(act, row, "opened", row.demand, due_on=row.due_on.isoformat())
    act.record("followup-open", subject(row), number=number, kind=row.kind, due_on=row.due_on.isoformat())
    await _tell_opened(act, await store.case(act.db, act.actor, row.id), responsible)
    return row


async def recheck(act: Act, followup_id: str, *, passed: bool, note: str, due_on: date | None = None) -> str:
    """Look again at a rectification: closed where it is right, open again with a new day where not (I8).

    Done by the department's approver or by who is responsible. Returns the status.
    """
    case = await _own(act, followup_id, NOT_CLOSED)
    row = case.row
    if row.kind != FollowUpKind.RECTIFICATION.value:
        raise ConflictError(what="复查", why="只有责令整改需要复查。")
    if not act.actor.has(Role.APPROVER) and row.responsible_id != act.actor.member_id:
        raise ForbiddenError
    note = _words(note, "复查情况")
    if passed:
        return await _close(act, case, outcome_of(FollowUpKind.RECTIFICATION, "passed"), note, "")
    await _settle(act, row)
    row.due_on = await _count(act, row, DeadlineKind.RECTIFY, due_on)
    await advance(act.db, row, "open", come_from=NOT_CLOSED, what="后续处理", due_on=row.due_on)
    _step(act, row, "recheck", note, due_on=row.due_on.isoformat())
    act.record("followup-recheck", subject(row), number=row.number, due_on=row.due_on.isoformat())
    await _tell_owner(act, case, "复查未通过，请继续整改", note)
    return row.status


async def extend(act: Act, followup_id: str, due_on: date, reason: str) -> date:
    """Give another day, with a reason that stays to be read; the approver of the department alone."""
    case = await _own(act, followup_id, frozenset({"open"}))
    if not act.actor.has(Role.APPROVER):
        raise ForbiddenError
    row, reason = case.row, _words(reason, "延期理由")
    if due_on <= row.due_on:
        raise InvalidInputError(what="新的期限", why=f"应当晚于原期限 {row.due_on}。")
    before = row.due_on
    await _settle(act, row)
    row.due_on = await _count(act, row, RULES[FollowUpKind(row.kind)].deadline, due_on)
    _step(act, row, "extended", reason, due_on=due_on.isoformat(), before=before.isoformat())
    act.record("followup-extend", subject(row), number=row.number, due_on=due_on.isoformat(), before=before.isoformat())
    if row.kind == FollowUpKind.RECTIFICATION.value:
        await _tell_owner(act, case, "整改期限已延长", reason)
    return row.due_on


async def close(act: Act, followup_id: str, outcome: str, note: str, document_no: str = "") -> str:
    """End a follow-up with an outcome of its kind; returns the status.

    A transfer is answered by the department that received it (I2), everything else ended by the one that opened it.
    """
    case = await store.case(act.db, act.actor, followup_id)
    ends = case.row.to_department_id or case.row.department_id
    if ends != act.actor.department_id or not act.actor.has(Role.APPROVER):
        raise ElsewhereError
    await store.lock(act.db, followup_id)
    await act.db.refresh(case.row)
    found = outcome_of(FollowUpKind(case.row.kind), outcome)
    if found is None:
        raise InvalidInputError(what="处理结果", why="请从列出的结果中选择。")
    if found.needs_document and not document_no.strip():
        raise InvalidInputError(what="文书编号", why=f"“{found.text}”请写明决定文书的编号。")
    return await _close(act, case, found, _words(note, "处理情况"), document_no.strip()[:128])


def subject(row: FollowUp) -> str:
    """What deadlines and the audit call it: one of several of its part's."""
    return f"part:{row.part_id}/{row.id}"


async def handed_in(act: Act, case: FollowUpCase, note: str) -> None:
    """Note that the owner says it is mended: the re-check is counted from now, who is responsible is told."""
    row = case.row
    await _settle(act, row)
    row.due_on = await _count(act, row, DeadlineKind.RECHECK, None)
    await advance(act.db, row, "handed-in", come_from={"open"}, what="整改", due_on=row.due_on)
    _step(act, row, "handed-in", note)
    act.record("followup-hand-in", subject(row), number=row.number)
    people = await part_store.userids(act.db, [row.responsible_id])
    notice = Notice(
        kind=NoticeKind.FOLLOWUP_HANDED_IN,
        document_no=f"{row.number}-{row.due_on:%m%d}",
        title="企业已报送整改情况，请复查",
        facts=_facts(case),
        path="/console/followups",
    )
    for userid in people.values():
        key = f"followup-in/{row.id}/{row.due_on}/{userid}"
        await tell_member(act, userid, notice, department_id=row.department_id, subject=subject(row), dedupe_key=key)


async def _own(act: Act, followup_id: str, statuses: frozenset[str]) -> FollowUpCase:
    await store.lock(act.db, followup_id)
    case = await store.case(act.db, act.actor, followup_id)
    await act.db.refresh(case.row)
    if case.row.department_id != act.actor.department_id:
        raise ElsewhereError
    if case.row.status not in statuses:
        raise ConflictError(what="后续处理", why="这项处理已经办结，或状态已经变化。")
    return case


async def _close(act: Act, case: FollowUpCase, outcome: Outcome | None, note: str, document_no: str) -> str:
    row = case.row
    if outcome is None:
        raise RuntimeError("an outcome that its kind does not know")
    await _settle(act, row)
    fields = {"closed_by": act.actor.member_id, "closed_at": act.now, "outcome": outcome.code}
    said = {"document_no": document_no, "conclusion": note}
    await advance(act.db, row, "closed", come_from=NOT_CLOSED, what="后续处理", **fields, **said)
    changes_public(act.db)
    _step(act, row, "closed", note, outcome=outcome.code, document_no=document_no)
    act.record("followup-close", subject(row), number=row.number, outcome=outcome.code, document_no=document_no)
    if row.kind == FollowUpKind.RECTIFICATION.value:
        await _tell_owner(act, case, f"整改处理结果：{outcome.text}", note)
    if row.to_department_id is not None:
        await _tell_sender(act, case, outcome)
    return row.status


async def _count(act: Act, row: FollowUp, kind: DeadlineKind, due_on: date | None) -> date:
    """Count the days of this kind (or until the day that was given) and return the last one."""
    department_id = row.to_department_id or row.department_id
    if due_on is None:
        await deadlines.begin(act, kind, subject(row), department_id)
    elif due_on <= deadlines.today(act):
        raise InvalidInputError(what="期限", why="应当晚于今天。")
    else:
        await deadlines.open_on(act, kind, subject(row), department_id, due_on)
    found = await deadline_store.find(act.db, kind.value, subject(row))
    if found is None:
        raise RuntimeError("a deadline that was opened in this transaction is not there")
    return found.due_on


async def _settle(act: Act, row: FollowUp) -> None:
    for kind in {RULES[FollowUpKind(row.kind)].deadline, DeadlineKind.RECHECK}:
        await deadlines.settle(act, kind, subject(row))


async def _responsible(act: Act, userid: str) -> Member:
    found = [one for one in await store.members(act.db, str(act.actor.department_id)) if one.userid == userid]
    if not found:
        raise InvalidInputError(what="责任人", why="应当是本部门在岗人员。")
    return found[0]


async def _receiver(act: Act, department_id: str) -> Department | None:
    if not department_id:
        return None
    found = await act.db.get(Department, department_id)
    if found is None:
        raise NotFoundError(what="接收部门")
    if found.id == act.actor.department_id:
        raise InvalidInputError(what="接收部门", why="不能移送给本部门。")
    return found


def _words(text: str, what: str) -> str:
    text = text.strip()
    if not text or len(text) > MAX_WORDS:
        raise InvalidInputError(what=what, why=f"请写明，不超过 {MAX_WORDS} 字。")
    return text


def _step(act: Act, row: FollowUp, kind: str, note: str, **detail: str) -> None:
    act.db.add(
        FollowUpStep(
            followup_id=row.id,
            at=act.now,
            actor_id=act.actor.member_id,
            department_id=act.actor.department_id,
            kind=kind,
            note=note,
            detail=detail,
        )
    )


def _facts(case: FollowUpCase) -> tuple[tuple[str, str], ...]:
    return (
        ("处理编号", case.row.number),
        ("检查对象", case.target.name),
        ("处理方式", RULES[FollowUpKind(case.row.kind)].text),
        ("办理期限", case.row.due_on.isoformat()),
    )


async def _tell_opened(act: Act, case: FollowUpCase, responsible: Member) -> None:
    row = case.row
    people = {responsible.userid: row.department_id}
    if row.to_department_id is not None:
        for userid in (await deadline_store.holders(act.db, Role.APPROVER)).get(row.to_department_id, []):
            people[userid] = row.to_department_id
    notice = Notice(
        kind=NoticeKind.FOLLOWUP_OPENED,
        document_no=row.number,
        title="有一项后续处理由您办理",
        summary=row.demand,
        facts=_facts(case),
        path="/console/followups",
    )
    for userid, department_id in people.items():
        key = f"followup/{row.id}/{userid}"
        await tell_member(act, userid, notice, department_id=department_id, subject=subject(row), dedupe_key=key)
    if row.kind == FollowUpKind.RECTIFICATION.value:
        await _tell_owner(act, case, "请在期限内完成整改并拍照报送", row.demand)


async def _tell_owner(act: Act, case: FollowUpCase, title: str, words: str) -> None:
    row = case.row
    notice = Notice(
        kind=NoticeKind.OWNER_RECTIFY,
        document_no=f"{row.number}-{act.now:%m%d%H%M}",
        title=title,
        summary=words,
        facts=(("处理编号", row.number), ("检查部门", case.department.name), ("整改期限", row.due_on.isoformat())),
        path=f"/o/rectifications/{row.id}",
    )
    key = f"owner-rectify/{row.id}/{act.now.isoformat()}"
    await tell_owner(
        act, case.target.id, notice, department_id=row.department_id, dedupe_key=key, visit_id=case.visit.id
    )


async def _tell_sender(act: Act, case: FollowUpCase, outcome: Outcome) -> None:
    row = case.row
    notice = Notice(
        kind=NoticeKind.FOLLOWUP_ANSWERED,
        document_no=f"{row.number}-答复",
        title=f"移送事项已答复：{outcome.text}",
        summary=row.conclusion,
        facts=_facts(case),
        path="/console/followups",
    )
    for userid in set((await part_store.userids(act.db, [row.responsible_id, row.opened_by])).values()):
        key = f"followup-answered/{row.id}/{userid}"
        await tell_member(act, userid, notice, department_id=row.department_id, subject=subject(row), dedupe_key=key)
