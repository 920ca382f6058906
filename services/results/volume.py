"""What an archive holds, as data and as a volume to be read: results, follow-ups, messages, acts, an index (L1, K6).

rows -> contents -> tables as JSON, and which blobs belong to it       contents -> volume.typ (typst, PDF/A-2b) -> bytes
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspection.followups import RULES, FollowUpKind, outcome_of
from inspection.notices import NoticeKind
from inspection.outcomes import measure_text, result_text
from inspection.workdays import SHANGHAI
from models.blobs import Digest
from models.results import Outbox
from models.store import parts as part_store
from models.store import summaries as summary_store
from models.store import tasks as task_store
from models.store import visits as visit_store
from models.store.archives import VisitCase
from models.store.parts import DepartmentPart
from models.tasks import Evidence, SummarySignature
from services.act import Act
from services.field import chain, recordings
from services.people import typeset
from services.people.messages import KIND_WORDS, STATUS_WORDS
from services.people.overview import ACT_WORDS

TEMPLATE = Path(__file__).with_name("volume.typ")
SUFFIX = {"photo": "jpg", "signature": "png"}  # of what is heard, watched or read, the first bytes tell


async def contents(
    act: Act, case: VisitCase, papers: Mapping[str, Sequence[Any]]
) -> tuple[dict[str, Any], dict[str, Digest]]:
    """The tables of an archive as data, and the blobs that lie beside them by path."""
    names = {one.id: one.name for one in (await task_store.departments(act.db)).values()}
    parts = await part_store.of_visit(act.db, case.visit.id)
    words = {
        "visit": await _visit(act, case),
        "results": [_result(one) for one in parts],
        "followups": [_followup(one, names) for one in papers["followups"]],
        "followup_steps": [_row(one, "followup_id", "at", "kind", "note", "detail") for one in papers["steps"]],
        "published": [one.body for one in papers["published"]],
        "published_before": [_row(one, "version", "replaced_at", "body") for one in papers["versions"]],
        "corrections": [
            _row(one, "status", "ground", "reason", "changes", "asked_at", "decided_at", "signature_digest")
            for one in papers["corrections"]
        ],
        "papers": [{**json.loads(one.body), "digest": one.digest} for one in papers["papers"]],
        "events": [
            {**told, "digest": one.digest} for one in papers["events"] for told in [chain.told(one, case.visit.number)]
        ],
        "messages": [message(one) for one in papers["messages"]],
        "audit": await acts(act, papers["audit"]),
    }
    return words, _blobs(parts, papers, await _suffixes(act, papers["evidence"]))


async def _visit(act: Act, case: VisitCase) -> dict[str, Any]:
    """Who inspected whom on which task, and what each of the group said to the summary."""
    group = await visit_store.group(act.db, case.visit.id)
    said = await summary_store.of_summary(act.db, case.visit)
    return {
        "office": act.house.office_name,
        "number": case.visit.number,
        "task": case.task.name,
        "task_number": case.task.number,
        "target": case.target.name,
        "code": case.target.code,
        "ended_at": moment(case.visit.ended_at),
        "summary": case.visit.summary,
        "filed_at": moment(act.now),
        "group": [
            [
                one.department,
                one.name,
                one.staff_no,
                "组长" if one.leads else "组员",
                _word(said.get(one.inspector_id)),
            ]
            for one in group
        ],
    }


def _result(one: DepartmentPart) -> dict[str, Any]:
    """What one department handed in, and how far its approval came."""
    return {
        "department": one.department.name,
        "results": list(one.submission.manifest["results"]) if one.submission else [],
        "result_text": result_text(one.submission.manifest["results"]) if one.submission else "",
        "measure_text": measure_text(one.submission.manifest["measures"]) if one.submission else "",
        "detail": one.submission.manifest["result_detail"] if one.submission else "",
        "status": one.part.status,
        "approved_at": moment(one.part.approved_at),
    }


async def acts(act: Act, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Audit rows as an archive holds them: who did what when, in words."""
    names = {one.id: one.name for one in (await task_store.departments(act.db)).values()}
    people = await task_store.member_names(act.db, [one.member_id for one in rows])
    return [
        {
            "at": moment(one.at),
            "who": people.get(one.member_id, "系统"),
            "department": names.get(one.department_id, ""),
            "act": ACT_WORDS.get(one.act, one.act),
            "subject": one.subject,
            "detail": one.detail,
        }
        for one in rows
    ]


