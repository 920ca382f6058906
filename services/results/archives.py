"""A visit's papers as one sealed ZIP that anybody can check and nobody can change unseen (L1, L2, K6).

published visit -> gather (rows, blobs) -> bind (files, volume.pdf as PDF/A-2b) -> put (sealed, stored) -> keep
key: made with the first archive, retired by `rotate`, never thrown away; public keys are at /public/keys.json
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError
from inspection.retention import class_of, class_text, keep_until
from inspection.workdays import local_date
from models.archives import Archive, ArchiveKey, ArchiveOrder
from models.blobs import Digest
from models.store import archives as store
from models.store import destructions
from models.store.states import next_number
from services.act import Act, House
from services.clock import deadlines
from services.drawing import bundles
from services.field import record_form, site_papers
from services.results import sealing, volume

CHECKERS = ("verify.py", "verify_archive.py")  # they lie in every archive, and need nothing but Python


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """What goes into an archive, read in one transaction; `blobs` are fetched afterwards."""

    visit_id: str
    words: Mapping[str, Any]  # tables as data
    blobs: Mapping[str, Digest]
    record: Mapping[str, Any] | None  # the words of its summary form
    retention: str
    keep_until: date | None


async def gather(act: Act, visit_id: str, *, with_draws: bool = True) -> Gathered:
    """Read everything about a published visit that the actor may file; ConflictError before it is published.

    `with_draws` False: the draw's files lie elsewhere (in the archive of the task).
    """
    case = await store.visit(act.db, act.actor, visit_id)
    if case.visit.status != "published":
        raise ConflictError(what="立卷", why="检查结果尚未全部公示。")
    await destructions.refuse_destroyed(act.db, f"检查 {case.visit.number} 的案卷", f"visit:{visit_id}")
    papers = await store.papers(act.db, case)
    words, blobs = await volume.contents(act, case, papers if with_draws else {**papers, "draws": ()})
    # What a correction made public counts as well as what was submitted: the longest holds.
    told = [part["results"] for part in words["results"]] + [one["results"] for one in words["published"]]
    results = [code for codes in told for code in codes]
    name = class_of(results, [one.kind for one in papers["followups"]], act.house.terms)
    return Gathered(
        visit_id=visit_id,
        words=words,
        blobs=blobs,
        record=await record_form.for_archive(act, case.visit, case.task, case.target),
        retention=name,
        keep_until=keep_until(name, local_date(act.now)),
    )


async def bind(house: House, found: Gathered, into: sealing.Volume, folder: str = "") -> None:
    """Write the files of a visit below `folder`; no transaction is open meanwhile."""
    for path, digest in sorted(found.blobs.items()):
        await into.copy(folder + path, house.blobs, digest)
    for name, value in sorted(found.words.items()):
        await into.add(f"{folder}data/{name}.json", sealing.as_json(value))
    for paper in found.words["papers"]:
        if not paper["attachment"]:
            pdf = await site_papers.printed(house, paper)
            await into.add(f"{folder}papers/{paper['number']}.pdf", pdf)
    if found.record is not None:
        await into.add(f"{folder}papers/{record_form.TITLE}.pdf", await record_form.printed(house, found.record))
    own = sorted((path, *said) for path, said in into.index.items() if path.startswith(folder))
    told = {
        **found.words["visit"],
        "retention": class_text(found.retention),
        "until": str(found.keep_until or "永久"),
    }
    index = [[path.removeprefix(folder), size, sha] for path, size, sha in own]
    await into.add(f"{folder}volume.pdf", await volume.pdf(told, found.words, index, house.font))


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What an archive will be called, and the key that seals it."""

    number: str
    key: ArchiveKey
    at: datetime


async def label(act: Act, prefix: str, counter: str) -> Label:
    """Give the next number of what is filed; the key is made where there is none."""
    number = f"{prefix}-D{await next_number(act.db, f'archive:{counter}')}"
    return Label(number=number, key=await sealing.sealing_key(act), at=act.now)


async def visit_label(act: Act, found: Gathered) -> Label:
    """The next number of a visit's archives."""
    case = await store.visit(act.db, act.actor, found.visit_id)
    return await label(act, case.visit.number, case.visit.id)


async def put(
    house: House, made: sealing.Volume, named: Label, told: Mapping[str, Any], term: tuple[str, date | None]
) -> Archive:
    """Sign the manifest and put the ZIP into the store; the row is for `keep`. No transaction is open meanwhile.

    `told` says what is filed (kind, numbers), `term` how long it is kept: class and last day.
    """
    retention, until = term
    await add_checkers(made)
    head = {
        **told,
        "number": named.number,
        "made_at": named.at.isoformat(),
        "retention": retention,
        "keep_until": str(until) if until else None,
    }
    await made.seal(head, named.key)
    return Archive(
        number=named.number,
        kind=told["kind"],
        key_id=named.key.id,
        digest=await house.blobs.put(made.path),
        size=made.path.stat().st_size,
        files=len(made.index),
        retention=retention,
        keep_until=until,
    )


