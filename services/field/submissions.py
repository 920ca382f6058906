"""A department's part is handed in, and the leader confirms the whole (G5, G7-G9, G12, H1-H4).

announce: manifest -> kept, checked -> which files lack? (they come in pieces, `services.field.uploads`)
submit: manifest -> all files there? -> answers, results, signatures right? -> sealed bytes -> part submitted
last part in -> visit submitted, 20 working days begin (H2), the leader is told -> confirm -> approvers are told
The same submission again gives the same receipt; the same id with other content is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from inspection.actors import Role
from inspection.checklists import Problem, check_answers, form_of
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, Kind, SuichaError
from inspection.notices import Button, Notice, NoticeKind
from inspection.outcomes import VERSION, check_items, check_results, is_direct
from inspection.workdays import local_date
from models.field import AnnouncedManifest
from models.store import deadlines as deadline_store
from models.store import evidence as evidence_store
from models.store import parts as part_store
from models.store import visits as store
from models.store.parts import NOT_DONE
from models.store.states import advance, insert_ignore
from models.tasks import Submission
from services.act import Act
from services.clock import deadlines
from services.field import chain, chat_evidence, doors, other_items, recordings, summaries, together
from services.field.manifests import AddedEntry, Manifest, OwnerRefused
from services.field.visits import owner_signs
from services.people.notices import Letter, tell_many

_WITNESSES = 2  # inspectors who must sign when the target's side does not (G8)
_SHOWN = 8
MAX_SUMMARY = 4000


class EvidenceMissingError(SuichaError):
    """还有 {count} 个现场文件没有上传完。"""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "evidence-missing"
    action: ClassVar[str] = "请保持页面打开，等待文件上传完成后会自动再次提交；已填写的内容仍在手机上。"


class ChatOnItsWayError(SuichaError):
    """聊天中发来的 {count} 个文件正在存入。"""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "chat-on-its-way"
    action: ClassVar[str] = "请保持页面打开，几秒后会自动再次提交，存入后一并封存；已填写的内容仍在手机上。"


class SubmissionConflictError(SuichaError):
    """这份提交已被接收，但内容与本次不同。"""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "submission-conflict"
    action: ClassVar[str] = "请刷新页面查看已接收的内容；如需更改，请联系审批人退回后重新提交。"


class IncompleteError(SuichaError):
    """提交内容需要补充或修改：{why}"""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "submission-incomplete"
    action: ClassVar[str] = "请按提示补充后重新提交，已填写的内容仍在手机上。"


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """What the server has of a submission before its files: the manifest itself, and the list of what lacks."""

    submission_id: str
    manifest_digest: str
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the phone keeps: proof that this content arrived at this time."""

    submission_id: str
    visit_number: str
    received_at: datetime
    manifest_digest: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Begun:
    """A part that is being handed in: what stands in the manifest, and what the server knows of it."""

    own: store.OwnVisit
    manifest: Manifest
    sealed: bytes
    digest: str
    known: Submission | None  # handed in before, under this id
    chat: chat_evidence.FromChat


async def announce(act: Act, visit_id: str, manifest: Manifest) -> Announced:
    """Keep a manifest before its files come (G10), and say which lack; twice is harmless.

    A phone that is lost while it sends has lost its photos, not its answers; and what cannot be accepted is said
    before anybody waits for pictures. Raises what `submit` raises, but for files that are still on their way.
    """
    part = await _begun(act, visit_id, manifest)
    wanted = part.manifest.evidence()
    there = await evidence_store.kinds(act.db, visit_id, wanted)
    if part.known is None:
        await _refuse_incomplete(act, part)
        await together.refuse_differing(act, part.own, part.manifest)
        await act.house.blobs.put(part.sealed)
        new = await insert_ignore(
            act.db,
            AnnouncedManifest,
            submission_id=manifest.submission_id,
            manifest_digest=part.digest,
            part_id=part.own.part.id,
            member_id=act.actor.member_id,
            announced_at=act.now,
        )
        if new:
            visit = part.own.visit.number
            act.record("announce-part", f"part:{part.own.part.id}", visit=visit, manifest=part.digest)
    missing = tuple(one for one in wanted if one not in there)
    return Announced(submission_id=manifest.submission_id, manifest_digest=part.digest, missing=missing)


