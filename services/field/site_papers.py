"""Papers on the spot: orders, minutes, sampling, sealing, evidence lists; reports and conclusions attached (issue 7).

issue -> checked by its kind -> the next number of department, kind and year -> words sealed by their hash
      -> an event of the visit's chain -> the enterprise is told and finds it on its page -> PDF when asked for
A paper is never changed or deleted; what was wrong is said by another paper.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.notices import Notice, NoticeKind
from inspection.site_papers import FIELDS, KINDS, LINE_CELLS, PaperKind, check_paper, name_of
from inspection.site_papers import SitePaper as Paper
from inspection.workdays import SHANGHAI, local_date
from models.blobs import Digest
from models.field import SitePaper
from models.owners import Door
from models.store import destructions
from models.store import owners as owner_store
from models.store import papers as store
from models.store import visits as visit_store
from models.store.parts import NOT_DONE
from models.store.states import next_number
from services.act import Act, House
from services.field import chain, deposits, doors, office_copy
from services.people import genuine, qr, typeset
from services.people.notices import tell_owner

TEMPLATE = Path(__file__).with_name("site_paper.typ")


async def issue(act: Act, visit_id: str, request_id: str, paper: Paper) -> SitePaper:
    """Number a paper, seal its words and tell the enterprise; the same request again gives the same paper.

    Raises NotFoundError (not his visit), InvalidInputError (what it lacks), ConflictError (not its time),
    DoorFirstError (an unannounced visit before the door).
    """
    await visit_store.lock(act.db, visit_id)
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    known = await store.by_request(act.db, request_id, visit_id)
    if known is not None:
        return known
    await _refuse(act, own, paper)
    kind = KINDS[paper.kind]
    department = await store.department(act.db, own.part.department_id)
    year = local_date(act.now).year
    number = await next_number(act.db, f"paper/{department.code}/{kind.code}/{year}")
    name = f"{department.name}{kind.short}〔{year}〕{number}号"
    body = _sealed(await _words(act, own, paper, name, department.name))
    row = SitePaper(
        number=name,
        kind=kind.code,
        visit_id=visit_id,
        part_id=own.part.id,
        department_id=own.part.department_id,
        body=body,
        digest=hashlib.sha256(body.encode()).hexdigest(),
        attachment=paper.attachment,
        due_on=paper.due_on,
        made_by=act.actor.member_id,
        made_at=act.now,
        request_id=request_id,
    )
    act.db.add(row)
    await act.db.flush()
    told = {"number": name, "paper": kind.code, "digest": row.digest, "attachment": row.attachment}
    await chain.append(act, visit_id, own.visit.number, "paper", **told)
    act.record("site-paper", f"visit:{visit_id}", number=name, digest=row.digest)
    if not kind.foreign:
        await _tell_owner(act, own, row, kind)
    return row


async def keep_file(act: Act, visit_id: str, digest: Digest) -> None:
    """Note whose file this is and for which visit: nobody else attaches it, and he nowhere else."""
    await visit_store.own_visit(act.db, act.actor, visit_id)
    await deposits.keep(act, deposits.at_visit(visit_id), digest)


async def of_group(act: Act, visit_id: str) -> list[dict[str, Any]]:
    """The papers of one of the actor's visits, of all departments."""
    await visit_store.own_visit(act.db, act.actor, visit_id)
    return [_line(row) for row in await store.of_visit(act.db, visit_id)]


async def of_owner(act: Act, visit_id: str) -> list[dict[str, Any]]:
    """What was handed to the enterprise at one of the owner's visits."""
    await owner_store.own_visit(act.db, act.actor, visit_id)
    return [_line(row) for row in await store.of_visit(act.db, visit_id) if not KINDS[row.kind].foreign]


async def pdf_for_group(act: Act, visit_id: str, paper_id: str) -> bytes:
    """A paper of one of the actor's visits as PDF: what is attached as it came."""
    await visit_store.own_visit(act.db, act.actor, visit_id)
    return await _pdf_of(act, await store.one(act.db, visit_id, paper_id))


async def pdf_for_owner(act: Act, visit_id: str, paper_id: str) -> bytes:
    """A paper that was handed to the enterprise, as PDF; NotFoundError for what is the office's own."""
    await owner_store.own_visit(act.db, act.actor, visit_id)
    return await _pdf_of(act, await store.one(act.db, visit_id, paper_id, foreign=False))


def kinds() -> list[dict[str, Any]]:
    """What may be written, with the fields of each kind in their order."""
    return [
        {
            "code": kind.code,
            "text": kind.text,
            "foreign": kind.foreign,
            "fields": [
                {"name": name, "text": name_of(kind, name), "required": name in kind.needs}
                for name in FIELDS
                if name in (*kind.needs, *kind.may)
            ],
        }
        for kind in KINDS.values()
    ]


async def printed(house: House, words: Mapping[str, Any]) -> bytes:
    """The PDF of a paper's sealed words with their digest."""
    return await typeset.pdf(TEMPLATE, words_of(house, words), house.font)


def words_of(house: House, words: Mapping[str, Any]) -> dict[str, Any]:
    """All that stands on a paper: its sealed words, what every paper of its kind has, and the code to check it."""
    kind = KINDS[words["kind"]]
    return {
        **words,
        "closing": kind.closing,
        "cells": LINE_CELLS,
        "facts": _facts(words),
        "qr": qr.svg(genuine.url_of(house, "paper", genuine.packed(words["number"]), words["digest"])),
    }


