"""Destruction by rule: what is due, proposed by one person with an appraisal, decided by another, on record for ever.

every morning -> expect: once a year the office is asked to look at what is due
archives (imported ones too) past their last day, nothing open about them -> propose (register with every line)
 -> approve by a second person: in one commit the register, the files' hashes, the contents of rows
      -> services.results.destroyer removes files
 -> decline: everything stays

What was published, the draws, the audit and every hash stay (docs/adr/0027). Sources: inspection.disposal.RULE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.disposal import FILE_KINDS, GROUNDS, HOLD_GROUNDS, RULE, bar, last_day
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError
from inspection.reasons import listed, said
from inspection.retention import class_text, longest
from inspection.workdays import local_date
from models.database import changes_public
from models.disposal import Destruction, DestructionFile, DestructionItem, DisposalHold
from models.sheets import write_xlsx
from models.store import destructions, imported, plans
from models.store import disposal as store
from models.store import tasks as task_store
from models.store.disposal import File
from models.store.states import advance, insert_ignore, next_number
from services.act import Act
from services.clock import deadlines
from services.results.volume import moment

MOST_FILES = 200  # tasks or visits of one register
STATUS_WORDS = {
    "proposed": "等待另一人决定",
    "approved": "已批准，正在销毁",
    "done": "已销毁",
    "declined": "未批准",
}
REGISTER_COLUMNS = (
    "清册号", "序号", "类别", "编号", "名称", "保管期限", "保管至", "立卷时间", "档案编号", "档案校验值",
    "鉴定结论", "鉴定意见", "依据", "提出人", "提出时间", "批准人", "批准时间", "销毁完成时间",
)  # fmt: skip
KIND_WORDS = {"task": "任务", "visit": "检查", "imported": "导入"}
FILE_COLUMNS = ("清册号", "序号", "编号", "文件类别", "校验值（SHA-256）", "结果", "时间")
OUTCOME_WORDS = {"": "等待销毁", "removed": "已销毁", "kept": "其他在管记录共用，保留"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What to destroy: subjects ("task:ID", "visit:ID", "imported:ID"), a listed ground, an appraisal in words."""

    subjects: Sequence[str]
    ground: str
    appraisal: str


async def due(act: Act) -> list[dict[str, Any]]:
    """The files whose time is over today, each with what keeps it from being destroyed, if anything does."""
    _for_the_office(act)
    return await _due(act)


async def expect(act: Act) -> None:
    """Ask the office once a year to look at what is due, and no longer once all is decided or held (L1)."""
    year, office = local_date(act.now).year, await plans.office(act.db)
    await deadlines.settle(act, DeadlineKind.DISPOSE, f"disposal:{year - 1}")
    waiting = any(row.status == "proposed" for row in await destructions.register(act.db))
    if office and (waiting or any(not one["bar"] for one in await _due(act))):
        await deadlines.begin(act, DeadlineKind.DISPOSE, f"disposal:{year}", office)
    else:
        await deadlines.settle(act, DeadlineKind.DISPOSE, f"disposal:{year}")


async def _due(act: Act) -> list[dict[str, Any]]:
    subjects = await store.past_their_day(act.db, local_date(act.now))
    found = await store.files(act.db, subjects)
    facts = await store.facts(act.db, found, act.house.terms)
    return [
        {
            **_line(one),
            "keep_until": last_day(facts[one.subject]),
            "bar": bar(facts[one.subject], local_date(act.now)),
        }
        for one in found
    ]


