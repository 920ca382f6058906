"""A published result is corrected, never changed: asked with evidence, signed by the department's head (J1-J3).

ask (what, why, evidence) -> the head is told -> sign (ink) -> next version; the one before stays behind it
                                              -> decline, with a reason
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError
from inspection.notices import Notice, NoticeKind
from inspection.outcomes import NO_PROBLEM, check_items, check_results
from inspection.workdays import local_date
from models.blobs import Digest
from models.corrections import Correction, PublicationVersion
from models.database import changes_public
from models.grams import grams
from models.people import Member
from models.results import Publication
from models.store import deadlines as deadline_store
from models.store import disclosures as store
from models.store.disclosures import CorrectionCase
from models.store.states import advance
from services.act import Act
from services.clock import deadlines
from services.field import deposits
from services.people.notices import tell_member
from services.results import province
from services.results.bodies import masked, outcome

GROUNDS = {
    "entry": "录入有误",
    "fact": "与事实不符",
    "target": "检查对象信息有误",
    "review": "行政复议、行政诉讼或监督改变",
}
CHANGEABLE = frozenset({"results", "item_results", "measures", "target_name", "inspected_on", "items"})
MAX_WORDS = 2000
MAX_EVIDENCE = 20
MAX_NAME = 256


class NotHeadError(ForbiddenError):
    """更正须由本部门主要负责人签字确认。"""

    code: ClassVar[str] = "not-head"
    action: ClassVar[str] = "请由本部门主要负责人登录签字；岗位名称见配置 correction_signed_by。"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is asked: fields and what is to stand there; the ground is public, the reason is not."""

    number: str
    ground: str
    reason: str
    changes: Mapping[str, Any]
    evidence: Sequence[str]  # digests of files that are stored already