async def add_checkers(made: sealing.Volume) -> None:
    """Put both checkers into a volume, as an auditor gets them."""
    for name in CHECKERS:
        await made.add(f"check/{name}", bundles.checker(name))


async def keep(act: Act, row: Archive, subject: str) -> None:
    """Write the row of what was put into the store."""
    row.made_by, row.made_at = act.actor.member_id, act.now
    act.db.add(row)
    await act.db.flush()
    act.record("archive", subject, number=row.number, digest=row.digest, key=row.key_id, files=row.files)


async def put_visit(house: House, found: Gathered, made: sealing.Volume, named: Label) -> Archive:
    """Seal and store the archive of a visit."""
    visit = found.words["visit"]
    told = {"kind": "visit", "visit_number": visit["number"], "task_number": visit["task_number"]}
    return await put(house, made, named, told, (found.retention, found.keep_until))


async def keep_visit(act: Act, row: Archive, found: Gathered) -> None:
    """Write the row of a visit's archive; the day by which it was to be filed is settled."""
    row.visit_id = found.visit_id
    await keep(act, row, f"visit:{found.visit_id}")
    await deadlines.settle(act, DeadlineKind.ARCHIVE, f"visit:{found.visit_id}")


async def packed(act: Act, archive_id: str) -> tuple[Archive, AsyncGenerator[bytes]]:
    """An archive and its bytes in pieces, for a department that took part."""
    row = await store.archive(act.db, act.actor, archive_id)
    await destructions.refuse_destroyed(act.db, f"档案 {row.number}", f"{row.kind}:{row.visit_id or row.task_id}")
    return row, act.house.blobs.stream(Digest(row.digest))


async def shelf(act: Act) -> dict[str, Any]:
    """The visits and tasks that may be filed and what is filed of each; the keys."""
    cases = await store.done(act.db, act.actor)
    filed = await store.of_visits(act.db, [one.visit.id for one in cases])
    tasks = await store.tasks_done(act.db, act.actor)
    of_tasks = await store.of_tasks(act.db, [one.id for one in tasks])
    orders = await store.orders_of(act.db, [one.id for one in tasks])
    about = [*(f"visit:{one.visit.id}" for one in cases), *(f"task:{one.id}" for one in tasks)]
    gone = await destructions.gone_of(act.db, about)
    return {
        "rows": [
            {
                "visit_id": one.visit.id,
                "visit_number": one.visit.number,
                "target_name": one.target.name,
                "task_name": one.task.name,
                "archives": [archive_row(row) for row in filed.get(one.visit.id, [])],
                "destroyed": gone.get(f"visit:{one.visit.id}"),
            }
            for one in cases
        ],
        "tasks": [
            {
                "task_id": one.id,
                "number": one.number,
                "name": one.name,
                "archives": [archive_row(row) for row in of_tasks.get(one.id, [])],
                "order": order_row(orders[one.id]) if one.id in orders else None,
                "destroyed": gone.get(f"task:{one.id}"),
            }
            for one in tasks
        ],
        "keys": await public_keys(act),
    }


def archive_row(row: Archive) -> dict[str, Any]:
    """An archive as the console shows it."""
    return {
        "id": row.id,
        "number": row.number,
        "made_at": row.made_at,
        "files": row.files,
        "size": row.size,
        "retention_text": class_text(row.retention),
        "keep_until": row.keep_until,
        "digest": row.digest,
        "key_id": row.key_id,
    }


def order_row(row: ArchiveOrder) -> dict[str, Any]:
    """How far a task's archive is."""
    return {"status": row.status, "done": row.done, "total": row.total, "trouble": row.trouble}


async def public_keys(act: Act) -> list[dict[str, Any]]:
    """Every key that ever sealed an archive, without its private half: anybody may check by it."""
    return [
        {"id": one.id, "public": one.public, "made_at": one.made_at, "retired_at": one.retired_at}
        for one in await store.keys(act.db)
    ]


async def rotate(act: Act) -> None:
    """Retire the key that seals; the next archive makes a new one, and the old ones stay checkable."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    for key in await store.keys(act.db):
        if key.retired_at is None:
            key.retired_at = act.now
            act.record("archive-key", f"archive-key:{key.id}", retired=True)