async def pdf(
    told: Mapping[str, Any],
    words: Mapping[str, Any],
    index: Sequence[Sequence[Any]],
    font: Path,
    template: Path = TEMPLATE,
) -> bytes:
    """The volume as PDF/A-2b: cover, results, follow-ups, what was done when, the index of files."""
    return await typeset.pdf(template, {**words, "cover": told, "index": index}, font, archival=True)


async def _suffixes(act: Act, evidence: Sequence[Evidence]) -> dict[str, str]:
    """How each file of the evidence is called at its end, by digest: as it is, not as it was said to be."""
    found = {}
    for one in evidence:
        found[one.digest] = SUFFIX.get(one.kind, "")
        if one.kind in recordings.KINDS:
            pieces = act.house.blobs.stream(Digest(one.digest))
            found[one.digest] = recordings.SUFFIXES[recordings.media_type(one.kind, await anext(pieces))]
            await pieces.aclose()
    return found


def _blobs(
    parts: Sequence[part_store.DepartmentPart], papers: Mapping[str, Sequence[Any]], suffixes: Mapping[str, str]
) -> dict[str, Digest]:
    named = [
        *(
            (f"submissions/{one.department.code}.json", one.submission.manifest_digest)
            for one in parts
            if one.submission
        ),
        *((f"evidence/{one.kind}-{one.digest}.{suffixes[one.digest]}", one.digest) for one in papers["evidence"]),
        *((f"papers/{one.number}.pdf", one.attachment) for one in papers["papers"] if one.attachment),
        *((f"rectification/{one.digest}.jpg", one.digest) for one in papers["photos"]),
        *(
            (f"correction/{digest}", digest)
            for one in papers["corrections"]
            for digest in [*one.evidence, *filter(None, [one.signature_digest])]
        ),
        *(
            (f"draw/{draw.number}/{name}", draw.files[name])
            for draw in papers["draws"]
            for name in ("announcement.json", "seed.json", "result.json", "published.json")
            if name in draw.files
        ),
    ]
    return {path: Digest(digest) for path, digest in named}


def _followup(row: Any, names: Mapping[str, str]) -> dict[str, Any]:
    kind = FollowUpKind(row.kind)
    outcome = outcome_of(kind, row.outcome)
    return {
        **_row(row, "id", "number", "status", "demand", "handed", "due_on", "document_no", "conclusion", "closed_at"),
        "kind": RULES[kind].text,
        "department": names.get(row.department_id, ""),
        "outcome": outcome.text if outcome else "",
    }


def message(row: Outbox) -> dict[str, Any]:
    """What was told and whether it arrived; an owner stays nameless."""
    to = row.recipient if row.channel == "wecom" else "企业"
    return {
        "what": KIND_WORDS[NoticeKind(row.kind)],
        "to": to,
        "title": row.content["title"],
        "document_no": row.document_no,
        "status": STATUS_WORDS.get(row.status, row.status),
        "made": moment(row.created_at),
        "settled": moment(row.settled_at),
        "receipt": row.msgid or "",
    }


def _word(said: SummarySignature | None) -> str:
    """What one of the group said under the summary (G8, G9)."""
    if said is None:
        return ""
    return f"已签字 {moment(said.at)}" if said.signature else f"未签字：{said.reason}"


def _row(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def moment(at: Any) -> str:
    """An hour in the office's own time; empty where there is none."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if at else ""
