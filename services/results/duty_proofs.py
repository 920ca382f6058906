"""尽职免责: what one inspector was drawn for, what he did and when, sealed as ZIP with a PDF/A volume (K6).

visits of a task or of a time -> drawn how (result.json, record) -> his acts (audit, chain, submissions, evidence by
hash) -> deadlines kept or not -> volume.pdf -> manifest -> signature. Handed over and on record, not kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from inspection.deadlines import DeadlineKind
from inspection.errors import InvalidInputError, NotFoundError
from inspection.outcomes import result_text
from inspection.reasons import CHANGE_REASONS
from inspection.workdays import local_date
from models.blobs import Digest
from models.store import duties_done as store
from models.store.states import STATUS_WORDS
from services.act import Act, House
from services.field import chain
from services.results import archives, sealing, volume

TEMPLATE = Path(__file__).with_name("duty_proof.typ")
DRAW_FILES = ("announcement.json", "seed.json", "result.json", "published.json")
TERM = ("years-10", 10)  # a copy of what is filed elsewhere


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What goes into a proof, read in one transaction."""

    staff_no: str
    words: dict[str, Any]
    events: dict[str, Any]  # by visit number
    blobs: dict[str, Digest]


async def gather(act: Act, staff_no: str, task_number: str, days: tuple[date, date] | None) -> Found:
    """Read it, for himself, his department's head or the office; NotFoundError where he had no such visit."""
    if not task_number and days is None:
        raise InvalidInputError(what="尽职证明", why="请选择一项任务，或填写起止日期。")
    who = await store.person(act.db, act.actor, staff_no)
    staff_no = who.inspector.staff_no
    found = await store.duties(act.db, who, task_number, days)
    changes = await store.changes(act.db, who, task_number, days)
    if not found and not changes:
        raise NotFoundError(what="他在这个范围内的检查")
    papers = {**await store.papers(act.db, who, found), "changes": changes}
    numbers = {one.visit.id: one.visit.number for one in found}
    blobs = {
        f"draw/{one.draw.number}/{name}": Digest(one.draw.files[name])
        for one in found
        if one.draw is not None
        for name in DRAW_FILES
        if name in one.draw.files
    }
    blobs |= {f"submitted/{one.id}.json": Digest(one.manifest_digest) for one in papers["submissions"]}
    words = {
        "cover": {
            "office": act.house.office_name,
            "name": who.member.name,
            "staff_no": staff_no,
            "department": who.department.name,
            "scope": f"任务 {task_number}" if task_number else f"{days[0]} 至 {days[1]}" if days else "",
            "made": volume.moment(act.now),
        },
        "visits": [await _visit(act, one, staff_no, papers) for one in found],
        "acts": await volume.acts(act, papers["audit"]),
        "evidence": [
            {
                "visit": numbers[one.visit_id],
                "kind": one.kind,
                "sha256": one.digest,
                "received": volume.moment(one.received_at),
            }
            for one in papers["evidence"]
        ],
        "changes": [
            {
                "visit": one.visit_number,
                "leaving": one.leaving,
                "entering": one.entering,
                "reason": CHANGE_REASONS.get(one.reason, one.reason),
                "at": volume.moment(one.decided_at),
            }
            for one in papers["changes"]
        ],
    }
    events: dict[str, Any] = {}
    for one in papers["events"]:
        number = numbers[one.visit_id]
        events.setdefault(number, []).append({**chain.told(one, number), "digest": one.digest})
    return Found(staff_no=staff_no, words=words, events=events, blobs=blobs)


async def bind(house: House, found: Found, into: sealing.Volume) -> None:
    """Write the files of a proof; no transaction is open meanwhile."""
    for path, digest in sorted(found.blobs.items()):
        await into.copy(path, house.blobs, digest)
    for number, told in sorted(found.events.items()):
        await into.add(f"visits/{number}/data/events.json", sealing.as_json(told))
    for name, value in sorted(found.words.items()):
        await into.add(f"data/{name}.json", sealing.as_json(value))
    index = [[path, *said] for path, said in sorted(into.index.items())]
    cover = found.words["cover"]
    made = await volume.pdf(cover, found.words, index, house.font, TEMPLATE)
    await into.add("volume.pdf", made)


async def label(act: Act, found: Found) -> archives.Label:
    """Give the proof its number and key; the handing out is on record."""
    named = await archives.label(act, f"履职-{found.staff_no}", f"duty:{found.staff_no}")
    act.record("duty-proof", f"inspector:{found.staff_no}", number=named.number, visits=len(found.words["visits"]))
    return named


async def seal(found: Found, into: sealing.Volume, named: archives.Label) -> None:
    """Sign and close it."""
    name, years = TERM
    await archives.add_checkers(into)
    head = {
        "kind": "duty",
        "staff_no": found.staff_no,
        "number": named.number,
        "made_at": named.at.isoformat(),
        "retention": name,
        "keep_until": date(local_date(named.at).year + years, 12, 31).isoformat(),
    }
    await into.seal(head, named.key)


async def _visit(act: Act, one: store.Duty, staff_no: str, papers: dict[str, Any]) -> dict[str, Any]:
    part = one.part
    subjects = {f"visit:{one.visit.id}", f"part:{part.id}" if part else ""}
    sent = [row for row in papers["submissions"] if part and row.part_id == part.id]
    signed = [row for row in papers["signatures"] if row.visit_id == one.visit.id]
    return {
        "number": one.visit.number,
        "task": one.task.name,
        "target": one.target.name,
        "code": one.target.code,
        "draw": one.draw.number if one.draw else "",
        "drawn": await _how(act, one, staff_no, papers),
        "role": "组长" if one.seat.leads else "组员",
        "accepted": volume.moment(one.seat.accepted_at),
        "submitted": [volume.moment(row.received_at) for row in sent],
        "result": result_text(sent[-1].manifest["results"]) if sent else "由本部门其他检查人员提交" if part else "",
        "signed": [volume.moment(row.at) if row.signature else f"未签字：{row.reason}" for row in signed],
        "status": STATUS_WORDS.get(part.status if part else one.visit.status, ""),
        "deadlines": [
            {
                "what": DeadlineKind(row.kind).text,
                "due": str(row.due_on),
                "settled": volume.moment(row.settled_at),
                "kept": row.settled_at is not None and local_date(row.settled_at) <= row.due_on,
            }
            for row in papers["deadlines"]
            if row.subject in subjects
        ],
    }


async def _how(act: Act, one: store.Duty, staff_no: str, papers: dict[str, Any]) -> str:
    """How he came to this visit: drawn, in another's place, or sent by his department."""
    for change in papers["changes"]:
        if change.visit_id == one.visit.id and change.entering == staff_no:
            reason = CHANGE_REASONS.get(change.reason, change.reason)
            way = "按抽取次序递补" if change.way == "next-in-order" else "部门选派"
            return f"{way}（{reason}，{volume.moment(change.decided_at)}）"
    if one.draw is None or "result.json" not in one.draw.files:
        return "由部门选派，不是随机抽取"
    result = json.loads(await act.house.blobs.get(Digest(one.draw.files["result.json"])))
    for group in result["groups"]:
        if group["target"] == one.target.code and any(staff_no in team["members"] for team in group["teams"]):
            return f"随机抽取（{one.draw.number}，{volume.moment(one.draw.drawn_at)}）"
    return "由部门选派，不是随机抽取"
