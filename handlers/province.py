"""The provincial platform on the console: what went there, again, a comparison, its lists, the table to upload (T1)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal, Protocol

from aiohttp import web

from handlers.console import Body, Empty
from handlers.downloads import XLSX, download
from handlers.edge import Call, Routes, roles
from handlers.public_data import MONTH
from inspection.actors import Role
from inspection.errors import InvalidInputError, UnavailableError
from services.imports import read_file, run_import
from services.results import province

SEES = roles(Role.COORDINATOR, Role.APPROVER)
OFFICE = roles(Role.COORDINATOR)
MEDIA = {"csv": "text/csv", "xlsx": XLSX}
SOURCE = "省平台"
routes = Routes()


class Platform(Protocol):
    """What a handler needs of the platform's client."""

    async def records(self) -> Mapping[str, tuple[str, str]]:
        """Everything that it has of ours: key -> (digest, receipt); UnavailableError."""

    async def list_file(self, kind: str) -> bytes:
        """A list of it as CSV; UnavailableError."""


PLATFORM = web.AppKey[Platform | None]("province")


class ListOrder(Body):
    """Which list, and whether it is only tried."""

    kind: Literal["targets", "inspectors", "items", "plan"] = "targets"
    dry_run: bool = True


@routes.get("/api/console/province", roles=SEES)
async def get_province(call: Call) -> Any:
    """The queue to the platform, the newest first."""
    status = call.query("status")
    if status and status not in province.STATUS_WORDS:
        raise InvalidInputError(what="状态", why=f"应当是 {'、'.join(province.STATUS_WORDS)} 之一。")
    return await province.queue(call.act, status)


@routes.post("/api/console/province/records/{id}/retry", roles=SEES, body=Empty)
async def post_province_retry(call: Call) -> Any:
    """Send a record again, now."""
    return {"status": await province.retry(call.act, call.path["id"])}


@routes.add("POST", "/api/console/province/compare", roles=OFFICE, body=Empty, transaction="own")
async def post_province_compare(call: Call) -> Any:
    """Compare both sides; the platform is asked before the database is held."""
    theirs = await _platform(call).records()
    async with call.writing() as act:
        return await province.compare(act, theirs)


@routes.add("POST", "/api/console/province/lists", roles=OFFICE, body=ListOrder, transaction="own")
async def post_province_list(call: Call) -> Any:
    """Import a list of the platform, or try it, by the same door as a file."""
    kind = call.body.kind
    data = await _platform(call).list_file(kind)
    file = await asyncio.to_thread(read_file, kind, f"{SOURCE}-{kind}.csv", data)
    async with call.writing() as act:
        return (await run_import(act, file, dry_run=call.body.dry_run, source=SOURCE)).as_data()


@routes.get("/api/console/province/table", roles=OFFICE)
async def get_province_table(call: Call) -> web.Response:
    """A month's published results in the platform's table layout, for an upload by hand."""
    month, form = call.query("month"), call.query("format", "xlsx")
    if not MONTH.fullmatch(month) or form not in MEDIA:
        raise InvalidInputError(what="报表", why="月份应当写成 2026-03 这样，格式是 csv 或 xlsx。")
    data = await province.table(call.act, month, form)
    return download(f"省平台上报表-{month}.{form}", data, MEDIA[form])


def _platform(call: Call) -> Platform:
    found = call.request.app[PLATFORM]
    if found is None:
        raise UnavailableError(what="省平台（尚未在配置 [province] 中接入）")
    return found
