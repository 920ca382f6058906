"""The API of what may change after a freeze: voids (作废), and below them recusals and replacements (E1-E5)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from handlers import attached
from handlers.console import Body, Empty
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from inspection.reasons import RECUSAL_GROUNDS, REPLACEMENT_REASONS, TARGET_REASONS, VOID_REASONS
from models.store.states import STATUS_WORDS
from services.drawing import (
    appointments,
    entrustments,
    recusal_requests,
    recusals,
    replacement_view,
    replacements,
    target_swaps,
    voids,
)

OFFICE = roles(Role.COORDINATOR)
DESK = roles(Role.COORDINATOR, Role.APPROVER)
INSPECTOR = roles(Role.INSPECTOR)
APPROVER = roles(Role.APPROVER)
routes = Routes()


class VoidBody(Body):
    """Why a draw should be void: a listed reason, and what happened."""

    reason: str
    detail: str


class RecusalBody(Body):
    """Who does not inspect whom, and why."""

    target_code: str = Field(max_length=18)
    staff_no: str = Field(max_length=32)
    ground: str
    basis: str


class OwnRecusalBody(Body):
    """Whom the inspector himself does not inspect, and why."""

    target_code: str = Field(max_length=18)
    ground: str
    basis: str


class AskBody(Body):
    """Why a member of a group should be replaced; on the phone it is the caller himself."""

    reason: str
    evidence: str
    staff_no: str = Field(default="", max_length=32)


class OwnAskBody(Body):
    """Why the caller should be replaced."""

    reason: str
    evidence: str


class FillBody(Body):
    """Which department's short place should be filled."""

    department: str = Field(max_length=32)
    evidence: str


class EntrustBody(Body):
    """Who does what nobody of a department can do (委托执法)."""

    department: str = Field(max_length=32)
    authority: str = Field(max_length=500)
    to: str = Field(max_length=500)
    document: str = Field(max_length=500)


class AppointBody(Body):
    """Whom a department sends where targets alone were drawn (P1)."""

    department: str = Field(max_length=32)
    staff_numbers: list[str] = Field(max_length=10)


class ExpertBody(Body):
    """Who comes along (B14)."""

    staff_no: str = Field(max_length=32)


class ApproveBody(Body):
    """The chosen one, where the office's setting is that the approver chooses."""

    staff_no: str = Field(default="", max_length=32)


class GrantBody(ApproveBody):
    """What the enterprise is answered; a usual sentence if nothing is said."""

    answer: str = Field(default="", max_length=500)


class AnswerBody(Body):
    """Why not."""

    answer: str = Field(max_length=500)


def listing(reasons: dict[str, str]) -> list[dict[str, str]]:
    """Listed reasons as a page's choices."""
    return [{"code": code, "text": text} for code, text in reasons.items()]


@routes.get("/api/console/void-reasons", roles=OFFICE)
async def get_void_reasons(call: Call) -> Any:  # noqa: ARG001 every handler takes the call
    """The reasons that may be given."""
    return {"reasons": listing(VOID_REASONS)}


@routes.post("/api/console/draws/{number}/void", roles=OFFICE, body=VoidBody)
async def post_void(call: Call) -> Any:
    """Propose to void a draw: the first of two coordinators."""
    body: VoidBody = call.body
    row = await voids.propose(call.act, call.path["number"], body.reason, body.detail)
    return {"id": row.id, "status": row.status}


@routes.post("/api/console/voids/{id}/approve", roles=OFFICE, body=Empty)
async def post_void_approve(call: Call) -> Any:
    """Void it: the second of two coordinators."""
    draw = await voids.approve(call.act, call.path["id"])
    return {"number": draw.number, "status": draw.status}


@routes.post("/api/console/voids/{id}/decline", roles=OFFICE, body=Empty)
async def post_void_decline(call: Call) -> Any:
    """Let the draw stand."""
    draw = await voids.decline(call.act, call.path["id"])
    return {"number": draw.number, "status": draw.status}


