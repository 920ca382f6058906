"""The room where a draw is made in front of observers (Q1, D11): what is on the wall, and what their phones may do.

frozen -> wall (pool counts, fingerprint, sources) <- poll      observer's phone: code -> his value, once -> bundle
drawn  -> wall (seed, names and groups)                         anybody's phone: fingerprint, sources, public files
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.draw.announcement import SourceKind
from inspection.draw.refusals import SeedValueError
from inspection.draw.result import PUBLISHED, RESULT
from inspection.draw.seed import SEED
from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from inspection.workdays import local_date
from models.blobs import Digest
from models.draws import ObserverCode
from models.store import pools as pool_store
from models.store import publications as publication_store
from models.store import replacements as replacement_store
from models.store import tasks as store
from models.tasks import Draw, Task
from services.act import Act
from services.drawing import announced, codes, draws, lowers
from services.drawing.announced import Announced

SOURCE_WORDS = {"system": "服务器承诺值", "dice": "现场掷骰", "public": "公开信息"}
BY_CODE = "observer-code"
NOBODY: dict[str, Any] = {"leader": None, "teams": []}  # where inspectors are appointed, or come with the batch
MASKED = "不事先告知，名称不公开"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicRoom:
    """What any phone in the room sees of a draw."""

    draw: Draw
    task: Task
    department: str
    said: Announced
    sources: list[dict[str, Any]]
    published: bool  # whether the drawn list is public by now


async def wall(act: Act, task_id: str) -> dict[str, Any]:
    """Everything that is projected, as far as the draw has come; ConflictError before the freeze."""
    task = await store.task(act.db, act.actor, task_id)
    draw = await store.draw_of(act.db, task.id)
    if draw is None:
        raise ConflictError(what="抽取现场", why="名单尚未冻结。")
    names = await store.departments(act.db)
    values = await store.seed_values(act.db, draw.id)
    said, code_names = await announced.of_draw(act, draw), {one.code: one.name for one in names.values()}
    return {
        "office": act.house.office_name,
        "task": {
            "id": task.id,
            "name": task.name,
            "number": task.number,
            "department": names[task.department_id].name,
            "announced": task.announced,
            "teams": [{"department": code_names[code], "size": size} for code, size in said.teams],
        },
        "draw": {
            "number": draw.number,
            "status": draw.status,
            "fingerprint": draw.fingerprint,
            "frozen_at": draw.frozen_at,
            "drawn_at": draw.drawn_at,
            "counts": {**draw.counts, "batches": len(said.batches)},
            "kind_text": said.kind,
            "will_text": said.will,
            "done_text": said.done,
            "groupless": said.groupless,
        },
        "sources": sources_shown(draw, values),
        "outcome": await outcome(act, task, draw, said) if draw.status == "drawn" else None,
        "public_path": f"/public/room/{draw.number}",
        "can_draw": act.actor.has(Role.COORDINATOR) and draw.status == "frozen" and _all_in(draw, values),
    }


def _all_in(draw: Draw, values: dict[str, str]) -> bool:
    return all(one["kind"] == SourceKind.SYSTEM.value or one["name"] in values for one in draw.sources)


def sources_shown(draw: Draw, values: dict[str, str]) -> list[dict[str, Any]]:
    """The sources with the values that are known; the server's own is revealed by the draw."""
    known = {**values, **({draws.SYSTEM_SOURCE: draw.secret} if draw.drawn_at else {})}
    return [
        {
            **one,
            "kind_text": SOURCE_WORDS[one["kind"]],
            "entered": one["name"] in known,
            "value": known.get(one["name"]),
        }
        for one in draw.sources
    ]


