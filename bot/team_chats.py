"""Group chats of joint teams (appchat), where the office's settings allow: made at dispatch, the leader as owner.

due -> members of the visit now -> appchat/create (chatid = the visit's id: twice is the same chat) -> unsaid, committed
    -> saying, committed -> appchat/send (a first word) -> made
Killed before the word left: it is said at the next start. Killed while it was on its way: nobody knows, and it is not
said twice, for appchat has no duplicate check.
Refused for good (the app may not, a member is not visible): failed, with the code; the cards tell the team anyway.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from bot.reactions import Accepted, Failure, RetryAfter, Stop, Unknown, back_off, react
from bot.tokens import Answer
from bot.wecom import WeComClient
from models.database import Database
from services.people import team_chats
from services.people.team_chats import Team

MOST_TRIES = 20
EXISTS = 86215  # made by an earlier try whose answer was lost

log = structlog.get_logger(__name__)


class TeamChatMaker:
    """Makes the chats that dispatch asked for."""

    def __init__(self, *, database: Database, wecom: WeComClient, clock: Callable[[], datetime], origin: str) -> None:
        """Make none yet."""
        self._database = database
        self._wecom = wecom
        self._clock = clock
        self._origin = origin

    async def work(self) -> int:
        """Make what is due; returns how many were looked at."""
        if self._wecom.line.is_stopped:
            return 0
        now = self._clock()
        async with self._database.read() as db:
            teams = await team_chats.due(db, now)
        for team in teams:
            if team.status == "saying":  # its process died on the way
                await self._write(team_chats.said, team, "word-unknown")
            elif team.status == "unsaid" or await self._make(team, now):
                await self._say(team, now)
        return len(teams)

    async def _make(self, team: Team, now: datetime) -> bool:
        if not team.can_chat:
            await self._write(team_chats.failed, team, now, "too-few")
            return False
        answer = await self._wecom.create_chat(team.visit_id, team.name, team.owner, team.members)
        reaction = react(answer.code, team.attempts + 1)
        if isinstance(reaction, Accepted) or answer.code == EXISTS:
            await self._write(team_chats.created, team, self._clock())
            return True
        if isinstance(reaction, RetryAfter | Unknown | Stop) and team.attempts + 1 < MOST_TRIES:
            await self._write(team_chats.later, team, now + back_off(team.attempts + 1), _code(answer))
        else:
            await self._write(team_chats.failed, team, self._clock(), _code(answer))
            log.warning("team chat not made", visit=team.visit_id, code=_code(answer))
        return False

    async def _say(self, team: Team, now: datetime) -> None:
        team = replace(team, status="unsaid", attempts=team.attempts if team.status == "unsaid" else 0)
        async with self._database.write() as db:
            if not await team_chats.begin_saying(db, team, now):
                return
        link = f"{self._origin}/m/visits/{team.visit_id}"
        answer = await self._wecom.send_to_chat(team.visit_id, f"{team.words}\n{link}")
        reaction = react(answer.code, team.attempts + 1)
        if isinstance(reaction, Accepted):
            await self._write(team_chats.said, team, "")
        elif isinstance(reaction, RetryAfter | Stop) and team.attempts + 1 < MOST_TRIES:  # certainly not taken
            await self._write(team_chats.later, team, now + back_off(team.attempts + 1), _code(answer))
        else:
            await self._write(team_chats.said, team, f"word {_code(answer)}")
            log.warning("team chat without its first word", visit=team.visit_id, code=_code(answer))

    async def _write(self, step: Callable[..., Awaitable[None]], *args: Any) -> None:
        async with self._database.write() as db:
            await step(db, *args)


def _code(answer: Answer) -> str:
    return answer.code.value if isinstance(answer.code, Failure) else str(answer.code)
