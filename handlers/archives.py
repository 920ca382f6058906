"""Filing: the desk's doors to sealed archives, and the public half of the keys (L1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from handlers.console import Empty
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from services.results import archives

FILES = roles(Role.COORDINATOR, Role.APPROVER)
routes = Routes()


@routes.get("/api/console/archives", roles=FILES)
async def get_archives(call: Call) -> Any:
    """The visits that may be filed, and what is filed."""
    return await archives.shelf(call.act)


@routes.add("POST", "/api/console/visits/{id}/archive", roles=FILES, body=Empty, transaction="own")
async def post_archive(call: Call) -> Any:
    """File a published visit."""
    async with call.reading() as act:
        found = await archives.gather(act, call.path["id"])
    files = await archives.bind(call.edge.house, found)
    async with call.writing() as act:
        row = await archives.seal(act, found, files)
        return {"id": row.id, "number": row.number, "files": row.files, "digest": row.digest}


@routes.get("/api/console/archives/{id}/zip", roles=FILES)
async def get_archive(call: Call) -> web.Response:
    """An archive, to be kept and checked with `suicha verify`."""
    row, data = await archives.packed(call.act, call.path["id"])
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.number)}.zip"}
    return web.Response(body=data, content_type="application/zip", headers=headers)


@routes.post("/api/console/archives/new-key", roles=roles(Role.COORDINATOR), body=Empty)
async def post_new_key(call: Call) -> Any:
    """Retire the key that seals."""
    await archives.rotate(call.act)
    return {"keys": await archives.public_keys(call.act)}


@routes.get("/public/keys.json", roles="public")
async def public_keys(call: Call) -> Any:
    """Every public key that ever sealed an archive."""
    return {"format": archives.FORMAT, "keys": await archives.public_keys(call.act)}
