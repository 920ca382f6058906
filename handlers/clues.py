"""Clues on the console: entered, read from a table, checked at once, dismissed; patterns become a plan (O1, O2)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from urllib.parse import unquote

from pydantic import Field

from handlers.console import Body
from handlers.edge import UPLOAD, Call, Routes, roles
from inspection.actors import Role
from services.field import cases
from services.field.cases import CaseOrder
from services.planning import clues
from services.planning.clues import NewClue

DESK = roles(Role.COORDINATOR, Role.APPROVER)
DECIDES = roles(Role.APPROVER)
routes = Routes()


class ClueBody(Body):
    """A clue as it came in."""

    source: str
    source_no: str = Field(min_length=1, max_length=clues.MATTER)
    received_on: date
    target_code: str = Field(min_length=1, max_length=18)
    department: str = Field(min_length=1, max_length=64)
    matter: str = Field(min_length=1, max_length=clues.MATTER)
    content: str = Field(default="", max_length=clues.CONTENT)


class CheckBody(Body):
    """Who goes, by which items, until when."""

    staff_nos: list[str] = Field(min_length=1, max_length=20)
    item_ids: list[str] = Field(min_length=1, max_length=50)
    ends_on: date
    announced: bool = False


class DismissBody(Body):
    """Why a clue is not checked."""

    reason: str


class PatternBody(Body):
    """Which pattern."""

    matter: str
    kind: str
    key: str


@routes.get("/api/console/clues", roles=DESK)
async def get_clues(call: Call) -> Any:
    """The clues that the caller may see, and the patterns among them."""
    return await clues.listing(call.act)


@routes.get("/api/console/clues/choices", roles=DECIDES)
async def get_clue_choices(call: Call) -> Any:
    """Whom and by which items the caller's department may send today."""
    return await cases.choices(call.act)


@routes.post("/api/console/clues", roles=DESK, body=ClueBody)
async def post_clue(call: Call) -> Any:
    """Keep a clue."""
    row, new = await clues.enter(call.act, NewClue(**call.body.model_dump()))
    return {"id": row.id, "number": row.number, "new": new}


@routes.add("POST", "/api/console/clues/table", roles=DESK, limit=UPLOAD, transaction="own")
async def post_clue_table(call: Call) -> Any:
    """Read a table of clues."""
    rows = await asyncio.to_thread(clues.read_table, unquote(call.query("filename", "线索.csv")), call.raw)
    async with call.writing() as act:
        return await clues.take_table(act, rows)


@routes.post("/api/console/clues/{id}/check", roles=DECIDES, body=CheckBody)
async def post_clue_check(call: Call) -> Any:
    """Send inspectors at once, outside the draw."""
    body = call.body
    order = CaseOrder(
        staff_nos=tuple(body.staff_nos), item_ids=tuple(body.item_ids), ends_on=body.ends_on, announced=body.announced
    )
    visit = await cases.check(call.act, call.path["id"], order)
    return {"visit_number": visit.number, "task_id": visit.task_id}


@routes.post("/api/console/clues/{id}/dismiss", roles=DECIDES, body=DismissBody)
async def post_clue_dismiss(call: Call) -> Any:
    """End a clue that is not checked."""
    return {"status": await clues.dismiss(call.act, call.path["id"], call.body.reason)}


@routes.post("/api/console/clues/plan", roles=DESK, body=PatternBody)
async def post_clue_plan(call: Call) -> Any:
    """Begin a special plan over a pattern."""
    plan = await clues.propose_plan(call.act, call.body.matter, call.body.kind, call.body.key)
    return {"plan_id": plan.id, "number": plan.number}
