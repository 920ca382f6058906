"""What else is public: a page per enterprise and task, handling results, corrections, feeds, open data (H6, H8, J, Q2).

Every address is for ever. Lists of data are by month, so that each stays small and an old month never changes its size.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from handlers.edge import Call, Routes
from handlers.public import kept_by, page
from inspection.disclosure import BASES
from inspection.errors import InvalidInputError
from inspection.outcomes import item_texts
from models.sheets import guarded
from services.results import public_view

CACHED = "public, max-age=0, s-maxage=60, must-revalidate"
COLUMNS = {
    "number": "公示编号",
    "plan_number": "抽查计划编号",
    "plan_name": "抽查计划名称",
    "task_code": "抽查任务编号",
    "task_number": "任务文号",
    "task_name": "抽查任务名称",
    "check_type": "抽查类型",
    "department": "抽查机关",
    "inspected_on": "抽查完成日期",
    "target_code": "统一社会信用代码",
    "target_name": "检查对象",
    "items": "抽查事项",
    "result_text": "抽查结果",
    "item_texts": "各事项结果",
    "measure_text": "后续处置",
    "published_on": "公示日期",
    "version": "版本",
    "corrected_on": "更正日期",
}
MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
routes = Routes()


@page("/public/enterprises/{code}", "enterprise.html", "results", routes, kept=True)
async def enterprise(call: Call) -> dict[str, Any]:
    """All that is public about one enterprise."""
    return await public_view.enterprise(call.act, call.path["code"].upper())


@page("/public/tasks", "tasks.html", "tasks", routes, kept=True, shared=True)
async def tasks(call: Call) -> dict[str, Any]:
    """The tasks that something is public of."""
    return {"rows": await public_view.tasks(call.act)}


@page("/public/tasks/{number}", "task.html", "tasks", routes, kept=True, shared=True)
async def task(call: Call) -> dict[str, Any]:
    """One task: its numbers, its draw, its results, and how many are kept back by which law."""
    return {**await public_view.task(call.act, call.path["number"]), "bases": BASES}


@page("/public/handlings", "handlings.html", "handlings", routes, kept=True, shared=True)
async def handlings(call: Call) -> dict[str, Any]:
    """Handling results and corrections."""
    return await public_view.handlings(call.act)


@page(r"/public/results/{number}/v{version:\d+}", "old.html", "results", routes, kept=True)
async def old_version(call: Call) -> dict[str, Any]:
    """A version that was replaced."""
    return await public_view.old_version(call.act, call.path["number"], int(call.path["version"][:6]))


@page("/public/data", "data.html", "data", routes, kept=True)
async def data(call: Call) -> dict[str, Any]:
    """What can be taken along, and what the columns mean."""
    return {"months": await public_view.months(call.act), "columns": COLUMNS}


@routes.add("GET", r"/public/data/results-{month:[\d-]+}.{form:csv|json}", roles="public", transaction="read-if-needed")
@kept_by
async def results_data(call: Call) -> web.Response:
    """The results published in a month, as they stand now."""
    month = call.path["month"]
    if not MONTH.fullmatch(month):
        raise InvalidInputError(what="月份", why="应当写成 2026-03 这样。")
    rows = await public_view.of_month(call.act, month)
    name, is_csv = f"results-{month}.{call.path['form']}", call.path["form"] == "csv"
    # A busy month takes a second to write: not in the loop that answers the phones.
    content = await (asyncio.to_thread(_csv, rows) if is_csv else asyncio.to_thread(_json, month, rows))
    return _file(content, "text/csv" if is_csv else "application/json", name)


@routes.add("GET", "/public/feed.{form:atom|rss}", roles="public", transaction="read-if-needed")
@kept_by
async def feed(call: Call) -> web.Response:
    """The newest results and corrections, for feed readers."""
    house = call.edge.house
    entries = await public_view.newest(call.act)
    text = (_atom if call.path["form"] == "atom" else _rss)(entries, house.office_name, house.origin)
    media = f"application/{call.path['form']}+xml"
    return web.Response(text=text, content_type=media, charset="utf-8", headers={"Cache-Control": CACHED})


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "item_texts": item_texts(row)}


def _json(month: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    kept = [{key: one.get(key) for key in COLUMNS} for one in map(_told, rows)]
    return json.dumps({"month": month, "columns": COLUMNS, "rows": kept}, ensure_ascii=False).encode()


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """CSV with a byte order mark, so that office programs read it as UTF-8; no cell is a formula (ASVS 1.2.10)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS.values())
    for row in map(_told, rows):
        writer.writerow([_cell(row.get(key)) for key in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    text = "；".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return guarded(text)


def _file(content: bytes, media: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": CACHED}
    return web.Response(body=content, content_type=media, charset="utf-8", headers=headers)


def _atom(entries: Sequence[public_view.Entry], office: str, origin: str) -> str:
    newest = entries[0].at if entries else datetime(2020, 1, 1, tzinfo=UTC)
    items = "".join(
        f"<entry><id>{escape(one.link(origin))}</id><title>{escape(one.title)}</title>"
        f'<link href="{escape(one.link(origin))}"/><updated>{one.at.isoformat()}</updated>'
        f"<summary>{escape(one.summary)}</summary></entry>"
        for one in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">'
        f"<id>{origin}/public</id><title>{escape(office)}检查结果公示</title><updated>{newest.isoformat()}</updated>"
        f'<link rel="self" href="{origin}/public/feed.atom"/><author><name>{escape(office)}</name></author>'
        f"{items}</feed>"
    )


def _rss(entries: Sequence[public_view.Entry], office: str, origin: str) -> str:
    items = "".join(
        f"<item><guid>{escape(one.link(origin))}</guid><title>{escape(one.title)}</title>"
        f"<link>{escape(one.link(origin))}</link><pubDate>{one.at:%a, %d %b %Y %H:%M:%S +0000}</pubDate>"
        f"<description>{escape(one.summary)}</description></item>"
        for one in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{escape(office)}检查结果公示</title><link>{origin}/public</link>"
        f"<description>部门联合“双随机、一公开”检查结果与更正</description>{items}</channel></rss>"
    )
