"""Who is signed in, in the words that pages show, and how he wants to be written to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from inspection.actors import Role
from inspection.errors import NotSignedInError
from inspection.workdays import SHANGHAI
from models.people import Department, Member
from services.act import Act


async def describe(act: Act) -> dict[str, Any]:
    """The actor's own name, department and roles, the office's name and the present time."""
    common = {"office_name": act.house.office_name, "now": act.now.astimezone(SHANGHAI).isoformat(timespec="seconds")}
    if act.actor.has(Role.OWNER):
        return {**common, "member_id": act.actor.member_id, "roles": [Role.OWNER.value]}
    member = await act.db.get(Member, act.actor.member_id)
    department = await act.db.get(Department, act.actor.department_id)
    if member is None or department is None:
        raise NotSignedInError
    return {
        **common,
        "member_id": member.id,
        "userid": member.userid,
        "name": member.name,
        "department": {"id": department.id, "code": department.code, "name": department.name},
        "roles": sorted(role.value for role in act.actor.roles),
    }


async def prefer_words(act: Act, *, wanted: bool) -> None:
    """Write to the actor in plain words from now on, or in cards again: 微信插件 shows no cards (wecom.md 2.2)."""
    await act.db.execute(update(Member).where(Member.id == act.actor.member_id).values(wants_text=wanted))
    act.record("prefer-words", f"member:{act.actor.member_id}", wanted=wanted)
