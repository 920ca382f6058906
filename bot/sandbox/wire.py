"""The paths of qyapi.weixin.qq.com and api.weixin.qq.com, word for word.

request -> token good? -> core -> {"errcode": 0, ...} | {"errcode": n, "errmsg": "..."}  (always HTTP 200, as theirs)
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from bot.sandbox.errors import RefusedError
from bot.sandbox.faults import FaultKind
from bot.sandbox.keys import STATE
from bot.sandbox.limits import BAD_AGENT
from bot.sandbox.media import MOST_BYTES
from bot.sandbox.oauth import OUTSIDER, OUTSIDER_OPENID
from bot.sandbox.shapes import text
from bot.sandbox.state import Sandbox
from bot.sandbox.tokens import LIFETIME, UNKNOWN

Answer = Mapping[str, object]
Action = Callable[[Sandbox, web.Request], Awaitable[Answer]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BAD_JSON = 47001
NO_MEDIA = 41005
WECHAT_BAD_TOKEN = 40001  # WeChat's name for a token it does not know; WeCom says 40014


def add_wire_routes(app: web.Application) -> None:
    """Put the WeCom and WeChat paths into the sandbox's application."""
    router = app.router
    router.add_get("/cgi-bin/gettoken", _open(_gettoken))
    router.add_post("/cgi-bin/message/send", _wecom(_send))
    router.add_post("/cgi-bin/message/recall", _wecom(_recall))
    router.add_post("/cgi-bin/message/update_template_card", _wecom(_update_card))
    router.add_post("/cgi-bin/media/upload", _wecom(_upload))
    router.add_get("/cgi-bin/media/get", _download)
    router.add_get("/cgi-bin/department/list", _wecom(_departments))
    router.add_get("/cgi-bin/user/get", _wecom(_user))
    router.add_get("/cgi-bin/user/list", _wecom(_users))
    router.add_get("/cgi-bin/user/simplelist", _wecom(_users))
    router.add_get("/cgi-bin/auth/getuserinfo", _wecom(_who_new))
    router.add_get("/cgi-bin/user/getuserinfo", _wecom(_who_old))
    router.add_post("/cgi-bin/menu/create", _wecom(_menu_create))
    router.add_get("/cgi-bin/menu/get", _wecom(_menu_get))
    router.add_get("/cgi-bin/menu/delete", _wecom(_menu_delete))
    router.add_post("/cgi-bin/stable_token", _open(_stable_token))
    router.add_post("/cgi-bin/message/subscribe/send", _wechat(_subscribe_send))
    router.add_post("/wxa/business/getuserphonenumber", _wechat(_phone_number))
    router.add_post("/cgi-bin/appchat/create", _wecom(_appchat_create))
    router.add_post("/cgi-bin/appchat/send", _wecom(_appchat_send))
    router.add_get("/cgi-bin/appchat/get", _wecom(_appchat_get))
    router.add_get("/sns/jscode2session", _open(_js_session, content_type="text/plain"))


def _open(action: Action, content_type: str = "application/json") -> Handler:
    """Wrap an action that needs no token."""

    async def handle(request: web.Request) -> web.StreamResponse:
        state = request.app[STATE]
        try:
            answer = {"errcode": 0, "errmsg": "ok", **await action(state, request)}
        except RefusedError as refused:
            state.counters[f"errcode {refused.errcode}"] += 1
            answer = refused.answer()
        return web.Response(text=json.dumps(answer, ensure_ascii=False), content_type=content_type)

    return handle


def _wecom(action: Action) -> Handler:
    """Wrap an action that needs the app's access_token."""

    async def checked(state: Sandbox, request: web.Request) -> Answer:
        state.tokens.check(request.query.get("access_token", ""))
        return await action(state, request)

    return _open(checked)


def _wechat(action: Action) -> Handler:
    """Wrap an action that needs the mini-program's access_token."""

    async def checked(state: Sandbox, request: web.Request) -> Answer:
        try:
            state.mini_tokens.check(request.query.get("access_token", ""))
        except RefusedError as refused:
            raise (RefusedError(WECHAT_BAD_TOKEN, refused.errmsg) if refused.errcode == UNKNOWN else refused) from None
        return await action(state, request)

    return _open(checked)


async def _body(request: web.Request) -> tuple[bytes, dict[str, Any]]:
    """Read the request JSON; returns its bytes too, since the duplicate check compares them."""
    raw = await request.read()
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusedError(BAD_JSON, "data format error")
    return raw, body


async def _gettoken(state: Sandbox, request: web.Request) -> Answer:
    if state.faults.take(FaultKind.TOKEN_ROTATES, path=request.path):
        state.tokens.rotate()
    token, _ = state.credentials(request.query.get("corpid", ""), request.query.get("corpsecret", ""))
    # "Fetched again inside its validity, the same result": also the same expires_in, however little is left.
    return {"access_token": token, "expires_in": int(LIFETIME.total_seconds())}


async def _send(state: Sandbox, request: web.Request) -> Answer:
    raw, body = await _body(request)
    return state.chats.send(body, raw)


