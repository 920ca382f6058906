"""The group's word under the summary: everybody signs it, or it is written down why he does not (G8, G9, S2 art. 17).

confirm -> digest of words and parts -> ask_group (SIGN opened, all told) -> sign | decline -> nobody left: settled
A part that is sent back makes another summary: whoever signed the one before is asked again, and both stay on record.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.notices import Notice, NoticeKind
from models.store import destructions
from models.store import evidence as evidence_store
from models.store import parts as part_store
from models.store import summaries as store
from models.store import visits as visit_store
from models.store.states import insert_ignore
from models.tasks import SummarySignature, Visit
from services.act import Act
from services.clock import deadlines
from services.field import chain
from services.field.visits import result_of
from services.people.notices import Letter, tell_many

MAX_REASON = 500


class SummaryChangedError(ConflictError):
    """汇总表已经变化，不是您看到的那一份。"""

    code: ClassVar[str] = "summary-changed"
    action: ClassVar[str] = "请刷新页面，看过现在的汇总表后再签字；原来的签字仍有留痕。"


class AlreadySaidError(ConflictError):
    """这名组员已经签字，或者已经注明未签字的理由。"""

    code: ClassVar[str] = "already-said"
    action: ClassVar[str] = "请刷新页面查看；签字和注明的理由都不能更改。"


async def digest(act: Act, own: visit_store.OwnVisit, summary: str) -> str:
    """What is signed: the words, and by its manifest every part that they speak of."""
    parts = await part_store.of_visit(act.db, own.visit.id)
    data = {
        "visit": own.visit.number,
        "summary": summary,
        "parts": {one.department.code: one.submission.manifest_digest for one in parts if one.submission},
    }
    sealed = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(sealed.encode()).hexdigest()


async def ask_group(act: Act, own: visit_store.OwnVisit) -> None:
    """Open the signing of a summary that its leader has just confirmed, and ask the group."""
    subject, formed = f"visit:{own.visit.id}", own.visit.summary_digest
    await deadlines.begin(act, DeadlineKind.SIGN, subject, own.visit.department_id)
    notice = Notice(
        kind=NoticeKind.SIGN_DUE,
        document_no=f"{own.visit.number}-签字-{formed[:8]}",
        title="请在检查汇总表上签字",
        summary="组长已经汇总，请核对各部门检查结果后签字；有不同意见的，请写明。",
        facts=(("检查编号", own.visit.number), ("检查对象", own.target.name)),
        path=f"/m/visits/{own.visit.id}",
    )
    letters = [
        Letter(
            userid=one.userid,
            notice=notice,
            department_id=one.department_id,
            subject=subject,
            dedupe_key=f"sign-due/{own.visit.id}/{formed[:16]}/{one.userid}",
        )
        for one in await visit_store.group(act.db, own.visit.id)
        if one.member_id != act.actor.member_id  # who confirms stands before the page that asks him
    ]
    await tell_many(act, letters)


async def shown(act: Act, visit_id: str) -> dict[str, Any]:
    """The summary of one of the actor's visits as its group sees it; `digest` is empty before it is formed."""
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    rows = await store.of_summary(act.db, own.visit)
    people = await visit_store.group(act.db, visit_id) if own.visit.summary_digest else []
    asked = asks(own.visit)
    return {
        "digest": own.visit.summary_digest,
        "summary": own.visit.summary,
        "parts": [
            {"department": one.department.name, "result_text": result_of(one)}
            for one in await part_store.of_visit(act.db, visit_id)
        ],
        "people": [_person(one, rows.get(one.inspector_id), act, own, asked=asked) for one in people],
    }


async def sign(act: Act, visit_id: str, summary: str, signature: str) -> None:
    """Sign the summary (by its digest) with an ink that the actor has uploaded; twice is harmless.

    Raises SummaryChangedError, AlreadySaidError, InvalidInputError (no ink of his), NotFoundError (not his visit).
    """
    own = await _open(act, visit_id, summary)
    ink = await evidence_store.find(act.db, visit_id, signature)
    if ink is None or ink.kind != "signature" or ink.member_id != act.actor.member_id:
        raise InvalidInputError(what="签字", why="没有收到您本人的签名图片，请重新签字。")
    known = await store.one(act.db, own.visit, own.member.inspector_id)
    if known is not None and known.signature:
        return
    await _say(act, own, own.member.inspector_id, signature=signature)


async def decline(act: Act, visit_id: str, summary: str, reason: str, staff_no: str = "") -> None:
    """Write down why somebody does not sign: oneself, or as the leader one of the group who cannot (G8)."""
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise InvalidInputError(what="未签字的理由", why=f"请写明，不超过 {MAX_REASON} 字。")
    own = await _open(act, visit_id, summary)
    inspector_id = own.member.inspector_id
    if staff_no:
        group = {one.staff_no: one for one in await visit_store.group(act.db, visit_id)}
        if staff_no not in group:
            raise NotFoundError(what="这名组员")
        if not own.member.leads and group[staff_no].member_id != act.actor.member_id:
            raise ForbiddenError
        inspector_id = group[staff_no].inspector_id
    await _say(act, own, inspector_id, reason=reason)


async def _open(act: Act, visit_id: str, summary: str) -> visit_store.OwnVisit:
    await visit_store.lock(act.db, visit_id)
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    if not asks(own.visit):
        raise ConflictError(what="汇总表", why="组长还没有汇总确认，或者已经退回修改。")
    await destructions.refuse_destroyed(act.db, f"检查 {own.visit.number} 的案卷", f"visit:{visit_id}")
    if summary != own.visit.summary_digest:
        raise SummaryChangedError
    return own


def asks(visit: Visit) -> bool:
    """Whether a visit has a summary that stands, under which its group may sign."""
    return bool(visit.summary_digest) and visit.status in {"confirmed", "published"}


async def _say(
    act: Act, own: visit_store.OwnVisit, inspector_id: str, *, signature: str = "", reason: str = ""
) -> None:
    new = await insert_ignore(
        act.db,
        SummarySignature,
        visit_id=own.visit.id,
        inspector_id=inspector_id,
        summary_digest=own.visit.summary_digest,
        signature=signature or None,
        reason=reason,
        member_id=act.actor.member_id,
        at=act.now,
    )
    if not new:
        raise AlreadySaidError
    subject = f"visit:{own.visit.id}"
    told = {"inspector": inspector_id, "summary": own.visit.summary_digest, "signature": signature or None}
    await chain.append(
        act, own.visit.id, own.visit.number, "summary-signed" if signature else "summary-declined", **told
    )
    if signature:
        act.record("summary-sign", subject, number=own.visit.number, summary=own.visit.summary_digest)
    else:
        act.record("summary-decline", subject, number=own.visit.number, summary=own.visit.summary_digest)
    if not await store.unsigned(act.db, own.visit):
        await deadlines.settle(act, DeadlineKind.SIGN, subject)


def _person(
    one: visit_store.Colleague, said: SummarySignature | None, act: Act, own: visit_store.OwnVisit, *, asked: bool
) -> dict[str, Any]:
    mine = one.member_id == act.actor.member_id
    waits = asked and said is None
    return {
        "staff_no": one.staff_no,
        "name": one.name,
        "department": one.department,
        "leads": one.leads,
        "mine": mine,
        "signed_at": said.at if said and said.signature else None,
        "signature": said.signature if said else None,
        "reason": said.reason if said else "",
        "can": {"sign": waits and mine, "decline": waits and (mine or own.member.leads)},
    }
