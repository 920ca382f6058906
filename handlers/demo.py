"""The demo office's own routes: a clock that moves, and where everything is. Not there in real use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from handlers.edge import Call, Routes
from inspection.errors import InvalidInputError

MOST_DAYS = 400
routes = Routes()


class ClockBody(BaseModel):
    """Where to move the clock: a moment, or so many days on."""

    to: AwareDatetime | None = None
    days: int | None = Field(default=None, ge=1, le=MOST_DAYS)


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoOffice:
    """What the demo's routes may do: move the clock, let the clock's work be done, tell addresses."""

    move_to: Callable[[datetime], None]
    tick: Callable[[], Awaitable[dict[str, int]]]
    sandbox_url: str


DEMO = web.AppKey("demo", DemoOffice)


@routes.add("POST", "/api/demo/clock", roles="signed-in", body=ClockBody, transaction="own")
async def post_clock(call: Call) -> Any:
    """Move the clock forward and do at once what has come due."""
    demo, body, now = call.request.app[DEMO], call.body, call.edge.clock()
    if (body.to is None) == (body.days is None):
        raise InvalidInputError(what="演示时钟", why="请填写 to 或 days 之一。")
    then = body.to or now + timedelta(days=body.days)
    if then > now + timedelta(days=MOST_DAYS):
        raise InvalidInputError(what="演示时钟", why=f"一次最多前进 {MOST_DAYS} 天。")
    demo.move_to(then)
    return {**await demo.tick(), "now": call.edge.clock()}


@routes.get("/api/demo/where", roles="public")
async def get_where(call: Call) -> Any:
    """Where the demo's pages are."""
    origin = call.edge.house.origin
    return {
        "sandbox_url": call.request.app[DEMO].sandbox_url,
        "console_url": f"{origin}/console/",
        "public_url": f"{origin}/public",
    }
