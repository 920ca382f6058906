"""电话告知: the calls to be made because no message reached somebody, and their record."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from handlers.console import Body, Empty
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from services.people import calls

CALLERS = roles(Role.COORDINATOR, Role.APPROVER, Role.INSPECTOR, Role.ADMIN)
routes = Routes()


class NoteBody(Body):
    """How a call went."""

    outcome: str
    spoke_to: str = Field(default="", max_length=calls.SPOKE_TO)
    note: str = Field(default="", max_length=calls.NOTE)


@routes.get("/api/console/calls", roles=CALLERS)
async def get_calls(call: Call) -> Any:
    """The calls that the caller may see, open ones first."""
    return {"rows": await calls.calls(call.act), "outcomes": calls.OUTCOMES}


@routes.post("/api/console/calls/{id}/number", roles=CALLERS, body=Empty)
async def post_number(call: Call) -> Any:
    """The number to call; a POST, for that it was looked at is written down."""
    return {"number": await calls.number(call.act, call.path["id"])}


@routes.post("/api/console/calls/{id}/note", roles=CALLERS, body=NoteBody)
async def post_note(call: Call) -> Any:
    """Write down how a call went."""
    body = call.body
    status = await calls.note(call.act, call.path["id"], body.outcome, spoke_to=body.spoke_to, words=body.note)
    return {"status": status}