async def submit(act: Act, visit_id: str, manifest: Manifest) -> Receipt:
    """Hand in the part of the actor's own department (H3); twice is harmless.

    What the department's people sent by chat is sealed with it. Raises NotFoundError, SubmissionConflictError,
    ConflictError (not its time), EvidenceMissingError, ChatOnItsWayError, IncompleteError, AnswersDifferError.
    """
    part = await _begun(act, visit_id, manifest)
    own, manifest = part.own, part.manifest
    if part.known is not None:
        return _receipt(part.known, own.visit.number, manifest)
    await _refuse_missing(act, visit_id, manifest)
    if part.chat.on_its_way:
        raise ChatOnItsWayError(count=part.chat.on_its_way)
    await _refuse_incomplete(act, part)
    await together.refuse_differing(act, own, manifest)
    await act.house.blobs.put(part.sealed)
    row = _row(act, own, manifest, part.digest)
    act.db.add(row)
    await act.db.flush()
    await advance(
        act.db,
        own.part,
        "submitted",
        come_from=NOT_DONE,
        what="本部门检查结果",
        submission_id=row.id,
        returned_reason="",
    )
    act.record("submit-part", f"part:{own.part.id}", visit=own.visit.number, manifest=part.digest)
    told = {"part": own.part.id, "submission": row.id, "manifest": part.digest}
    await chain.append(act, visit_id, own.visit.number, "submitted", **told)
    await other_items.note_off_list(act, own, manifest)
    await _end_if_complete(act, own, row.id)
    return _receipt(row, own.visit.number, manifest)


async def confirm(act: Act, visit_id: str, summary: str) -> str:
    """Confirm the summary as the visit's leader, once every part is in (H4); returns the status."""
    if not summary.strip() or len(summary) > MAX_SUMMARY:
        raise InvalidInputError(what="汇总意见", why=f"请填写汇总意见，不超过 {MAX_SUMMARY} 字。")
    await store.lock(act.db, visit_id)
    own = await store.own_visit(act.db, act.actor, visit_id)
    if not own.member.leads:
        raise ForbiddenError
    words = summary.strip()
    fields = {"summary": words, "summary_digest": await summaries.digest(act, own, words), "confirmed_at": act.now}
    await advance(act.db, own.visit, "confirmed", come_from={"submitted"}, what="检查汇总", **fields)
    await deadlines.settle(act, DeadlineKind.CONFIRM, f"visit:{visit_id}")
    act.record("confirm-visit", f"visit:{visit_id}")
    told = {"summary": fields["summary_digest"]}
    await chain.append(act, visit_id, own.visit.number, "confirmed", **told)
    if act.house.rules.publish_counts_from == "result-confirmed":
        await _open_publish(
            act, [(one.part.id, one.department.id) for one in await part_store.of_visit(act.db, visit_id)]
        )
    await _ask_approvers(act, own)
    await summaries.ask_group(act, own)
    return own.visit.status


async def _begun(act: Act, visit_id: str, manifest: Manifest) -> _Begun:
    """The part with what came by chat sealed in; refuses what is other content under a known id, or not its time."""
    await store.lock(act.db, visit_id)
    own = await store.own_visit(act.db, act.actor, visit_id)
    known = await part_store.submission(act.db, manifest.submission_id)
    chat = await chat_evidence.of_part(act, own)
    if known is None:
        if own.part.status in NOT_DONE:
            await other_items.add(act, own, manifest.added_items)
        update = {"from_chat": tuple(chat.kept), "added_items": await other_items.standing(act, own)}
    else:
        said = known.manifest
        added = tuple(AddedEntry(**one) for one in said.get("added_items", ()))
        update = {"from_chat": tuple(said.get("from_chat", ())), "added_items": added}
    manifest = manifest.model_copy(update=update)
    sealed = manifest.sealed()
    digest = hashlib.sha256(sealed).hexdigest()
    if known is not None:
        if (known.part_id, known.manifest_digest) != (own.part.id, digest):
            raise SubmissionConflictError
    elif own.visit.status != "accepted" or own.part.status not in NOT_DONE:
        raise ConflictError(what="本部门检查结果", why="检查尚未由组长接受，或本部门已经提交。")
    else:
        await doors.require(act, own)
    return _Begun(own=own, manifest=manifest, sealed=sealed, digest=digest, known=known, chat=chat)


