"""Errors as answers, in Chinese, never a stack trace: problem details by RFC 9457 for programs, a page for people.

error -> problem_of | unexpected -> problem+json -> explain: whoever asked for a page gets the same sentence as a page
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import Any
from uuid import uuid4

import structlog
from aiohttp import web

from inspection.errors import Kind, SuichaError

STATUS = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.GONE: 410,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
}
# What pydantic found, in the words of whoever filled the form; {names} come from the finding's own context.
REASONS = {
    "json_invalid": "不是有效的 JSON。",
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这一项，可能拼写有误。",
    "string_type": "应当是文字。",
    "string_too_short": "至少 {min_length} 个字。",
    "string_too_long": "最多 {max_length} 个字。",
    "too_short": "至少 {min_length} 项。",
    "too_long": "最多 {max_length} 项。",
    "greater_than_equal": "不能小于 {ge}。",
    "greater_than": "应当大于 {gt}。",
    "less_than_equal": "不能大于 {le}。",
    "less_than": "应当小于 {lt}。",
}
KINDS = {
    "int": "应当是整数。",
    "float": "应当是数字。",
    "bool": "应当是“是”或“否”。",
    "date": "应当是日期，如 2026-03-02。",
    "datetime": "应当是带时区的时间。",
    "timezone": "应当是带时区的时间。",
    "list": "应当是列表。",
    "enum": "不是可选的值。",
    "literal": "不是可选的值。",
    "model": "应当是一组名称和值。",
    "uuid": "应当是 UUID。",
}
PROBLEM = "application/problem+json"
PAGE = (
    "<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<title>随查</title><style>body{{margin:18vh auto 0;max-width:26em;padding:0 1.5em;color:#14302f;"
    "font:17px/1.7 system-ui,'PingFang SC','Noto Sans CJK SC',sans-serif}}h1{{font-size:1.3em}}</style>"
    "<h1>{title}</h1><p>{action}</p><p><a href=/>返回首页</a></p></html>"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger()


def problem_of(error: Exception) -> web.Response | None:
    """The answer to an error of the tree; None for any other."""
    if not isinstance(error, SuichaError):
        return None
    return _problem(
        STATUS[error.kind],
        code=error.code,
        title=error.sentence(),
        action=error.action,
        params={key: value for key, value in error.params.items() if isinstance(value, str | int | list | tuple)},
    )


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say in our words what the router refuses, and show a person's browser a page instead of JSON."""
    try:
        response = await handler(request)
    except web.HTTPNotFound:
        response = _problem(404, code="no-such-page", title="没有这个页面。", action="请检查地址是否完整。", params={})
    except web.HTTPMethodNotAllowed as error:
        title = "这个地址不接受这种请求。"
        response = _problem(405, code="method", title=title, action="请从页面上的按钮操作。", params={})
        response.headers["Allow"] = error.headers.get("Allow", "")
    if isinstance(response, web.Response) and response.content_type == PROBLEM and _is_person(request):
        return _page(response)
    return response


def _is_person(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api/")


def _page(problem: web.Response) -> web.Response:
    data = json.loads(problem.text or "{}")
    page = PAGE.format(title=escape(data["title"]), action=escape(data["action"]))
    return web.Response(status=problem.status, text=page, content_type="text/html")


def reason_of(finding: Mapping[str, Any]) -> str:
    """One finding of pydantic's in a Chinese sentence."""
    kind = str(finding["type"])
    sentence = REASONS.get(kind) or KINDS.get(kind.split("_", maxsplit=1)[0], "不符合要求。")
    return sentence.format_map(finding.get("ctx", {}))


def unexpected(error: Exception, method: str, path: str) -> web.Response:
    """The answer to a defect: the caller gets a number, the log gets the trace under the same number."""
    number = uuid4().hex[:8]
    # As plain text: a renderer's pretty trace shows local variables (personal data), and takes seconds of the loop.
    trace = "".join(traceback.format_exception(error))
    log.error("unexpected error", number=number, method=method, route=path, exception=trace)
    return _problem(
        500,
        code="unexpected",
        title="系统内部出现错误，操作没有生效。",
        action=f"请稍后再试；如仍不行，请把编号 {number} 告诉管理员。",
        params={"number": number},
    )


def _problem(status: int, *, code: str, title: str, action: str, params: dict[str, object]) -> web.Response:
    body = {
        "type": f"urn:suicha:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": title,
        "action": action,
        "params": params,
    }
    return web.Response(status=status, text=json.dumps(body, ensure_ascii=False), content_type=PROBLEM)
