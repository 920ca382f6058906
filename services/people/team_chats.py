"""Which joint teams get a group chat, and who is in it (setting `team_chats`).

dispatch -> wanted (a row, if the setting says so) -> (after the commit) bot.team_chats -> made | failed, on record
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, DepartmentId, MemberId
from models.chat import TeamChat
from models.people import Member
from models.registers import Target
from models.store import audit
from models.store.states import insert_ignore
from models.tasks import Task, Visit, VisitMember
from services.act import Act

FEWEST = 2
NAME = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """A team that waits for its chat."""

    visit_id: str
    department_id: str
    name: str
    words: str
    owner: str
    members: tuple[str, ...]
    attempts: int

    @property
    def can_chat(self) -> bool:
        """A chat has at least two members, and its owner is one of them."""
        return len(self.members) >= FEWEST and self.owner in self.members


async def wanted(act: Act, visits: Sequence[Visit]) -> None:
    """Ask for a chat for each of these visits' teams, where the office wants chats."""
    if not act.house.rules.team_chats:
        return
    for one in visits:
        values = {"department_id": one.department_id, "asked_at": act.now, "not_before": act.now}
        await insert_ignore(act.db, TeamChat, visit_id=one.id, status="waiting", attempts=0, outcome="", **values)


async def due(db: AsyncSession, now: datetime, limit: int = 20) -> list[Team]:
    """The teams whose chat is to be made now; a visit that was taken back has none."""
    query = (
        select(TeamChat, Visit.number, Task.name, Task.ends_on, Target.name)
        .join(Visit, Visit.id == TeamChat.visit_id)
        .join(Task, Task.id == Visit.task_id)
        .join(Target, Target.id == Visit.target_id)
        .where(TeamChat.status == "waiting", TeamChat.not_before <= now)
        .order_by(TeamChat.not_before, TeamChat.visit_id)
        .limit(limit)
    )
    found = []
    for row, number, task, ends_on, target in (await db.execute(query)).all():
        members = await _members(db, row.visit_id)
        found.append(
            Team(
                visit_id=row.visit_id,
                department_id=row.department_id,
                name=f"检查组 {target}"[:NAME],
                words=f"检查组群：{task}\n检查对象：{target}\n检查编号：{number}\n截止：{ends_on}",
                owner=next((userid for userid, leads in members if leads), ""),
                members=tuple(userid for userid, _ in members),
                attempts=row.attempts,
            )
        )
    return found


async def later(db: AsyncSession, visit_id: str, not_before: datetime, outcome: str) -> None:
    """Try again later."""
    values = {"attempts": TeamChat.attempts + 1, "not_before": not_before, "outcome": outcome}
    await _update(db, visit_id, **values)


async def settle(db: AsyncSession, team: Team, now: datetime, status: str, outcome: str) -> None:
    """Close a row: made, or failed with the code; on record in the department's own log."""
    await _update(db, team.visit_id, status=status, outcome=outcome)
    actor = Actor(member_id=MemberId("system"), department_id=DepartmentId(team.department_id), roles=frozenset())
    word = "team-chat" if status == "made" else "team-chat-failed"
    if word == "team-chat":
        audit.record(db, actor, now, "team-chat", f"visit:{team.visit_id}", members=len(team.members))
    else:
        audit.record(db, actor, now, "team-chat-failed", f"visit:{team.visit_id}", error=outcome)


async def _members(db: AsyncSession, visit_id: str) -> list[tuple[str, bool]]:
    query = (
        select(Member.userid, VisitMember.leads)
        .join(VisitMember, VisitMember.member_id == Member.id)
        .where(VisitMember.visit_id == visit_id, Member.active)
        .order_by(VisitMember.leads.desc(), Member.userid)
    )
    return [(userid, leads) for userid, leads in await db.execute(query)]


async def _update(db: AsyncSession, visit_id: str, **values: object) -> None:
    await db.execute(
        update(TeamChat)
        .where(TeamChat.visit_id == visit_id, TeamChat.status == "waiting")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
