"""What the group of a visit sent into it from the chat: shown on the visit's page, with who is still to be asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models.chat import Arrival, ChatItem
from models.people import Member
from models.store import visits as visit_store
from services.act import Act


async def listing(act: Act, visit_id: str) -> dict[str, Any]:
    """The things kept and the arrivals of a visit that the actor holds; NotFoundError for any other."""
    await visit_store.own_visit(act.db, act.actor, visit_id)
    items = await act.db.execute(
        select(ChatItem, Member.name)
        .join(Member, Member.id == ChatItem.member_id)
        .where(ChatItem.visit_id == visit_id)
        .order_by(ChatItem.received_at, ChatItem.id)
    )
    arrivals = await act.db.execute(
        select(Arrival, Member.name)
        .join(Member, Member.id == Arrival.member_id)
        .where(Arrival.visit_id == visit_id)
        .order_by(Arrival.at)
    )
    return {
        "items": [
            {"kind": one.kind, "status": one.status, "digest": one.digest, "at": one.received_at, "by": name}
            for one, name in items
        ],
        "arrivals": [{"by": name, "at": one.at, "label": one.place.get("label", "")} for one, name in arrivals],
    }
