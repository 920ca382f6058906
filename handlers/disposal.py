"""Destruction of filed papers by rule: the office's doors, two people, and the register that stays (L1)."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import Field

from handlers.console import Body
from handlers.downloads import XLSX, download
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from services.results import disposal

OFFICE = roles(Role.COORDINATOR)
routes = Routes()


class ProposalBody(Body):
    """What to destroy, and the appraisal."""

    subjects: list[str] = Field(min_length=1, max_length=disposal.MOST_FILES)
    ground: str = Field(max_length=16)
    appraisal: str = Field(max_length=2000)


class HoldBody(Body):
    """What to keep for now, and why."""

    subject: str = Field(max_length=64)
    ground: str = Field(max_length=16)
    reason: str = Field(max_length=2000)


class NoteBody(Body):
    """Words that go with a decision."""

    note: str = Field(default="", max_length=2000)


@routes.get("/api/console/disposal", roles=OFFICE)
async def get_disposal(call: Call) -> Any:
    """What is due, what is held, and every register."""
    return await disposal.page(call.act)


@routes.post("/api/console/disposal", roles=OFFICE, body=ProposalBody)
async def post_destruction(call: Call) -> Any:
    """Propose to destroy files whose time is over."""
    body: ProposalBody = call.body
    wish = disposal.Proposal(subjects=body.subjects, ground=body.ground, appraisal=body.appraisal)
    row = await disposal.propose(call.act, wish)
    return {"id": row.id, "number": row.number}


@routes.get("/api/console/disposal/{id}", roles=OFFICE)
async def get_destruction(call: Call) -> Any:
    """One register with its lines."""
    return await disposal.contents(call.act, call.path["id"])


@routes.get("/api/console/disposal/{id}/{table:register|files}.xlsx", roles=OFFICE)
async def get_destruction_table(call: Call) -> web.Response:
    """The register as a table: its lines, or every stored file by hash."""
    name, data = await disposal.table(call.act, call.path["id"], files=call.path["table"] == "files")
    return download(f"{name}.xlsx", data, XLSX)


@routes.post("/api/console/disposal/{id}/approve", roles=OFFICE, body=NoteBody)
async def post_destruction_approve(call: Call) -> Any:
    """Approve as the second person; the files are removed afterwards."""
    return {"status": (await disposal.approve(call.act, call.path["id"], call.body.note)).status}


@routes.post("/api/console/disposal/{id}/decline", roles=OFFICE, body=NoteBody)
async def post_destruction_decline(call: Call) -> Any:
    """Decline as the second person; everything stays."""
    return {"status": (await disposal.decline(call.act, call.path["id"], call.body.note)).status}


@routes.post("/api/console/disposal-holds", roles=OFFICE, body=HoldBody)
async def post_disposal_hold(call: Call) -> Any:
    """Keep a file from being destroyed."""
    body: HoldBody = call.body
    return {"id": (await disposal.place_hold(call.act, body.subject, body.ground, body.reason)).id}


@routes.post("/api/console/disposal-holds/{id}/lift", roles=OFFICE, body=NoteBody)
async def post_disposal_hold_lift(call: Call) -> Any:
    """End a hold."""
    await disposal.lift_hold(call.act, call.path["id"], call.body.note)
    return {}
