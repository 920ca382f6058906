"""The phone's API: an inspector's visits, evidence, submissions; reached by nobody but the visit's own group.

list -> detail -> accept -> announce the manifest -> its files (`handlers.uploads`) -> hand it in -> confirm
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from handlers.console import Body, Empty
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from models.blobs import Digest
from models.results import Deadline, Publication
from models.store.parts import DepartmentPart
from models.store.visits import Colleague, OwnVisit
from models.tasks import Evidence
from services.field import evidence, submissions, summaries, visits
from services.field.manifests import DigestText, Manifest
from services.field.visits import VisitDetail, status_text

INSPECTOR = roles(Role.INSPECTOR)
LOOKS_AT_EVIDENCE = roles(Role.INSPECTOR, Role.APPROVER, Role.COORDINATOR)
routes = Routes()


class ConfirmBody(Body):
    """The leader's word."""

    summary: str


class SignBody(Body):
    """Which summary is signed, and with which ink."""

    summary: DigestText
    signature: DigestText


class DeclineBody(Body):
    """Which summary is not signed, by whom (empty: the caller), and why."""

    summary: DigestText
    reason: str = Field(max_length=1000)
    staff_no: str = Field(default="", max_length=32)


@routes.get("/api/phone/visits", roles=INSPECTOR)
async def get_visits(call: Call) -> Any:
    """The caller's visits."""
    found = await visits.list_visits(call.act)
    times = await visits.times(call.act, [own for own, _ in found])
    return {"visits": [_visit_row(own, deadline) | {"agreed_at": times.get(own.visit.id)} for own, deadline in found]}


@routes.get("/api/phone/visits/{id}", roles=INSPECTOR)
async def get_visit(call: Call) -> Any:
    """One of the caller's visits with everything that its page shows."""
    return _detail(await visits.visit_detail(call.act, call.path["id"]), str(call.act.actor.member_id))


@routes.post("/api/phone/visits/{id}/accept", roles=INSPECTOR, body=Empty)
async def post_accept(call: Call) -> Any:
    """Accept the visit."""
    return {"status": await visits.accept(call.act, call.path["id"])}


@routes.get("/api/phone/evidence/{digest}/{size:thumb|display}", roles=LOOKS_AT_EVIDENCE)
async def get_evidence(call: Call) -> Any:
    """A copy for looking at, of photos and signatures never the original; voice and video as they were sent."""
    act, words = call.act, call.path
    digest, media = await evidence.copy_of(act, call.query("visit"), words["digest"], words["size"])
    # The content never changes under its digest; who may look may, so only his own browser keeps it.
    headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
    if media.startswith("image/"):
        return web.Response(body=await act.house.blobs.get(digest), content_type=media, headers=headers)
    if media.startswith("application/"):  # never opened as a page of ours
        headers["Content-Disposition"] = "attachment"
    size = await evidence.size_of(act, call.query("visit"), words["digest"])
    return await _streamed(call, digest, size, headers | {"Content-Type": media})


async def _streamed(call: Call, digest: Digest, size: int, headers: dict[str, str]) -> web.StreamResponse:
    """A file piece by piece, or the range of it that a player asks for (RFC 9110): without it iPhones play no video."""
    try:
        asked = call.request.http_range
        start, stop, _ = asked.indices(size)
    except ValueError:
        start, stop = size, size
    if stop <= start:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers = headers | {"Accept-Ranges": "bytes", "Content-Length": str(stop - start)}
    part = "Range" in call.request.headers
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response = web.StreamResponse(status=206 if part else 200, headers=headers)
    await response.prepare(call.request)
    at = 0
    async for piece in call.act.house.blobs.stream(digest):
        wanted = piece[max(start - at, 0) : max(stop - at, 0)]
        if wanted:
            await response.write(wanted)
        at += len(piece)
        if at >= stop:
            break
    await response.write_eof()
    return response


@routes.post("/api/phone/visits/{id}/manifests", roles=INSPECTOR, body=Manifest)
async def post_manifest(call: Call) -> Any:
    """Announce what will be handed in, before its files: kept, checked, and answered with the files that lack."""
    announced = await submissions.announce(call.act, call.path["id"], call.body)
    return {
        "submission_id": announced.submission_id,
        "manifest_digest": announced.manifest_digest,
        "missing": list(announced.missing),
    }


@routes.post("/api/phone/visits/{id}/submissions", roles=INSPECTOR, body=Manifest)
async def post_submission(call: Call) -> Any:
    """Hand in the caller's department's part."""
    receipt = await submissions.submit(call.act, call.path["id"], call.body)
    return {
        "submission_id": receipt.submission_id,
        "visit_number": receipt.visit_number,
        "received_at": receipt.received_at,
        "manifest_digest": receipt.manifest_digest,
        "evidence": list(receipt.evidence),
    }


@routes.post("/api/phone/visits/{id}/confirm", roles=INSPECTOR, body=ConfirmBody)
async def post_confirm(call: Call) -> Any:
    """Confirm the summary, as the leader."""
    return {"status": await submissions.confirm(call.act, call.path["id"], call.body.summary)}


