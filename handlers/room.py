"""The room and the proofs: the wall's API for those who run it, pages without sign-in for the phones of everybody else.

/console/room/TASK <- GET .../room (polled)        /public/room/NUMBER: look, enter by code, take the bundle by code
                                                   /public/proof: an enterprise's own line, by its code
Forms come as a browser sends them; a wrong code is counted in a transaction of its own, or a refusal would undo it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import parse_qs, quote

import segno
from aiohttp import web
from pydantic import Field

from handlers.console import Body
from handlers.edge import Call, Routes, roles
from handlers.public import HEADERS, PAGES, common, page
from inspection.actors import Role
from inspection.errors import InvalidInputError, NotFoundError, SuichaError
from inspection.reasons import VOID_REASONS
from services.act import Act
from services.drawing import bundles, minutes, proofs, room
from services.drawing.codes import WrongCodeError
from services.drawing.tasks import EXCLUSION_WORDS

ROOM = roles(Role.COORDINATOR, Role.OBSERVER)
OFFICE = roles(Role.COORDINATOR)
FORM_LIMIT = 4096
MOST_TEXT = 256
# A form is sent with its page's origin, or our own check of origins would refuse it.
FORM_HEADERS = {**HEADERS, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
# The one public page with a script: its own, which may load and send nothing.
CHECKER_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
routes = Routes()


class ProofBody(Body):
    """Which enterprise is handed a code."""

    target_code: str = Field(max_length=18)


class ProofsBody(Body):
    """Which enterprises are handed codes; none named: all that were drawn."""

    target_codes: list[Annotated[str, Field(max_length=32)]] = Field(max_length=1000)


@routes.get("/api/console/tasks/{id}/room", roles=ROOM)
async def get_wall(call: Call) -> Any:
    """What is projected on the wall, with the code that leads phones to the public page."""
    wall = await room.wall(call.act, call.path["id"])
    url = f"{call.edge.house.origin}{wall['public_path']}"
    drawing = segno.make(url, error="m").svg_inline(scale=4, border=2, dark="#071c24", light="#ffffff", omitsize=True)
    return {**wall, "public_url": url, "qr": drawing}


@routes.get("/api/console/tasks/{id}/observers", roles=OFFICE)
async def get_observer_codes(call: Call) -> Any:
    """The codes to hand to the observers."""
    return {"rows": await room.observer_codes(call.act, call.path["id"])}


@routes.post("/api/console/draws/{number}/proof-code", roles=OFFICE, body=ProofBody)
async def post_proof_code(call: Call) -> Any:
    """Hand an enterprise the code to its own line."""
    return {"code": await proofs.hand_out(call.act, call.path["number"], call.body.target_code.strip())}


@routes.get("/api/console/draws/{number}/proof-codes", roles=OFFICE)
async def get_proof_codes(call: Call) -> Any:
    """The codes that were made for a draw."""
    return {"rows": await proofs.handed_out(call.act, call.path["number"])}


@routes.post("/api/console/draws/{number}/proof-codes", roles=OFFICE, body=ProofsBody)
async def post_proof_codes(call: Call) -> Any:
    """Make codes for many enterprises, or for all that were drawn."""
    wanted = [one.strip().upper() for one in call.body.target_codes]
    return {"count": await proofs.hand_out_to(call.act, call.path["number"], wanted)}


@routes.get("/api/console/draws/{number}/minutes.pdf", roles=ROOM)
async def get_minutes(call: Call) -> Any:
    """The minutes of the draw, to be printed and signed."""
    number = call.path["number"]
    headers = {"Content-Disposition": f'inline; filename="minutes-{quote(number)}.pdf"'}
    return web.Response(body=await minutes.minutes(call.act, number), content_type="application/pdf", headers=headers)


@page("/public/room/{number}", "room.html", "draws")
async def public_room(call: Call) -> dict[str, Any]:
    """The draw as any phone in the room follows it."""
    return _room(await room.public_room(call.act, call.path["number"]))


@routes.get("/public/room/{number}/enter", roles="public")
async def enter_page(call: Call) -> web.Response:
    """The observer's form; it does not renew itself under his fingers."""
    return _form(call, "observer.html", await _entering(call.act, call.path["number"]))


