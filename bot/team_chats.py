"""Group chats of joint teams (appchat), where the office's settings allow: made at dispatch, the leader as owner.

due -> members of the visit now -> appchat/create (chatid = the visit's id: twice is the same chat) -> a first word
Refused for good (the app may not, a member is not visible): failed, with the code; the cards tell the team anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

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
            await self._make(team, now)
        return len(teams)

    async def _make(self, team: Team, now: datetime) -> None:
        if not team.can_chat:
            await self._settle(team, "failed", "too-few")
            return
        answer = await self._wecom.create_chat(team.visit_id, team.name, team.owner, team.members)
        reaction = react(answer.code, team.attempts + 1)
        if isinstance(reaction, Accepted) or answer.code == EXISTS:
            await self._settle(team, "made", "")
            link = f"{self._origin}/m/visits/{team.visit_id}"
            await self._wecom.send_to_chat(team.visit_id, f"{team.words}\n{link}")
        elif isinstance(reaction, RetryAfter | Unknown | Stop) and team.attempts + 1 < MOST_TRIES:
            async with self._database.write() as db:
                await team_chats.later(db, team.visit_id, now + back_off(team.attempts + 1), _code(answer))
        else:
            await self._settle(team, "failed", _code(answer))
            log.warning("team chat not made", visit=team.visit_id, code=_code(answer))

    async def _settle(self, team: Team, status: str, outcome: str) -> None:
        async with self._database.write() as db:
            await team_chats.settle(db, team, self._clock(), status, outcome)


def _code(answer: Answer) -> str:
    return answer.code.value if isinstance(answer.code, Failure) else str(answer.code)
