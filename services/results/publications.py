"""Publishing what is approved, and nothing else; what the public may ask (H2-H7, D10, M2).

approved parts of confirmed visits -> body (public facts only) -> Publication -> part, visit, task move on -> group told
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.result import PUBLISHED
from inspection.draw.seed import SEED
from inspection.errors import ForbiddenError, NotFoundError
from inspection.notices import Notice, NoticeKind
from inspection.outcomes import result_text
from models.base import new_ids
from models.blobs import Digest
from models.corrections import PublicationHold
from models.database import changes_public
from models.draws import DrawVoid
from models.grams import grams
from models.results import Publication
from models.store import deadlines as deadline_store
from models.store import disclosures, public_search, voids
from models.store import parts as part_store
from models.store import publications as store
from models.store import tasks as task_store
from models.store import visits as visit_store
from models.store.parts import PartCase
from models.tasks import Draw, Task
from services.act import Act
from services.clock import deadlines
from services.drawing import announced, stamps
from services.drawing.announced import Announced
from services.drawing.room import list_is_public
from services.people.notices import Letter, tell_many
from services.registers import credit
from services.results import province
from services.results.bodies import Named, around, body_of, masked

PAGE_SIZE = 20
COUNTED = public_search.COUNTED
PUBLIC_FILES = frozenset({ANNOUNCEMENT, SEED})


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicDraw:
    """A draw as anybody may see it; a list leaves out what was announced. `names` are departments by code."""

    draw: Draw
    department: str
    said: Announced | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    open_list: bool = False  # whether published.json may be seen by everybody by now
    void: DrawVoid | None = None  # of which nothing but reason, time and how far it was is public
    stamp: Mapping[str, Any] | None = None  # the announcement's timestamp, where an authority is asked for one


async def publish_task(act: Act, task_id: str) -> int:
    """Publish what is approved in a task: a coordinator everything, an approver his department's own (H3).

    Returns how many results became public; nothing is published twice, and nothing before its approval.
    """
    if not act.actor.has(Role.COORDINATOR, Role.APPROVER):
        raise ForbiddenError
    task = await task_store.task(act.db, act.actor, task_id)
    await visit_store.lock_task(act.db, task.id)
    own = None if act.actor.has(Role.COORDINATOR) else str(act.actor.department_id)
    cases = await part_store.ready(act.db, task.id, own)
    holds = await disclosures.holds(act.db, [case.part.id for case in cases])
    kept = [case for case in cases if case.part.id in holds and holds[case.part.id].whole]
    back = await store.mark_parts(act.db, [case.part.id for case in kept], to="withheld")
    moved = await store.mark_parts(act.db, [case.part.id for case in cases if case not in kept])
    if not moved and not back:
        return 0
    changes_public(act.db)
    cases = [case for case in cases if case.part.id in moved | back]
    await credit.propose(act, cases)  # what is kept from the public counts for the class all the same
    done = [_subject(case) for case in cases]
    cases = [case for case in cases if case.part.id in moved]
    if cases:
        await _write(act, cases, holds)
    await store.settle_many(act.db, DeadlineKind.PUBLISH.value, done, act.now)
    visits = await store.finish_visits(act.db, task.id)
    finished = await store.finish_task(act.db, task.id)
    for visit_id, department_id in visits:
        await deadlines.begin(act, DeadlineKind.ARCHIVE, f"visit:{visit_id}", department_id)
    counts = {"results": len(cases), "withheld": len(back), "visits": len(visits)}
    act.record("publish", f"task:{task.id}", **counts, finished=finished)
    await _tell_groups(act, cases)
    return len(cases)


async def search(act: Act, words: str, page: int) -> tuple[int, Sequence[dict[str, Any]]]:
    """What published results say, by the target's name or code or their number: (how many in all, one page)."""
    return await public_search.search(act.db, words[:64], page, PAGE_SIZE)


async def result(act: Act, number: str) -> tuple[Publication, Sequence[Publication]]:
    """One published result, and what other departments published of the same visit; NotFoundError."""
    found = await store.by_number(act.db, number)
    others = [one for one in await store.of_visit(act.db, found.visit_id) if one.id != found.id]
    return found, others


