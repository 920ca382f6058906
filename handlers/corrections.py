"""Corrections of what is public, and exceptions before it is: the desk's doors (J, H7)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from aiohttp import web
from pydantic import Field

from handlers import attached
from handlers.console import Body, Empty
from handlers.edge import UPLOAD, Call, Routes, roles
from inspection.actors import Role
from inspection.errors import InvalidInputError
from inspection.outcomes import MEASURES, RESULT_CODES
from models.blobs import Digest
from services.field import deposits
from services.results import correction_view, corrections, exceptions
from services.results.corrections import MAX_EVIDENCE, MAX_WORDS, Wish
from services.results.exceptions import Exemption

SEES = roles(Role.COORDINATOR, Role.APPROVER, Role.INSPECTOR)
ASKS = roles(Role.APPROVER, Role.INSPECTOR)
APPROVER = roles(Role.APPROVER)
EVIDENCE = "依据材料"
routes = Routes()


class WishBody(Body):
    """What is to stand there instead."""

    number: str = Field(max_length=96)
    ground: str = Field(max_length=16)
    reason: str = Field(max_length=MAX_WORDS)
    changes: dict[str, str | list[str] | list[list[str]]]
    evidence: list[str] = Field(max_length=MAX_EVIDENCE)


class SignBody(Body):
    """The head's signature: a PNG in base64."""

    signature: str


class DeclineBody(Body):
    """Why not."""

    note: str = Field(max_length=MAX_WORDS)


class HoldBody(Body):
    """What is kept back, and by which law."""

    whole: bool
    basis: str = Field(max_length=16)
    fields: list[str] = Field(default=[], max_length=10)
    words: list[str] = Field(default=[], max_length=20)
    reason: str = Field(max_length=1000)


@routes.get("/api/console/corrections", roles=SEES)
async def get_corrections(call: Call) -> Any:
    """The corrections of the caller's department, and the words to ask for one."""
    return {
        **await correction_view.rows(call.act),
        "results": [{"code": one.code, "text": one.text} for one in RESULT_CODES],
        "measures": [{"code": one.code, "text": one.text} for one in MEASURES],
    }


@routes.get("/api/console/corrections/of/{number}", roles=ASKS)
async def get_correctable(call: Call) -> Any:
    """A published result of the caller's department as it stands, before a correction is written."""
    return await correction_view.correctable(call.act, call.path["number"])


@routes.add("PUT", "/api/console/corrections/evidence/{digest}", roles=ASKS, limit=UPLOAD, transaction="own")
async def put_correction_evidence(call: Call) -> Any:
    """Store a file that a correction rests on, under its digest: PDF, JPEG or PNG."""
    async with call.reading():
        pass  # only who may ask may store
    digest = await attached.stored(call, EVIDENCE)
    async with call.writing() as act:
        await deposits.keep(act, deposits.CORRECTIONS, digest)
    return {"digest": digest}


@routes.get("/api/console/corrections/{id}/evidence/{digest}", roles=SEES)
async def get_correction_evidence(call: Call) -> web.Response:
    """A file that a correction rests on, to be saved."""
    digest = await correction_view.evidence(call.act, call.path["id"], call.path["digest"])
    return await attached.to_save(call, digest, EVIDENCE)


@routes.post("/api/console/corrections", roles=ASKS, body=WishBody)
async def post_correction(call: Call) -> Any:
    """Ask for a correction."""
    body: WishBody = call.body
    row = await corrections.ask(
        call.act,
        Wish(number=body.number, ground=body.ground, reason=body.reason, changes=body.changes, evidence=body.evidence),
    )
    return {"id": row.id}


@routes.add("POST", "/api/console/corrections/{id}/sign", roles=APPROVER, body=SignBody, transaction="own")
async def post_sign(call: Call) -> Any:
    """Sign a correction as the department's head; what is public changes with it."""
    async with call.reading() as act:  # whoever may not sign is told so before his signature is read
        await corrections.may_sign(act, call.path["id"])
    try:
        ink = base64.b64decode(call.body.signature.removeprefix("data:image/png;base64,"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError(what="签名", why="不是图片。") from error
    house = call.edge.house
    await house.photo_lab.check_signature(ink)
    digest = Digest(await house.blobs.put(ink))
    async with call.writing() as act:
        return {"version": await corrections.sign(act, call.path["id"], digest)}


@routes.post("/api/console/corrections/{id}/decline", roles=APPROVER, body=DeclineBody)
async def post_decline_correction(call: Call) -> Any:
    """Turn a correction down."""
    await corrections.decline(call.act, call.path["id"], call.body.note)
    return {"status": "declined"}


@routes.get("/api/console/parts/{id}/publication", roles=APPROVER)
async def get_publication_preview(call: Call) -> Any:
    """A part as it would be public."""
    return await exceptions.preview(call.act, call.path["id"])


@routes.post("/api/console/parts/{id}/hold", roles=APPROVER, body=HoldBody)
async def post_hold(call: Call) -> Any:
    """Keep back a part, or fields and words of it."""
    body: HoldBody = call.body
    wanted = Exemption(whole=body.whole, basis=body.basis, fields=body.fields, words=body.words, reason=body.reason)
    await exceptions.hold_back(call.act, call.path["id"], wanted)
    return await exceptions.preview(call.act, call.path["id"])


@routes.post("/api/console/parts/{id}/let-go", roles=APPROVER, body=Empty)
async def post_let_go(call: Call) -> Any:
    """Take an exception back."""
    await exceptions.let_go(call.act, call.path["id"])
    return await exceptions.preview(call.act, call.path["id"])
