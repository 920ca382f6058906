"""What follows a result: the desk of a department, and the owner's own doors (I)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from handlers.console import Body
from handlers.edge import UPLOAD, Call, Routes, roles
from inspection.actors import Role
from inspection.errors import NotFoundError
from inspection.followups import MAX_HANDED, MAX_WORDS, RULES, FollowUpKind, Order
from services.results import followup_view, followups, rectifications
from services.results.followup_view import STATUS_WORDS, STEP_WORDS
from services.results.rectifications import Rectification

SEES = roles(Role.COORDINATOR, Role.APPROVER, Role.INSPECTOR)
APPROVER = roles(Role.APPROVER)
RECHECKS = roles(Role.APPROVER, Role.INSPECTOR)
OWNER = roles(Role.OWNER)
SIZES = r"{size:thumb|display}"
routes = Routes()


class NewBody(Body):
    """A follow-up to open."""

    part_id: str = Field(max_length=32)
    kind: FollowUpKind
    demand: str = Field(max_length=MAX_WORDS)
    responsible: str = Field(max_length=64)
    due_on: date | None = None
    department_id: str = Field(default="", max_length=32)
    body: str = Field(default="", max_length=128)
    handed: list[str] = Field(default=[], max_length=MAX_HANDED)
    ground: str = Field(default="", max_length=32)


class RecheckBody(Body):
    """What a re-check found."""

    passed: bool
    note: str = Field(max_length=MAX_WORDS)
    due_on: date | None = None


class ExtendBody(Body):
    """Another day."""

    due_on: date
    reason: str = Field(max_length=MAX_WORDS)


class CloseBody(Body):
    """How it ended."""

    outcome: str = Field(max_length=16)
    note: str = Field(max_length=MAX_WORDS)
    document_no: str = Field(default="", max_length=128)


class HandInBody(Body):
    """The owner's word that it is mended."""

    note: str = Field(max_length=MAX_WORDS)


@routes.get("/api/console/followups", roles=SEES)
async def get_followups(call: Call) -> Any:
    """The caller's follow-ups, and what results ask about."""
    return await followup_view.board(call.act, closed=call.query("closed") == "1")


@routes.get("/api/console/followups/{id}", roles=SEES)
async def get_followup(call: Call) -> Any:
    """One follow-up with its steps and photos."""
    return await followup_view.detail(call.act, call.path["id"])


@routes.post("/api/console/followups", roles=APPROVER, body=NewBody)
async def post_followup(call: Call) -> Any:
    """Open a follow-up of an approved part of the caller's department."""
    body: NewBody = call.body
    order = Order(
        demand=body.demand,
        department_id=body.department_id,
        body=body.body,
        handed=tuple(body.handed),
        ground=body.ground,
    )
    new = followups.NewFollowUp(
        part_id=body.part_id, kind=body.kind, order=order, responsible=body.responsible, due_on=body.due_on
    )
    row = await followups.open_followup(call.act, new)
    return {"id": row.id, "number": row.number, "due_on": row.due_on}


@routes.post("/api/console/followups/{id}/recheck", roles=RECHECKS, body=RecheckBody)
async def post_recheck(call: Call) -> Any:
    """Say what a re-check found."""
    body: RecheckBody = call.body
    status = await followups.recheck(call.act, call.path["id"], passed=body.passed, note=body.note, due_on=body.due_on)
    return {"status": status}


@routes.post("/api/console/followups/{id}/extend", roles=APPROVER, body=ExtendBody)
async def post_extend(call: Call) -> Any:
    """Give another day."""
    return {"due_on": await followups.extend(call.act, call.path["id"], call.body.due_on, call.body.reason)}


@routes.post("/api/console/followups/{id}/close", roles=APPROVER, body=CloseBody)
async def post_close(call: Call) -> Any:
    """End it, or answer a transfer."""
    body: CloseBody = call.body
    return {"status": await followups.close(call.act, call.path["id"], body.outcome, body.note, body.document_no)}


@routes.get(f"/api/console/followups/{{id}}/photos/{{digest}}/{SIZES}", roles=SEES)
async def get_followup_photo(call: Call) -> web.Response:
    """An owner's photo, as a department looks at it."""
    digest = await rectifications.copy_for_desk(call.act, *_wanted(call))
    return await _image(call, digest)


@routes.get("/api/owner/rectifications", roles=OWNER)
async def owner_rectifications(call: Call) -> Any:
    """What the owner's targets are asked to mend."""
    return {"rows": [_rectification(one) for one in await rectifications.own(call.act)]}


@routes.add(
    "PUT",
    "/api/owner/rectifications/{id}/photos/{digest}",
    roles=OWNER,
    limit=UPLOAD,
    transaction="own",
)
async def owner_photo(call: Call) -> web.Response:
    """Take a photo of what was mended; the same one twice is there once."""
    id_, digest = call.path["id"], call.path["digest"]
    async with call.reading() as act:
        stamp = await rectifications.expect(act, id_, digest, call.raw)
    photo = await rectifications.develop(call.edge.house, call.raw, digest, stamp)
    async with call.writing() as act:
        new = await rectifications.keep(act, id_, photo)
    return web.json_response({"digest": digest}, status=201 if new else 200)


@routes.post("/api/owner/rectifications/{id}/hand-in", roles=OWNER, body=HandInBody)
async def owner_hand_in(call: Call) -> Any:
    """Say that it is mended."""
    return {"status": await rectifications.hand_in(call.act, call.path["id"], call.body.note)}


@routes.get(f"/api/owner/rectifications/{{id}}/photos/{{digest}}/{SIZES}", roles=OWNER)
async def owner_photo_copy(call: Call) -> web.Response:
    """The owner's own photo."""
    digest = await rectifications.copy_for_owner(call.act, *_wanted(call))
    return await _image(call, digest)


def _wanted(call: Call) -> tuple[str, str, Literal["thumb", "display"]]:
    size: Literal["thumb", "display"] = "thumb" if call.path["size"] == "thumb" else "display"
    return call.path["id"], call.path["digest"], size


async def _image(call: Call, digest: Any) -> web.Response:
    data = await call.edge.house.blobs.get(digest)
    if not data:
        raise NotFoundError(what="这张照片")
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=data, content_type="image/jpeg", headers=headers)


def _rectification(one: Rectification) -> dict[str, Any]:
    row = one.case.row
    outcome = next((end.text for end in RULES[FollowUpKind(row.kind)].outcomes if end.code == row.outcome), "")
    return {
        "id": row.id,
        "number": row.number,
        "target_name": one.case.target.name,
        "department": one.case.department.name,
        "demand": row.demand,
        "due_on": row.due_on,
        "status": row.status,
        "status_text": STATUS_WORDS[row.status],
        "outcome_text": outcome,
        "conclusion": row.conclusion,
        "can_send": row.status == "open",
        "overdue": one.overdue,
        "most_photos": rectifications.MOST_PHOTOS,
        # Whoever of the department said it stays nameless here; what is said was told to the owner as it was said.
        "steps": [
            {"at": step.at, "what": STEP_WORDS[step.kind], "note": step.note, "due_on": step.detail.get("due_on")}
            for step in one.steps
        ],
        "photos": [
            {
                "digest": photo.digest,
                "thumb_url": f"/api/owner/rectifications/{row.id}/photos/{photo.digest}/thumb",
                "display_url": f"/api/owner/rectifications/{row.id}/photos/{photo.digest}/display",
            }
            for photo in one.photos
        ],
    }
