"""The console's API: registers, tasks, the draw, messages, audit (coordinators; observers see the draw)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from inspection.draw.announcement import Mode, Source, SourceKind
from models.store import tasks as task_store
from models.store.pools import Scope
from services.drawing import batches, draws, loads, task_view, tasks
from services.drawing.orders import MergedItem, TaskOrder
from services.drawing.progress import DRAW, FREEZE, Progress
from services.people import messages, overview
from services.registers import search, target_card

OFFICE = roles(Role.COORDINATOR)
DESK = roles(Role.COORDINATOR, Role.APPROVER, Role.ADMIN)
# The registers, lists and plans (T4): a department's liaison writes what its head signs.
READERS = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON, Role.ADMIN)
WRITERS = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON)
SIGNERS = roles(Role.COORDINATOR, Role.APPROVER)
ROOM = roles(Role.COORDINATOR, Role.OBSERVER)
SEES_TASKS = roles(Role.COORDINATOR, Role.APPROVER, Role.OBSERVER, Role.ADMIN)
routes = Routes()


class Body(BaseModel):
    """A request's body; an unknown field is a mistake of the caller's and is said."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Empty(Body):
    """No fields."""


class MergedBody(Body):
    """One of several items over one target."""

    item_id: str = Field(max_length=32)
    ratio: str = Field(max_length=16)
    keywords: list[str] = Field(default=[], max_length=20)
    region: str = Field(default="", max_length=64)
    library_id: str = Field(default="", max_length=32)


class TaskBody(Body):
    """What a coordinator decides about a task."""

    plan_entry_id: str
    name: str = Field(default="", max_length=256)
    keywords: list[str] = Field(default=[], max_length=20)
    region: str = Field(default="", max_length=64)
    library_id: str = Field(default="", max_length=32)
    mode: Mode = Mode.DOUBLE
    ratio: str | None = Field(default=None, max_length=16)
    count: int | None = None
    classes: dict[str, int] | None = Field(default=None, max_length=5)
    each_region: int = 0
    batch_size: int | None = Field(default=None, ge=1)
    batch_days: list[date] = Field(default=[], max_length=60)
    merge: list[MergedBody] = Field(default=[], max_length=20)
    lower: dict[str, str] = Field(default={}, max_length=200)
    team_size: int = Field(default=2, le=10)
    announced: bool = True
    item_ids: list[str] | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class SourceBody(Body):
    """A source of the seed beside the server's own."""

    name: str = Field(min_length=1, max_length=64)
    kind: SourceKind
    note: str = Field(default="", max_length=256)


class FreezeBody(Body):
    """The sources of a freeze."""

    sources: list[SourceBody] = Field(max_length=10)
    accept_short: bool = False
    beacon_after: int | None = Field(default=None, ge=1, le=1440)


class ValueBody(Body):
    """A value of an announced source."""

    source: str
    value: str = Field(max_length=256)


@routes.get("/api/console/overview", roles=DESK)
async def get_overview(call: Call) -> Any:
    """Figures, deadlines, messages, the latest acts."""
    return await overview.overview(call.act)


