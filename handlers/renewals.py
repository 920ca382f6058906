"""Renewed certificates over HTTP: sent from the holder's phone, confirmed at his department's desk (B11)."""

from __future__ import annotations

from datetime import date
from typing import Any

from aiohttp import web
from pydantic import Field

from handlers.console import Body
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from services.registers import renewals
from services.registers.renewals import Renewal

INSPECTOR = roles(Role.INSPECTOR)
DECIDES = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON)
PHONE = "/api/phone/certificates"
DESK = "/api/console/certificate-renewals"
PHOTO_LIMIT = 24 << 20  # one photo of a certificate
routes = Routes()


class RenewalBody(Body):
    """Which certificate (empty: the 执法证), its new number (empty: as before), its new last day."""

    certificate_id: str = Field(default="", max_length=32)
    number: str = Field(default="", max_length=64)
    expires_on: date


class DecisionBody(Body):
    """Whether the library takes it, and why not."""

    confirmed: bool
    reason: str = Field(default="", max_length=1000)


@routes.get(PHONE, roles=INSPECTOR)
async def get_own_certificates(call: Call) -> Any:
    """The caller's own certificates."""
    return await renewals.own(call.act)


@routes.post(PHONE + "/renewals", roles=INSPECTOR, body=RenewalBody)
async def post_renewal(call: Call) -> Any:
    """Say that one of them was renewed."""
    body: RenewalBody = call.body
    return {"id": await renewals.ask(call.act, Renewal(**body.model_dump()))}


@routes.add(
    "PUT",
    PHONE + "/renewals/{id}/photo/{digest}",
    roles=INSPECTOR,
    limit=PHOTO_LIMIT,
    transaction="own",
)
async def put_renewal_photo(call: Call) -> Any:
    """Put a picture of the renewed certificate to the request."""
    renewal_id = call.path["id"]
    async with call.reading() as act:
        stamp = await renewals.expect_photo(act, renewal_id, call.path["digest"], call.raw)
    photo = await renewals.develop(call.edge.house, call.raw, stamp)
    async with call.writing() as act:
        await renewals.keep_photo(act, renewal_id, photo)
    return {"photo": True}


@routes.get(DESK, roles=DECIDES)
async def get_renewals(call: Call) -> Any:
    """What waits for a word of the caller's department."""
    return {"rows": await renewals.waiting(call.act)}


@routes.post(DESK + "/{id}/decide", roles=DECIDES, body=DecisionBody)
async def post_renewal_decision(call: Call) -> Any:
    """Confirm a renewed certificate, or say why not."""
    body: DecisionBody = call.body
    status = await renewals.decide(call.act, call.path["id"], confirmed=body.confirmed, reason=body.reason)
    return {"status": status}


@routes.get(DESK + "/{id}/photo", roles=DECIDES)
async def get_renewal_photo(call: Call) -> web.Response:
    """The picture of a certificate that waits for a word."""
    data = await call.edge.house.blobs.get(await renewals.photo(call.act, call.path["id"]))
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=data, content_type="image/jpeg", headers=headers)