@routes.get("/api/console/recusals", roles=DESK)
async def get_recusals(call: Call) -> Any:
    """The recusals in force, of all departments or the approver's own, and the grounds there are."""
    rows = [
        {
            "id": one.recusal.id,
            "target_name": one.target.name,
            "target_code": one.target.code,
            "staff_no": one.staff_no,
            "name": one.name,
            "department": one.department,
            "ground_text": RECUSAL_GROUNDS[one.recusal.ground],
            "basis": one.recusal.basis,
            "declared_at": one.recusal.declared_at,
        }
        for one in await recusals.listing(call.act)
    ]
    return {"rows": rows, "grounds": listing(RECUSAL_GROUNDS)}


@routes.post("/api/console/recusals", roles=DESK, body=RecusalBody)
async def post_recusal(call: Call) -> Any:
    """Declare that an inspector does not inspect a target."""
    body: RecusalBody = call.body
    row = await recusals.declare(call.act, body.target_code.strip(), body.staff_no.strip(), body.ground, body.basis)
    return {"id": row.id}


@routes.post("/api/console/recusals/{id}/end", roles=DESK, body=Empty)
async def post_recusal_end(call: Call) -> Any:
    """End a recusal whose ground is gone."""
    await recusals.end(call.act, call.path["id"])


@routes.post("/api/phone/recusals", roles=INSPECTOR, body=OwnRecusalBody)
async def post_own_recusal(call: Call) -> Any:
    """Declare for oneself."""
    body: OwnRecusalBody = call.body
    row = await recusals.declare(call.act, body.target_code.strip(), "", body.ground, body.basis)
    return {"id": row.id}


@routes.get("/api/console/changes", roles=DESK)
async def get_changes(call: Call) -> Any:
    """Requests to replace people and targets, those that wait first, with the reasons there are."""
    return {
        **await replacement_view.changes(call.act),
        "requests": await recusal_requests.listing(call.act),
        "entrusted": await entrustments.listing(call.act),
        "reasons": listing(REPLACEMENT_REASONS),
        "target_reasons": listing(TARGET_REASONS),
        "way": call.act.house.rules.replacement,
    }


@routes.get("/api/phone/replacement-reasons", roles=INSPECTOR)
async def get_reasons(call: Call) -> Any:  # noqa: ARG001 every handler takes the call
    """The reasons and grounds that an inspector may give."""
    return {"reasons": listing(REPLACEMENT_REASONS), "grounds": listing(RECUSAL_GROUNDS)}


@routes.post("/api/phone/visits/{id}/replacement", roles=INSPECTOR, body=OwnAskBody)
async def post_own_replacement(call: Call) -> Any:
    """Ask to be replaced."""
    row = await replacements.ask(call.act, call.path["id"], call.body.reason, call.body.evidence)
    return {"id": row.id, "status": row.status, "status_text": STATUS_WORDS[row.status]}


@routes.post("/api/console/visits/{id}/replacement", roles=DESK, body=AskBody)
async def post_replacement(call: Call) -> Any:
    """Ask that a member of a group be replaced."""
    body: AskBody = call.body
    row = await replacements.ask(call.act, call.path["id"], body.reason, body.evidence, body.staff_no)
    return {"id": row.id, "status": row.status}


@routes.post("/api/console/visits/{id}/fill", roles=DESK, body=FillBody)
async def post_fill(call: Call) -> Any:
    """Ask that a short place be filled."""
    row = await replacements.fill(call.act, call.path["id"], call.body.department, call.body.evidence)
    return {"id": row.id, "status": row.status}


@routes.post("/api/console/visits/{id}/entrust", roles=OFFICE, body=EntrustBody)
async def post_entrust(call: Call) -> Any:
    """Note that a short place is entrusted to another department (D9)."""
    body: EntrustBody = call.body
    words = (body.authority, body.to, body.document)
    await entrustments.entrust(call.act, call.path["id"], body.department, words)


@routes.get("/api/console/visits/{id}/entrusted/{department}", roles=APPROVER)
async def get_entrusted_choices(call: Call) -> Any:
    """Whom the entrusted department may name."""
    return {"rows": await entrustments.choices(call.act, call.path["id"], call.path["department"])}


@routes.post("/api/console/visits/{id}/entrusted", roles=APPROVER, body=AppointBody)
async def post_entrusted(call: Call) -> Any:
    """Name who of the entrusted department goes (D9)."""
    body: AppointBody = call.body
    return {"people": await entrustments.name_people(call.act, call.path["id"], body.department, body.staff_numbers)}


