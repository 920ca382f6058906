"""What the group of a visit sent into it from the chat: shown on the visit's page, and part of what is sealed (G10).

submission -> of_part -> what is kept: named in the sealed manifest
                      -> what is being fetched: the submission waits a moment, so that it is sealed with the rest
What comes later still (WeCom was away) is kept all the same, for it was sent before (`evidence.keep`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from models.chat import Arrival, ChatItem
from models.people import Member
from models.store import visits as visit_store
from models.store.visits import OwnVisit
from models.tasks import Evidence, VisitMember
from services.act import Act

PATIENCE = 3  # tries to fetch a thing, some seconds each; a submission does not wait for more


@dataclass(frozen=True, kw_only=True, slots=True)
class FromChat:
    """What a department's people sent into a visit: digest -> kind of what is kept, and how much is on its way."""

    kept: dict[str, str]
    on_its_way: int


async def of_part(act: Act, own: OwnVisit) -> FromChat:
    """What came by chat into the part of a visit that the actor holds."""
    visit_id, department_id = own.visit.id, own.part.department_id
    kept = await act.db.execute(
        select(Evidence.digest, Evidence.kind)
        .join(ChatItem, (ChatItem.visit_id == Evidence.visit_id) & (ChatItem.digest == Evidence.digest))
        .where(Evidence.visit_id == visit_id, Evidence.department_id == department_id, ChatItem.status == "kept")
        .order_by(Evidence.id)
    )
    coming = await act.db.scalar(
        select(func.count())
        .select_from(ChatItem)
        .join(VisitMember, (VisitMember.member_id == ChatItem.member_id) & (VisitMember.visit_id == ChatItem.visit_id))
        .where(ChatItem.visit_id == visit_id, VisitMember.department_id == department_id)
        .where(ChatItem.status == "waiting", ChatItem.attempts < PATIENCE)
    )
    return FromChat(kept={row.digest: row.kind for row in kept}, on_its_way=coming or 0)


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