async def ask(act: Act, wish: Wish) -> Correction:
    """Ask for a correction of a result of the actor's own department; one at a time. Raises InvalidInputError."""
    publication = await store.own_publication(act.db, act.actor, wish.number)
    if await store.open_correction(act.db, publication.id) is not None:
        raise ConflictError(what="更正申请", why="这份结果已有一份申请等待签字。")
    changes = _checked(publication.body, wish)
    if not wish.evidence or len(wish.evidence) > MAX_EVIDENCE:
        raise InvalidInputError(what="依据材料", why=f"请上传 1 到 {MAX_EVIDENCE} 份。")
    for digest in wish.evidence:
        await deposits.require(act, deposits.CORRECTIONS, digest, "依据材料")
    row = Correction(
        publication_id=publication.id,
        department_id=publication.department_id,
        ground=wish.ground,
        reason=wish.reason.strip(),
        changes=changes,
        evidence=list(dict.fromkeys(wish.evidence)),
        asked_by=act.actor.member_id,
        asked_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    await deadlines.begin(act, DeadlineKind.CORRECT, _subject(publication), publication.department_id)
    act.record("correction-ask", _subject(publication), number=publication.number, fields=sorted(changes))
    await _tell_heads(act, row, publication)
    return row


async def may_sign(act: Act, correction_id: str) -> CorrectionCase:
    """Give the correction if the actor is the head who may sign it now; else says why not."""
    case = await store.own_correction(act.db, act.actor, correction_id)
    if case.row.status != "asked":
        raise ConflictError(what="更正申请", why="已经签字或答复。")
    if not await is_head(act):
        raise NotHeadError
    if case.row.asked_by == act.actor.member_id:
        raise ForbiddenError
    return case


async def is_head(act: Act) -> bool:
    """Tell whether the actor holds the post of a head who signs (J2; setting correction_signed_by)."""
    member = await act.db.get(Member, act.actor.member_id)
    return member is not None and member.post in act.house.rules.correction_signed_by


async def sign(act: Act, correction_id: str, signature: Digest) -> int:
    """Correct what is public, with the head's signature; returns the new version."""
    case = await may_sign(act, correction_id)
    row = case.row
    publication = await store.own_publication(act.db, act.actor, case.publication.number)
    old, version = publication.body, publication.version
    kept = PublicationVersion(
        publication_id=publication.id, version=version, body=old, correction_id=row.id, replaced_at=act.now
    )
    new = {**old, **_fields(row.changes), "version": version + 1, "corrected_on": local_date(act.now).isoformat()}
    if "results" in row.changes and "item_results" not in row.changes:
        new.pop("item_results", None)  # asked before items were corrected one by one: they are in the old version
    new["correction"] = GROUNDS[row.ground]
    new = masked(new, await store.hold(act.db, publication.part_id))
    fields = {"decided_by": act.actor.member_id, "decided_at": act.now, "signature_digest": signature}
    await advance(act.db, row, "signed", come_from={"asked"}, what="更正申请", version=version + 1, **fields)
    act.db.add(kept)
    publication.body, publication.version = new, version + 1
    publication.target_name, publication.target_code = new["target_name"], new["target_code"]
    publication.grams = grams(new["target_name"])
    publication.changed_at = act.now
    changes_public(act.db)
    await province.send(act, publication.department_id, new)
    await act.db.flush()
    await deadlines.settle(act, DeadlineKind.CORRECT, _subject(publication))
    act.record(
        "correction-sign",
        _subject(publication),
        number=publication.number,
        version=version + 1,
        before=_digest(old),
        after=_digest(new),
        signature=signature,
    )
    await _tell_asker(act, case, "更正已签字，新的公示内容已生效")
    return version + 1


async def decline(act: Act, correction_id: str, note: str) -> None:
    """Turn a correction down, with a reason; what is public stays."""
    note = note.strip()
    if not note or len(note) > MAX_WORDS:
        raise InvalidInputError(what="不予更正的理由", why=f"请写明，不超过 {MAX_WORDS} 字。")
    case = await may_sign(act, correction_id)
    fields = {"decided_by": act.actor.member_id, "decided_at": act.now, "decided_note": note}
    await advance(act.db, case.row, "declined", come_from={"asked"}, what="更正申请", **fields)
    await deadlines.settle(act, DeadlineKind.CORRECT, _subject(case.publication))
    act.record("correction-decline", _subject(case.publication), number=case.publication.number)
    await _tell_asker(act, case, "更正申请未获同意")


def _checked(body: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    if wish.ground not in GROUNDS:
        raise InvalidInputError(what="更正情形", why=f"应当是：{'、'.join(GROUNDS.values())}。")
    if not wish.reason.strip() or len(wish.reason) > MAX_WORDS:
        raise InvalidInputError(what="更正理由", why=f"请写明，不超过 {MAX_WORDS} 字。")
    if strange := wish.changes.keys() - CHANGEABLE:
        raise InvalidInputError(what="更正内容", why=f"不能更正 {'、'.join(sorted(strange))}。")
    changes = {name: value for name, value in wish.changes.items() if value != body.get(name)}
    if not changes:
        raise InvalidInputError(what="更正内容", why="与现在公示的没有不同。")
    if {"results", "measures"} & changes.keys():
        results, measures = (changes.get(one, body.get(one, [])) for one in ("results", "measures"))
        if not (isinstance(results, list) and isinstance(measures, list)):
            raise InvalidInputError(what="检查结果", why="应当是代码的列表。")
        for problem in check_results(results, measures, has_evidence=True, detail=wish.reason):
            raise InvalidInputError(what=problem.where, why=problem.why)
        changes |= {"results": list(results), "measures": list(measures)}
    _check_words(changes)
    return changes | _of_items(body, changes)


def _of_items(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What each item comes to afterwards, where the public result tells its items apart, or is to; in their order."""
    told = changes.get("item_results", body.get("item_results"))
    if not told or not {"results", "item_results", "items"} & changes.keys():
        return {}
    items, results = (changes.get(one, body.get(one, [])) for one in ("items", "results"))
    if "item_results" not in changes and list(results) == [NO_PROBLEM]:
        told = [[NO_PROBLEM] for _ in items]
    coded = isinstance(told, list) and all(
        isinstance(own, list) and all(isinstance(code, str) for code in own) for own in told
    )
    if not coded or len(told) != len(items):
        raise InvalidInputError(what="事项结果", why="请按抽查事项的顺序逐项写明更正后的结果。")
    for problem in check_items(results, {str(at): own for at, own in enumerate(told)}, [*map(str, range(len(items)))]):
        raise InvalidInputError(what=problem.where, why=problem.why)
    return {"item_results": told}


def _check_words(changes: Mapping[str, Any]) -> None:
    name = changes.get("target_name", "名称")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME:
        raise InvalidInputError(what="检查对象名称", why=f"不能为空，不超过 {MAX_NAME} 字。")
    if "inspected_on" in changes:
        try:
            date.fromisoformat(str(changes["inspected_on"]))
        except ValueError as error:
            raise InvalidInputError(what="检查完成日期", why="应当写成 2026-03-02 这样。") from error
    items = changes.get("items", [])
    if not isinstance(items, list) or not all(isinstance(one, str) and one.strip() for one in items):
        raise InvalidInputError(what="抽查事项", why="应当逐项写明。")


def _fields(changes: Mapping[str, Any]) -> dict[str, Any]:
    told = outcome(changes["results"], changes["measures"]) if "results" in changes else {}
    return {**changes, **told}


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _subject(publication: Publication) -> str:
    return f"part:{publication.part_id}"


async def _tell_heads(act: Act, row: Correction, publication: Publication) -> None:
    holders = (await deadline_store.holders(act.db, Role.APPROVER)).get(publication.department_id, [])
    notice = Notice(
        kind=NoticeKind.CORRECTION_ASKED,
        document_no=f"{publication.number}-更正{row.id[-6:]}",
        title="有一份公示结果申请更正，请主要负责人签字",
        summary=GROUNDS[row.ground],
        facts=(("公示编号", publication.number), ("检查对象", publication.target_name)),
        path="/console/corrections",
        urgent=True,
    )
    for userid in holders:
        key = f"correction-asked/{row.id}/{userid}"
        await tell_member(
            act, userid, notice, department_id=publication.department_id, subject=_subject(publication), dedupe_key=key
        )


async def _tell_asker(act: Act, case: CorrectionCase, title: str) -> None:
    member = await act.db.get(Member, case.row.asked_by)
    if member is None or not member.active:
        return
    publication = case.publication
    notice = Notice(
        kind=NoticeKind.CORRECTION_DECIDED,
        document_no=f"{publication.number}-更正{case.row.id[-6:]}-答复",
        title=title,
        summary=case.row.decided_note or GROUNDS[case.row.ground],
        facts=(("公示编号", publication.number), ("检查对象", publication.target_name)),
        path="/console/corrections",
    )
    await tell_member(
        act,
        member.userid,
        notice,
        department_id=publication.department_id,
        subject=_subject(publication),
        dedupe_key=f"correction-decided/{case.row.id}",
    )
