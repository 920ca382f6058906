"""The simulated phones of the sandbox's page: what members and owners see and do.

GET shows a chat; POST acts as its holder would, and what he does is pushed to the app
"""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.keys import STATE
from bot.sandbox.page_json import PREFIX, done, member_here, needed, read_json
from inspection.errors import InvalidInputError


def add_phone_routes(app: web.Application) -> None:
    """Put the phones' JSON paths into the sandbox's application."""
    router = app.router
    member, owner = f"{PREFIX}/members/{{userid}}", f"{PREFIX}/owners/{{openid}}"
    router.add_get(f"{member}/messages", _messages)
    router.add_post(f"{member}/read", _read)
    router.add_post(f"{member}/click", _click)
    router.add_post(f"{member}/say", _say)
    router.add_post(f"{member}/location", _location)
    router.add_post(f"{member}/media", _media)
    router.add_post(f"{member}/enter", _enter)
    router.add_post(f"{member}/menu", _menu)
    router.add_get(f"{PREFIX}/media/{{id}}", _picture)
    router.add_get(f"{PREFIX}/owners", _owners)
    router.add_post(f"{PREFIX}/owners", _add_owner)
    router.add_get(f"{owner}/messages", _owner_messages)
    router.add_post(f"{owner}/js-code", _js_code)
    router.add_post(f"{owner}/phone-code", _phone_code)
    router.add_post(f"{owner}/subscribe", _subscribe)


async def _messages(request: web.Request) -> web.Response:
    state, userid = member_here(request)
    bubbles = state.chats.inbox(state.member(userid).userid).bubbles
    return web.json_response({"messages": [bubble.shown() for bubble in bubbles.values()]})


async def _read(request: web.Request) -> web.Response:
    state, userid = member_here(request)
    state.chats.inbox(state.member(userid).userid).mark_read()
    return done()


async def _click(request: web.Request) -> web.Response:
    """Click a card's button; `selected` is {question_key: [option id]}."""
    state, userid = member_here(request)
    body = await read_json(request)
    selected = body.get("selected") or {}
    if not isinstance(selected, dict) or not all(isinstance(ids, list) for ids in selected.values()):
        raise InvalidInputError(what="selected", why="应为 {问题: [选项]}")
    state.click(userid, needed(body, "message_id"), needed(body, "key"), selected)
    return done()


async def _say(request: web.Request) -> web.Response:
    state, userid = member_here(request)
    state.say(userid, needed(await read_json(request), "text"))
    return done()


async def _location(request: web.Request) -> web.Response:
    state, userid = member_here(request)
    body = await read_json(request)
    latitude, longitude = needed(body, "latitude", int | float), needed(body, "longitude", int | float)
    state.say_where(userid, latitude, longitude, str(body.get("label") or ""))
    return done()


async def _media(request: web.Request) -> web.Response:
    """Take the raw bytes of a photo, voice note, video or file (?type=image|voice|video|file)."""
    state, userid = member_here(request)
    state.member(userid)
    kind = request.query.get("type", "image")
    media = state.media.put(kind, request.query.get("filename", kind), await request.read())
    state.say_media(userid, media, str(request.url.origin() / f"{PREFIX[1:]}/media/{media.id}"))
    return web.json_response({"media_id": media.id})


async def _picture(request: web.Request) -> web.Response:
    media = request.app[STATE].media.get(request.match_info["id"])
    kind = "image/jpeg" if media.kind == "image" else "application/octet-stream"
    return web.Response(body=media.data, content_type=kind, headers={"X-Content-Type-Options": "nosniff"})


async def _enter(request: web.Request) -> web.Response:
    state, userid = member_here(request)
    state.act(userid, "enter_agent")
    return done()


async def _menu(request: web.Request) -> web.Response:
    state, userid = member_here(request)
    state.act(userid, "click", needed(await read_json(request), "key"))
    return done()


async def _owners(request: web.Request) -> web.Response:
    return web.json_response({"owners": [owner.shown() for owner in request.app[STATE].owners.all()]})


async def _add_owner(request: web.Request) -> web.Response:
    body = await read_json(request)
    owner = request.app[STATE].owners.add(needed(body, "nickname"), phone=str(body.get("phone") or ""))
    return web.json_response(owner.shown())


async def _owner_messages(request: web.Request) -> web.Response:
    return web.json_response({"messages": request.app[STATE].owners.get(request.match_info["openid"]).messages})


async def _js_code(request: web.Request) -> web.Response:
    state = request.app[STATE]
    owner = state.owners.get(request.match_info["openid"])
    return web.json_response({"code": state.js_codes.issue(owner.openid)})


async def _phone_code(request: web.Request) -> web.Response:
    """Press WeChat's number button: a code for the number it knows."""
    state = request.app[STATE]
    owner = state.owners.get(request.match_info["openid"])
    return web.json_response({"code": state.phone_codes.issue(owner.openid)})


async def _subscribe(request: web.Request) -> web.Response:
    body = await read_json(request)
    owners = request.app[STATE].owners
    owners.subscribe(request.match_info["openid"], needed(body, "template_id"), forever=body.get("forever") is True)
    return done()
