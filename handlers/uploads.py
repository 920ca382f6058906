"""The phone's door for files: the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload).

POST (creation, creation-with-upload) -> HEAD: how far? -> PATCH from there -> 204 when it is on the disk
The last PATCH answers when the file is evidence. There is no termination: what was sent is not taken back.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any, ClassVar

from aiohttp import ClientError, web
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from handlers.edge import STREAM, Call, Routes, roles
from handlers.problems import problem_of
from inspection.actors import Role
from inspection.coordinates import Position
from inspection.errors import InvalidInputError, SuichaError
from models.field import PendingFile
from models.spool import FileBusyError
from services.field import uploads
from services.field.evidence import Upload
from services.field.uploads import CHECKSUMS, Checksum, ChecksumError, Doors, LineCutError

VERSION, EXTENSIONS = "1.0.0", "creation,creation-with-upload,expiration,checksum"
INSPECTOR = roles(Role.INSPECTOR)
PIECE = "application/offset+octet-stream"
SILENCE_SECONDS = 30  # a phone that changed its network leaves a line on which nothing ever comes again
READ_BYTES, MOST_DIGITS = 1 << 18, 12
Handler = Callable[[Call], Awaitable[web.StreamResponse]]
_TIME: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
routes = Routes(crowd=True)


class ProtocolError(SuichaError):
    """上传协议的版本不同：服务器使用 tus 1.0.0。"""

    code: ClassVar[str] = "tus-version"
    action: ClassVar[str] = "请刷新页面以取得新版本，本机的内容都还在。"


class PieceTypeError(SuichaError):
    """上传内容的类型应当是 application/offset+octet-stream。"""

    code: ClassVar[str] = "tus-type"
    action: ClassVar[str] = "请刷新页面以取得新版本，本机的内容都还在。"


# The protocol's own answers; a client waits and resumes after 423, and sends a piece anew after 460.
STATUS: dict[type[SuichaError], tuple[int, str | None]] = {
    ProtocolError: (412, None),
    PieceTypeError: (415, None),
    FileBusyError: (423, None),
    ChecksumError: (460, "Checksum Mismatch"),
}


def _tus(handler: Handler) -> Handler:
    """Speak the protocol: its version is asked for, and told in every answer, refusals included."""

    @functools.wraps(handler)
    async def serve(call: Call) -> web.StreamResponse:
        try:
            if call.request.headers.get("Tus-Resumable") != VERSION:
                raise ProtocolError
            response = await handler(call)
        except SuichaError as error:
            response = _refusal(error)
        response.headers["Tus-Resumable"] = VERSION
        return response

    return serve


def _refusal(error: SuichaError) -> web.Response:
    response = problem_of(error)
    if response is None:
        raise error
    if type(error) in STATUS:
        status, reason = STATUS[type(error)]
        response.set_status(status, reason)
    if isinstance(error, ProtocolError):
        response.headers["Tus-Version"] = VERSION
    return response


@routes.add("OPTIONS", "/api/phone/visits/{id}/uploads", roles=INSPECTOR, transaction="read")
async def options_uploads(_call: Call) -> web.Response:
    """What of the protocol is spoken here."""
    headers = {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        "Tus-Max-Size": str(max(uploads.MOST_BYTES.values())),
    }
    return web.Response(status=204, headers=headers)


@routes.add("POST", "/api/phone/visits/{id}/uploads", roles=INSPECTOR, limit=STREAM, transaction="own")
@_tus
async def post_upload(call: Call) -> web.Response:
    """Begin a file, or find it as far as it has come; a body is its beginning (creation-with-upload)."""
    upload, size = _upload(call), _number(call, "Upload-Length")
    row = await uploads.begin(_doors(call), upload, size)
    at = await _received(call, row)
    if at == 0 and call.request.can_read_body and call.request.content_type == PIECE:
        at = await uploads.receive(_doors(call), row, 0, _pieces(call), _checksum(call))
    where = f"/api/phone/visits/{row.visit_id}/uploads/{row.id}"
    return web.json_response(
        {"digest": row.digest, "stored": row.kept_at is not None},
        status=201,
        headers={"Location": where, "Upload-Offset": str(at), **_expiry(row)},
    )


@routes.add("HEAD", "/api/phone/visits/{id}/uploads/{file}", roles=INSPECTOR, transaction="read")
@_tus
async def head_upload(call: Call) -> web.Response:
    """How much of a file has come."""
    row = await uploads.find(call.act, call.path["id"], call.path["file"])
    headers = {"Upload-Offset": str(await _received(call, row)), "Upload-Length": str(row.size), **_expiry(row)}
    return web.Response(status=200, headers=headers)


@routes.add(
    "PATCH",
    "/api/phone/visits/{id}/uploads/{file}",
    roles=INSPECTOR,
    limit=STREAM,
    transaction="read-first",
)
@_tus
async def patch_upload(call: Call) -> web.Response:
    """Take what comes behind what has come."""
    if call.request.content_type != PIECE:
        raise PieceTypeError
    row = await uploads.find(call.act, call.path["id"], call.path["file"])
    await call.let_go()
    at = await uploads.receive(_doors(call), row, _number(call, "Upload-Offset"), _pieces(call), _checksum(call))
    return web.Response(status=204, headers={"Upload-Offset": str(at), **_expiry(row)})


def _doors(call: Call) -> Doors:
    return Doors(house=call.edge.house, reading=call.reading, writing=call.writing)


async def _received(call: Call, row: PendingFile) -> int:
    return await uploads.offset(call.edge.house.spool, row)


def _expiry(row: PendingFile) -> dict[str, str]:
    return {"Upload-Expires": format_datetime(row.expires_at, usegmt=True), "Cache-Control": "no-store"}


async def _pieces(call: Call) -> AsyncIterator[bytes]:
    """The body as it comes; LineCutError when the line is cut, or has gone silent."""
    content = call.request.content
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                piece = await content.read(READ_BYTES)
        except (OSError, ClientError, web.RequestPayloadError, TimeoutError):
            raise LineCutError from None
        if not piece:
            return
        yield piece


def _number(call: Call, header: str) -> int:
    text = call.request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise InvalidInputError(what=header, why="应当是字节数。")
    return int(text)


def _checksum(call: Call) -> Checksum | None:
    text = call.request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in CHECKSUMS:
        raise InvalidInputError(what="Upload-Checksum", why=f"应当是 {'、'.join(CHECKSUMS)} 之一。")
    return Checksum(algorithm=algorithm, digest=_base64(encoded))


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError(what="上传说明", why="不是有效的 Base64。") from None


def _upload(call: Call) -> Upload:
    """What the phone says of the file, in `Upload-Metadata`: kind, digest, taken_at, lat, lon, accuracy."""
    said: dict[str, str] = {}
    for pair in call.request.headers.get("Upload-Metadata", "").split(","):
        name, _, encoded = pair.strip().partition(" ")
        said[name] = _base64(encoded).decode(errors="replace")
    latitude, longitude = _float(said, "lat"), _float(said, "lon")
    place = None if latitude is None or longitude is None else Position(latitude=latitude, longitude=longitude)
    return Upload(
        visit_id=call.path["id"],
        digest=said.get("digest", ""),
        kind=said.get("kind", ""),
        taken_at=_time(said.get("taken_at", "")),
        place=place,
        accuracy_m=_float(said, "accuracy"),
    )


def _float(said: dict[str, Any], name: str) -> float | None:
    text = said.get(name)
    try:
        return float(text) if text else None
    except ValueError:
        raise InvalidInputError(what=f"参数 {name}", why="应当是数字。") from None


def _time(text: str) -> datetime | None:
    try:
        return _TIME.validate_python(text) if text else None
    except ValidationError:
        raise InvalidInputError(what="拍摄时间", why="应当是带时区的时间。") from None
