"""Fetches what members sent to the app and puts it into the evidence of its visit, with a receipt in the chat.

due -> media/get (limit, one at a time) -> expect -> develop (no transaction open) -> keep -> ended, with what to tell
ended and untold -> one row of the outbox for a series, in the transaction that notes that it is told
WeCom keeps media for three days: what nobody chose a visit for is asked about once and then given up, and said so.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.reactions import Failure, GiveUp, RetryAfter, Stop, Unknown, back_off, react
from bot.tokens import Answer
from bot.wecom import WeComClient
from inspection.actors import SYSTEM, Actor
from inspection.errors import SuichaError
from models.chat import ChatItem
from models.database import Database
from models.store import chat_items as store
from models.store import inbox
from services.act import Act, House
from services.field import chat_items, evidence
from services.field.evidence import Upload
from services.field.photos import Stamp
from services.people import notices

MOST_BYTES = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}
KEPT_BY_WECOM = timedelta(days=3) - timedelta(hours=1)
MOST_TRIES = 20

log = structlog.get_logger(__name__)


class Collector:
    """Fetches and stores; several may run, a piece of evidence is stored once by its own bytes."""

    def __init__(self, *, database: Database, wecom: WeComClient, clock: Callable[[], datetime], house: House) -> None:
        """Fetch nothing yet."""
        self._database = database
        self._wecom = wecom
        self._clock = clock
        self._house = house

    async def work(self) -> int:
        """Fetch what is due; returns how many things were looked at."""
        now = self._clock()
        async with self._database.read() as db:
            items = list(await store.due(db, now))
            stale = list(await store.stale(db, now - KEPT_BY_WECOM))
            db.expunge_all()
        for item in items:
            await self._one(item)
        for item in stale:
            async with self._database.write() as db:
                words = "有一项没有选择检查，已过期，请重新发送。"
                await store.close(db, item.id, "expired", "not-chosen", to_tell=words)
        await self._tell()
        return len(items) + len(stale)

    async def _one(self, item: ChatItem) -> None:
        """Fetch and store one, or put it off."""
        answer = await self._wecom.download(item.media_id, MOST_BYTES[item.kind])
        if isinstance(answer, Answer):
            await self._put_off(item, answer)
            return
        word = chat_items.WORDS[item.kind]
        try:
            digest = await self._store(item, answer)
        except SuichaError as error:
            await self._end(item, "refused", error.code, f"{word}未存入：{error.sentence()}{error.action}")
            return
        await self._end(item, "kept", "", f"{word}　校验值 {digest[:12]}", digest)

    async def _put_off(self, item: ChatItem, answer: Answer) -> None:
        reaction = react(answer.code, item.attempts + 1)
        code = answer.code.value if isinstance(answer.code, Failure) else str(answer.code)
        word = chat_items.WORDS[item.kind]
        if isinstance(reaction, RetryAfter | Unknown | Stop) and item.attempts < MOST_TRIES:
            async with self._database.write() as db:
                await store.later(db, item.id, self._clock() + back_off(item.attempts + 1), code)
            return
        gone = isinstance(reaction, GiveUp) and reaction.anew
        await self._end(item, "expired" if gone else "refused", code, f"{word}未能从企业微信取回，请重新发送。")

    async def _store(self, item: ChatItem, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        upload = Upload(
            visit_id=item.visit_id or "",
            digest=digest,
            kind=chat_items.KINDS[item.kind],
            taken_at=item.received_at,
            sent_at=item.received_at,
        )
        async with self._database.read() as db:
            expected = await evidence.expect(self._act(db, await self._actor(db, item)), upload)
        if not isinstance(expected, Stamp):
            return digest
        developed = await evidence.develop(self._house, upload, data, expected)
        async with self._database.write() as db:
            await evidence.keep(self._act(db, await self._actor(db, item)), upload, developed)
        return digest

    async def _actor(self, db: Any, item: ChatItem) -> Actor:
        """Who sent it, with the posts he holds now: whoever has left stores nothing."""
        found = await inbox.actor_by_id(db, item.member_id)
        return found or SYSTEM

    def _act(self, db: Any, actor: Actor) -> Act:
        return Act(db=db, actor=actor, now=self._clock(), house=self._house)

    async def _end(self, item: ChatItem, status: str, outcome: str, to_tell: str, digest: str | None = None) -> None:
        async with self._database.write() as db:
            await store.close(db, item.id, status, outcome, digest, to_tell=to_tell)

    async def _tell(self) -> None:
        """Tell every sender what became of what he sent: one message for each of his visits."""
        async with self._database.read() as db:
            if not await store.untold(db):
                return
        async with self._database.write() as db:
            series: dict[tuple[str, str], list[ChatItem]] = defaultdict(list)
            for item in await store.untold(db):
                series[item.member_id, item.visit_id or ""].append(item)
            for (member_id, visit_id), items in series.items():
                words = [item.to_tell for item in items]
                told = await store.told(db, [item.id for item in items])
                actor = await inbox.actor_by_id(db, member_id)
                if told and actor is not None:
                    number = await inbox.visit_number(db, visit_id) if visit_id else ""
                    await notices.answer(
                        db,
                        self._clock(),
                        await inbox.userid_of(db, member_id),
                        {"text": _receipt(number, words)},
                        department_id=str(actor.department_id),
                        key=f"items/{told[0]}",
                    )


def _receipt(number: str, words: Sequence[str]) -> str:
    kept = [one for one in words if "校验值" in one]
    head = [f"已存入检查 {number} 的证据 {len(kept)} 项："] if kept else []
    return "\n".join([*head, *kept, *(one for one in words if one not in kept)])
