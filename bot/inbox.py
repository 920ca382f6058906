"""What WeCom told us, worked one by one: a button becomes an act of the member who pressed it.

waiting row -> who (active member, roles now) -> action from "accept:ID" -> act, in the row's own transaction -> done
            -> what he wrote or sent (`messages`)            refused -> rolled back -> failed, with the error's code
after the commit: the card's buttons are replaced by the reply (response_code: once, 72 h), or a chat answer goes out

Card updates and chat answers are courtesies, not obligations: they are sent once and not through the outbox.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import structlog

from bot.render import BUTTON, chat_answer, shorten
from bot.replies import Reply, question_card, question_text, subject_of
from bot.tokens import Answer
from bot.wecom import WeComClient
from inspection.actors import SYSTEM
from inspection.errors import SuichaError
from models.base import new_id
from models.database import Database
from models.results import Inbox
from models.store import card_changes, inbox, outbox
from services.act import Act, House

Action = Callable[[Act, str], Awaitable[str | Reply]]  # (act, subject ids or text) -> what to answer, in Chinese
MessageAction = Callable[[Act, Mapping[str, Any]], Awaitable[Reply]]  # (act of a member, fields of what he sent)
EventAction = Callable[[Act, Mapping[str, Any]], Awaitable[str]]  # (act of the system, fields) -> a word for the log

TEXT = "text"
CARD = "event:template_card_event"
MENU = "event:click"
SAYS = "say:"  # a menu's key that stands for words: "say:今天"
REFUSED_ON_CARD = "请打开页面办理"
TICK_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a row ended, and what to tell the member."""

    status: str  # done, ignored, failed
    outcome: str
    reply: Reply = field(default_factory=Reply)
    change: str = ""  # the outbox row whose card another hand would change, if this one fails to


class InboxWorker:
    """Works stored callbacks. `actions` maps "accept" ... (and "text") to what a member may do from a chat.

    `messages` maps a kind of message ("image", "location" ...) to what becomes of what a member sends.
    `events` maps a kind ("event:change_contact") to what follows from it; nobody acts in these but WeCom itself.
    """

    def __init__(  # noqa: PLR0913 - one argument a table
        self,
        *,
        database: Database,
        wecom: WeComClient,
        clock: Callable[[], datetime],
        house: House,
        actions: Mapping[str, Action],
        events: Mapping[str, EventAction] = MappingProxyType({}),
        messages: Mapping[str, MessageAction] = MappingProxyType({}),
        done: asyncio.Event | None = None,
    ) -> None:
        """Work nothing yet; `done` is set after rows were worked: there may be errands (`bot.errands`)."""
        self._database = database
        self._wecom = wecom
        self._clock = clock
        self._house = house
        self._actions = actions
        self._events = events
        self._messages = messages
        self._done = done

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Work until `stop`; `wake` says that there is something, a tick looks anyway."""
        while not stop.is_set():
            wake.clear()
            await self.work()
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), TICK_S)

    async def work(self) -> int:
        """Work all rows that wait; return how many. One that fails never holds up the others."""
        worked = 0
        while True:
            async with self._database.read() as db:
                digests = await inbox.waiting(db)
            done = sum([await self._work_one(digest) for digest in digests])
            worked += done
            if done and self._done is not None:
                self._done.set()
            if not done:  # nothing waits, or another process has it
                return worked

    async def _work_one(self, digest: str) -> bool:
        kind, fields = "", dict[str, Any]()
        try:
            async with self._database.write() as db:
                row = await inbox.take(db, digest)
                if row is None:
                    return False
                kind, fields = row.kind, json.loads(row.payload)
                event = self._events.get(kind)
                act_by = SYSTEM if event else await inbox.actor_of(db, _userid(fields))
                if act_by is None:
                    ending = Ending(status="ignored", outcome="not-a-member")
                else:
                    act = Act(db=db, actor=act_by, now=self._clock(), house=self._house)
                    ending = await (_follow(event, act, fields) if event else self._perform(act, row, fields))
                await inbox.finish(db, digest, ending.status, ending.outcome)
        except SuichaError as error:
            why = f"{error.sentence()}{error.action}"
            ending = Ending(status="failed", outcome=error.code, reply=Reply(word=REFUSED_ON_CARD, text=why))
            await self._fail(digest, ending)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other rows go on; the row shows it
            log.error("callback failed", kind=kind, error=type(error).__name__)  # noqa: TRY400 - a trace holds personal data
            ending = Ending(status="failed", outcome=type(error).__name__)
            await self._fail(digest, ending)
        await self._answer(kind, fields, ending)
        return True

    async def _perform(self, act: Act, row: Inbox, fields: Mapping[str, Any]) -> Ending:
        if said := self._messages.get(row.kind):
            return Ending(status="done", outcome=row.kind, reply=await said(act, fields))
        key = str(fields.get("EventKey") or "")
        if row.kind == CARD:
            name, subject = subject_of(fields)
        elif row.kind == TEXT:
            name, subject = TEXT, str(fields.get("Content") or "")
        elif row.kind == MENU and key.startswith(SAYS):
            name, subject = TEXT, key.removeprefix(SAYS)
        else:
            return Ending(status="ignored", outcome=row.kind)
        action = self._actions.get(name)
        if action is None:
            return Ending(status="ignored", outcome="no-action")
        said_back = await action(act, subject)
        if isinstance(said_back, str):
            said_back = Reply(word=said_back) if row.kind == CARD else Reply(text=said_back)
        change = str(fields.get("TaskId") or "") if row.kind == CARD else ""
        return Ending(
            status="done",
            outcome=name,
            reply=said_back,
            change=change if change and await card_changes.waits(act.db, change) else "",
        )

    async def _fail(self, digest: str, ending: Ending) -> None:
        async with self._database.write() as db:
            await inbox.finish(db, digest, ending.status, ending.outcome)

    async def _answer(self, kind: str, fields: Mapping[str, Any], ending: Ending) -> None:
        if kind in self._events:  # nobody is there to be answered
            return
        userid, reply, agent_id = _userid(fields), ending.reply, self._wecom.settings.agent_id
        if kind == CARD and reply.word:
            code = str(fields.get("ResponseCode") or "")
            answer = await self._wecom.update_card([userid], code, shorten(reply.word, BUTTON))
            _note(kind, answer)
            if answer.code == 0 and ending.change:
                async with self._database.write() as db:
                    await card_changes.done(db, ending.change)
        if reply.text:
            _note(kind, await self._wecom.send(chat_answer(reply.text, userid=userid, agent_id=agent_id)))
        if reply.question is not None:
            async with self._database.read() as db:
                as_text = userid in await outbox.text_readers(db, {userid})
            if as_text:
                body = question_text(reply.question, userid=userid, agent_id=agent_id)
            else:
                body = question_card(reply.question, task_id=new_id(), userid=userid, agent_id=agent_id)
            _note(kind, await self._wecom.send(body))


def _note(kind: str, answer: Answer) -> None:
    if answer.code != 0:
        log.warning("answer not delivered", kind=kind, code=str(answer.code))


async def _follow(event: EventAction, act: Act, fields: Mapping[str, Any]) -> Ending:
    return Ending(status="done", outcome=await event(act, fields))


def _userid(fields: Mapping[str, Any]) -> str:
    return str(fields.get("FromUserName") or "").lower()