async def _refuse_incomplete(act: Act, part: _Begun) -> None:
    photographed = bool(part.manifest.pictures()) or "photo" in part.chat.kept.values()
    problems = await _problems(act, part.own, part.manifest, has_evidence=photographed)
    if problems:
        why = "；".join(str(one).rstrip("。") for one in problems[:_SHOWN])
        raise IncompleteError(why=f"{why}。", problems=[str(one) for one in problems])


async def _refuse_missing(act: Act, visit_id: str, manifest: Manifest) -> None:
    wanted = manifest.evidence()
    there = await evidence_store.kinds(act.db, visit_id, wanted)
    missing = [digest for digest in wanted if digest not in there]
    if missing:
        raise EvidenceMissingError(count=len(missing), missing=missing)
    wrong = [one for one in manifest.pictures() if there[one] != "photo"]
    wrong += [one for one in manifest.signatures() if there[one] != "signature"]
    wrong += [one for one in manifest.recordings if there[one] not in recordings.KINDS]
    if wrong:
        raise IncompleteError(why="照片、签名与录音录像文件混用。")


async def _problems(act: Act, own: store.OwnVisit, manifest: Manifest, *, has_evidence: bool) -> list[Problem]:
    complete = not is_direct(manifest.results)
    items = await store.items(act.db, own.task.id, own.part.department_id, own.visit)
    known = {item.id for item, _ in items}
    problems = [
        Problem(where="检查表", why="含有不属于本部门的检查事项。")
        for _ in {answer.task_item_id for answer in manifest.answers} - known
    ]
    for item, content in items:
        form = form_of(item.form, item.name, content, item.basis)
        answers = [entry.answer() for entry in manifest.answers if entry.task_item_id == item.id]
        problems += check_answers(form, answers, complete=complete)
    problems += check_results(
        manifest.results,
        manifest.measures,
        has_evidence=has_evidence,
        detail=f"{manifest.result_detail}{manifest.note}",
    )
    by_item = {one.task_item_id: one.results for one in manifest.item_results}
    problems += check_items(manifest.results, by_item, known)
    return problems + _signature_problems(own, manifest, await store.group(act.db, own.visit.id))


def _signature_problems(own: store.OwnVisit, manifest: Manifest, group: Sequence[store.Colleague]) -> list[Problem]:
    signed = {one.staff_no for one in manifest.inspector_signatures}
    officers = {one.staff_no for one in group if one.certified}
    refused = isinstance(manifest.owner_signature, OwnerRefused)
    whys = []
    if signed - {one.staff_no for one in group}:
        whys.append("签名人不在本次检查组内。")
    if not signed & officers:
        whys.append("至少需要一名执法人员签名。")
    elif refused and len(signed & officers) < _WITNESSES:
        whys.append("当事人未签字时，需要至少两名执法人员签名。")
    if manifest.owner_signature is None and owner_signs(own, group):
        whys.append("组长所在部门提交时需要当事人签字，或写明未签字的原因。")
    return [Problem(where="签名", why=why) for why in whys]


def _row(act: Act, own: store.OwnVisit, manifest: Manifest, digest: str) -> Submission:
    return Submission(
        id=manifest.submission_id,
        part_id=own.part.id,
        department_id=own.part.department_id,
        member_id=act.actor.member_id,
        manifest_digest=digest,
        manifest={**manifest.without_names(), "codes_version": VERSION},
        received_at=act.now,
    )


def _receipt(row: Submission, visit_number: str, manifest: Manifest) -> Receipt:
    return Receipt(
        submission_id=row.id,
        visit_number=visit_number,
        received_at=row.received_at,
        manifest_digest=row.manifest_digest,
        evidence=manifest.evidence(),
    )


