"""Filing: the desk's doors to sealed archives, and the public half of the keys (L1)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from handlers.console import Body, Empty
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from services.results import archives, duty_proofs, imported, sealing, task_archives

FILES = roles(Role.COORDINATOR, Role.APPROVER)
PROVEN = roles(Role.COORDINATOR, Role.APPROVER, Role.INSPECTOR)
routes = Routes()


class DutyBody(Body):
    """For a task by its number, or for the tasks of a time; both narrow it further."""

    task: str = Field(default="", max_length=64)
    starts_on: date | None = None
    ends_on: date | None = None


@routes.get("/api/console/archives", roles=FILES)
async def get_archives(call: Call) -> Any:
    """The visits that may be filed, and what is filed."""
    return await archives.shelf(call.act)


@routes.add("POST", "/api/console/visits/{id}/archive", roles=FILES, body=Empty, transaction="own")
async def post_archive(call: Call) -> Any:
    """File a published visit."""
    async with call.reading() as act:
        found = await archives.gather(act, call.path["id"])
    async with sealing.volume() as made:
        await archives.bind(call.edge.house, found, made)
        async with call.writing() as act:
            named = await archives.visit_label(act, found)
        row = await archives.put_visit(call.edge.house, found, made, named)
    async with call.writing() as act:
        await archives.keep_visit(act, row, found)
    return {"id": row.id, "number": row.number, "files": row.files, "digest": row.digest}


@routes.post("/api/console/tasks/{id}/archive", roles=FILES, body=Empty)
async def post_task_archive(call: Call) -> Any:
    """Ask for the archive of a whole finished task; it is made in the background."""
    return archives.order_row(await task_archives.order(call.act, call.path["id"]))


@routes.get("/api/console/archives/{id}/zip", roles=FILES)
async def get_archive(call: Call) -> web.StreamResponse:
    """An archive, to be kept and checked with `suicha verify`; sent in pieces, it may be large."""
    row, pieces = await archives.packed(call.act, call.path["id"])
    answer = web.StreamResponse(
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.number)}.zip",
            "Content-Type": "application/zip",
            "Content-Length": str(row.size),
        }
    )
    await answer.prepare(call.request)
    async for piece in pieces:
        await answer.write(piece)
    await answer.write_eof()
    return answer


@routes.add("POST", "/api/console/inspectors/{staff_no}/duty-proof", roles=PROVEN, body=DutyBody, transaction="own")
async def post_duty_proof(call: Call) -> web.StreamResponse:
    """What an inspector was drawn for and did, sealed: for himself, his department's head and the office (K6)."""
    body: DutyBody = call.body
    days = (body.starts_on, body.ends_on) if body.starts_on and body.ends_on else None
    async with call.reading() as act:
        found = await duty_proofs.gather(act, call.path["staff_no"], body.task, days)
    async with sealing.volume() as made:
        await duty_proofs.bind(call.edge.house, found, made)
        async with call.writing() as act:
            named = await duty_proofs.label(act, found)
        await duty_proofs.seal(found, made, named)
        data = await asyncio.to_thread(made.path.read_bytes)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(named.number)}.zip"}
    return web.Response(body=data, content_type="application/zip", headers=headers)


@routes.get("/api/console/imported-archives", roles=roles(Role.COORDINATOR))
async def get_imported(call: Call) -> Any:
    """Archives from elsewhere, imported to be read (`suicha archive import`)."""
    return {"rows": await imported.shelf(call.act)}


@routes.get("/api/console/imported-archives/{id}", roles=roles(Role.COORDINATOR))
async def get_imported_one(call: Call) -> Any:
    """One of them: its task, visits, results and files."""
    return await imported.contents(call.act, call.path["id"])


@routes.get("/api/console/imported-archives/{id}/files/{position}", roles=roles(Role.COORDINATOR))
async def get_imported_file(call: Call) -> web.Response:
    """A file of it, to be saved: nothing that came from elsewhere is ever shown as a page of ours."""
    position = call.path["position"]
    name, data = await imported.file(call.act, call.path["id"], int(position) if position.isdecimal() else -1)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return web.Response(body=data, content_type="application/octet-stream", headers=headers)


@routes.post("/api/console/archives/new-key", roles=roles(Role.COORDINATOR), body=Empty)
async def post_new_key(call: Call) -> Any:
    """Retire the key that seals."""
    await archives.rotate(call.act)
    return {"keys": await archives.public_keys(call.act)}


@routes.get("/public/keys.json", roles="public")
async def public_keys(call: Call) -> Any:
    """Every public key that ever sealed an archive."""
    return {"format": sealing.FORMAT, "keys": await archives.public_keys(call.act)}
