"""Tables in and out over HTTP: uploads that never lie in memory, progress, rejects, templates, exports (B5, B9).

POST file -> temporary file -> read_file (thread) -> run_import, telling how far it is -> report
GET running -> how far; GET .../rejects -> CSV to mend; GET templates -> XLSX; GET exports -> the register, row by row

Progress lies in this process's memory: it is worth nothing after the import and nothing to another process, and a row
of the database could not be read while SQLite's one writer is the import itself.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal
from urllib.parse import unquote

from aiohttp import web

from handlers.console import Body
from handlers.downloads import XLSX, as_file, download
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from inspection.errors import NotFoundError
from services.imports import KINDS, read_file, rejects_of, report_of, reports, run_import
from services.registers import exports

OFFICE = roles(Role.COORDINATOR)
routes = Routes()


@routes.add("POST", "/api/console/imports/{kind}", roles=OFFICE, limit="stream", transaction="own")
async def post_import(call: Call) -> Any:
    """Import a file, or try it; it is read before the database is touched."""
    kind, name = call.path["kind"], unquote(call.query("filename", "未命名.csv"))
    running, mark = call.edge.running, object()
    running[mark] = {"kind": kind, "file_name": name, "done": 0, "of": 0, "rows": 0}
    try:
        async with call.spooled() as path:
            file = await asyncio.to_thread(read_file, kind, name, path)
            async with call.writing() as act:
                report = await run_import(
                    act,
                    file,
                    dry_run=call.query("dry_run", "0") == "1",
                    source=call.query("source").strip()[:64],
                    progress=lambda done, of, rows: running[mark].update(done=done, of=of, rows=rows),
                )
        return report.as_data()
    finally:
        del running[mark]


@routes.get("/api/console/imports/running", roles=OFFICE)
async def get_running(call: Call) -> Any:
    """How far the imports are that run now: rows done, and (done, of) in bytes of a text file or rows of a workbook."""
    return {"rows": list(call.edge.running.values())}


@routes.get("/api/console/imports", roles=OFFICE)
async def get_imports(call: Call) -> Any:
    """The newest import reports."""
    return {"reports": await reports(call.act)}


@routes.get("/api/console/imports/{id}", roles=OFFICE)
async def get_import(call: Call) -> Any:
    """One import report with its rejected rows."""
    return await report_of(call.act, call.path["id"])


@routes.get("/api/console/imports/{id}/rejects", roles=OFFICE)
async def get_rejects(call: Call) -> Any:
    """The rejected rows as CSV with a reason column, to be mended and imported again."""
    name, data = await rejects_of(call.act, call.path["id"])
    return download(name, data, "text/csv")


@routes.get("/api/console/templates/{kind}", roles=OFFICE)
async def get_template(call: Call) -> Any:
    """An empty table with the right headers and notes on every column."""
    kind = call.path["kind"]
    return download(f"{KINDS.get(kind, kind)}-模板.xlsx", await asyncio.to_thread(exports.template, kind), XLSX)


@routes.get("/api/console/exports/{kind}", roles=OFFICE)
async def get_export(call: Call) -> Any:
    """A register as CSV or XLSX; imported again, it changes nothing. Members go out by POST, which is on record."""
    if call.path["kind"] == "inspectors":
        raise NotFoundError(what="这种导出")
    return await _export(call, call.path["kind"], call.query("format", "csv"))


class ExportOrder(Body):
    """Which kind of file."""

    format: Literal["csv", "xlsx"] = "csv"


@routes.post("/api/console/exports/inspectors", roles=OFFICE, body=ExportOrder)
async def post_export(call: Call) -> Any:
    """Members and inspectors with their certificates as CSV or XLSX; who took them out is on record."""
    return await _export(call, "inspectors", call.body.format)


async def _export(call: Call, kind: str, form: str) -> Any:
    name, year = KINDS.get(kind, kind), call.number("year", 0, at_least=0, at_most=9999)
    if form == "xlsx":
        return download(f"{name}.xlsx", await exports.as_xlsx(call.act, kind, year=year), XLSX)
    pieces = exports.as_csv(call.act, kind, year=year)
    first = await anext(pieces)  # whatever is refused is refused before the answer begins
    response = web.StreamResponse(headers=as_file(f"{name}.csv"))
    response.content_type = "text/csv"
    await response.prepare(call.request)
    await response.write(first)
    async for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response
