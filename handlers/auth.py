"""Sign-in through WeCom, sign-in of owners through the mini-program, and who am I."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from pydantic import BaseModel, Field

from handlers.edge import OWNER_COOKIE, SESSION_COOKIE, Call, Routes, roles, token_of
from inspection.actors import Role
from services.people import owners, signin, whoami

BROWSER_COOKIE = "suicha_signin"
MAX_CODE = 512


class JsCode(BaseModel):
    """The one-time code of the mini-program's login."""

    js_code: str = Field(min_length=1, max_length=MAX_CODE)


class NoticeCode(BaseModel):
    """The code that stands on a notice."""

    notice_code: str = Field(min_length=4, max_length=16)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """The outside parties that know who somebody is, as plain functions."""

    oauth_base: str
    corp_id: str
    agent_id: int
    origin: str
    userid_of: Callable[[str], Awaitable[str]]
    openid_of: Callable[[str], Awaitable[str]]
    demo: bool


IDENTITY = web.AppKey("identity", Identity)
routes = Routes()


@routes.add("GET", "/auth/wecom", roles="public", transaction="own")
async def begin(call: Call) -> Any:
    """Send the browser to WeCom; the one GET that writes is a sign-in's own state."""
    identity = call.request.app[IDENTITY]
    async with call.writing() as act:
        started = await signin.begin(act, call.query("next", "/m/"))
    query = urlencode(
        {
            "appid": identity.corp_id,
            "redirect_uri": f"{identity.origin}/auth/wecom/callback",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": started.state,
            "agentid": identity.agent_id,
        }
    )
    response = _go_to(f"{identity.oauth_base}/connect/oauth2/authorize?{query}#wechat_redirect")
    _set_cookie(call, response, BROWSER_COOKIE, started.browser, signin.STATE_LIFE.total_seconds())
    return response


@routes.add("GET", "/auth/wecom/callback", roles="public", transaction="own")
async def finish(call: Call) -> Any:
    """Come back from WeCom: the state is used up first, so that a code is never spent for another browser."""
    async with call.writing() as act:
        browser = call.request.cookies.get(BROWSER_COOKIE, "")
        next_path = await signin.use_state(act, call.query("state"), browser)
    userid = await call.request.app[IDENTITY].userid_of(call.query("code")[:MAX_CODE])
    async with call.writing() as act:
        token = await signin.sign_in_member(act, userid)
    response = _go_to(next_path)
    _set_cookie(call, response, SESSION_COOKIE, token, signin.SESSION_LIFE.total_seconds())
    response.del_cookie(BROWSER_COOKIE)
    return response


@routes.post("/api/auth/logout", roles="signed-in")
async def log_out(call: Call) -> Any:
    """Close the session."""
    await signin.sign_out(call.act, token_of(call.request))
    response = web.json_response({})
    response.del_cookie(SESSION_COOKIE)
    return response


@routes.get("/api/me", roles="signed-in")
async def me(call: Call) -> Any:
    """Who is signed in, and when it is."""
    return {**await whoami.describe(call.act), "demo": call.request.app[IDENTITY].demo}


@routes.add("POST", "/api/owner/login", roles="public", body=JsCode, transaction="own")
async def owner_login(call: Call) -> Any:
    """Sign an owner in by the mini-program's code; the session_key never leaves the bot."""
    openid = await call.request.app[IDENTITY].openid_of(call.body.js_code)
    async with call.writing() as act:
        _, token = await signin.sign_in_owner(act, openid)
    response = web.json_response({"token": token})  # the mini-program keeps the token, its web-view the cookie
    _set_cookie(call, response, OWNER_COOKIE, token, signin.SESSION_LIFE.total_seconds())
    return response


@routes.post("/api/owner/bind", roles=roles(Role.OWNER), body=NoticeCode)
async def owner_bind(call: Call) -> Any:
    """Bind the owner to the target of a notice."""
    return await owners.bind(call.act, call.body.notice_code)


@routes.get("/api/owner/notices", roles=roles(Role.OWNER))
async def owner_notices(call: Call) -> Any:
    """The notices of the owner's targets."""
    return {"notices": await owners.notices(call.act)}


def _go_to(address: str) -> web.Response:
    """A redirect as a plain answer: cookies can be set on it."""
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": address})


def _set_cookie(call: Call, response: web.StreamResponse, name: str, value: str, seconds: float) -> None:
    secure = call.request.app[IDENTITY].origin.startswith("https://")
    response.set_cookie(name, value, max_age=int(seconds), httponly=True, samesite="Lax", secure=secure, path="/")
