"""Access to what may be destroyed, and to the register of what was; the office's alone, the service asks (L1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from inspection.disposal import Facts
from inspection.errors import DestroyedError, NotFoundError
from inspection.retention import Terms, class_of, longest
from inspection.workdays import local_date
from models.archives import Archive
from models.chat import Arrival
from models.corrections import Correction
from models.disposal import Destruction, DestructionFile, DestructionItem, DisposalHold
from models.draws import RecusalRequest
from models.field import AddedItem, AnnouncedManifest, SitePaper, TypedAnswer
from models.followups import FollowUp, FollowUpPhoto
from models.registers import Target
from models.results import Publication
from models.store.blob_references import DESTROYED
from models.tasks import Evidence, Part, Submission, Task, Visit

MOST_ROWS = 500
_AT_ONCE = 500
# Of what was submitted this stays: it is what was published.
_PUBLIC_WORDS = ("submission_id", "results", "measures", "item_results")


@dataclass(kw_only=True, slots=True)
class File:
    """What is destroyed as one: a task filed whole, or a visit that was filed by itself."""

    subject: str  # "task:ID", "visit:ID"
    number: str
    title: str
    visits: dict[str, tuple[str, str]] = field(default_factory=dict)  # visit id -> number, target
    archives: list[Archive] = field(default_factory=list)  # of the file itself and of its visits


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
    return found


async def files(db: AsyncSession, subjects: Collection[str]) -> list[File]:
    """These tasks and visits with their visits and archives, in the order asked for; NotFoundError."""
    found: dict[str, File] = {}
    for ids in _some(_ids("task", subjects)):
        for task in await db.scalars(select(Task).where(Task.id.in_(ids))):
            found[f"task:{task.id}"] = File(subject=f"task:{task.id}", number=task.number, title=task.name)
    about = select(Visit, Target.name).join(Target, Target.id == Visit.target_id).order_by(Visit.position)
    for kind, column in (("task", Visit.task_id), ("visit", Visit.id)):
        for ids in _some(_ids(kind, subjects)):
            for visit, target in await db.execute(about.where(column.in_(ids))):
                subject = f"task:{visit.task_id}" if kind == "task" else f"visit:{visit.id}"
                own = found.setdefault(subject, File(subject=subject, number=visit.number, title=target))
                own.visits[visit.id] = (visit.number, target)
    of_visit = {visit: one for one in found.values() for visit in one.visits}
    for owner, ids_of in ((Archive.task_id, _ids("task", subjects)), (Archive.visit_id, list(of_visit))):
        for ids in _some(ids_of):
            for row in await db.scalars(select(Archive).where(owner.in_(ids)).order_by(Archive.id)):
                own = found[f"task:{row.task_id}"] if row.task_id else of_visit[row.visit_id or ""]
                own.archives.append(row)
    missing = [one for one in subjects if one not in found or not found[one].archives]
    if missing:
        raise NotFoundError(what="这份案卷的档案")
    return [found[one] for one in subjects]


async def facts(db: AsyncSession, some: Sequence[File], terms: Terms) -> dict[str, Facts]:
    """What the rule asks about each of these files, by subject."""
    visit_ids = [visit for one in some for visit in one.visits]
    results, kinds = await _outcomes(db, visit_ids)
    followups, corrections = await _open(db, visit_ids)
    tasks = {visit: task for ids in _some(visit_ids) for visit, task in
             await db.execute(select(Visit.id, Visit.task_id).where(Visit.id.in_(ids)))}  # fmt: skip
    about = {one.subject: {one.subject, *(f"visit:{v}" for v in one.visits), *(f"task:{tasks[v]}" for v in one.visits)}
             for one in some}  # fmt: skip
    every = {subject for subjects in about.values() for subject in subjects}
    held = [(row.subject, row.ground) for row in await holds(db, every)]
    named = await standing(db, every)
    whole = {task for ids in _some(sorted(set(tasks.values()))) for task in
             await db.scalars(select(Archive.task_id).where(Archive.task_id.in_(ids)))}  # fmt: skip
    return {
        one.subject: Facts(
            sealed=[(row.retention, row.keep_until) for row in one.archives],
            filed_on=max(local_date(row.made_at) for row in one.archives),
            today_class=longest([class_of(results.get(v, set()), kinds.get(v, set()), terms) for v in one.visits]),
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
    """Make everybody wait who changes these tasks and visits: nothing is opened or held between look and act."""
    for table, ids_of in ((Task, _ids("task", subjects)), (Visit, sorted(visit_ids))):
        for ids in _some(ids_of):
            await db.execute(select(table.id).where(table.id.in_(ids)).order_by(table.id).with_for_update())


async def holds(db: AsyncSession, subjects: Collection[str]) -> list[DisposalHold]:
    """The holds on these subjects that were not lifted, the oldest first."""
    found: list[DisposalHold] = []
    for some in _some(sorted(subjects)):
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


async def destruction(db: AsyncSession, destruction_id: str) -> Destruction:
    """One register; NotFoundError."""
    found = await db.get(Destruction, destruction_id)
    if found is None:
        raise NotFoundError(what="这份销毁清册")
    return found


async def register(db: AsyncSession) -> Sequence[Destruction]:
    """All registers, the newest first."""
    return (await db.scalars(select(Destruction).order_by(Destruction.id.desc()).limit(MOST_ROWS))).all()


async def items(db: AsyncSession, destruction_id: str) -> Sequence[DestructionItem]:
    """The lines of a register in their order."""
    query = select(DestructionItem).where(DestructionItem.destruction_id == destruction_id)
    return (await db.scalars(query.order_by(DestructionItem.position))).all()


async def gone_files(db: AsyncSession, destruction_id: str) -> Sequence[DestructionFile]:
    """The stored files of a register by line."""
    query = select(DestructionFile).where(DestructionFile.destruction_id == destruction_id)
    return (
        await db.scalars(query.order_by(DestructionFile.position, DestructionFile.kind, DestructionFile.digest))
    ).all()


async def counts(db: AsyncSession, destruction_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """How many lines each register has, and how many files by outcome ("": not gone yet)."""
    found: dict[str, dict[str, int]] = {one: {} for one in destruction_ids}
    lines = select(DestructionItem.destruction_id, func.count()).group_by(DestructionItem.destruction_id)
    for name, count in await db.execute(lines.where(DestructionItem.destruction_id.in_(destruction_ids))):
        found[name]["items"] = count
    table = DestructionFile
    by_outcome = select(table.destruction_id, table.outcome, func.count()).group_by(table.destruction_id, table.outcome)
    for name, outcome, count in await db.execute(by_outcome.where(table.destruction_id.in_(destruction_ids))):
        found[name][outcome or "open"] = count
    return found


async def standing(db: AsyncSession, subjects: Collection[str]) -> dict[str, str]:
    """The status of the register that each of these subjects stands in, where it stands in one."""
    found: dict[str, str] = {}
    query = select(DestructionItem.stands_for, Destruction.status).join(
        Destruction, Destruction.id == DestructionItem.destruction_id
    )
    for some in _some(sorted(subjects)):
        found |= {subject: status for subject, status in
                  await db.execute(query.where(DestructionItem.stands_for.in_(some))) if subject}  # fmt: skip
    return found


async def destroyed(db: AsyncSession, subjects: Collection[str]) -> dict[str, Destruction]:
    """The register that each of these subjects was destroyed by; none: it was not."""
    found: dict[str, Destruction] = {}
    query = (
        select(DestructionItem.stands_for, Destruction)
        .join(Destruction, Destruction.id == DestructionItem.destruction_id)
        .where(Destruction.status.in_(DESTROYED))
    )
    for some in _some(sorted(subjects)):
        found |= {subject: row for subject, row in
                  await db.execute(query.where(DestructionItem.stands_for.in_(some))) if subject}  # fmt: skip
    return found


async def gone_of(db: AsyncSession, subjects: Collection[str]) -> dict[str, dict[str, Any]]:
    """Number and day of the register that each of these subjects was destroyed by; who is not in it was not."""
    return {
        subject: {"number": row.number, "on": local_date(row.decided_at or row.proposed_at)}
        for subject, row in (await destroyed(db, subjects)).items()
    }


async def gone(db: AsyncSession, *subjects: str) -> dict[str, Any] | None:
    """The same of the first of these that was destroyed, for whoever looks for its papers; None: all is there."""
    return next(iter((await gone_of(db, subjects)).values()), None)


async def refuse_destroyed(db: AsyncSession, what: str, *subjects: str) -> None:
    """Raise DestroyedError, with number and day of the register, where one of these was destroyed."""
    if (told := await gone(db, *subjects)) is not None:
        raise DestroyedError(what=what, **told)


async def clear(db: AsyncSession, destruction_id: str) -> None:
    """Take a declined register's claim off its subjects: they may be proposed again."""
    await db.execute(
        update(DestructionItem).where(DestructionItem.destruction_id == destruction_id).values(stands_for=None)
    )


