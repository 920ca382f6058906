"""Cards that are out are changed where their matter was settled elsewhere, and taken back where it is void.

due -> recall (24 h) | update_template_card (72 h, its one-shot code) -> done | later | given-up

A courtesy beside the act: it never holds it up. What WeCom refuses for good is given up with its code on the row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.reactions import Accepted, Failure, RetryAfter, Unknown, back_off, react
from bot.render import BUTTON, shorten
from bot.tokens import Answer
from bot.wecom import WeComClient
from models.chat import CardChange
from models.database import Database
from models.results import Outbox
from models.store import card_changes as store

RECALL_WITHIN = timedelta(hours=24) - timedelta(minutes=5)
UPDATE_WITHIN = timedelta(hours=72) - timedelta(minutes=5)
MOST_TRIES = 8

log = structlog.get_logger(__name__)


class CardChanger:
    """Makes the changes that services asked for."""

    def __init__(self, *, database: Database, wecom: WeComClient, clock: Callable[[], datetime]) -> None:
        """Change nothing yet."""
        self._database = database
        self._wecom = wecom
        self._clock = clock

    async def work(self) -> int:
        """Make what is due; returns how many cards were looked at."""
        if self._wecom.line.is_stopped:
            return 0
        now = self._clock()
        async with self._database.read() as db:
            found = list(await store.due(db, now))
            db.expunge_all()
        for change, row in found:
            answer = await self._change(change, row, now)
            await self._settle(change, answer, now)
        return len(found)

    async def _change(self, change: CardChange, row: Outbox, now: datetime) -> Answer | str:
        """The answer, or why nothing was asked."""
        age = now - (row.first_sent_at or row.created_at)
        if row.status not in {"accepted", "unknown"}:
            return "never-out"
        if change.kind == "recall" and row.msgid and age < RECALL_WITHIN:
            return await self._wecom.recall(row.msgid)
        if not row.response_code:
            return "no-code"
        if age >= UPDATE_WITHIN:
            return "too-old"
        return await self._wecom.update_card([row.recipient], row.response_code, shorten(change.word, BUTTON))

    async def _settle(self, change: CardChange, answer: Answer | str, now: datetime) -> None:
        async with self._database.write() as db:
            if isinstance(answer, str):
                await store.settle(db, change.outbox_id, "given-up", answer)
                return
            reaction = react(answer.code, change.attempts + 1)
            code = answer.code.value if isinstance(answer.code, Failure) else str(answer.code)
            if isinstance(reaction, Accepted):
                await store.settle(db, change.outbox_id, "done", change.kind)
            elif isinstance(reaction, RetryAfter | Unknown) and change.attempts + 1 < MOST_TRIES:
                await store.later(db, change.outbox_id, now + back_off(change.attempts + 1), code)
            else:
                await store.settle(db, change.outbox_id, "given-up", code)
                log.warning("card not changed", outbox=change.outbox_id, code=code)
