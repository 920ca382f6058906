"""A provincial platform beside the sandbox (docs/exchange.md): takes records, gives receipts, lists what it has.

POST /province/records?key= -> signature, fields, same key? -> receipt   GET /province/record?key= ; /records ; /lists
POST /sandbox/api/province {"forget" | "change": key} -> the platform loses a record, or has another: for comparisons
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.keys import STATE
from bot.sandbox.platform import OK, WRONG_SECRET, told
from inspection.credit_code import compose

PATH = "/province"
SIGNATURE = "X-Suicha-Signature"
LISTED = 6
TARGETS = ("企业名称", "统一社会信用代码", "检查对象类别", "地区", "注册地址", "登记状态")
ITEMS = (
    "序号",
    "抽查领域",
    "抽查事项",
    "检查对象",
    "发起部门",
    "配合部门",
    "抽查层级",
    "事项类别",
    "抽查依据",
    "抽查方式",
)
PLAN = (
    "任务名称",
    "抽查事项",
    "抽查对象范围",
    "抽查比例",
    "抽查频次",
    "起止时间",
    "发起部门",
    "配合部门",
    "抽查检查模式",
)
PEOPLE = ("工号", "姓名", "部门", "人员类别", "执法证号", "执法证有效期至", "状态")


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
    rows = _LISTS.get(request.match_info["kind"])
    if rows is None:
        return web.Response(status=404)
    out = io.StringIO()
    csv.writer(out).writerows(rows(request.app[STATE].now().year))
    return web.Response(body=out.getvalue().encode("utf-8-sig"), content_type="text/csv")


def _targets(_: int) -> list[tuple[str, ...]]:
    numbers = range(1, LISTED + 1)
    codes = {one: compose("91379901", f"MA0PR{one:03d}") for one in numbers}
    named = [
        (f"演示省平台企业{one}有限公司", codes[one], "企业", "演示东区", f"虚构大道{one}号", "存续") for one in numbers
    ]
    return [TARGETS, *named]


def _items(_: int) -> list[tuple[str, ...]]:
    market, health = "市场监督管理局", "卫生健康局"
    return [
        ITEMS,
        ("1", "计量监管", "加油机计量监督检查", "加油站", market, health, "县(区)级", "一般", "《计量法》", "实地"),
        (
            "2",
            "医疗卫生",
            "医疗废物处置检查",
            "医疗机构",
            health,
            market,
            "县(区)级",
            "重点",
            "《传染病防治法》",
            "实地核查",
        ),
    ]


def _plan(year: int) -> list[tuple[str, ...]]:
    when = f"{year}年1月1日-{year}年12月31日"
    return [
        PLAN,
        ("省级部署餐饮联合抽查", "餐饮服务食品安全检查", "餐饮服务单位", "5%", "1次/年", when, "市场监督管理局",
         "卫生健康局", "省抽县查"),
    ]  # fmt: skip


def _people(_: int) -> list[tuple[str, ...]]:
    return [
        PEOPLE,
        ("PROV01", "演示省一", "市场监督管理局", "执法人员", "演示SP0001", "2030-12-31", "有效"),
        ("PROV02", "演示省二", "卫生健康局", "执法人员", "演示SP0002", "2030-12-31", "有效"),
    ]


_LISTS: dict[str, Callable[[int], list[tuple[str, ...]]]] = {
    "targets": _targets,
    "items": _items,
    "plan": _plan,
    "inspectors": _people,
}


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
