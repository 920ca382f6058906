"""Access to what may be destroyed, and to the register of what was; the office's alone, the service asks (L1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from inspection.disposal import Facts
from inspection.errors import NotFoundError
from inspection.retention import Terms, class_of, longest
from inspection.workdays import local_date
from models.archives import Archive, ImportedArchive
from models.chat import Arrival
from models.corrections import Correction
from models.disposal import Destruction, DestructionItem, DisposalHold
from models.draws import RecusalRequest
from models.field import AddedItem, AnnouncedManifest, SitePaper, TypedAnswer
from models.followups import FollowUp, FollowUpPhoto
from models.registers import Target
from models.results import Deadline, Publication
from models.store import destructions, imported
from models.store.blob_references import DESTROYED
from models.store.deadlines import Subject
from models.store.destructions import MOST_ROWS, in_pieces
from models.tasks import Evidence, Part, Submission, Task, Visit

IMPORTED_TITLES = {"visit": "他处移来的检查档案", "task": "他处移来的任务档案", "duty": "他处移来的尽职证明"}
# Of what was submitted this stays: it is what was published.
_PUBLIC_WORDS = ("submission_id", "results", "measures", "item_results")


@dataclass(frozen=True, kw_only=True, slots=True)
class Filed:
    """A sealed archive of a file; `size` of the ZIP, of an imported one of what lay in it, in bytes."""

    subject: str  # of what it was filed: a task's file holds archives of its visits, too
    number: str
    digest: str
    size: int
    files: int
    retention: str
    keep_until: date | None
    made_at: datetime


@dataclass(kw_only=True, slots=True)
class File:
    """What is destroyed as one: a task filed whole, a visit that was filed by itself, an imported archive."""

    subject: str  # "task:ID", "visit:ID", "imported:ID"
    number: str
    title: str
    visits: dict[str, tuple[str, str]] = field(default_factory=dict)  # visit id -> number, target
    archives: list[Filed] = field(default_factory=list)  # of the file itself and of its visits


async def past_their_day(db: AsyncSession, today: date) -> list[str]:
    """The subjects whose archives are all past their last day and that no register names, the oldest first."""
    whole = aliased(Archive)
    filed_whole = exists().where(whole.task_id == Visit.task_id)
    over = (func.count(Archive.keep_until) == func.count()) & (func.max(Archive.keep_until) < today)
    tasks = select(Archive.task_id).where(Archive.kind == "task", ~_named("task", Archive.task_id))
    visits = (
        select(Archive.visit_id)
        .join(Visit, Visit.id == Archive.visit_id)
        .where(Archive.kind == "visit", ~filed_whole, ~_named("visit", Archive.visit_id))
    )
    found = []
    for kind, query in (("task", tasks), ("visit", visits)):
        column = query.selected_columns[0]
        rows = query.group_by(column).having(over).order_by(func.max(Archive.keep_until), column).limit(MOST_ROWS)
        found += [f"{kind}:{one}" for one in await db.scalars(rows)]
    taken = select(ImportedArchive.id).where(
        ImportedArchive.keep_until < today, ~_named("imported", ImportedArchive.id)
    )
    rows = taken.order_by(ImportedArchive.keep_until, ImportedArchive.id).limit(MOST_ROWS)
    return found + [f"imported:{one}" for one in await db.scalars(rows)]


async def files(db: AsyncSession, subjects: Collection[str]) -> list[File]:
    """These tasks, visits and imported archives with all that was filed, in the order asked for; NotFoundError."""
    found: dict[str, File] = {}
    for ids in in_pieces(_ids("task", subjects)):
        for task in await db.scalars(select(Task).where(Task.id.in_(ids))):
            found[f"task:{task.id}"] = File(subject=f"task:{task.id}", number=task.number, title=task.name)
    about = select(Visit, Target.name).join(Target, Target.id == Visit.target_id).order_by(Visit.position)
    for kind, column in (("task", Visit.task_id), ("visit", Visit.id)):
        for ids in in_pieces(_ids(kind, subjects)):
            for visit, target in await db.execute(about.where(column.in_(ids))):
                subject = f"task:{visit.task_id}" if kind == "task" else f"visit:{visit.id}"
                own = found.setdefault(subject, File(subject=subject, number=visit.number, title=target))
                own.visits[visit.id] = (visit.number, target)
    of_visit = {visit: one for one in found.values() for visit in one.visits}
    for owner, ids_of in ((Archive.task_id, _ids("task", subjects)), (Archive.visit_id, list(of_visit))):
        for ids in in_pieces(ids_of):
            for row in await db.scalars(select(Archive).where(owner.in_(ids)).order_by(Archive.id)):
                own = found[f"task:{row.task_id}"] if row.task_id else of_visit[row.visit_id or ""]
                own.archives.append(_filed(row, f"{row.kind}:{row.task_id or row.visit_id}", row.size, row.files))
    found |= await _imported(db, _ids("imported", subjects))
    missing = [one for one in subjects if one not in found or not found[one].archives]
    if missing:
        raise NotFoundError(what="这份案卷的档案")
    return [found[one] for one in subjects]


async def _imported(db: AsyncSession, archive_ids: Sequence[str]) -> dict[str, File]:
    found = {}
    for ids in in_pieces(archive_ids):
        for row, size, count in await imported.sized(db, ids):
            subject, title = f"imported:{row.id}", IMPORTED_TITLES[row.kind]
            filed = [_filed(row, subject, size, count)]
            found[subject] = File(subject=subject, number=row.number, title=title, archives=filed)
    return found


async def subjects(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    """What "disposal:YEAR" is about, in words: how much is past its day in that year, and waits for a decision."""
    found = {}
    for year in _ids("disposal", names):
        over = len(await past_their_day(db, date(int(year), 12, 31)))
        waiting = await db.scalar(select(func.count()).where(Destruction.status == "proposed"))
        counted = ((over, f"保管期满 {over} 卷"), (waiting, f"销毁清册 {waiting} 份待决定"))
        told = "，".join(words for count, words in counted if count)
        found[f"disposal:{year}"] = Subject(
            visit_id="", visit_number=f"{year}年到期处置", target_name=told or "已办结", words=("事项", "案卷")
        )
    return found


async def facts(db: AsyncSession, some: Sequence[File], terms: Terms) -> dict[str, Facts]:
    """What the rule asks about each of these files, by subject."""
    visit_ids = [visit for one in some for visit in one.visits]
    results, kinds = await _outcomes(db, visit_ids)
    followups, corrections = await _open(db, visit_ids)
    tasks = {visit: task for ids in in_pieces(visit_ids) for visit, task in
             await db.execute(select(Visit.id, Visit.task_id).where(Visit.id.in_(ids)))}  # fmt: skip
    about = {one.subject: {one.subject, *(f"visit:{v}" for v in one.visits), *(f"task:{tasks[v]}" for v in one.visits)}
             for one in some}  # fmt: skip
    every = {subject for subjects in about.values() for subject in subjects}
    held = [(row.subject, row.ground) for row in await holds(db, every)]
    named = await destructions.standing(db, every)
    whole = {task for ids in in_pieces(sorted(set(tasks.values()))) for task in
             await db.scalars(select(Archive.task_id).where(Archive.task_id.in_(ids)))}  # fmt: skip
    return {
        one.subject: Facts(
            sealed=[(row.retention, row.keep_until) for row in one.archives],
            filed_on=max(local_date(row.made_at) for row in one.archives),
            today_class=longest([class_of(results.get(v, set()), kinds.get(v, set()), terms) for v in one.visits])
            if one.visits
            else "",
            open_followups=sum(followups.get(v, 0) for v in one.visits),
            open_corrections=sum(corrections.get(v, 0) for v in one.visits),
            holds={ground for subject, ground in held if subject in about[one.subject]},
            proposed=any(named.get(subject) == "proposed" for subject in about[one.subject]),
            with_task=one.subject.startswith("visit:") and any(tasks[v] in whole for v in one.visits),
            destroyed=any(named.get(subject) in DESTROYED for subject in about[one.subject]),
        )
        for one in some
    }


async def lock(db: AsyncSession, subjects: Collection[str], visit_ids: Collection[str]) -> None:
    """Make everybody wait who changes these: nothing is opened or held between look and act."""
    tables = (Task, _ids("task", subjects)), (Visit, sorted(visit_ids)), (ImportedArchive, _ids("imported", subjects))
    for table, ids_of in tables:
        for ids in in_pieces(ids_of):
            await db.execute(select(table.id).where(table.id.in_(ids)).order_by(table.id).with_for_update())


async def holds(db: AsyncSession, subjects: Collection[str]) -> list[DisposalHold]:
    """The holds on these subjects that were not lifted, the oldest first."""
    found: list[DisposalHold] = []
    for some in in_pieces(sorted(subjects)):
        query = select(DisposalHold).where(DisposalHold.subject.in_(some), DisposalHold.lifted_at.is_(None))
        found += await db.scalars(query.order_by(DisposalHold.id))
    return found


async def all_holds(db: AsyncSession) -> Sequence[DisposalHold]:
    """Every hold that stands, the newest first."""
    query = select(DisposalHold).where(DisposalHold.lifted_at.is_(None))
    return (await db.scalars(query.order_by(DisposalHold.id.desc()).limit(MOST_ROWS))).all()


async def hold(db: AsyncSession, hold_id: str) -> DisposalHold:
    """One hold; NotFoundError."""
    found = await db.get(DisposalHold, hold_id)
    if found is None:
        raise NotFoundError(what="这项暂缓销毁")
    return found


async def stored(db: AsyncSession, visit_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The stored files of these visits: visit -> (digest, a key of inspection.disposal.FILE_KINDS)."""
    found: dict[str, list[tuple[str, str]]] = {}

    async def read(kind: str, visit: Any, *columns: Any, joined: Sequence[tuple[Any, Any]] = ()) -> None:
        for ids in in_pieces(visit_ids):
            query = select(visit, *columns)
            for table, on in joined:
                query = query.join(table, on)
            for owner, *values in await db.execute(query.where(visit.in_(ids))):
                flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
                found.setdefault(owner, []).extend((one, kind) for one in flat if one)

    part = Part.visit_id
    await read("archive", Archive.visit_id, Archive.digest)
    await read("evidence", Evidence.visit_id, Evidence.digest, Evidence.display_digest, Evidence.thumb_digest)
    for table in (Submission, AnnouncedManifest):
        await read("submission", part, table.manifest_digest, joined=[(table, table.part_id == Part.id)])
    await read("paper", SitePaper.visit_id, SitePaper.attachment)
    photos = (FollowUpPhoto.digest, FollowUpPhoto.display_digest, FollowUpPhoto.thumb_digest)
    below = [(FollowUp, FollowUp.part_id == Part.id), (FollowUpPhoto, FollowUpPhoto.followup_id == FollowUp.id)]
    await read("rectification", part, *photos, joined=below)
    asked = [(Correction, Correction.publication_id == Publication.id)]
    await read("recusal", RecusalRequest.visit_id, RecusalRequest.evidence)
    await read("correction", Publication.visit_id, Correction.evidence, Correction.signature_digest, joined=asked)
    return found