async def _refuse(act: Act, own: visit_store.OwnVisit, paper: Paper) -> None:
    problems = check_paper(paper, local_date(act.now))
    if problems:
        raise InvalidInputError(what="文书", why="；".join(str(one).rstrip("。") for one in problems) + "。")
    if own.visit.status == "assigned":
        raise ConflictError(what="文书", why="组长还没有接受这次检查。")
    if not KINDS[paper.kind].foreign:
        if own.part.status not in NOT_DONE:
            raise ConflictError(what="文书", why="本部门检查结果已经提交，现场文书不能再开具。")
        await doors.require(act, own)
    elif own.visit.status == "published":
        raise ConflictError(what="附件", why="检查结果已经公示，请在后续处理中登记。")
    if paper.attachment:
        await deposits.require(act, deposits.at_visit(own.visit.id), paper.attachment, "附件")


async def _words(act: Act, own: visit_store.OwnVisit, paper: Paper, number: str, department: str) -> dict[str, Any]:
    group = [
        one for one in await visit_store.group(act.db, own.visit.id) if one.department_id == own.part.department_id
    ]
    kind = KINDS[paper.kind]
    said = {name: value for name, value in asdict(paper).items() if value and name not in {"kind", "due_on", "lines"}}
    return {
        "kind": kind.code,
        "title": kind.text,
        "number": number,
        "department": department,
        "visit_number": own.visit.number,
        "task": own.task.name,
        "target": own.target.name,
        "target_code": own.target.code,
        "address": own.target.address,
        "people": [[one.name, one.staff_no] for one in group if one.certified],
        "made_at": f"{act.now.astimezone(SHANGHAI):%Y年%-m月%-d日 %H时%M分}",
        "parts": [[name_of(kind, name), said[name]] for name in FIELDS if name in said and name != "attachment"],
        "due_on": f"{paper.due_on:%Y年%-m月%-d日}" if paper.due_on else "",
        "due_name": name_of(kind, "due_on"),
        "lines": [dict(line) for line in paper.lines],
        "lines_name": name_of(kind, "lines"),
        "attachment": paper.attachment,
        "foreign": kind.foreign,
    }


async def _pdf_of(act: Act, row: SitePaper) -> bytes:
    await destructions.refuse_destroyed(act.db, f"文书 {row.number}", f"visit:{row.visit_id}")
    if row.attachment:
        return await act.house.blobs.get(Digest(row.attachment))
    return await printed(act.house, {**json.loads(row.body), "digest": row.digest})


async def docx_for_group(act: Act, visit_id: str, paper_id: str) -> bytes:
    """A paper of one of the actor's visits to be edited; NotFoundError for what was attached as a file."""
    await visit_store.own_visit(act.db, act.actor, visit_id)
    row = await store.one(act.db, visit_id, paper_id)
    if row.attachment:
        raise NotFoundError(what="可编辑副本；这份是附入的文件")
    words = words_of(act.house, {**json.loads(row.body), "digest": row.digest})
    due = [[words["due_name"], f"{words['due_on']} 前"]] if words["due_on"] else []
    lines = [[line.get(cell, "") for cell in LINE_CELLS] for line in words["lines"]]
    rows = [[words["lines_name"], [list(LINE_CELLS.values()), *lines]]] if lines else []
    return await office_copy.docx({**words, "parts": [*words["parts"], *due, *rows]})


def _facts(words: Mapping[str, Any]) -> list[list[str]]:
    return [
        ["被检查人", words["target"]],
        ["统一社会信用代码", words["target_code"]],
        ["地址", words["address"]],
        ["检查任务", f"{words['task']}（{words['visit_number']}）"],
        ["时间", words["made_at"]],
        ["执法人员", "、".join(f"{name}（{number}）" for name, number in words["people"])],
    ]


async def _tell_owner(act: Act, own: visit_store.OwnVisit, row: SitePaper, kind: PaperKind) -> None:
    """Tell the enterprise, where it may know of the visit at all (F2)."""
    door = await act.db.get(Door, own.visit.id)
    if not own.task.announced and (door is None or door.scanned_at is None):
        return
    facts = [("文书编号", row.number), ("检查编号", own.visit.number)]
    if row.due_on:
        facts.append((name_of(kind, "due_on"), row.due_on.isoformat()))
    notice = Notice(
        kind=NoticeKind.OWNER_PAPER,
        document_no=row.number,
        title=f"收到{kind.text}",
        summary="请打开本次检查查看并保存文书；对内容有异议的，可以当场向检查人员提出。",
        facts=tuple(facts),
        path=f"/o/visits/{own.visit.id}",
    )
    key = f"owner-paper/{row.id}"
    await tell_owner(act, own.target.id, notice, department_id=row.department_id, dedupe_key=key, visit_id=own.visit.id)


def _line(row: SitePaper) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "text": KINDS[row.kind].text,
        "due_on": row.due_on,
        "made_at": row.made_at,
        "has_file": not KINDS[row.kind].foreign or bool(row.attachment),
        "has_copy": not row.attachment,
        "digest": row.digest,
    }


def _sealed(words: Mapping[str, Any]) -> str:
    return json.dumps(words, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