@routes.add("POST", "/public/room/{number}/enter", roles="public", limit=FORM_LIMIT, transaction="own")
async def post_enter(call: Call) -> web.Response:
    """Enter a value by code, and go back to the room."""
    number, sent = call.path["number"], _sent(call, "code", "value")

    async def enter(act: Act) -> web.Response:
        await room.enter_by_code(act, number, sent["code"], sent["value"])
        return web.Response(status=303, headers={"Location": f"/public/room/{quote(number)}"})

    try:
        async with call.writing() as act:
            return await enter(act)
    except SuichaError as error:
        await _count(call, error, room.note_wrong)
        async with call.reading() as act:
            values = await _entering(act, number)
            return _form(call, "observer.html", {**values, "error": error, "value": sent["value"]}, 422)


@routes.add("POST", "/public/room/{number}/bundle", roles="public", limit=FORM_LIMIT, transaction="own")
async def post_bundle(call: Call) -> web.Response:
    """The bundle, to whoever holds an observer's code."""
    number, sent = call.path["number"], _sent(call, "code")
    try:
        async with call.writing() as act:
            data = await room.bundle_by_code(act, number, sent["code"])
    except SuichaError as error:
        await _count(call, error, room.note_wrong)
        async with call.reading() as act:
            values = await _entering(act, number)
            return _form(call, "observer.html", {**values, "error": error}, 422)
    headers = {"Content-Disposition": f'attachment; filename="suicha-draw-{quote(number)}.zip"'}
    return web.Response(body=data, content_type="application/zip", headers=headers)


@routes.get("/public/verify", roles="public")
async def checker_page(_call: Call) -> web.Response:
    """The checking page of the bundles, for a phone in the room that cannot open a page inside a ZIP."""
    return web.Response(body=bundles.checker("verify.html"), content_type="text/html", headers=CHECKER_HEADERS)


@routes.get("/public/proof", roles="public")
async def proof_page(call: Call) -> web.Response:
    """The form by which an enterprise asks for its own line."""
    return _form(call, "proof.html", _asking(call.query("number")))


@routes.add("POST", "/public/proof", roles="public", limit=FORM_LIMIT, transaction="own")
async def post_proof(call: Call) -> web.Response:
    """An enterprise's own line of the pool, with the path to the announced root."""
    sent = _sent(call, "number", "target", "code")
    values = {**_asking(sent["number"].strip()), "target": sent["target"].strip().upper()}
    try:
        async with call.writing() as act:
            shown = await proofs.show(act, values["number"], values["target"], sent["code"])
            return _form(call, "proof.html", {**values, "shown": shown})
    except SuichaError as error:
        await _count(call, error, proofs.note_wrong)
        # Which of the three was wrong is nobody's business who does not hold all of them.
        told = WrongCodeError() if isinstance(error, NotFoundError) else error
        return _form(call, "proof.html", {**values, "error": told}, 422)


async def _entering(act: Act, number: str) -> dict[str, Any]:
    return {**_room(await room.public_room(act, number)), "error": None, "value": ""}


def _room(found: room.PublicRoom) -> dict[str, Any]:
    return {"row": found, "void_reasons": VOID_REASONS}


def _asking(number: str) -> dict[str, Any]:
    return {"number": number, "target": "", "shown": None, "error": None, "exclusion_words": EXCLUSION_WORDS}


def _sent(call: Call, *names: str) -> dict[str, str]:
    """The fields of a form, each once; InvalidInputError for what is no form of ours."""
    try:
        fields = parse_qs(call.raw.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError as error:
        raise InvalidInputError(what="表单", why="无法读取。") from error
    found = {name: fields.get(name, [""])[0] for name in names}
    if any(len(value) > MOST_TEXT or "\0" in value for value in found.values()):
        raise InvalidInputError(what="表单", why=f"每一项不超过 {MOST_TEXT} 字。")
    return found


async def _count(call: Call, error: SuichaError, note: Callable[[Act, str], None]) -> None:
    if isinstance(error, WrongCodeError):
        fields = parse_qs(call.raw.decode())
        async with call.writing() as act:
            note(act, call.path.get("number") or fields.get("number", [""])[0].strip()[:64])


def _form(call: Call, template: str, values: dict[str, Any], status: int = 200) -> web.Response:
    text = PAGES.get_template(template).render({**common(call.edge.house, "draws"), **values})
    return web.Response(text=text, status=status, content_type="text/html", headers=FORM_HEADERS)