async def empty(db: AsyncSession, visit_ids: Sequence[str], now: datetime) -> None:
    """Take the contents of the visits' papers out of the rows; what was published, and every hash, stays.

    Nobody is waited for any more: who had not signed the summary has nothing left to sign.
    """
    for ids in in_pieces(visit_ids):
        about = [f"visit:{one}" for one in ids]
        open_ = (Deadline.subject.in_(about), Deadline.settled_at.is_(None))
        await db.execute(update(Deadline).where(*open_).values(settled_at=now))
        parts = select(Part.id).where(Part.visit_id.in_(ids))
        for row in await db.scalars(select(Submission).where(Submission.part_id.in_(parts))):
            row.manifest = {name: value if name in _PUBLIC_WORDS else _nothing(value)
                            for name, value in row.manifest.items()}  # fmt: skip
        await db.execute(delete(TypedAnswer).where(TypedAnswer.part_id.in_(parts)))
        await db.execute(update(SitePaper).where(SitePaper.visit_id.in_(ids)).values(body=""))
        await db.execute(update(AddedItem).where(AddedItem.visit_id.in_(ids)).values(reason=""))
        await db.execute(update(Evidence).where(Evidence.visit_id.in_(ids)).values(place={}))
        await db.execute(update(Arrival).where(Arrival.visit_id.in_(ids)).values(place={}))
    await db.flush()


