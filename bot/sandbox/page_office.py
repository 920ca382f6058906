"""The administrator's side of the sandbox's page: what there is, the address book, the callback log, faults.

GET shows; POST and DELETE act as the corp's administrator (contacts) or as fate (faults) would
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.sandbox.contacts import Department, Member
from bot.sandbox.faults import Fault, FaultKind, usual_path
from bot.sandbox.keys import COURIER, STATE
from bot.sandbox.page_json import PREFIX, done, member_here, needed, read_json
from bot.sandbox.state import Sandbox
from inspection.errors import InvalidInputError

MEMBER_FIELDS = {"userid": str, "name": str, "department": list, "position": str, "licensed": bool}


def add_office_routes(app: web.Application) -> None:
    """Put the administrator's JSON paths into the sandbox's application."""
    router = app.router
    member = f"{PREFIX}/members/{{userid}}"
    router.add_get(f"{PREFIX}/state", _state)
    router.add_get(f"{PREFIX}/counters", _counters)
    router.add_get(f"{PREFIX}/deliveries", _deliveries)
    router.add_post(f"{PREFIX}/verify-callback", _verify)
    router.add_get(f"{PREFIX}/faults", _faults)
    router.add_post(f"{PREFIX}/faults", _add_fault)
    router.add_delete(f"{PREFIX}/faults", _clear_faults)
    router.add_post(f"{PREFIX}/departments", _add_department)
    router.add_delete(f"{PREFIX}/departments/{{id}}", _remove_department)
    router.add_post(f"{PREFIX}/members", _add_members)
    router.add_post(member, _change_member)
    router.add_delete(member, _remove_member)


async def _state(request: web.Request) -> web.Response:
    state = request.app[STATE]
    settings = state.settings
    return web.json_response(
        {
            "now": state.now().isoformat(),
            "settings": {
                "corp_id": settings.corp_id,
                "agent_id": settings.agent_id,
                "callback_url": settings.callback_url,
                "trusted_origin": settings.trusted_origin,
                "mini_appid": settings.mini_appid,
            },
            "departments": [
                {"id": row.id, "name": row.name, "parentid": row.parentid} for row in state.contacts.departments()
            ],
            "members": [_member_row(state, member) for member in state.contacts.members()],
            "menu": state.menu.buttons,
            "owners": [owner.shown() for owner in state.owners.all()],
            "faults": state.faults.shown(),
        }
    )


def _member_row(state: Sandbox, member: Member) -> dict[str, object]:
    inbox = state.chats.inbox(member.userid)
    counts = {"messages": len(inbox.bubbles), "unread": inbox.unread, "dropped": inbox.dropped}
    return {**member.shown(), "licensed": member.licensed, **counts}


async def _counters(request: web.Request) -> web.Response:
    return web.json_response(dict(request.app[STATE].counters))


async def _deliveries(request: web.Request) -> web.Response:
    return web.json_response({"deliveries": [delivery.shown() for delivery in request.app[COURIER].deliveries]})


async def _verify(request: web.Request) -> web.Response:
    return web.json_response(await request.app[COURIER].verify())


async def _faults(request: web.Request) -> web.Response:
    return web.json_response({"faults": request.app[STATE].faults.shown()})


async def _add_fault(request: web.Request) -> web.Response:
    body = await read_json(request)
    kind, rate, times = body.get("kind"), body.get("rate", 1.0), body.get("times")
    if kind not in {member.value for member in FaultKind}:
        raise InvalidInputError(what="kind", why="没有这种故障")
    if not isinstance(rate, int | float) or not 0 <= rate <= 1:
        raise InvalidInputError(what="rate", why="应在 0 到 1 之间")
    if times is not None and (not isinstance(times, int) or times < 1):
        raise InvalidInputError(what="times", why="应为正整数")
    seconds = body.get("seconds", 0.0)
    if not isinstance(seconds, int | float) or seconds < 0:
        raise InvalidInputError(what="seconds", why="应为非负数")
    code = body.get("code") or 0
    if not isinstance(code, int) or (kind == FaultKind.ERRCODE.value and not code):
        raise InvalidInputError(what="code", why="应为非零的错误码")
    fault = Fault(
        kind=FaultKind(kind),
        rate=rate,
        times=times,
        seconds=seconds,
        path=str(body.get("path") or usual_path(FaultKind(kind))),
        member=str(body.get("member") or "").lower(),
        code=code,
    )
    request.app[STATE].faults.add(fault)
    return web.json_response(fault.shown())


async def _clear_faults(request: web.Request) -> web.Response:
    request.app[STATE].faults.clear()
    return done()


async def _add_department(request: web.Request) -> web.Response:
    body = await read_json(request)
    department = Department(id=needed(body, "id", int), name=needed(body, "name"), parentid=body.get("parentid", 1))
    request.app[STATE].contacts.add_department(department, quiet=body.get("quiet") is True)
    return done()


async def _remove_department(request: web.Request) -> web.Response:
    name = request.match_info["id"]
    request.app[STATE].contacts.remove_department(int(name) if name.isdecimal() else 0)
    return done()


async def _add_members(request: web.Request) -> web.Response:
    """Add one member, or many at once as {"members": [...], "quiet": true}."""
    body = await read_json(request)
    rows = body.get("members", [body])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInputError(what="members", why="需要对象的数组")
    for row in rows:
        needed(row, "userid")
        needed(row, "name")
        request.app[STATE].contacts.add(Member(**_member_fields(row)), quiet=body.get("quiet") is True)
    return done()


async def _change_member(request: web.Request) -> web.Response:
    state, userid = member_here(request)
    fields = _member_fields(await read_json(request))
    fields.pop("userid", None)
    return web.json_response(state.contacts.change(userid, fields).shown())


async def _remove_member(request: web.Request) -> web.Response:
    state, userid = member_here(request)
    state.contacts.remove(userid)
    return done()


def _member_fields(body: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in body.items() if name in MEMBER_FIELDS}
    for name, value in fields.items():
        if not isinstance(value, MEMBER_FIELDS[name]):
            raise InvalidInputError(what=name, why="类型不对")
    if "department" in fields:
        fields["department"] = tuple(fields["department"])
    return fields
