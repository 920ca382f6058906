"""One-off filings over HTTP: entered by the office, written off by the department (S5, S6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from handlers.console import Body
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from services.planning import filings
from services.planning.filings import FilingOrder

SEES = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON, Role.ADMIN)
DOES = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON)
OFFICE = roles(Role.COORDINATOR)
AT = "/api/console/filings"
routes = Routes()


class FilingBody(Body):
    """What is to be filed, where, by which day, by which departments."""

    title: str = Field(min_length=1, max_length=128)
    basis: str = Field(min_length=1, max_length=256)
    recipient: str = Field(default="", max_length=64)
    due_on: date
    department_ids: list[str] = Field(min_length=1, max_length=200)


class DoneBody(Body):
    """When it was filed, under which number."""

    done_on: date
    document_no: str = Field(default="", max_length=64)
    note: str = Field(default="", max_length=1000)


class DropBody(Body):
    """Why it is not asked for any more."""

    reason: str = Field(max_length=1000)


@routes.get(AT, roles=SEES)
async def get_filings(call: Call) -> Any:
    """The filings of the caller's department, or all of them."""
    return await filings.shown(call.act)


@routes.post(AT, roles=OFFICE, body=FilingBody)
async def post_one_off_filing(call: Call) -> Any:
    """Enter a filing, one for each department."""
    body: FilingBody = call.body
    order = FilingOrder(**{**body.model_dump(), "department_ids": tuple(body.department_ids)})
    return {"made": len(await filings.make(call.act, order))}


@routes.post(AT + "/{id}/done", roles=DOES, body=DoneBody)
async def post_filing_done(call: Call) -> Any:
    """Write down that it was filed."""
    body: DoneBody = call.body
    return {"status": await filings.done(call.act, call.path["id"], body.done_on, body.document_no, body.note)}


@routes.post(AT + "/{id}/drop", roles=OFFICE, body=DropBody)
async def post_filing_drop(call: Call) -> Any:
    """Take a filing back."""
    return {"status": await filings.drop(call.act, call.path["id"], call.body.reason)}