async def _outcomes(db: AsyncSession, visit_ids: Sequence[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By visit: codes of results as submitted and as published, kinds of follow-ups."""
    results: dict[str, set[str]] = {}
    kinds: dict[str, set[str]] = {}
    for ids in in_pieces(visit_ids):
        said = select(Part.visit_id, Submission.manifest["results"]).join(
            Submission, Submission.id == Part.submission_id
        )
        for visit, codes in await db.execute(said.where(Part.visit_id.in_(ids))):
            results.setdefault(visit, set()).update(codes or [])
        public = select(Publication.visit_id, Publication.body["results"]).where(Publication.visit_id.in_(ids))
        for visit, codes in await db.execute(public):
            results.setdefault(visit, set()).update(codes or [])
        after = select(Part.visit_id, FollowUp.kind).join(FollowUp, FollowUp.part_id == Part.id)
        for visit, kind in await db.execute(after.where(Part.visit_id.in_(ids))):
            kinds.setdefault(visit, set()).add(kind)
    return results, kinds


async def _open(db: AsyncSession, visit_ids: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """By visit: how many follow-ups are not closed, how many corrections are not decided."""
    followups: dict[str, int] = {}
    corrections: dict[str, int] = {}
    for ids in in_pieces(visit_ids):
        left = select(Part.visit_id, func.count()).join(FollowUp, FollowUp.part_id == Part.id)
        left = left.where(Part.visit_id.in_(ids), FollowUp.status != "closed").group_by(Part.visit_id)
        followups |= dict((await db.execute(left)).all())
        asked = select(Publication.visit_id, func.count())
        asked = asked.join(Correction, Correction.publication_id == Publication.id)
        asked = asked.where(Publication.visit_id.in_(ids), Correction.status == "asked").group_by(Publication.visit_id)
        corrections |= dict((await db.execute(asked)).all())
    return followups, corrections


def _named(kind: str, column: Any) -> Any:
    return exists().where(DestructionItem.stands_for == literal(f"{kind}:") + column)


def _filed(row: Archive | ImportedArchive, subject: str, size: int, files: int) -> Filed:
    same = {name: getattr(row, name) for name in ("number", "digest", "retention", "keep_until", "made_at")}
    return Filed(subject=subject, size=size, files=files, **same)


def _ids(kind: str, subjects: Collection[str]) -> list[str]:
    return [one.partition(":")[2] for one in subjects if one.startswith(f"{kind}:")]


def _nothing(value: Any) -> Any:
    return type(value)() if isinstance(value, list | str | dict) else None
