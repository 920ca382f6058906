"""Public pages about one visit, each opened by a code on paper or on an inspector's phone: genuine notice, the door.

/public/notices/CODE (announced, or scanned at the door) ; /public/papers/CODE (on every paper of a visit)
/public/door/CODE (shown today) -> POST: scanned, on record
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from handlers.edge import Call, Routes
from handlers.public import common, html_page, page
from inspection.errors import NotFoundError
from services.field import doors, paper_checks
from services.people import notice_paper

routes = Routes()


@page("/public/notices/{code}", "notice.html", "")
async def notice(call: Call) -> dict[str, Any]:
    """Whether a notice is genuine: what it must say."""
    return {"shown": await notice_paper.by_code(call.act, call.path["code"])}


@page("/public/papers/{code}", "paper.html", "")
async def paper(call: Call) -> dict[str, Any]:
    """Whether a paper is genuine, and whether it still stands."""
    return {"shown": await paper_checks.shown(call.act, call.path["code"])}


@routes.get("/public/door/{code}", roles="public")
async def get_public_door(call: Call) -> web.Response:
    """Who stands at the door, what they inspect, on which plan."""
    return await _door(call, scan=False)


@routes.post("/public/door/{code}", roles="public")
async def post_public_door(call: Call) -> web.Response:
    """Put the scan on record for somebody without the mini-program, and show the page again."""
    return await _door(call, scan=True)


async def _door(call: Call, *, scan: bool) -> web.Response:
    begun = common(call.edge.house, "")
    try:
        if scan:
            await doors.scan(call.act, call.path["code"])
        shown = await doors.page(call.act, call.path["code"])
    except NotFoundError as error:
        found = html_page("missing.html", {**begun, "error": error}, 404)
    else:
        found = html_page("door.html", {**begun, "shown": shown}, 200)
    # With "no-referrer" a browser sends the button's POST without an origin of its own, and the edge refuses it.
    found.headers.update({"Referrer-Policy": "same-origin", "Cache-Control": "no-store"})
    return found
