"""情况记录表: the summary form of a visit with every item's form behind it, and the receipt of a part (G5, G7-G9).

confirmed visit -> sealed manifests of all departments -> words -> record_form.typ -> PDF with a code to check it
                                                                -> office_copy -> DOCX, for an office that files its own
published -> for_archive -> printed: it lies in the visit's archive, sealed with the rest
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspection.checklists import form_of, value_text
from inspection.errors import ConflictError, NotFoundError
from inspection.other_items import MARK
from inspection.outcomes import measure_text, result_text
from inspection.workdays import SHANGHAI
from models.blobs import Digest
from models.field import AddedItem
from models.registers import Target
from models.store import destructions
from models.store import evidence as evidence_store
from models.store import owners as owner_store
from models.store import parts as part_store
from models.store import summaries as summary_store
from models.store import visits as visit_store
from models.store.parts import DepartmentPart
from models.tasks import SummarySignature, Task, Visit
from services.act import Act, House
from services.field import office_copy, summaries
from services.field.manifests import Manifest
from services.people import genuine, qr, typeset

TEMPLATE = Path(__file__).with_name("record_form.typ")
TITLE = "部门联合抽查情况记录表"
Words = dict[str, Any]


async def pdf_for_group(act: Act, visit_id: str) -> bytes:
    """The form of one of the actor's visits, with what is for the office alone; ConflictError before it is whole."""
    return await printed(act.house, await _of_group(act, visit_id))


async def docx_for_group(act: Act, visit_id: str) -> bytes:
    """The same to be edited; what counts is the PDF."""
    return await office_copy.docx(await _of_group(act, visit_id))


async def pdf_for_owner(act: Act, visit_id: str) -> bytes:
    """The form of one of the owner's visits: what it was told and asked to sign."""
    found = await owner_store.own_visit(act.db, act.actor, visit_id)
    return await printed(act.house, await _words(act, found.visit, found.task, found.target))


async def for_archive(act: Act, visit: Visit, task: Task, target: Target) -> Words | None:
    """The form's words as they are filed with a visit that the caller may file; None where no summary was formed."""
    return await _words(act, visit, task, target, inside=True) if summaries.asks(visit) else None


async def printed(house: House, words: Mapping[str, Any]) -> bytes:
    """The PDF of the form's words."""
    return await typeset.pdf(TEMPLATE, words, house.font)


async def receipt(act: Act, visit_id: str) -> bytes:
    """The receipt of what stands handed in for the actor's own part."""
    return await printed(act.house, await _receipt(act, visit_id))


async def _receipt(act: Act, visit_id: str) -> Words:
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    await destructions.refuse_destroyed(act.db, f"回执 {own.visit.number}", f"visit:{visit_id}")
    part = next(one for one in await part_store.of_visit(act.db, visit_id) if one.part.id == own.part.id)
    if part.submission is None:
        raise NotFoundError(what="回执；本部门还没有提交")
    sent = part.submission
    files = Manifest.model_validate(await _sealed(act, part)).evidence()
    facts = [
        *_about(own.visit, own.task, own.target),
        ["提交人", await _name(act, visit_id, sent.member_id)],
        ["收到时间", _moment(sent.received_at)],
        ["封存的文件", f"{len(files)} 个，逐一核对指纹后封存"],
        ["提交号", sent.id],
    ]
    return {
        "title": "检查结果提交回执",
        "department": part.department.name,
        "number": own.visit.number,
        "digest": sent.manifest_digest,
        "facts": facts,
        "qr": qr.svg(genuine.url_of(act.house, "receipt", sent.id, sent.manifest_digest)),
        **_NOTHING,
    }


_NOTHING: Words = {"parts": [], "summary": "", "signers": [], "items": []}


async def _of_group(act: Act, visit_id: str) -> Words:
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    return await _words(act, own.visit, own.task, own.target, inside=True)


