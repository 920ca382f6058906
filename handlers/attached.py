"""Files that people attach to what they ask for: a PDF or a picture by its first bytes, stored under its digest.

PUT .../{digest} -> stored() -> blobs -> (the route keeps whose it is) ... GET .../{digest} -> to_save()
"""

from __future__ import annotations

import hashlib

from aiohttp import web

from handlers.edge import Call
from inspection.errors import InvalidInputError, NotFoundError
from models.blobs import Digest

MEDIA = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


async def stored(call: Call, what: str) -> Digest:
    """Store the body under the digest that its path names; InvalidInputError for another file, or of another kind."""
    media_of(call.raw, what)
    return await put(call, what)


async def put(call: Call, what: str) -> Digest:
    """Store the body, whose kind was asked before, under the digest its path names; InvalidInputError for another."""
    if hashlib.sha256(call.raw).hexdigest() != call.path["digest"]:
        raise InvalidInputError(what=what, why="文件与校验值不一致，请重新上传。")
    return await call.edge.house.blobs.put(call.raw)


async def to_save(call: Call, digest: Digest, what: str) -> web.Response:
    """Hand a file out, to be saved and not to be run; whether the caller may is asked before."""
    data = await call.edge.house.blobs.get(digest)
    headers = {
        "Content-Disposition": f'attachment; filename="evidence-{digest[:12]}"',
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=data, content_type=media_of(data, what), headers=headers)


def media_of(data: bytes, what: str) -> str:
    """The media type by the first bytes; InvalidInputError for any that is not taken."""
    for head, media in MEDIA.items():
        if data.startswith(head):
            return media
    if not data:
        raise NotFoundError(what=what)
    raise InvalidInputError(what=what, why="只接收 PDF、JPEG 或 PNG 文件。")