async def outcome(act: Act, task: Task, draw: Draw, said: Announced) -> dict[str, Any]:
    """Seed, names and groups or batches in draw order; targets of an unannounced check stay unnamed (F2, M3)."""
    result = json.loads(await act.house.blobs.get(Digest(draw.files[RESULT])))
    seed = json.loads(await act.house.blobs.get(Digest(draw.files[SEED])))
    targets = await pool_store.targets_by_code(act.db, [one["target"] for one in result["drawn"]])
    groups = await lowers.groups_of(act, draw, result)
    numbers = {member for group in groups.values() for team in group["teams"] for member in team["members"]}
    people = await replacement_store.people_names(act.db, numbers)
    departments = {one.code: one.name for one in (await store.departments(act.db)).values()}
    return {
        "seed": seed["seed"],
        "rows": [
            {
                "position": position,
                "name": targets[one["target"]].name if task.announced else MASKED,
                "code": one["target"] if task.announced else f"{'·' * 12}{one['target'][-4:]}",
                "score": one["score"],
                "batch": said.batch_of(position),
                "leader": people.get(groups.get(one["target"], NOBODY)["leader"] or "", ""),
                "teams": [
                    {
                        "department": departments[team["department"]],
                        "names": [people[member] for member in team["members"]],
                        "short": team["short"],
                    }
                    for team in groups.get(one["target"], NOBODY)["teams"]
                ],
            }
            for position, one in enumerate(result["drawn"], 1)
        ],
    }


async def observer_codes(act: Act, task_id: str) -> list[dict[str, Any]]:
    """The codes to hand to the observers, each for one source; for coordinators alone."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    task = await store.task(act.db, act.actor, task_id)
    draw = await store.draw_of(act.db, task.id)
    rows = await _codes(act, draw) if draw else []
    return [{"source": row.source, "code": row.code, "used_at": row.used_at} for row in rows]


async def public_room(act: Act, number: str) -> PublicRoom:
    """A draw as any phone in the room sees it; NotFoundError."""
    draw, department = await publication_store.draw(act.db, number)
    task = await act.db.get(Task, draw.task_id)
    if task is None:
        raise NotFoundError(what="这次抽取")
    values = await store.seed_values(act.db, draw.id)
    return PublicRoom(
        draw=draw,
        task=task,
        department=department,
        said=await announced.of_draw(act, draw),
        sources=sources_shown(draw, values),
        published=list_is_public(act, task, draw),
    )


def list_is_public(act: Act, task: Task, draw: Draw) -> bool:
    """Whether published.json may be seen by everybody: the task's embargo has ended (D10, F2)."""
    if draw.status != "drawn" or PUBLISHED not in draw.files:
        return False
    at_once = task.announced and act.house.rules.drawn_list_public == "by-task"
    return at_once or local_date(act.now) > task.ends_on


async def source_of(act: Act, number: str, code: str) -> tuple[Draw, str] | None:
    """The source that a code opens, or None for a code that opens nothing; TooManyTriesError."""
    await codes.refuse_guessing(act, _key(number))
    draw, _ = await publication_store.draw(act.db, number)
    found = [row.source for row in await _codes(act, draw) if codes.fits(code, row.code)]
    return (draw, found[0]) if found else None


def note_wrong(act: Act, number: str) -> None:
    """Count a wrong observer's code."""
    codes.note_wrong(act, _key(number))


async def enter_by_code(act: Act, number: str, code: str, value: str) -> str:
    """Enter the value of the source that the code opens, once; gives the source's name.

    Raises WrongCodeError, TooManyTriesError, SeedValueError, ConflictError.
    """
    found = await source_of(act, number, code)
    if found is None:
        raise codes.WrongCodeError
    draw, source = found
    row = await act.db.get(ObserverCode, (draw.id, source))
    if row is None or row.used_at is not None:
        raise SeedValueError(name=source, why="已经录入过，每个来源只能录入一次")
    await draws.put_value(act, draw, source, value, by=BY_CODE)
    row.used_at = act.now
    return source


async def bundle_by_code(act: Act, number: str, code: str) -> bytes:
    """The bundle of a drawn draw for the observer who holds a code of it; handing it out is recorded by the edge."""
    found = await source_of(act, number, code)
    if found is None:
        raise codes.WrongCodeError
    draw, source = found
    if draw.status != "drawn":
        raise ConflictError(what="验证包", why="尚未抽取，或这次抽取已经作废。")
    act.record("bundle-by-code", f"draw:{draw.id}", number=number, source=source)
    return await draws.zip_of(act, draw)


async def _codes(act: Act, draw: Draw) -> list[ObserverCode]:
    return list(await act.db.scalars(select(ObserverCode).where(ObserverCode.draw_id == draw.id)))


def _key(number: str) -> str:
    return f"room:{number}"
