"""What two inspectors type at one form meets here, as often as their phones have network (services.field.together)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from handlers.console import Body, Empty
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from inspection.other_items import MOST
from services.field import other_items, together
from services.field.manifests import AddedEntry

routes = Routes()


class AnswersBody(Body):
    """What was typed since the last time; nothing, to learn what the others typed."""

    entries: tuple[together.Entry, ...] = Field(default=(), max_length=500)
    added: tuple[AddedEntry, ...] = Field(default=(), max_length=MOST)


@routes.post("/api/phone/visits/{id}/answers", roles=roles(Role.INSPECTOR), body=AnswersBody)
async def post_answers(call: Call) -> Any:
    """Keep what the caller typed, and tell what stands at each question of his department's part."""
    body: AnswersBody = call.body
    return await together.share(call.act, call.path["id"], body.entries, body.added)


@routes.get("/api/phone/listed-items", roles=roles(Role.INSPECTOR))
async def get_listed_items(call: Call) -> Any:
    """What the caller's department may inspect today, with forms: kept on the phone, added on the spot."""
    return {"items": await other_items.listed(call.act)}


@routes.post("/api/phone/visits/{id}/added-items/{item}/drop", roles=roles(Role.INSPECTOR), body=Empty)
async def post_drop_added(call: Call) -> Any:
    """Take an item that was added on the spot off again."""
    await other_items.drop(call.act, call.path["id"], call.path["item"])
    return {"dropped": call.path["item"]}
