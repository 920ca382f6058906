"""Papers on the spot: written from the phone, read by the enterprise (services.field.site_papers)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, StringConstraints

from handlers import attached
from handlers.console import Body
from handlers.edge import UPLOAD, Call, Routes, roles
from inspection.actors import Role
from inspection.errors import InvalidInputError
from inspection.site_papers import MAX_LINES, MAX_WORDS, SitePaper
from services.field import record_form, site_papers
from services.field.manifests import DigestText, Uuid

INSPECTOR, OWNER = roles(Role.INSPECTOR), roles(Role.OWNER)
Words = Annotated[str, StringConstraints(max_length=MAX_WORDS, strip_whitespace=True)]
Cell = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
routes = Routes()


class PaperBody(Body):
    """What stands on a paper; `request_id` is the phone's, so that sending it twice makes one paper."""

    request_id: Uuid
    kind: Annotated[str, StringConstraints(max_length=16)]
    facts: Words = ""
    basis: Words = ""
    demand: Words = ""
    due_on: date | None = None
    statement: Words = ""
    lines: tuple[Annotated[dict[str, Cell], Field(max_length=8)], ...] = Field(default=(), max_length=MAX_LINES)
    source: Cell = ""
    source_no: Cell = ""
    attachment: DigestText | None = None


@routes.get("/api/phone/visits/{id}/papers", roles=INSPECTOR)
async def get_papers(call: Call) -> Any:
    """The papers of a visit, and the kinds that may be written."""
    return {"papers": await site_papers.of_group(call.act, call.path["id"]), "kinds": site_papers.kinds()}


@routes.post("/api/phone/visits/{id}/papers", roles=INSPECTOR, body=PaperBody)
async def post_paper(call: Call) -> Any:
    """Write a paper: numbered, sealed, handed to the enterprise."""
    body: PaperBody = call.body
    said = body.model_dump(exclude={"request_id"})
    paper = SitePaper(**{**said, "attachment": body.attachment or ""})
    row = await site_papers.issue(call.act, call.path["id"], body.request_id, paper)
    return {"id": row.id, "number": row.number}


@routes.add("PUT", "/api/phone/visits/{id}/papers/files/{digest}", roles=INSPECTOR, limit=UPLOAD, transaction="own")
async def put_paper_file(call: Call) -> Any:
    """Store the PDF of a report or a conclusion, under its digest."""
    async with call.reading() as act:
        await site_papers.of_group(act, call.path["id"])
    if not call.raw.startswith(b"%PDF-"):
        raise InvalidInputError(what="附件", why="只接收 PDF 文件。")
    digest = await attached.put(call, "附件")
    async with call.writing() as act:
        await site_papers.keep_file(act, call.path["id"], digest)
    return {"digest": digest}


@routes.get("/api/phone/visits/{id}/papers/{paper}/paper.pdf", roles=INSPECTOR)
async def get_paper(call: Call) -> Any:
    """A paper as PDF, for the group."""
    return _pdf(await site_papers.pdf_for_group(call.act, call.path["id"], call.path["paper"]))


@routes.get("/api/phone/visits/{id}/papers/{paper}/paper.docx", roles=INSPECTOR)
async def get_paper_copy(call: Call) -> Any:
    """A paper to be edited."""
    return _docx(await site_papers.docx_for_group(call.act, call.path["id"], call.path["paper"]))


@routes.get("/api/phone/visits/{id}/record.pdf", roles=INSPECTOR)
async def get_record(call: Call) -> Any:
    """The summary form with all item forms, for the group."""
    return _pdf(await record_form.pdf_for_group(call.act, call.path["id"]))


@routes.get("/api/phone/visits/{id}/record.docx", roles=INSPECTOR)
async def get_record_copy(call: Call) -> Any:
    """The same to be edited."""
    return _docx(await record_form.docx_for_group(call.act, call.path["id"]))


@routes.get("/api/phone/visits/{id}/receipt.pdf", roles=INSPECTOR)
async def get_receipt(call: Call) -> Any:
    """The receipt of what the caller's department has handed in."""
    return _pdf(await record_form.receipt(call.act, call.path["id"]))


@routes.get("/api/owner/visits/{id}/record.pdf", roles=OWNER)
async def get_owner_record(call: Call) -> Any:
    """The summary form, for the enterprise."""
    return _pdf(await record_form.pdf_for_owner(call.act, call.path["id"]))


@routes.get("/api/owner/visits/{id}/papers", roles=OWNER)
async def get_owner_papers(call: Call) -> Any:
    """What was handed to the enterprise at a visit."""
    return {"papers": await site_papers.of_owner(call.act, call.path["id"])}


@routes.get("/api/owner/visits/{id}/papers/{paper}/paper.pdf", roles=OWNER)
async def get_owner_paper(call: Call) -> Any:
    """A paper as PDF, for the enterprise."""
    return _pdf(await site_papers.pdf_for_owner(call.act, call.path["id"], call.path["paper"]))


def _docx(data: bytes) -> web.Response:
    headers = {"Content-Disposition": 'attachment; filename="paper.docx"', "X-Content-Type-Options": "nosniff"}
    return web.Response(body=data, content_type=DOCX, headers=headers)


def _pdf(data: bytes) -> web.Response:
    headers = {"Content-Disposition": 'inline; filename="paper.pdf"', "X-Content-Type-Options": "nosniff"}
    return web.Response(body=data, content_type="application/pdf", headers=headers)
