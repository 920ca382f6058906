"""回避申请 (E5): an enterprise asks that somebody of its visit's group stay away; his department decides and says why

owner: who, ground, words -> row, a day, a card to the approvers -> approve: recusal + who is next comes -> all are told
                                                                -> decline: the enterprise reads why
What the enterprise wrote is personal: it is for those who decide, and stands in no message and no record of the draw.
What it proves it with is seen by the one department head who decides, and by nobody else: not by the office either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.notices import Button, Notice, NoticeKind
from inspection.reasons import OWNER_GROUNDS, listed, said
from models.base import new_id
from models.blobs import Digest
from models.draws import Recusal, RecusalRequest
from models.people import Department, Inspector, Member
from models.registers import Target
from models.store import deadlines as deadline_store
from models.store import owners as owner_store
from models.store import replacements as store
from models.store.states import advance
from services.act import Act
from services.clock import deadlines
from services.drawing import recused, replacements
from services.field import deposits
from services.people import cards
from services.people.notices import tell_owner

BY_OWNER = "owner-request"
WORDS = {"asked": "待决定", "approved": "已同意", "declined": "未同意"}
AGREED = "同意回避，已另行安排检查人员。"
EVIDENCE = "证明材料"
MAX_EVIDENCE = 5  # files


async def keep_file(act: Act, visit_id: str, digest: Digest) -> None:
    """Note that this owner stored a file for his own visit: nobody else attaches it, and he nowhere else."""
    await owner_store.own_visit(act.db, act.actor, visit_id)
    await deposits.keep(act, deposits.for_recusals(visit_id), digest)


async def ask(
    act: Act, visit_id: str, inspector_id: str, ground: str, words: str, evidence: Sequence[str] = ()
) -> RecusalRequest:
    """Ask, as an owner who may know of the visit, that one of its group stays away; once for each of the group.

    `evidence`: digests of files that he stored for it. Raises NotFoundError, InvalidInputError, or ConflictError
    where he asked before or the part is handed in.
    """
    found = await owner_store.own_visit(act.db, act.actor, visit_id)
    listed(OWNER_GROUNDS, ground, "回避理由")
    words = said(words, "情况和依据")
    if len(evidence) > MAX_EVIDENCE:
        raise InvalidInputError(what=EVIDENCE, why=f"最多 {MAX_EVIDENCE} 份。")
    for digest in evidence:
        await deposits.require(act, deposits.for_recusals(visit_id), digest, EVIDENCE)
    member = await store.seat(act.db, visit_id, inspector_id)
    if member is None:
        raise NotFoundError(what="这名检查人员")
    case = await store.visit_case(act.db, visit_id)
    await replacements.refuse_done(act, case, member.department_id)
    asked = (RecusalRequest.visit_id == visit_id, RecusalRequest.inspector_id == inspector_id)
    if await act.db.scalar(select(RecusalRequest.id).where(*asked)):
        raise ConflictError(what="回避申请", why="已经对这名检查人员提出过。")
    row = RecusalRequest(
        id=new_id(),
        visit_id=visit_id,
        visit_number=found.visit.number,
        target_id=found.target.id,
        inspector_id=inspector_id,
        department_id=member.department_id,
        ground=ground,
        words=words,
        evidence=list(dict.fromkeys(evidence)),
        answer="",
        asked_by=act.actor.member_id,
        asked_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    await deadlines.begin(act, DeadlineKind.DECIDE_RECUSAL, _subject(row), row.department_id)
    act.record("recusal-ask", f"visit:{visit_id}", visit=found.visit.number, ground=ground)
    await _tell_approvers(act, row, found.target.name)
    return row


async def approve(act: Act, request_id: str, answer: str = "", chosen: str = "") -> RecusalRequest:
    """Grant it as the approver of his department: he is recused, and somebody else comes, as in any replacement.

    `chosen`: who comes, where the office's setting is that the approver chooses. Where nobody of the frozen list can
    come, the place stands open, to be filled or entrusted. ForbiddenError, NotFoundError, ConflictError.
    """
    row, who = await _to_decide(act, request_id)
    answer = said(answer or AGREED, "答复")
    case = await store.visit_case(act.db, row.visit_id)
    await _decide(act, row, "approved", answer)
    await _declare(act, row)
    if await store.seat(act.db, row.visit_id, row.inspector_id) is not None:
        await recused.replace_recused(act, case, row, who, chosen)
    act.record("recusal-grant", f"visit:{row.visit_id}", visit=row.visit_number, inspector=who)
    await _tell_owner(
        act, row, case.target.id, "回避申请已获同意", "该检查人员不再参加对您单位的检查，人员变动请进入小程序查看。"
    )
    return row


async def decline(act: Act, request_id: str, answer: str) -> RecusalRequest:
    """Decline it, with the reason that the enterprise reads."""
    row, _ = await _to_decide(act, request_id)
    case = await store.visit_case(act.db, row.visit_id)
    await _decide(act, row, "declined", said(answer, "不同意的理由"))
    act.record("recusal-decline", f"visit:{row.visit_id}", visit=row.visit_number)
    await _tell_owner(act, row, case.target.id, "回避申请未获同意", "理由请进入小程序查看。")
    return row


async def of_visit(act: Act, visit_id: str) -> list[dict[str, Any]]:
    """What an enterprise asked about a visit that the caller already holds, and what it was answered."""
    query = _named().where(RecusalRequest.visit_id == visit_id).order_by(RecusalRequest.asked_at)
    return [
        {
            "person": row.inspector_id,
            "name": name,
            "ground_text": OWNER_GROUNDS[row.ground],
            "words": row.words,
            "evidence": len(row.evidence),
            "status": row.status,
            "status_text": WORDS[row.status],
            "answer": row.answer,
            "asked_at": row.asked_at,
        }
        for row, name, *_ in await _rows(act, query)
    ]


async def listing(act: Act) -> list[dict[str, Any]]:
    """The requests that the actor may see, those that wait first: of his own department, or all for the office.

    What proves them is named to those alone who decide.
    """
    query = _named().order_by(RecusalRequest.status != "asked", RecusalRequest.id.desc()).limit(300)
    if not act.actor.has(Role.COORDINATOR):
        query = query.where(RecusalRequest.department_id == act.actor.department_id)
    own = act.actor.department_id if act.actor.has(Role.APPROVER) else None
    rows = await _rows(act, query)
    due = await deadline_store.of_subjects(act.db, [_subject(row) for row, *_ in rows])
    days = {one.subject: one.due_on for one in due}
    return [
        {
            "id": row.id,
            "visit_number": row.visit_number,
            "target_name": target,
            "department": department,
            "name": name,
            "ground_text": OWNER_GROUNDS[row.ground],
            "words": row.words,
            "evidence": row.evidence if row.department_id == own and member_id != act.actor.member_id else [],
            "answer": row.answer,
            "asked_at": row.asked_at,
            "due_on": days.get(_subject(row)),
            "status": row.status,
            "status_text": WORDS[row.status],
            "decide": row.status == "asked" and row.department_id == own,
        }
        for row, name, member_id, department, target in rows
    ]


async def evidence(act: Act, request_id: str, digest: str) -> Digest:
    """Where a file of a request lies, for the approver who decides it; NotFoundError."""
    row, _ = await _to_decide(act, request_id)
    if digest not in row.evidence:
        raise NotFoundError(what="这份证明材料")
    return Digest(digest)


async def choices(act: Act, request_id: str) -> dict[str, Any]:
    """Whom the approver may choose instead, and who would be next in order."""
    row, _ = await _to_decide(act, request_id)
    return await recused.choices(act, await store.visit_case(act.db, row.visit_id), row.department_id)


async def _declare(act: Act, row: RecusalRequest) -> None:
    """Keep him from this target in every draw to come, unless that is declared already."""
    same = (Recusal.target_id == row.target_id, Recusal.inspector_id == row.inspector_id, Recusal.ended_at.is_(None))
    if await act.db.scalar(select(Recusal.id).where(*same)):
        return
    act.db.add(
        Recusal(
            target_id=row.target_id,
            inspector_id=row.inspector_id,
            ground=BY_OWNER,
            basis=row.words,
            declared_by=act.actor.member_id,
            declared_at=act.now,
        )
    )
    await act.db.flush()


def _named() -> Any:
    return (
        select(RecusalRequest, Member, Department.name, Target.name)
        .join(Inspector, Inspector.id == RecusalRequest.inspector_id)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == RecusalRequest.department_id)
        .join(Target, Target.id == RecusalRequest.target_id)
    )


async def _rows(act: Act, query: Any) -> Sequence[tuple[RecusalRequest, str, str, str, str]]:
    found = (await act.db.execute(query)).all()
    return [(row, member.name, member.id, department, target) for row, member, department, target in found]


async def _to_decide(act: Act, request_id: str) -> tuple[RecusalRequest, str]:
    """The request, and the staff number that it is about; for the approver of his department alone."""
    if not act.actor.has(Role.APPROVER):
        raise ForbiddenError
    row = await act.db.get(RecusalRequest, request_id)
    if row is None or row.department_id != act.actor.department_id:
        raise NotFoundError(what="这项回避申请")
    inspector = await act.db.get_one(Inspector, row.inspector_id)
    if inspector.member_id == act.actor.member_id:
        raise ConflictError(what="回避申请", why="申请回避的是您本人，请由本部门其他负责人决定。")
    return row, inspector.staff_no


async def _decide(act: Act, row: RecusalRequest, status: str, answer: str) -> None:
    await cards.close(act, "已同意回避" if status == "approved" else "未同意回避", keys=f"recusal-asked/{row.id}/")
    fields = {"answer": answer, "decided_by": act.actor.member_id, "decided_at": act.now}
    await advance(act.db, row, status, come_from={"asked"}, what="回避申请", **fields)
    await deadlines.settle(act, DeadlineKind.DECIDE_RECUSAL, _subject(row))


async def _tell_approvers(act: Act, row: RecusalRequest, target: str) -> None:
    by_order = act.house.rules.replacement == replacements.NEXT_IN_ORDER
    agree = (Button(key=f"approve-recusal:{row.id}", text="同意回避"),) if by_order else ()
    notice = Notice(
        kind=NoticeKind.RECUSAL_ASKED,
        document_no=f"{row.visit_number}-回避-{row.id[-8:]}",
        title="检查对象申请检查人员回避，请决定",
        summary="请核实后决定。同意的，按抽取规则递补；不同意的，须写明理由答复检查对象。",
        facts=(
            ("检查对象", target),
            ("理由", OWNER_GROUNDS[row.ground]),
            ("检查编号", row.visit_number),
        ),
        path="/console/changes",
        buttons=(*agree, Button(path="/console/changes", text="查看并答复")),
    )
    await replacements.ask_approvers(act, notice, row.department_id, row.visit_id, f"recusal-asked/{row.id}")


async def _tell_owner(act: Act, row: RecusalRequest, target_id: str, title: str, summary: str) -> None:
    notice = Notice(
        kind=NoticeKind.OWNER_RECUSAL,
        document_no=f"{row.visit_number}-回避答复-{row.id[-8:]}",
        title=title,
        summary=summary,
        facts=(("通知编号", row.visit_number),),
        path=f"/o/visits/{row.visit_id}",
    )
    await tell_owner(
        act,
        target_id,
        notice,
        department_id=row.department_id,
        dedupe_key=f"owner-recusal/{row.id}",
        visit_id=row.visit_id,
    )


def _subject(row: RecusalRequest) -> str:
    return f"visit:{row.visit_id}/recusal-{row.id[-12:]}"
