"""What two inspectors type at one form meets here, as often as their phones have network (services.field.together)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from handlers.console import Body
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from services.field import together

routes = Routes()


class AnswersBody(Body):
    """What was typed since the last time; nothing, to learn what the others typed."""

    entries: tuple[together.Entry, ...] = Field(default=(), max_length=500)


@routes.post("/api/phone/visits/{id}/answers", roles=roles(Role.INSPECTOR), body=AnswersBody)
async def post_answers(call: Call) -> Any:
    """Keep what the caller typed, and tell what stands at each question of his department's part."""
    body: AnswersBody = call.body
    return await together.share(call.act, call.path["id"], body.entries)