async def _end_if_complete(act: Act, own: store.OwnVisit, submission_id: str) -> None:
    parts = await part_store.of_visit(act.db, own.visit.id)
    if any(one.part.status in NOT_DONE for one in parts):
        return
    # A part sent back and handed in anew does not start the legal days again: the visit ended when it ended.
    ended_at = own.visit.ended_at or act.now
    await advance(act.db, own.visit, "submitted", come_from={"accepted"}, what="这次检查", ended_at=ended_at)
    subject, today = f"visit:{own.visit.id}", local_date(act.now)
    for kind in (DeadlineKind.INSPECT, DeadlineKind.APPOINT, DeadlineKind.APPOINTED):
        await deadlines.settle(act, kind, subject)
    rules = act.house.rules
    await deadlines.open_deadline(
        act, DeadlineKind.CONFIRM, subject, own.visit.department_id, today, rules.confirm_within_days
    )
    if rules.publish_counts_from == "visit-ended":
        await _open_publish(act, [(one.part.id, one.department.id) for one in parts])
    elif rules.publish_counts_from == "task-finished":
        await store.lock_task(act.db, own.task.id)
        if not await store.unfinished_visits(act.db, own.task.id):
            await _open_publish(act, await part_store.part_ids_of_task(act.db, own.task.id))
    await _ask_leader(act, own, submission_id)


async def _open_publish(act: Act, parts: Sequence[tuple[str, str]]) -> None:
    """Begin the working days of H2 for these (part id, department id); what has begun is not begun again."""
    today, within = local_date(act.now), act.house.rules.publish_within_days
    for part_id, department_id in parts:
        subject = f"part:{part_id}"
        if await deadline_store.find(act.db, DeadlineKind.PUBLISH.value, subject) is None:
            await deadlines.open_deadline(act, DeadlineKind.PUBLISH, subject, department_id, today, within)


async def _ask_leader(act: Act, own: store.OwnVisit, submission_id: str) -> None:
    notice = Notice(
        kind=NoticeKind.CONFIRM_DUE,
        document_no=f"{own.visit.number}-汇总-{submission_id[:8]}",
        title="各部门检查结果已齐，请汇总确认",
        summary="请核对各部门检查结果，填写汇总意见后确认。",
        facts=_facts(own),
        path=f"/m/visits/{own.visit.id}",
    )
    letters = [
        Letter(
            userid=one.userid,
            notice=notice,
            department_id=one.department_id,
            subject=f"visit:{own.visit.id}",
            dedupe_key=f"confirm-due/{own.visit.id}/{submission_id}",
        )
        for one in await store.group(act.db, own.visit.id)
        if one.leads
    ]
    await tell_many(act, letters)


async def _ask_approvers(act: Act, own: store.OwnVisit) -> None:
    """Open the approval of each part that waits for it and tell that department's approvers (H1)."""
    levels = act.house.rules.approval_levels
    approvers = await deadline_store.holders(act.db, Role.APPROVER, levels[0])
    today, within = local_date(act.now), act.house.rules.approve_within_days
    letters: list[Letter] = []
    for one in await part_store.of_visit(act.db, own.visit.id):
        if one.part.status != "submitted":
            continue
        subject = f"part:{one.part.id}"
        await deadlines.open_deadline(act, DeadlineKind.APPROVE, subject, one.department.id, today, within)
        notice = Notice(
            kind=NoticeKind.APPROVAL_DUE,
            document_no=f"{own.visit.number}-{one.department.code}-{str(one.part.submission_id)[:8]}",
            title="有一份检查结果待您审批",
            summary=f"请审核本部门检查结果，通过后{'送下一级审批' if levels[1:] else '即可公示'}。",
            facts=(*_facts(own), ("部门", one.department.name)),
            path="/console/approvals",
            buttons=(Button(key=f"approve-part:{one.part.id}", text="审批通过"),),
        )
        letters += [
            Letter(
                userid=userid,
                notice=notice,
                department_id=one.department.id,
                subject=subject,
                dedupe_key=f"approval-due/{one.part.id}/{one.part.submission_id}/{userid}",
            )
            for userid in approvers.get(one.department.id, [])
        ]
    await tell_many(act, letters)


def _facts(own: store.OwnVisit) -> tuple[tuple[str, str], ...]:
    return (("检查任务", own.task.name), ("检查编号", own.visit.number), ("检查对象", own.target.name))
