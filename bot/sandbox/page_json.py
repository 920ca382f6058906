"""What all JSON paths of the sandbox's page share: reading a body, naming what is wrong, answering errors.

request -> read_json -> needed fields -> core ; an error -> JSON with a Chinese sentence
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from types import UnionType
from typing import Any

from aiohttp import web

from bot.sandbox.errors import RefusedError
from bot.sandbox.keys import STATE
from bot.sandbox.state import Sandbox
from inspection.errors import InvalidInputError, Kind, SuichaError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATUS = {Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.TOO_LARGE: 413}
PREFIX = "/sandbox/api"


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn an error into JSON that a person can read."""
    try:
        return await handler(request)
    except RefusedError as refused:
        return web.json_response(refused.answer(), status=400)
    except SuichaError as error:
        body = {"error": {"code": error.code, "message": error.sentence(), "action": error.action}}
        return web.json_response(body, status=STATUS.get(error.kind, 400))


async def read_json(request: web.Request) -> dict[str, Any]:
    """Read the request's JSON object; an empty body is an empty object."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise InvalidInputError(what="请求", why="需要 JSON 对象")
    return body


def needed(body: dict[str, Any], name: str, kind: type | UnionType = str) -> Any:
    """Return a field of the wanted type, or refuse with its name."""
    value = body.get(name)
    if not isinstance(value, kind) or value in ("", None):
        raise InvalidInputError(what=name, why="缺少或类型不对")
    return value


def member_here(request: web.Request) -> tuple[Sandbox, str]:
    """Return the sandbox and the userid in the path."""
    return request.app[STATE], request.match_info["userid"]


def done() -> web.Response:
    """Answer that it is done."""
    return web.json_response({"ok": True})