async def stored(db: AsyncSession, visit_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The stored files of these visits: visit -> (digest, a key of inspection.disposal.FILE_KINDS)."""
    found: dict[str, list[tuple[str, str]]] = {}

    async def read(kind: str, visit: Any, *columns: Any, joined: Sequence[tuple[Any, Any]] = ()) -> None:
        for ids in _some(visit_ids):
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


async def empty(db: AsyncSession, visit_ids: Sequence[str]) -> None:
    """Take the contents of the visits' papers out of the rows; what was published, and every hash, stays."""
    for ids in _some(visit_ids):
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


async def approved(db: AsyncSession) -> str | None:
    """The oldest register whose files are being removed, by its id."""
    query = select(Destruction.id).where(Destruction.status == "approved").order_by(Destruction.id).limit(1)
    return await db.scalar(query)


async def open_files(db: AsyncSession, destruction_id: str, limit: int) -> Sequence[DestructionFile]:
    """Some files of a register that are not settled yet."""
    table = DestructionFile
    query = select(table).where(table.destruction_id == destruction_id, table.outcome == "")
    return (await db.scalars(query.order_by(table.digest).limit(limit))).all()


async def settle(db: AsyncSession, destruction_id: str, outcomes: Mapping[str, str], now: datetime) -> None:
    """Write what became of these files, by digest; who was first is kept."""
    for outcome in sorted(set(outcomes.values())):
        digests = [digest for digest, value in outcomes.items() if value == outcome]
        table = DestructionFile
        await db.execute(
            update(table)
            .where(table.destruction_id == destruction_id, table.digest.in_(digests), table.outcome == "")
            .values(outcome=outcome, settled_at=now)
            .execution_options(synchronize_session=False)
        )


async def _outcomes(db: AsyncSession, visit_ids: Sequence[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By visit: codes of results as submitted and as published, kinds of follow-ups."""
    results: dict[str, set[str]] = {}
    kinds: dict[str, set[str]] = {}
    for ids in _some(visit_ids):
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
    for ids in _some(visit_ids):
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


def _ids(kind: str, subjects: Collection[str]) -> list[str]:
    return [one.partition(":")[2] for one in subjects if one.startswith(f"{kind}:")]


def _some(ids: Sequence[str]) -> list[Sequence[str]]:
    """The ids in pieces that a statement takes."""
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]


def _nothing(value: Any) -> Any:
    return type(value)() if isinstance(value, list | str | dict) else None
