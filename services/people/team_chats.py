"""Which joint teams get a group chat, and who is in it (setting `team_chats`).

dispatch -> wanted (a row, if the setting says so) -> (after the commit) bot.team_chats -> made | failed, on record
The row goes through both steps, so that a process killed between them leaves the second to be done:
waiting -> [appchat/create] -> unsaid -> saying -> [appchat/send] -> made
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
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
OPEN = ("waiting", "unsaid", "saying")
SAYING = timedelta(minutes=1)  # longer than any answer takes: after it nobody knows whether the word was taken


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """A team that waits for its chat, or for the first word in it (`status`)."""

    visit_id: str
    status: str
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
    """The teams whose chat is to be made or begun now; a visit that was taken back has none."""
    query = (
        select(TeamChat, Visit.number, Task.name, Task.ends_on, Target.name)
        .join(Visit, Visit.id == TeamChat.visit_id)
        .join(Task, Task.id == Visit.task_id)
        .join(Target, Target.id == Visit.target_id)
        .where(TeamChat.status.in_(OPEN), TeamChat.not_before <= now)
        .order_by(TeamChat.not_before, TeamChat.visit_id)
        .limit(limit)
    )
    found = []
    for row, number, task, ends_on, target in (await db.execute(query)).all():
        members = await _members(db, row.visit_id)
        found.append(
            Team(
                visit_id=row.visit_id,
                status=row.status,
                department_id=row.department_id,
                name=f"检查组 {target}"[:NAME],
                words=f"检查组群：{task}\n检查对象：{target}\n检查编号：{number}\n截止：{ends_on}",
                owner=next((userid for userid, leads in members if leads), ""),
                members=tuple(userid for userid, _ in members),
                attempts=row.attempts,
            )
        )
    return found


async def later(db: AsyncSession, team: Team, not_before: datetime, outcome: str) -> None:
    """Try again later what certainly was not done."""
    status = "waiting" if team.status == "waiting" else "unsaid"
    await _update(
        db, team.visit_id, status=status, attempts=TeamChat.attempts + 1, not_before=not_before, outcome=outcome
    )


async def created(db: AsyncSession, team: Team, now: datetime) -> None:
    """The chat is there: on record in the department's own log; its first word is still to be said."""
    if await _update(db, team.visit_id, from_=("waiting",), status="unsaid", attempts=0, not_before=now, outcome=""):
        audit.record(db, _system(team), now, "team-chat", f"visit:{team.visit_id}", members=len(team.members))


async def begin_saying(db: AsyncSession, team: Team, now: datetime) -> bool:
    """Take the first word in hand, committed before it leaves; False if another process has it."""
    return await _update(db, team.visit_id, from_=("unsaid",), status="saying", not_before=now + SAYING)


async def said(db: AsyncSession, team: Team, outcome: str) -> None:
    """All is done: `outcome` "" if the word was taken, else why not, or that nobody knows; it is not said twice."""
    await _update(db, team.visit_id, status="made", outcome=outcome)


async def failed(db: AsyncSession, team: Team, now: datetime, outcome: str) -> None:
    """There will be no chat: on record with the code."""
    if await _update(db, team.visit_id, status="failed", outcome=outcome):
        audit.record(db, _system(team), now, "team-chat-failed", f"visit:{team.visit_id}", error=outcome)


def _system(team: Team) -> Actor:
    return Actor(member_id=MemberId("system"), department_id=DepartmentId(team.department_id), roles=frozenset())


async def _members(db: AsyncSession, visit_id: str) -> list[tuple[str, bool]]:
    query = (
        select(Member.userid, VisitMember.leads)
        .join(VisitMember, VisitMember.member_id == Member.id)
        .where(VisitMember.visit_id == visit_id, Member.active)
        .order_by(VisitMember.leads.desc(), Member.userid)
    )
    return [(userid, leads) for userid, leads in await db.execute(query)]


async def _update(db: AsyncSession, visit_id: str, from_: Sequence[str] = OPEN, **values: object) -> bool:
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        update(TeamChat)
        .where(TeamChat.visit_id == visit_id, TeamChat.status.in_(from_))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1
