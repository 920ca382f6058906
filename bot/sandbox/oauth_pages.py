"""The simulated phone's browser: who is holding it, and WeCom's authorize page.

GET /open?member&url -> cookie -> url ; GET /connect/oauth2/authorize -> cookie? code -> redirect_uri : choose a member
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.errors import RefusedError
from bot.sandbox.keys import STATE
from bot.sandbox.oauth import OUTSIDER, check_authorize, origin, with_code
from bot.sandbox.state import Sandbox
from inspection.errors import InvalidInputError

COOKIE = "sandbox_member"


def add_oauth_routes(app: web.Application) -> None:
    """Put the phone's pages into the sandbox's application."""
    app.router.add_get("/open", _open)
    app.router.add_get("/connect/oauth2/authorize", _authorize)


async def _open(request: web.Request) -> web.Response:
    """Take the phone of a member and go to an address (http or https only)."""
    name = request.query.get("member", "")
    holder = OUTSIDER if name == OUTSIDER else request.app[STATE].member(name).userid
    url = request.query.get("url", "")
    if not origin(url):
        raise InvalidInputError(what="网址", why="只能打开 http 或 https 开头的地址")
    response = web.Response(status=302, headers={"Location": url})
    response.set_cookie(COOKIE, holder, httponly=True, samesite="Lax")
    return response


async def _authorize(request: web.Request) -> web.Response:
    state = request.app[STATE]
    try:
        redirect_uri = check_authorize(request.query, state.settings.corp_id, state.settings.trusted_origin)
    except RefusedError as refused:
        return _page("无法打开页面", f"<p>错误码 {refused.errcode}：{escape(refused.errmsg)}</p>")
    holder = _holder(state, request.cookies.get(COOKIE, ""))
    if not holder:
        return _page("请选择登录的成员", _choices(state, str(request.url)))
    code = state.codes.issue(holder)
    location = with_code(redirect_uri, code, request.query.get("state", ""))
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})


def _holder(state: Sandbox, name: str) -> str:
    """Say who holds the phone: a member's userid, the outsider, or nobody yet (a member who left is nobody)."""
    member = state.contacts.find(name)
    return OUTSIDER if name == OUTSIDER else member.userid if member else ""


def _choices(state: Sandbox, back: str) -> str:
    people = [(member.userid, member.name) for member in state.contacts.members()]
    lines = (_choice(userid, name, back) for userid, name in (*people, (OUTSIDER, "不在本企业的人")))
    return f"<ul>{''.join(lines)}</ul>"


def _choice(userid: str, name: str, back: str) -> str:
    link = escape("/open?" + urlencode({"member": userid, "url": back}))
    return f'<li><a href="{link}">{escape(name)}</a></li>'


def _page(title: str, body: str) -> web.Response:
    html = (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<title>{title}</title><h1>{title}</h1>{body}</html>"
    )
    return web.Response(text=html, content_type="text/html")
