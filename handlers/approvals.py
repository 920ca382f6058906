"""The approver's API: what waits for him, his word on it, and publishing what is approved (H1, H3, H5)."""

from __future__ import annotations

from typing import Any

from handlers.console import Body, Empty
from handlers.edge import Call, Routes, roles
from handlers.phone import evidence_url
from inspection.actors import Role
from inspection.outcomes import measure_text, result_text
from services.results import approvals, publications
from services.results.approvals import WaitingPart

APPROVER = roles(Role.APPROVER)
PUBLISHER = roles(Role.COORDINATOR, Role.APPROVER)
routes = Routes()


class ReturnBody(Body):
    """Why a part goes back."""

    reason: str


@routes.get("/api/console/approvals", roles=APPROVER)
async def get_approvals(call: Call) -> Any:
    """The parts of the caller's department that wait for approval."""
    return {"rows": [_row(one) for one in await approvals.waiting(call.act)]}


@routes.post("/api/console/parts/{id}/approve", roles=APPROVER, body=Empty)
async def post_approve(call: Call) -> Any:
    """Approve a part of the caller's department."""
    return {"status": await approvals.approve(call.act, call.path["id"])}


@routes.post("/api/console/parts/{id}/return", roles=APPROVER, body=ReturnBody)
async def post_return(call: Call) -> Any:
    """Send a part of the caller's department back."""
    return {"status": await approvals.send_back(call.act, call.path["id"], call.body.reason)}


@routes.post("/api/console/tasks/{id}/publish", roles=PUBLISHER, body=Empty)
async def post_publish(call: Call) -> Any:
    """Publish what is approved: a coordinator everything, an approver his department's own."""
    return {"published": await publications.publish_task(call.act, call.path["id"])}


def _row(one: WaitingPart) -> dict[str, Any]:
    case, manifest = one.case, one.manifest
    photos = dict.fromkeys(
        [*manifest["photos"], *(photo for entry in manifest["answers"] for photo in entry["photos"])]
    )
    return {
        "part_id": case.part.id,
        "visit_number": case.visit.number,
        "target_name": case.target.name,
        "target_code": case.target.code,
        "task_name": case.task.name,
        "submitted_at": case.submission.received_at,
        "result_text": result_text(manifest["results"]),
        "item_results": [{"item": item, "result_text": text} for item, text in one.item_results],
        "added_items": [{"item": item, "reason": reason} for item, reason in one.added],
        "off_list": manifest.get("off_list", []),
        "result_detail": manifest["result_detail"],
        "measure_text": measure_text(manifest["measures"]),
        "note": manifest["note"],
        "summary": case.visit.summary,
        "answers": [
            {"item": line.item, "question": line.question, "value_text": line.value_text, "comment": line.comment}
            for line in one.answers
        ],
        "photos": [
            {
                size: evidence_url(case.visit.id, digest, size.removesuffix("_url"))
                for size in ("thumb_url", "display_url")
            }
            for digest in photos
        ],
        "owner": _owner(manifest["owner_signature"]),
        "due_on": one.due_on,
        "level": one.level,
        "levels": one.levels,
        "post": one.post,
        "why_not": one.why_not,
    }


def _owner(signature: dict[str, Any] | None) -> dict[str, Any] | None:
    if signature is None:
        return None
    told = "name" if signature["kind"] == "signed" else "reason"
    return {"kind": signature["kind"], told: signature[told]}