async def propose(act: Act, wish: Proposal) -> Destruction:
    """Write a register of files to be destroyed; ConflictError names the first that may not be, and why."""
    _for_the_office(act)
    subjects = list(dict.fromkeys(wish.subjects))
    if not subjects or len(subjects) > MOST_FILES:
        raise InvalidInputError(what="案卷", why=f"请选择 1 到 {MOST_FILES} 份。")
    listed(GROUNDS, wish.ground, "鉴定结论")
    appraisal = said(wish.appraisal, "鉴定意见")
    found = await store.files(act.db, subjects)
    await _lock(act, found)
    await _refuse_barred(act, found)
    year = local_date(act.now).year
    row = Destruction(
        number=f"销毁〔{year}〕{await next_number(act.db, f'destruction:{year}')}号",
        ground=wish.ground,
        appraisal=appraisal,
        rule=RULE,
        proposed_by=act.actor.member_id,
        proposed_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    await _write_lines(act, row, found)
    act.record("destruction-propose", f"destruction:{row.id}", number=row.number, files=len(found), ground=wish.ground)
    return row


async def approve(act: Act, destruction_id: str, note: str = "") -> Destruction:
    """Decide that they are destroyed, as the second of two; everything is asked again. Files go after the commit."""
    row = await _for_another(act, destruction_id)
    lines = await destructions.items(act.db, row.id)
    chosen = [one.subject for one in lines]
    tasks = [one for one in chosen if one.startswith("task:")]
    of_tasks = (
        {f"visit:{visit}" for one in await store.files(act.db, tasks) for visit in one.visits} if tasks else set()
    )
    found = await store.files(act.db, [one for one in chosen if one not in of_tasks])
    await _lock(act, found)
    await _refuse_barred(act, found, row.number)
    fields = {"decided_by": act.actor.member_id, "decided_at": act.now, "decided_note": note.strip()}
    await advance(act.db, row, "approved", come_from={"proposed"}, what="销毁清册", **fields)
    await _doom(act, row, lines, found)
    await store.empty(act.db, [visit for one in found for visit in one.visits], act.now)
    changes_public(act.db)
    act.record("destruction-approve", f"destruction:{row.id}", number=row.number, files=len(found))
    for line in lines:
        act.record("destroyed", line.subject, number=row.number, kept_until=str(line.keep_until))
    await expect(act)
    return row


async def decline(act: Act, destruction_id: str, note: str) -> Destruction:
    """Keep everything, as the second of two; the register stays on record, its files may be proposed again."""
    row = await _for_another(act, destruction_id)
    fields = {"decided_by": act.actor.member_id, "decided_at": act.now, "decided_note": said(note, "理由")}
    await advance(act.db, row, "declined", come_from={"proposed"}, what="销毁清册", **fields)
    await destructions.clear(act.db, row.id)
    act.record("destruction-decline", f"destruction:{row.id}", number=row.number)
    return row


async def place_hold(act: Act, subject: str, ground: str, reason: str) -> DisposalHold:
    """Keep a file from being destroyed until it is lifted (a lawsuit, an audit); ConflictError if it is gone."""
    _for_the_office(act)
    listed(HOLD_GROUNDS, ground, "暂缓理由")
    found = await store.files(act.db, [subject])
    await _lock(act, found)
    about = [subject, *(f"visit:{visit}" for one in found for visit in one.visits)]
    await destructions.refuse_destroyed(act.db, f"{found[0].number} 的案卷", *about)
    row = DisposalHold(
        subject=subject,
        ground=ground,
        reason=said(reason, "情况说明"),
        placed_by=act.actor.member_id,
        placed_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("disposal-hold", subject, ground=ground)
    await expect(act)
    return row


async def lift_hold(act: Act, hold_id: str, why: str) -> None:
    """End a hold; the row stays. ConflictError if it was lifted before."""
    _for_the_office(act)
    row = await store.hold(act.db, hold_id)
    if row.lifted_at is not None:
        raise ConflictError(what="暂缓销毁", why="已经解除。")
    row.lifted_by, row.lifted_at, row.lifted_why = act.actor.member_id, act.now, said(why, "解除理由")
    act.record("disposal-hold-lift", row.subject, ground=row.ground)


async def page(act: Act) -> dict[str, Any]:
    """Everything the office's page shows: what is due, what is held, the registers, and the words to choose from."""
    rows = await destructions.register(act.db)
    counts = await destructions.counts(act.db, [one.id for one in rows])
    held = await store.all_holds(act.db)
    known = {
        one.subject: one for subject in {row.subject for row in held} for one in await store.files(act.db, [subject])
    }
    people = [one.proposed_by for one in rows] + [one.decided_by for one in rows] + [one.placed_by for one in held]
    names = await task_store.member_names(act.db, people)
    return {
        "due": await due(act),
        "holds": [
            {
                **_line(known[one.subject]),
                "id": one.id,
                "ground": HOLD_GROUNDS[one.ground],
                "reason": one.reason,
                "by": names.get(one.placed_by, ""),
                "at": one.placed_at,
            }
            for one in held
        ],
        "registers": [_register(one, counts[one.id], names, act.actor.member_id) for one in rows],
        "grounds": GROUNDS,
        "hold_grounds": HOLD_GROUNDS,
        "rule": RULE,
    }


async def contents(act: Act, destruction_id: str) -> dict[str, Any]:
    """One register with its lines."""
    _for_the_office(act)
    row = await destructions.destruction(act.db, destruction_id)
    lines = await destructions.items(act.db, row.id)
    names = await task_store.member_names(act.db, [row.proposed_by, row.decided_by])
    counts = await destructions.counts(act.db, [row.id])
    return {
        **_register(row, counts[row.id], names, act.actor.member_id),
        "items": [
            {
                "position": one.position,
                "kind": one.subject.partition(":")[0],
                "number": one.number,
                "title": one.title,
                "retention_text": class_text(one.retention),
                "keep_until": one.keep_until,
                "archives": one.archives,
            }
            for one in lines
        ],
    }


async def table(act: Act, destruction_id: str, *, files: bool) -> tuple[str, bytes]:
    """The register as XLSX (name, bytes): its lines, or every stored file by hash."""
    _for_the_office(act)
    row = await destructions.destruction(act.db, destruction_id)
    lines = await destructions.items(act.db, row.id)
    if files:
        numbers = {one.position: one.number for one in lines}
        gone = await destructions.gone_files(act.db, row.id)
        return f"{row.number}-文件", write_xlsx(FILE_COLUMNS, [_file_cells(row, one, numbers) for one in gone])
    names = await task_store.member_names(act.db, [row.proposed_by, row.decided_by])
    return row.number, write_xlsx(REGISTER_COLUMNS, [_cells(row, one, names) for one in lines])


async def _write_lines(act: Act, row: Destruction, found: Sequence[File]) -> None:
    facts = await store.facts(act.db, found, act.house.terms)
    position = 0
    for one in found:
        of_task = one.subject.startswith("task:")
        below = [(f"visit:{visit}", *said_) for visit, said_ in one.visits.items()] if of_task else []
        for subject, number, title in [(one.subject, one.number, one.title), *below]:
            own = [filed for filed in one.archives if filed.subject == subject]
            position += 1
            new = await insert_ignore(
                act.db,
                DestructionItem,
                destruction_id=row.id,
                position=position,
                subject=subject,
                stands_for=subject,
                number=number,
                title=title,
                retention=longest([filed.retention for filed in one.archives]),
                keep_until=last_day(facts[one.subject]),
                archives=[
                    {"number": filed.number, "digest": filed.digest, "size": filed.size, "files": filed.files,
                     "made_at": filed.made_at.isoformat()}
                    for filed in own
                ],
            )  # fmt: skip
            if not new:
                raise ConflictError(what=f"{number} 的案卷", why="已在另一份销毁清册里。")


async def _doom(act: Act, row: Destruction, lines: Sequence[DestructionItem], found: Sequence[File]) -> None:
    """Write every stored file of these lines by its hash, each once."""
    places = {one.subject: one.position for one in lines}
    doomed: dict[str, tuple[int, str]] = {}
    for one in found:
        for filed in one.archives:
            doomed.setdefault(filed.digest, (places[filed.subject], "archive"))
        if one.subject.startswith("imported:"):
            for content in await imported.files_of(act.db, one.subject.removeprefix("imported:")):
                doomed.setdefault(content.digest, (places[one.subject], "content"))
        for visit, stored in (await store.stored(act.db, list(one.visits))).items():
            for digest, kind in stored:
                doomed.setdefault(digest, (places[f"visit:{visit}"], kind))
    act.db.add_all(
        DestructionFile(destruction_id=row.id, digest=digest, position=position, kind=kind)
        for digest, (position, kind) in doomed.items()
    )
    await act.db.flush()


async def _lock(act: Act, found: Sequence[File]) -> None:
    await store.lock(act.db, [one.subject for one in found], [visit for one in found for visit in one.visits])


async def _refuse_barred(act: Act, found: Sequence[File], proposed_as: str = "") -> None:
    """Raise ConflictError for the first file that may not go today; `proposed_as`: the register that it stands in."""
    facts = await store.facts(act.db, found, act.house.terms)
    for one in found:
        known = facts[one.subject]
        if proposed_as:
            known = replace(known, proposed=False)
        why = bar(known, local_date(act.now))
        if why:
            raise ConflictError(what=f"销毁 {one.number} 的案卷", why=why)


async def _for_another(act: Act, destruction_id: str) -> Destruction:
    _for_the_office(act)
    row = await destructions.destruction(act.db, destruction_id)
    if row.proposed_by == act.actor.member_id:
        raise ConflictError(what="销毁清册", why="提出和决定须由两人分别完成，请由另一位协调员决定。")
    return row


def _line(one: File) -> dict[str, Any]:
    newest = max(one.archives, key=lambda filed: filed.made_at)
    return {
        "subject": one.subject,
        "kind": one.subject.partition(":")[0],
        "number": one.number,
        "title": one.title,
        "visits": len(one.visits),
        "archives": len(one.archives),
        "size": sum(filed.size for filed in one.archives),
        "retention_text": class_text(newest.retention),
        "filed_at": newest.made_at,
    }


def _register(row: Destruction, counts: dict[str, int], names: dict[str, str], reader: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "status": row.status,
        "status_text": STATUS_WORDS[row.status],
        "ground": GROUNDS[row.ground],
        "appraisal": row.appraisal,
        "rule": row.rule,
        "proposed_by": names.get(row.proposed_by, ""),
        "proposed_at": row.proposed_at,
        "decided_by": names.get(row.decided_by or "", ""),
        "decided_at": row.decided_at,
        "decided_note": row.decided_note,
        "done_at": row.done_at,
        "trouble": row.trouble,
        "own": row.proposed_by == reader,
        "lines": counts.get("items", 0),
        "removed": counts.get("removed", 0),
        "kept": counts.get("kept", 0),
        "open": counts.get("open", 0),
    }


def _cells(row: Destruction, one: DestructionItem, names: dict[str, str]) -> list[object]:
    filed = one.archives
    return [
        row.number, one.position, KIND_WORDS[one.subject.partition(":")[0]], one.number, one.title,
        class_text(one.retention), one.keep_until, "；".join(each["made_at"][:10] for each in filed),
        "；".join(each["number"] for each in filed), "；".join(each["digest"] for each in filed),
        GROUNDS[row.ground], row.appraisal, row.rule, names.get(row.proposed_by, ""), moment(row.proposed_at),
        names.get(row.decided_by or "", ""), moment(row.decided_at), moment(row.done_at),
    ]  # fmt: skip


def _file_cells(row: Destruction, one: DestructionFile, numbers: dict[int, str]) -> list[object]:
    words = FILE_KINDS[one.kind], one.digest, OUTCOME_WORDS[one.outcome], moment(one.settled_at)
    return [row.number, one.position, numbers[one.position], *words]


def _for_the_office(act: Act) -> None:
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