@routes.get("/api/phone/visits/{id}/summary", roles=INSPECTOR)
async def get_summary(call: Call) -> Any:
    """The summary of one of the caller's visits, with what its group has said under it."""
    return await summaries.shown(call.act, call.path["id"])


@routes.post("/api/phone/visits/{id}/summary/sign", roles=INSPECTOR, body=SignBody)
async def post_summary_signature(call: Call) -> Any:
    """Sign the summary."""
    body: SignBody = call.body
    await summaries.sign(call.act, call.path["id"], body.summary, body.signature)
    return await summaries.shown(call.act, call.path["id"])


@routes.post("/api/phone/visits/{id}/summary/decline", roles=INSPECTOR, body=DeclineBody)
async def post_summary_decline(call: Call) -> Any:
    """Write down why somebody does not sign the summary."""
    body: DeclineBody = call.body
    await summaries.decline(call.act, call.path["id"], body.summary, body.reason, body.staff_no)
    return await summaries.shown(call.act, call.path["id"])


def evidence_url(visit_id: str, digest: str, size: str) -> str:
    """Where a copy of a piece of evidence is found."""
    return f"/api/phone/evidence/{digest}/{size}?visit={quote(visit_id)}"


def _visit_row(own: OwnVisit, deadline: Deadline | None) -> dict[str, Any]:
    return {
        "id": own.visit.id,
        "number": own.visit.number,
        "status": own.visit.status,
        "status_text": status_text(own.visit.status),
        "task_name": own.task.name,
        "target_name": own.target.name,
        "address": own.target.address,
        "starts_on": own.task.starts_on,
        "ends_on": own.task.ends_on,
        "leads": own.member.leads,
        "my_part_status": own.part.status,
        "my_part_status_text": status_text(own.part.status),
        "deadline": _deadline(deadline) if deadline else None,
    }


def _detail(found: VisitDetail, me: str) -> dict[str, Any]:
    own = found.own
    return {
        "id": own.visit.id,
        "number": own.visit.number,
        "status": own.visit.status,
        "status_text": status_text(own.visit.status),
        "task": {
            "name": own.task.name,
            "number": own.task.number,
            "starts_on": own.task.starts_on,
            "ends_on": own.task.ends_on,
            "announced": own.task.announced,
        },
        "target": _target(found),
        "leads": own.member.leads,
        "owner_signs": visits.owner_signs(own, found.group),
        "members": [_member(one, me) for one in found.group],
        "my_part": {
            "id": own.part.id,
            "status": own.part.status,
            "status_text": status_text(own.part.status),
            "returned_reason": own.part.returned_reason,
            "submission_id": own.part.submission_id,
        },
        "parts": [_part(one) for one in found.parts],
        "entrusted": [one.words() for one in found.entrusted],
        "experts": [{"name": one.name, "department": one.department} for one in found.experts],
        "items": found.items,
        "result_codes": visits.result_codes(),
        "measures": visits.measures(),
        "evidence": [_evidence(own.visit.id, one) for one in found.evidence if not found.destroyed],
        "destroyed": found.destroyed,
        "deadlines": [_deadline(one) for one in found.deadlines],
        "can": visits.can(own),
        # The leader reads it out to the owner, who binds his WeChat by it (F1); of an unannounced visit nobody is told.
        "notice_code": own.visit.notice_code if own.member.leads and own.task.announced else None,
    }


def _target(found: VisitDetail) -> dict[str, Any]:
    target = found.own.target
    return {
        "name": target.name,
        "code": target.code,
        "address": target.address,
        "kind": target.kind,
        "business_scope": target.business_scope,
        "registered_on": target.registered_on,
        "region": target.region,
        "contact": found.contact,
        "history": _history(found.history),
        **found.file,
    }


def _history(published: Sequence[tuple[Publication, str]]) -> list[dict[str, Any]]:
    return [
        {
            "published_at": one.published_at,
            "department": department,
            "result_text": one.body["result_text"],
            "number": one.number,
        }
        for one, department in published
    ]


def _member(one: Colleague, me: str) -> dict[str, Any]:
    return {
        "staff_no": one.staff_no,
        "name": one.name,
        "department": one.department,
        "leads": one.leads,
        "mobile": one.mobile,
        "accepted": one.accepted,
        "mine": one.member_id == me,
    }


def _part(one: DepartmentPart) -> dict[str, Any]:
    return {
        "department": one.department.name,
        "status": one.part.status,
        "status_text": status_text(one.part.status),
        "result_text": visits.result_of(one),
        "submitted_at": one.submission.received_at if one.submission else None,
    }


def _evidence(visit_id: str, one: Evidence) -> dict[str, Any]:
    taken_at = one.taken_at or one.received_at
    return {
        "digest": one.digest,
        "kind": one.kind,
        "thumb_url": evidence_url(visit_id, one.digest, "thumb"),
        "display_url": evidence_url(visit_id, one.digest, "display"),
        "taken_at": taken_at.isoformat(),
        "stored": True,
    }


def _deadline(row: Deadline) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "text": DeadlineKind(row.kind).text,
        "due_on": row.due_on,
        "provisional": row.provisional,
    }
