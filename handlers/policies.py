"""Differentiation and the ledger of visits over HTTP (N1-N4, R1, R2, R4, C12)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from handlers.console import DESK, OFFICE, SIGNERS, Body, Empty
from handlers.edge import Call, Routes
from inspection.workdays import local_date
from services.registers import credit, ledger, policies

FIRST_YEAR, LAST_YEAR = 2000, 9999
routes = Routes()


class GradeBody(Body):
    """What a credit class means."""

    factor: str = Field(default="1", max_length=16)
    tickets: int = 1
    visits: int | None = None


class ClassesBody(Body):
    """All four classes."""

    A: GradeBody
    B: GradeBody
    C: GradeBody
    D: GradeBody


class RaiseBody(Body):
    """A reason to look more often."""

    key: str = Field(max_length=24)
    name: str = Field(min_length=1, max_length=64)
    mark: Literal["label", "region", "trade"]
    words: list[str] = Field(min_length=1, max_length=200)
    factor: str = Field(default="1", max_length=16)
    tickets: int = 1
    extra_visits: int = 0


class TableBody(Body):
    """A policy table."""

    classes: ClassesBody
    unclassified: GradeBody = GradeBody()
    raises: list[RaiseBody] = Field(default=[], max_length=50)
    floor: str = Field(default="0.01", max_length=16)
    together: int | None = Field(default=None, ge=0)


class PolicyBody(Body):
    """A policy table, for an item or a region or all."""

    name: str = Field(min_length=1, max_length=128)
    item_id: str | None = None
    region: str = Field(default="", max_length=6)
    body: TableBody


class EntryBody(Body):
    """A check that was no visit of ours."""

    code: str = Field(min_length=1, max_length=18)
    body: str = Field(min_length=1, max_length=64)
    level: Literal["same", "upper", "lower"]
    checked_on: date
    exempt: str = Field(default="", max_length=16)
    note: str = Field(default="", max_length=500)


class ExemptBody(Body):
    """A task that the yearly limit does not bind, and why."""

    task_id: str
    reason: str = Field(max_length=16)
    note: str = Field(max_length=500)


class CreditBody(Body):
    """The office's word on a proposed class."""

    accept: bool
    note: str = Field(default="", max_length=500)


@routes.get("/api/console/policies", roles=DESK)
async def get_policies(call: Call) -> Any:
    """The policy tables, the standard one, and the reasons for exemptions."""
    return await policies.policy_rows(call.act)


@routes.post("/api/console/policies", roles=OFFICE, body=PolicyBody)
async def post_policy(call: Call) -> Any:
    """Put a table in force."""
    body: PolicyBody = call.body
    row = await policies.make_policy(call.act, body.name.strip(), body.body.model_dump(), body.item_id, body.region)
    return {"id": row.id}


@routes.post("/api/console/policies/one/{id}/end", roles=OFFICE, body=Empty)
async def post_policy_end(call: Call) -> Any:
    """End a table."""
    await policies.end_policy(call.act, call.path["id"])


@routes.get("/api/console/policies/explain", roles=DESK)
async def get_explanation(call: Call) -> Any:
    """What the policy makes of one target, and why."""
    return await policies.explain(call.act, call.query("code"), call.query("item_id"), call.query("ratio", "0.05"))


@routes.get("/api/console/policies/ledger", roles=DESK)
async def get_ledger(call: Call) -> Any:
    """The checks of one target in a year, or the targets that had most."""
    year = _year(call)
    if call.query("code"):
        return await ledger.of_target(call.act, call.query("code"), year)
    return await ledger.at_least(call.act, year, call.number("times", 1, at_most=999), call.number("page", 1))


@routes.post("/api/console/policies/ledger", roles=SIGNERS, body=EntryBody)
async def post_ledger_entry(call: Call) -> Any:
    """Write down a check by somebody else, or one that followed a clue at once."""
    body: EntryBody = call.body
    return {"id": (await ledger.record(call.act, ledger.NewEntry(**body.model_dump()))).id}


@routes.post("/api/console/policies/exemptions", roles=OFFICE, body=ExemptBody)
async def post_exemption(call: Call) -> Any:
    """Take a task out of the yearly limit by a named reason."""
    body: ExemptBody = call.body
    await ledger.exempt(call.act, body.task_id, body.reason, body.note)


@routes.get("/api/console/policies/exemptions", roles=DESK)
async def get_exemptions(call: Call) -> Any:
    """The tasks outside the yearly limit, and why."""
    return {"rows": await ledger.exemptions(call.act)}


@routes.get("/api/console/policies/warnings", roles=DESK)
async def get_warnings(call: Call) -> Any:
    """Targets that are planned too often (R4)."""
    return await ledger.warnings(call.act, _year(call))


@routes.get("/api/console/policies/credit", roles=DESK)
async def get_credit_proposals(call: Call) -> Any:
    """What results say about credit classes (N3)."""
    return {"rows": await credit.proposal_rows(call.act)}


@routes.post("/api/console/policies/credit/{id}/decide", roles=OFFICE, body=CreditBody)
async def post_credit_decision(call: Call) -> Any:
    """Accept a proposal or decline it: a person decides."""
    body: CreditBody = call.body
    return {"status": (await credit.decide(call.act, call.path["id"], accept=body.accept, note=body.note)).status}


def _year(call: Call) -> int:
    return call.number("year", local_date(call.act.now).year, at_least=FIRST_YEAR, at_most=LAST_YEAR)
