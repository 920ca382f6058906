"""The page itself and its live line of events.

GET / -> web/dist/sandbox.html | a plain sentence ; GET /sandbox/api/events -> a line per note until either side goes
"""

from __future__ import annotations

import asyncio
import contextlib
import json

from aiohttp import web

from bot.sandbox.keys import STATE
from bot.sandbox.page_json import PREFIX

NOT_BUILT = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>企业微信沙箱</title>'
    "<h1>企业微信沙箱</h1><p>沙箱正在运行，但页面还没有构建。请在项目目录执行 make setup 后刷新。</p></html>"
)


def add_page_files(app: web.Application) -> None:
    """Put the page, its assets and the event stream into the sandbox's application."""
    app.router.add_get("/", _index)
    app.router.add_get("/assets/{name:[A-Za-z0-9_-][A-Za-z0-9_.-]*}", _asset)
    app.router.add_get(f"{PREFIX}/events", _events)


async def _index(request: web.Request) -> web.StreamResponse:
    page = request.app[STATE].settings.page_dir / "sandbox.html"
    if await asyncio.to_thread(page.is_file):
        return web.FileResponse(page, headers={"Cache-Control": "no-cache"})
    return web.Response(text=NOT_BUILT, content_type="text/html")


async def _asset(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(request.app[STATE].settings.page_dir / "assets" / request.match_info["name"])


async def _events(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    with request.app[STATE].feed.listen() as notes, contextlib.suppress(ConnectionError):
        await response.write(b": listening\n\n")
        while (note := await notes.get()) is not None:
            await response.write(f"data: {json.dumps(note)}\n\n".encode())
    return response
