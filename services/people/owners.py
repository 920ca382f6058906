"""Owners: the people of a target, who read its notices in the mini-program (F1).

js code -> openid (bot) -> sign in -> bind by the notice's code -> the notices that were held go out
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from inspection.errors import NotFoundError
from models.people import OwnerBinding
from models.registers import Target
from models.results import Outbox
from models.store.states import insert_ignore
from models.tasks import Task, Visit
from services.act import Act
from services.people.notices import release_held


async def bind(act: Act, notice_code: str) -> dict[str, Any]:
    """Bind the signed-in owner to the target whose notice carries this code; NotFoundError for a wrong code.

    An unannounced visit's code binds nobody (F2): to an owner there is no such visit.
    """
    found = (
        await act.db.execute(
            select(Visit, Target)
            .join(Target, Target.id == Visit.target_id)
            .join(Task, Task.id == Visit.task_id)
            .where(Visit.notice_code == notice_code.strip().upper(), Task.announced)
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError(what="这个通知编码")
    visit, target = found
    owner_id = str(act.actor.member_id)
    await insert_ignore(act.db, OwnerBinding, owner_id=owner_id, target_id=target.id, bound_at=act.now)
    released = await release_held(act, target.id, owner_id)
    act.record("owner-bind", f"target:{target.id}", visit=visit.number, released=released)
    return {"target_name": target.name, "target_code": target.code, "visit_number": visit.number}


async def notices(act: Act) -> list[dict[str, Any]]:
    """The notices of the targets that the signed-in owner has bound, newest first."""
    rows = await act.db.scalars(
        select(Outbox)
        .where(Outbox.channel == "wechat", Outbox.recipient == str(act.actor.member_id))
        .order_by(Outbox.id.desc())
    )
    return [{"title": row.content["title"], "facts": row.content["facts"], "at": row.created_at} for row in rows]