@routes.get("/api/console/visits/{id}/appointees", roles=DESK)
async def get_appointees(call: Call) -> Any:
    """Whom a department may appoint, those with fewest places first."""
    return {"rows": await appointments.choices(call.act, call.path["id"], call.query("department"))}


@routes.post("/api/console/visits/{id}/appoint", roles=DESK, body=AppointBody)
async def post_appoint(call: Call) -> Any:
    """Appoint a department's inspectors where targets alone were drawn (P1)."""
    body: AppointBody = call.body
    return {"people": await appointments.appoint(call.act, call.path["id"], body.department, body.staff_numbers)}


@routes.get("/api/console/visits/{id}/experts", roles=OFFICE)
async def get_experts(call: Call) -> Any:
    """Who might come along as an expert."""
    return {"rows": await appointments.expert_choices(call.act, call.path["id"])}


@routes.post("/api/console/visits/{id}/experts", roles=OFFICE, body=ExpertBody)
async def post_expert(call: Call) -> Any:
    """Let an expert come along, beside a full group (B14)."""
    await appointments.add_expert(call.act, call.path["id"], call.body.staff_no.strip())


@routes.get("/api/console/replacements/{id}/choices", roles=DESK)
async def get_choices(call: Call) -> Any:
    """Whom the approver may choose, and who would be next in order."""
    return await replacement_view.choices(call.act, call.path["id"])


@routes.post("/api/console/replacements/{id}/approve", roles=APPROVER, body=ApproveBody)
async def post_replacement_approve(call: Call) -> Any:
    """Approve as the department's approver (E3)."""
    row = await replacements.approve(call.act, call.path["id"], call.body.staff_no)
    return {"id": row.id, "status": row.status, "entering": row.entering}


@routes.post("/api/console/replacements/{id}/decline", roles=APPROVER, body=Empty)
async def post_replacement_decline(call: Call) -> Any:
    """Let the group stay as it is."""
    row = await replacements.decline(call.act, call.path["id"])
    return {"id": row.id, "status": row.status}


@routes.get("/api/console/recusal-requests/{id}/choices", roles=APPROVER)
async def get_recusal_choices(call: Call) -> Any:
    """Who would come instead of somebody whom an enterprise asks to stay away."""
    return await recusal_requests.choices(call.act, call.path["id"])


@routes.get("/api/console/recusal-requests/{id}/evidence/{digest}", roles=APPROVER)
async def get_recusal_evidence(call: Call) -> Any:
    """What an enterprise proves its request with, to be saved by the one who decides."""
    digest = await recusal_requests.evidence(call.act, call.path["id"], call.path["digest"])
    return await attached.to_save(call, digest, recusal_requests.EVIDENCE)


@routes.post("/api/console/recusal-requests/{id}/approve", roles=APPROVER, body=GrantBody)
async def post_recusal_approve(call: Call) -> Any:
    """Grant an enterprise's request (E5)."""
    body: GrantBody = call.body
    row = await recusal_requests.approve(call.act, call.path["id"], body.answer, body.staff_no)
    return {"id": row.id, "status": row.status}


@routes.post("/api/console/recusal-requests/{id}/decline", roles=APPROVER, body=AnswerBody)
async def post_recusal_decline(call: Call) -> Any:
    """Decline it, and say why."""
    row = await recusal_requests.decline(call.act, call.path["id"], call.body.answer)
    return {"id": row.id, "status": row.status}


@routes.post("/api/console/visits/{id}/swap", roles=OFFICE, body=OwnAskBody)
async def post_swap(call: Call) -> Any:
    """Propose that a drawn target be replaced by the next reserve: the first of two coordinators."""
    row = await target_swaps.propose(call.act, call.path["id"], call.body.reason, call.body.evidence)
    return {"id": row.id, "status": row.status}


@routes.post("/api/console/swaps/{id}/approve", roles=OFFICE, body=Empty)
async def post_swap_approve(call: Call) -> Any:
    """Let the next reserve in: the second of two coordinators."""
    row = await target_swaps.approve(call.act, call.path["id"])
    return {"id": row.id, "status": row.status, "entering": row.entering}


@routes.post("/api/console/swaps/{id}/decline", roles=OFFICE, body=Empty)
async def post_swap_decline(call: Call) -> Any:
    """Let the target stay."""
    row = await target_swaps.decline(call.act, call.path["id"])
    return {"id": row.id, "status": row.status}
