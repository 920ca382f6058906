"""An SMS gateway beside the sandbox: takes our one request (docs/messages.md) and keeps what it was given.

POST /sms -> signature right? -> known key? answered as before : kept -> {"code": 0}
"""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.keys import STATE

PATH = "/sms"
SIGNATURE = "X-Suicha-Signature"


def add_sms_routes(app: web.Application) -> None:
    """Put the gateway and its list into the sandbox's application."""
    app.router.add_post(PATH, _send)
    app.router.add_get("/sandbox/api/sms", _sent)


async def _send(request: web.Request) -> web.Response:
    code = request.app[STATE].sms.take(await request.read(), request.headers.get(SIGNATURE, ""))
    return web.json_response({"code": code})


async def _sent(request: web.Request) -> web.Response:
    return web.json_response({"sms": list(request.app[STATE].sms.sent.values())})
