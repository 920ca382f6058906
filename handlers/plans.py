"""The console's API of plans: departments make them, the office carries them to meeting and filing (C1-C12)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from handlers.console import OFFICE, READERS, SIGNERS, WRITERS, Body, Empty
from handlers.edge import Call, Routes
from handlers.lists import FilingBody
from handlers.public import page
from inspection.errors import InvalidInputError
from models.store.states import STATUS_WORDS
from services.planning import coverage, merging, naming, plan_changes, plan_view, plans, public_plans
from services.planning.plans import EntryOrder

REASON = Field(min_length=1, max_length=2_000)
FIRST_YEAR, LAST_YEAR = 2015, 2100  # 国办发〔2015〕58号 began it
routes = Routes()


class PlanBody(Body):
    """A new plan; an empty title is made from year and kind."""

    title: str = Field(default="", max_length=256)
    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    kind: Literal["annual", "special"]
    joint: bool = False


class _Columns(Body):
    """The columns of a line that may be left out."""

    partner_ids: list[str] = Field(default=[], max_length=50)
    item_text: str = Field(default="", max_length=20_000)
    scope_text: str = Field(default="", max_length=512)
    frequency: str = Field(default="", max_length=64)
    risk_note: str = Field(default="", max_length=2_000)
    method: str = Field(default="", max_length=128)
    mode: str = Field(default="", max_length=64)
    item_ids: list[str] = Field(default=[], max_length=200)
    keywords: list[str] = Field(default=[], max_length=20)
    region: str = Field(default="", max_length=64)
    form: str = Field(default="", max_length=16)
    base_count: int | None = Field(default=None, ge=0)
    bureau: str = Field(default="", max_length=64)


class EntryBody(_Columns):
    """One line with every column of plans (C1, C2)."""

    name: str = Field(min_length=1, max_length=256)
    starts_on: date
    ends_on: date
    quota: str = Field(min_length=1, max_length=128)
    department_id: str = Field(default="", max_length=32)


class EntriesBody(Body):
    """Several lines."""

    entries: list[EntryBody] = Field(min_length=1, max_length=500)


class ChangesBody(_Columns):
    """Some columns of a line, as they shall be; what is not named stays."""

    name: str = Field(default="", min_length=1, max_length=256)
    starts_on: date | None = None
    ends_on: date | None = None
    quota: str = Field(default="", min_length=1, max_length=128)


class AdjustBody(Body):
    """An adjustment and why (C6)."""

    changes: ChangesBody
    reason: str = REASON


class ItemsBody(Body):
    """Which items of lists a line is about (C7)."""

    item_ids: list[str] = Field(min_length=1, max_length=200)


class NoteBody(Body):
    """Words beside a step."""

    note: str = Field(default="", max_length=2_000)


class MeetingBody(Body):
    """Which meeting passed the plan."""

    note: str = REASON


class ReasonBody(Body):
    """Why something is done."""

    reason: str = REASON


class DecideBody(Body):
    """The office's word on a proposal."""

    accept: bool


class MergeBody(Body):
    """Entries to merge into the first of them, or not to (C10)."""

    entry_ids: list[str] = Field(min_length=2, max_length=50)
    reason: str = REASON


@routes.get("/api/console/plans", roles=READERS)
async def get_plans(call: Call) -> Any:
    """The plans of a year; 0 or nothing: of all years."""
    return {"rows": await plan_view.plan_rows(call.act, call.number("year", 0, at_least=0, at_most=LAST_YEAR))}


@routes.post("/api/console/plans", roles=WRITERS, body=PlanBody)
async def post_plan(call: Call) -> Any:
    """Begin a plan (C3)."""
    body: PlanBody = call.body
    plan = await plans.create_plan(call.act, body.title, body.year, body.kind, joint=body.joint)
    return {"id": plan.id, "number": plan.number}


@routes.get("/api/console/plans/{id}", roles=READERS)
async def get_one_plan(call: Call) -> Any:
    """One plan with its entries and its way."""
    return await plan_view.plan_detail(call.act, call.path["id"])


@routes.post("/api/console/plans/{id}/entries", roles=WRITERS, body=EntriesBody)
async def post_entries(call: Call) -> Any:
    """Put lines on a plan."""
    body: EntriesBody = call.body
    return {"ids": await plans.add_entries(call.act, call.path["id"], [_order(one) for one in body.entries])}


@routes.post("/api/console/plans/{id}/submit", roles=SIGNERS, body=NoteBody)
async def post_plan_submission(call: Call) -> Any:
    """Hand a plan in to the office (C4)."""
    return _status(await plans.submit(call.act, call.path["id"], call.body.note))


@routes.post("/api/console/plans/{id}/take-back", roles=SIGNERS, body=Empty)
async def post_plan_take_back(call: Call) -> Any:
    """Take a plan back from the office to mend it."""
    return _status(await plans.take_back(call.act, call.path["id"]))


@routes.post("/api/console/plans/{id}/collect", roles=OFFICE, body=NoteBody)
async def post_collect(call: Call) -> Any:
    """Take a plan into what the joint meeting will study (C4)."""
    return _status(await plans.collect(call.act, call.path["id"], call.body.note))


@routes.post("/api/console/plans/{id}/return", roles=OFFICE, body=ReasonBody)
async def post_plan_return(call: Call) -> Any:
    """Give a plan back with a reason."""
    return _status(await plans.send_back(call.act, call.path["id"], call.body.reason))