async def _words(act: Act, visit: Visit, task: Task, target: Target, *, inside: bool = False) -> Words:
    if not summaries.asks(visit):
        raise ConflictError(what="情况记录表", why="组长汇总确认后才能打印。")
    await destructions.refuse_destroyed(act.db, f"情况记录表 {visit.number}", f"visit:{visit.id}")
    parts: list[Words] = []
    items: list[Words] = []
    for part in await part_store.of_visit(act.db, visit.id):
        manifest = await _sealed(act, part)
        parts.append({"department": part.department.name, "facts": _concluded(manifest, inside=inside)})
        items += await _forms(act, visit, part, manifest)
    said = await summary_store.of_summary(act.db, visit)
    return {
        "title": TITLE,
        "department": act.house.office_name,
        "number": visit.number,
        "digest": visit.summary_digest,
        "facts": [*_about(visit, task, target), ["检查结束", _moment(visit.ended_at)]],
        "parts": parts,
        "summary": visit.summary,
        "signers": [
            await _person(act, visit.id, one, said.get(one.inspector_id))
            for one in await visit_store.group(act.db, visit.id)
        ],
        "items": items,
        "qr": qr.svg(genuine.url_of(act.house, "record", visit.id, visit.summary_digest)),
    }


def _about(visit: Visit, task: Task, target: Target) -> list[list[str]]:
    return [
        ["检查任务", f"{task.name}（{task.number}）"],
        ["检查编号", visit.number],
        ["检查对象", target.name],
        ["统一社会信用代码", target.code],
        ["地址", target.address],
    ]


async def _sealed(act: Act, part: DepartmentPart) -> Words:
    if part.submission is None:
        raise ConflictError(what="情况记录表", why=f"{part.department.name}还没有提交。")
    found: Words = json.loads(await act.house.blobs.get(Digest(part.submission.manifest_digest)))
    return found


def _concluded(manifest: Words, *, inside: bool) -> list[list[str]]:
    owner = manifest["owner_signature"]
    said = ""
    if owner is not None:
        said = f"{owner['name']} 已签字" if owner["kind"] == "signed" else f"未签字：{owner['reason']}"
    off_list = "；".join(f"{one['matter']} {one['content']}".strip() for one in manifest.get("off_list", ()))
    rows = [
        ["检查结果", result_text(manifest["results"])],
        ["后续处置", measure_text(manifest["measures"])],
        ["具体情况", manifest["result_detail"]],
        ["备注", manifest["note"]],
        ["被检查人意见", said],
        ["清单外情况（内部）", f"{off_list}（未作检查，记为线索）" if off_list and inside else ""],
    ]
    return [[name, words] for name, words in rows if words]


async def _forms(act: Act, visit: Visit, part: DepartmentPart, manifest: Words) -> list[Words]:
    by_item = {one["task_item_id"]: result_text(one["results"]) for one in manifest.get("item_results", ())}
    made = []
    for item, content in await visit_store.items(act.db, visit.task_id, part.department.id, visit):
        form = form_of(item.form, item.name, content, item.basis)
        said = {one["question_id"]: one for one in manifest["answers"] if one["task_item_id"] == item.id}
        shown = form.shown({key: one["value"] for key, one in said.items()})
        added = isinstance(item, AddedItem)
        name = f"{item.name}{MARK if added else ''}"
        made.append(
            {
                "title": form.title,
                "name": f"{name}：{by_item[item.id]}" if item.id in by_item else name,
                "department": part.department.name,
                "basis": f"{item.basis}　增加理由：{item.reason}" if isinstance(item, AddedItem) else item.basis,
                "answers": [_answer(question, said.get(question.id)) for question in shown],
            }
        )
    return made


def _answer(question: Any, said: Mapping[str, Any] | None) -> Words:
    said = said or {"value": None, "comment": "", "photos": ()}
    return {
        "question": f"★ {question.text}" if question.key else question.text,
        "value": value_text(question, said["value"]),
        "comment": said.get("comment", ""),
        "photos": len(said["photos"]),
    }


async def _person(act: Act, visit_id: str, one: visit_store.Colleague, said: SummarySignature | None) -> Words:
    words = "" if said is None else (_moment(said.at) if said.signature else f"未签字：{said.reason}")
    return {
        "department": one.department,
        "name": f"{one.name}（{one.staff_no}）",
        "ink": await _ink(act, visit_id, said.signature if said else None),
        "said": words or "待签字",
    }


async def _ink(act: Act, visit_id: str, signature: str | None) -> Sequence[int]:
    """A signature's picture as typst takes bytes: numbers."""
    found = await evidence_store.find(act.db, visit_id, signature) if signature else None
    return [] if found is None else list(await act.house.blobs.get(Digest(found.display_digest or found.digest)))


async def _name(act: Act, visit_id: str, member_id: str) -> str:
    group = await visit_store.group(act.db, visit_id)
    return next((one.name for one in group if one.member_id == member_id), "")


def _moment(at: Any) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else ""