@routes.get("/api/console/targets", roles=READERS)
async def get_targets(call: Call) -> Any:
    """A page of the register: by number, or behind the target `after`."""
    wanted = search.TargetFilter(
        **{
            name: call.query(name).strip()[:64]
            for name in ("q", "region", "trade", "credit_class", "status", "category")
        }
    )
    page = call.number("page", 1, at_most=search.COUNTED // search.PAGE_SIZE)
    return await search.targets(call.act, wanted, page=page, after=call.query("after"))


class TargetBody(Body):
    """A target's cells by field, in words as a table has them; `code` of the one that is mended."""

    code: str = Field(default="", max_length=18)
    cells: dict[str, Annotated[str, Field(max_length=100_000)]] = Field(max_length=50)


@routes.get("/api/console/target-form", roles=READERS)
async def get_target_form(_: Call) -> Any:
    """Which cells a target of each kind has (B2)."""
    return target_card.forms()


@routes.get("/api/console/targets/{code}", roles=READERS)
async def get_target(call: Call) -> Any:
    """One target with all that is known of it (B2-B10)."""
    return await target_card.card(call.act, call.path["code"])


@routes.post("/api/console/targets", roles=OFFICE, body=TargetBody)
async def post_target(call: Call) -> Any:
    """Write one target down, or mend it (单户录入, B5)."""
    body: TargetBody = call.body
    return {"code": await target_card.write(call.act, body.cells, body.code)}


@routes.get("/api/console/inspectors", roles=READERS)
async def get_inspectors(call: Call) -> Any:
    """The inspectors' library."""
    return {"rows": await overview.inspectors(call.act)}


@routes.get("/api/console/items", roles=READERS)
async def get_items(call: Call) -> Any:
    """The item list."""
    return {"rows": await overview.items(call.act)}


@routes.get("/api/console/plan", roles=READERS)
async def get_plan(call: Call) -> Any:
    """The annual plan."""
    return {"rows": await overview.plan(call.act)}


@routes.post("/api/console/tasks", roles=OFFICE, body=TaskBody)
async def post_task(call: Call) -> Any:
    """Make a task from a plan entry (D1)."""
    body: TaskBody = call.body
    order = TaskOrder(
        plan_entry_id=body.plan_entry_id,
        name=body.name,
        scope=_scope(body),
        mode=body.mode,
        ratio=body.ratio,
        count=body.count,
        classes=body.classes,
        each_region=body.each_region,
        batch_size=body.batch_size,
        batch_days=tuple(body.batch_days),
        merge=tuple(MergedItem(item_id=one.item_id, ratio=one.ratio, scope=_scope(one)) for one in body.merge),
        lower={code.strip(): region.strip() for code, region in body.lower.items()},
        team_size=body.team_size,
        announced=body.announced,
        item_ids=None if body.item_ids is None else tuple(body.item_ids),
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    task = await tasks.create_task(call.act, order)
    return {"id": task.id, "number": task.number}


def _scope(body: TaskBody | MergedBody) -> Scope:
    keywords = tuple(word for word in body.keywords if word.strip())
    return Scope(keywords=keywords, region=body.region.strip(), library_id=body.library_id)


@routes.get("/api/console/task-choices", roles=OFFICE)
async def get_task_choices(call: Call) -> Any:
    """What a new task of a plan entry may be made of: kinds of draw, departments, listed items."""
    return await task_view.choices(call.act, call.query("plan_entry"))


@routes.post("/api/console/tasks/{id}/batches/{number}", roles=OFFICE, body=Empty)
async def post_batch(call: Call) -> Any:
    """Make the task of one batch of a drawn order (A8)."""
    number = call.path["number"]
    task = await batches.open_batch(call.act, call.path["id"], int(number) if number.isdecimal() else 0)
    return {"id": task.id, "number": task.number}


@routes.get("/api/console/tasks", roles=SEES_TASKS)
async def get_tasks(call: Call) -> Any:
    """The tasks the caller may see."""
    return {"rows": await task_view.task_rows(call.act)}


@routes.get("/api/console/tasks/{id}", roles=SEES_TASKS)
async def get_task(call: Call) -> Any:
    """One task with pool, draw and visits."""
    return await task_view.task_detail(call.act, call.path["id"])


@routes.post("/api/console/tasks/{id}/prepare", roles=OFFICE, body=Empty)
async def post_prepare(call: Call) -> Any:
    """Declare the pool ready: the first of two people."""
    task = await tasks.prepare(call.act, call.path["id"])
    return {"status": task.status}


@routes.post("/api/console/tasks/{id}/freeze", roles=OFFICE, body=FreezeBody)
async def post_freeze(call: Call) -> Any:
    """Freeze the pool: the second of two people (D4)."""
    body: FreezeBody = call.body
    sources = [Source(name=one.name.strip(), kind=one.kind, note=one.note.strip()) for one in body.sources]
    with _under_way(call, FREEZE) as progress:
        draw = await draws.freeze(
            call.act,
            call.path["id"],
            sources,
            accept_short=body.accept_short,
            beacon_after=body.beacon_after,
            progress=progress,
        )
    return {"number": draw.number, "fingerprint": draw.fingerprint, "counts": draw.counts}


@routes.post("/api/console/tasks/{id}/seed", roles=ROOM, body=ValueBody)
async def post_seed(call: Call) -> Any:
    """Enter the value of one source, once, in the ordered way."""
    body: ValueBody = call.body
    entered = await draws.enter_value(call.act, call.path["id"], body.source, body.value)
    return {"entered": body.source if entered else None}


@routes.post("/api/console/tasks/{id}/draw", roles=OFFICE, body=Empty)
async def post_draw(call: Call) -> Any:
    """Draw, match, lock and dispatch (D2-D8)."""
    with _under_way(call, DRAW) as progress:
        draw = await draws.draw(call.act, call.path["id"], progress)
    return {"number": draw.number, **draw.counts}


@contextmanager
def _under_way(call: Call, steps: tuple[str, ...]) -> Iterator[Progress]:
    """Let others see how far this act is while it runs; the first of many who ask at once is the one that is seen."""
    mine = Progress(steps)
    try:
        call.edge.drawing.setdefault(call.path["id"], mine)
        yield mine
    finally:
        if call.edge.drawing.get(call.path["id"]) is mine:
            del call.edge.drawing[call.path["id"]]


@routes.get("/api/console/tasks/{id}/progress", roles=ROOM)
async def get_draw_progress(call: Call) -> Any:
    """How far a freeze or draw is that runs now on this server; no steps where none does."""
    await task_store.task(call.act.db, call.act.actor, call.path["id"])
    running = call.edge.drawing.get(call.path["id"])
    return {"steps": running.shown() if running else []}


@routes.get("/api/console/draws/{number}/bundle", roles=ROOM)
async def get_bundle(call: Call) -> Any:
    """The bundle of a draw, for `suicha verify`."""
    number = call.path["number"]
    data = await draws.bundle(call.act, number)
    headers = {"Content-Disposition": f'attachment; filename="suicha-draw-{number}.zip"'}
    return web.Response(body=data, content_type="application/zip", headers=headers)


@routes.get("/api/console/draws/{number}/loads", roles=SEES_TASKS)
async def get_loads(call: Call) -> Any:
    """How evenly the draw spread its places, and the most even spread that its recusals allowed (D7)."""
    return {"rows": await loads.loads_of(call.act, call.path["number"])}


@routes.get("/api/console/messages", roles=OFFICE)
async def get_messages(call: Call) -> Any:
    """The outbox."""
    return await messages.messages(call.act, call.query("status"))


@routes.post("/api/console/messages/resume", roles=OFFICE, body=Empty)
async def post_messages_resume(call: Call) -> Any:
    """Send again after somebody has mended what stopped it."""
    return {"ended": await messages.resume(call.act)}


@routes.get("/api/console/audit", roles=DESK)
async def get_audit(call: Call) -> Any:
    """The newest acts."""
    return {"rows": await overview.recent_acts(call.act, limit=call.number("limit", 100, at_most=1000))}