async def _recall(state: Sandbox, request: web.Request) -> Answer:
    _, body = await _body(request)
    return state.chats.recall(text(body, "msgid", needed=True))


async def _update_card(state: Sandbox, request: web.Request) -> Answer:
    _, body = await _body(request)
    return state.cards.update(body)


async def _upload(state: Sandbox, request: web.Request) -> Answer:
    if not request.content_type.startswith("multipart/"):
        raise RefusedError(NO_MEDIA, "media data missing")
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "media":
            data = await _read_part(part)
            media = state.media.put(request.query.get("type", ""), part.filename or "", data)
            return {"type": media.kind, "media_id": media.id, "created_at": str(int(media.created_at.timestamp()))}
    raise RefusedError(NO_MEDIA, "media data missing")


async def _read_part(part: BodyPartReader) -> bytes:
    """Read one file; stops one chunk over the largest size, since multipart ignores client_max_size."""
    data = bytearray()
    while len(data) <= max(MOST_BYTES.values()) and (chunk := await part.read_chunk(65536)):
        data += chunk
    return bytes(data)


async def _download(request: web.Request) -> web.StreamResponse:
    state = request.app[STATE]
    try:
        state.tokens.check(request.query.get("access_token", ""))
        media = state.media.get(request.query.get("media_id", ""))
    except RefusedError as refused:
        return web.json_response(refused.answer())
    disposition = f"attachment; filename*=UTF-8''{quote(media.filename)}"
    return web.Response(body=media.data, headers={"Content-Disposition": disposition})


async def _departments(state: Sandbox, request: web.Request) -> Answer:
    rows = state.contacts.departments(_number(request, "id", 1))
    return {
        "department": [{"id": row.id, "name": row.name, "parentid": row.parentid, "order": row.order} for row in rows]
    }


async def _user(state: Sandbox, request: web.Request) -> Answer:
    return state.contacts.get(request.query.get("userid", "")).shown()


async def _users(state: Sandbox, request: web.Request) -> Answer:
    deep = request.query.get("fetch_child") == "1"
    members = state.contacts.members(_number(request, "department_id", 1), deep=deep)
    return {"userlist": [member.shown() for member in members]}


async def _who_new(state: Sandbox, request: web.Request) -> Answer:
    name = state.codes.redeem(request.query.get("code", ""))
    return {"openid": OUTSIDER_OPENID} if name == OUTSIDER else {"userid": name}


async def _who_old(state: Sandbox, request: web.Request) -> Answer:
    name = state.codes.redeem(request.query.get("code", ""))
    return {"OpenId": OUTSIDER_OPENID} if name == OUTSIDER else {"UserId": name, "DeviceId": ""}


async def _menu_create(state: Sandbox, request: web.Request) -> Answer:
    _agent(state, request)
    _, body = await _body(request)
    return state.menu.create(body)


async def _menu_get(state: Sandbox, request: web.Request) -> Answer:
    _agent(state, request)
    return {"button": state.menu.buttons}


async def _menu_delete(state: Sandbox, request: web.Request) -> Answer:
    _agent(state, request)
    return state.menu.delete()


def _agent(state: Sandbox, request: web.Request) -> None:
    if _number(request, "agentid", 0) != state.settings.agent_id:
        raise RefusedError(BAD_AGENT, "invalid agentid")


async def _stable_token(state: Sandbox, request: web.Request) -> Answer:
    _, body = await _body(request)
    state.mini_credentials(text(body, "appid"), text(body, "secret"))
    if body.get("force_refresh") is True or state.faults.take(FaultKind.TOKEN_ROTATES, path=request.path):
        state.mini_tokens.rotate()
    token, seconds = state.mini_tokens.fetch()
    return {"access_token": token, "expires_in": seconds}


async def _subscribe_send(state: Sandbox, request: web.Request) -> Answer:
    _, body = await _body(request)
    return state.owners.send(body)


async def _phone_number(state: Sandbox, request: web.Request) -> Answer:
    _, body = await _body(request)
    return state.owners.phone_of(state.phone_codes.redeem(text(body, "code")))


async def _appchat_create(state: Sandbox, request: web.Request) -> Answer:
    _, body = await _body(request)
    return state.team_chats.create(body, lambda userid: state.contacts.find(userid) is not None)


async def _appchat_send(state: Sandbox, request: web.Request) -> Answer:
    _, body = await _body(request)
    return state.team_chats.send(body)


async def _appchat_get(state: Sandbox, request: web.Request) -> Answer:
    return {"chat_info": state.team_chats.get(request.query.get("chatid", "")).shown()}


async def _js_session(state: Sandbox, request: web.Request) -> Answer:
    state.mini_credentials(request.query.get("appid", ""), request.query.get("secret", ""))
    openid = state.js_codes.redeem(request.query.get("js_code", ""))
    return {"openid": openid, "session_key": state.owners.session_key(openid)}


def _number(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name) or str(default)
    if not value.isdecimal():
        raise RefusedError(40058, f"invalid {name}")
    return int(value)
