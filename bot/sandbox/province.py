"""A provincial platform beside the sandbox (docs/exchange.md): takes records, gives receipts, lists what it has.

POST /province/records?key= -> signature, fields, same key? -> receipt   GET /province/record?key= ; /records ; /lists
POST /sandbox/api/province {"forget" | "change": key} -> the platform loses a record, or has another: for comparisons
"""

from __future__ import annotations

import csv
import io
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.keys import STATE
from bot.sandbox.platform import OK, WRONG_SECRET, told
from inspection.credit_code import compose

PATH = "/province"
SIGNATURE = "X-Suicha-Signature"
LISTED = 6
TARGETS = ("企业名称", "统一社会信用代码", "检查对象类别", "地区", "注册地址", "登记状态")


def add_province_routes(app: web.Application) -> None:
    """Put the platform into the sandbox's application."""
    app.router.add_post(f"{PATH}/records", _take)
    app.router.add_get(f"{PATH}/record", _one)
    app.router.add_get(f"{PATH}/records", _some)
    app.router.add_get(f"{PATH}/lists/{{kind}}.csv", _list)
    app.router.add_get("/sandbox/api/province", _shown)
    app.router.add_post("/sandbox/api/province", _spoil)


async def _take(request: web.Request) -> web.Response:
    body = await request.read()
    if not _signed(request, body):
        return web.json_response({"code": WRONG_SECRET})
    return web.json_response(request.app[STATE].province.take(request.query["key"], body))


async def _one(request: web.Request) -> web.Response:
    if not _signed(request):
        return web.json_response({"code": WRONG_SECRET})
    known = request.app[STATE].province.records.get(request.query["key"])
    return web.json_response({"code": OK, "record": told(known) if known else None})


async def _some(request: web.Request) -> web.Response:
    if not _signed(request):
        return web.json_response({"code": WRONG_SECRET})
    records = request.app[STATE].province.records
    keys = [key for key in sorted(records) if key > request.query["after"]][: int(request.query["limit"])]
    return web.json_response({"code": OK, "records": [told(records[key]) for key in keys]})


async def _list(request: web.Request) -> web.Response:
    path = request.path.removeprefix(PATH)
    if not request.app[STATE].province.knows(path.encode(), request.headers.get(SIGNATURE, "")):
        return web.Response(status=403)
    if request.match_info["kind"] != "targets":
        return web.Response(status=404)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(TARGETS)
    for one in range(1, LISTED + 1):
        code = compose("91379901", f"MA0PR{one:03d}")
        writer.writerow([f"演示省平台企业{one}有限公司", code, "企业", "演示东区", f"虚构大道{one}号", "存续"])
    return web.Response(body=out.getvalue().encode("utf-8-sig"), content_type="text/csv")


async def _shown(request: web.Request) -> web.Response:
    return web.json_response({"records": list(request.app[STATE].province.records.values())})


async def _spoil(request: web.Request) -> web.Response:
    wish, records = await request.json(), request.app[STATE].province.records
    if "forget" in wish:
        records.pop(wish["forget"], None)
    if "change" in wish:
        records[wish["change"]] = {**records[wish["change"]], "digest": "0" * 64}
    return web.json_response({"records": len(records)})


def _signed(request: web.Request, body: bytes = b"") -> bool:
    asked = f"{request.path.removeprefix(PATH)}?{urlencode(request.query)}".encode() + b"\n" + body
    return request.app[STATE].province.knows(asked, request.headers.get(SIGNATURE, ""))
