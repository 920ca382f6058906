"""Filing: the desk's doors to sealed archives, and the public half of the keys (L1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from pydantic import Field

from handlers.console import Body, Empty
from handlers.downloads import ZIP, as_file, download
from handlers.edge import STREAM, Call, Routes, roles
from inspection.actors import Role
from inspection.errors import TooLargeError
from models.archives import ImportedArchive
from services.results import archives, duty_proofs, imported, sealing, task_archives

# How an archive is checked: what is wrong with it, each with its place. The checkers stand alone, in `app`.
CHECKER = web.AppKey[Callable[[Path, str], list[tuple[str, str]]]]("archive-checker")
OFFICE = roles(Role.COORDINATOR)
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
        headers={**as_file(f"{row.number}.zip"), "Content-Type": ZIP, "Content-Length": str(row.size)}
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
    return download(f"{named.number}.zip", data, ZIP)


@routes.get("/api/console/imported-archives", roles=OFFICE)
async def get_imported(call: Call) -> Any:
    """Archives from elsewhere, imported to be read (here or by `suicha archive import`)."""
    return {"rows": await imported.shelf(call.act)}


@routes.add("POST", "/api/console/imported-archives", roles=OFFICE, limit=STREAM, transaction="own")
async def post_imported(call: Call) -> Any:
    """Take in an archive from elsewhere, checked whole first; what is wrong is one sentence, and nothing is kept."""
    name, running, mark = unquote(call.query("filename", "档案.zip")), call.edge.running, object()
    size = call.request.content_length or 0
    told = {"kind": "archive", "file_name": name, "step": "sending", "done": 0, "of": size, "rows": 0}
    running[mark] = told
    try:
        row, new = await _take_in(call, name, told)
    except TooLargeError as error:
        raise imported.ArchiveTooLargeError(name=name, limit=call.edge.upload_limit >> 20) from error
    finally:
        del running[mark]
    return {"id": row.id, "number": row.number, "new": new}


async def _take_in(call: Call, name: str, told: dict[str, Any]) -> tuple[ImportedArchive, bool]:
    key = call.query("key").strip()
    async with call.spooled(lambda done: told.update(done=done)) as path:
        told.update(step="checking", done=0, of=0)
        imported.refuse_wrong(name, await asyncio.to_thread(call.request.app[CHECKER], path, key))
        async with call.reading() as act:
            await imported.refuse_unwanted(act, path)
        told.update(step="storing")
        opened = await imported.open_checked(
            call.edge.house.blobs, path, lambda done, of: told.update(done=done, of=of)
        )
    async with call.writing() as act:
        return await imported.take(act, opened, key_named=bool(key))


@routes.get("/api/console/imported-archives/{id}", roles=OFFICE)
async def get_imported_one(call: Call) -> Any:
    """One of them: its task, visits, results and files."""
    return await imported.contents(call.act, call.path["id"])


@routes.get("/api/console/imported-archives/{id}/files/{position}", roles=OFFICE)
async def get_imported_file(call: Call) -> web.Response:
    """A file of it, to be saved: nothing that came from elsewhere is ever shown as a page of ours."""
    position = call.path["position"]
    name, data = await imported.file(call.act, call.path["id"], int(position) if position.isdecimal() else -1)
    return download(name, data, "application/octet-stream")


@routes.post("/api/console/archives/new-key", roles=OFFICE, body=Empty)
async def post_new_key(call: Call) -> Any:
    """Retire the key that seals."""
    await archives.rotate(call.act)
    return {"keys": await archives.public_keys(call.act)}


@routes.get("/public/keys.json", roles="public")
async def public_keys(call: Call) -> Any:
    """Every public key that ever sealed an archive."""
    return {"format": sealing.FORMAT, "keys": await archives.public_keys(call.act)}