@routes.post("/api/console/plans/{id}/approve", roles=OFFICE, body=MeetingBody)
async def post_plan_approval(call: Call) -> Any:
    """Record that the joint meeting passed the plan (C4)."""
    return _status(await plans.approve(call.act, call.path["id"], call.body.note))


@routes.post("/api/console/plans/{id}/file", roles=OFFICE, body=FilingBody)
async def post_file(call: Call) -> Any:
    """Record the filing of a plan (S1, S3, S4)."""
    body: FilingBody = call.body
    return _status(await plans.file(call.act, call.path["id"], body.filed_on, body.number))


@routes.post("/api/console/plans/{id}/publish", roles=SIGNERS, body=Empty)
async def post_plan_publication(call: Call) -> Any:
    """Make a plan public (C5)."""
    return {"published_at": (await plans.publish(call.act, call.path["id"])).published_at}


@routes.post("/api/console/plan-entries/{id}", roles=WRITERS, body=EntryBody)
async def post_entry(call: Call) -> Any:
    """Write a line anew while its plan is not submitted."""
    await plans.replace_entry(call.act, call.path["id"], _order(call.body))
    return {"id": call.path["id"]}


@routes.post("/api/console/plan-entries/{id}/remove", roles=WRITERS, body=Empty)
async def post_remove(call: Call) -> Any:
    """Take a line off a plan that is not submitted."""
    await plans.remove_entry(call.act, call.path["id"])
    return {"removed": True}


@routes.post("/api/console/plan-entries/{id}/adjust", roles=OFFICE, body=AdjustBody)
async def post_adjust(call: Call) -> Any:
    """Change a line of an approved plan, with history (C6)."""
    await plan_changes.adjust(call.act, call.path["id"], _changes(call.body), call.body.reason)
    return {"id": call.path["id"]}


@routes.post("/api/console/plan-entries/{id}/withdraw", roles=OFFICE, body=ReasonBody)
async def post_entry_withdrawal(call: Call) -> Any:
    """Take a line off an approved plan (C6)."""
    await plan_changes.withdraw(call.act, call.path["id"], call.body.reason)
    return {"withdrawn": True}


@routes.post("/api/console/plan-entries/{id}/propose", roles=SIGNERS, body=AdjustBody)
async def post_propose(call: Call) -> Any:
    """Ask the office for an adjustment (C6, C9)."""
    row = await plan_changes.propose(call.act, call.path["id"], _changes(call.body), call.body.reason)
    return {"id": row.id}


@routes.post("/api/console/plan-entries/{id}/items", roles=OFFICE, body=ItemsBody)
async def post_entry_items(call: Call) -> Any:
    """Say which items of lists a line is about (C7)."""
    return {"item_ids": await naming.name_items(call.act, call.path["id"], call.body.item_ids)}


@routes.get("/api/console/plan-entries/{id}/history", roles=READERS)
async def get_history(call: Call) -> Any:
    """Every revision of a line (C6)."""
    return {"rows": await plan_view.entry_history(call.act, call.path["id"])}


@routes.get("/api/console/plan-proposals", roles=READERS)
async def get_proposals(call: Call) -> Any:
    """Adjustments asked for."""
    return {"rows": await plan_view.proposal_rows(call.act)}


@routes.post("/api/console/plan-proposals/{id}/decide", roles=OFFICE, body=DecideBody)
async def post_decide(call: Call) -> Any:
    """Accept a proposal or turn it down."""
    row = await plan_changes.decide(call.act, call.path["id"], accept=call.body.accept)
    return {"status": row.status}


@routes.get("/api/console/plan-merges/{year}", roles=OFFICE)
async def get_merges(call: Call) -> Any:
    """Which lines of a year one visit could serve (C10)."""
    return {"rows": await merging.merge_rows(call.act, _year(call))}


@routes.post("/api/console/plan-merges", roles=OFFICE, body=MergeBody)
async def post_merge(call: Call) -> Any:
    """Merge lines into the first of them (C10)."""
    body: MergeBody = call.body
    await plan_changes.merge(call.act, body.entry_ids, body.reason)
    return {"id": body.entry_ids[0]}


@routes.post("/api/console/plan-merges/{year}/decline", roles=OFFICE, body=MergeBody)
async def post_merge_decline(call: Call) -> Any:
    """Decide against a merge, with a reason (C10)."""
    body: MergeBody = call.body
    await merging.decline(call.act, _year(call), body.entry_ids, body.reason)
    return {"declined": True}


@routes.get("/api/console/plan-coverage/{year}", roles=READERS)
async def get_coverage(call: Call) -> Any:
    """What a year's plans cover (C7, C8, K7)."""
    return await coverage.coverage(call.act, _year(call))


@page("/public/plan", "plan.html", "plan", shared=True)
async def public_plan(call: Call) -> dict[str, Any]:
    """The published plans with their adjustments, for anybody (C5, C6, H6)."""
    return {"plans": await public_plans.public_plans(call.act)}


def _year(call: Call) -> int:
    text = call.path["year"]
    if len(text) == len(str(FIRST_YEAR)) and text.isascii() and text.isdigit():
        return int(text)
    raise InvalidInputError(what="年度", why="应当是四位数字的年份。")


def _order(body: EntryBody) -> EntryOrder:
    values: dict[str, Any] = body.model_dump()
    values |= {name: tuple(values[name]) for name in ("partner_ids", "item_ids", "keywords")}
    return EntryOrder(**values)


def _changes(body: AdjustBody) -> dict[str, Any]:
    return body.changes.model_dump(exclude_unset=True)


def _status(plan: Any) -> dict[str, Any]:
    return {"status": plan.status, "status_text": STATUS_WORDS[plan.status]}