async def draws(act: Act) -> list[PublicDraw]:
    """All draws, newest first, frozen and voided ones too: a number that leads nowhere would be seen (D10)."""
    rows = await store.draws(act.db)
    void = await voids.approved(act.db, [draw.id for draw, _ in rows if draw.status == task_store.VOIDED])
    return [PublicDraw(draw=draw, department=name, void=void.get(draw.id)) for draw, name in rows]


async def draw(act: Act, number: str) -> PublicDraw:
    """One draw with its announcement; NotFoundError."""
    row, name = await store.draw(act.db, number)
    names = {one.code: one.name for one in (await task_store.departments(act.db)).values()}
    void = await voids.approved(act.db, [row.id])
    task = await act.db.get(Task, row.task_id)
    return PublicDraw(
        draw=row,
        department=name,
        said=await announced.of_draw(act, row),
        names=names,
        open_list=task is not None and list_is_public(act, task, row),
        void=void.get(row.id),
        stamp=stamps.shown(await stamps.of_draw(act.db, row.id)),
    )


async def public_file(act: Act, number: str, name: str) -> bytes:
    """A file of a draw that is public as soon as it exists, byte for byte; NotFoundError for any other.

    The announcement is there from the freeze, the seed from the draw: anybody computes the fingerprint himself. The
    drawn list follows when the task's embargo ends (`room.list_is_public`).
    """
    row, _ = await store.draw(act.db, number)
    if name == stamps.TSR and (found := await stamps.file_of(act, row)):
        return found[name]
    task = await act.db.get(Task, row.task_id)
    public = name in PUBLIC_FILES or (name == PUBLISHED and task is not None and list_is_public(act, task, row))
    digest = row.files.get(name) if public else None
    if not digest:
        raise NotFoundError(what="这个文件")
    return await act.house.blobs.get(Digest(digest))


async def _write(act: Act, cases: Sequence[PartCase], holds: Mapping[str, PublicationHold]) -> None:
    due = await store.due_days(act.db, DeadlineKind.PUBLISH.value, [_subject(case) for case in cases])
    items: dict[str, list[Named]] = {}
    for item in await task_store.items(act.db, cases[0].task.id):
        items.setdefault(item.department_id, []).append((item.id, item.name))
    shared = await around(act, cases[0].task, items, await store.draw_number(act.db, cases[0].task.id))
    written = []
    # Lists show the newest first, by time and then by id: ids that descend keep a visit's results together.
    in_order = sorted(cases, key=lambda one: (one.visit.position, one.department.code), reverse=True)
    for case, id_ in zip(in_order, new_ids(len(cases)), strict=True):
        body = masked(body_of(act, case, shared, due.get(_subject(case))), holds.get(case.part.id))
        act.db.add(
            Publication(
                id=id_,
                number=body["number"],
                part_id=case.part.id,
                visit_id=case.visit.id,
                department_id=case.department.id,
                target_code=body["target_code"],
                target_name=body["target_name"],
                grams=grams(body["target_name"]),
                body=body,
                published_at=act.now,
            )
        )
        written.append((case, body))
    await act.db.flush()
    for case, body in reversed(written):
        await province.send(act, case.department.id, body)


async def _tell_groups(act: Act, cases: Sequence[PartCase]) -> None:
    """Tell those of each group who made the part; nobody hears of the same visit twice."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in await deadline_store.groups(act.db, {case.visit.id for case in cases}):
        groups.setdefault((one.visit_id, one.department_id), []).append(one.userid)
    letters = [
        Letter(
            userid=userid,
            notice=_published_notice(case),
            department_id=case.department.id,
            subject=_subject(case),
            dedupe_key=f"published/{case.part.id}/{userid}",
        )
        for case in cases
        for userid in groups.get((case.visit.id, case.department.id), [])
    ]
    await tell_many(act, letters)


def _published_notice(case: PartCase) -> Notice:
    number = f"{case.visit.number}-{case.department.code}"
    return Notice(
        kind=NoticeKind.PUBLISHED,
        document_no=number,
        title="检查结果已公示",
        summary=result_text(case.submission.manifest["results"]),
        facts=(("公示编号", number), ("检查对象", case.target.name), ("部门", case.department.name)),
        path=f"/public/results/{quote(number)}",
    )


def _subject(case: PartCase) -> str:
    return f"part:{case.part.id}"
