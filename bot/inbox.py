"""What WeCom told us, worked one by one: a button becomes an act of the member who pressed it.

waiting row -> who (active member, roles now) -> action from "accept:ID" -> act, in the row's own transaction -> done
            -> what he wrote or sent (`messages`)            refused -> rolled back -> failed, with the error's code
the reply, in that transaction: rows of the outbox; for the card's buttons a change (`bot.cards`), which is made at once
after the commit by the click's own one-shot code (72 h), and by the errand if this process dies before that
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import structlog

from bot.render import BUTTON, shorten
from bot.replies import Question, Reply, answered, said, subject_of
from bot.rounds import rounds
from bot.tokens import Answer
from bot.wecom import WeComClient
from inspection.actors import SYSTEM
from inspection.errors import SuichaError
from inspection.phrases import understand
from models.database import Database
from models.results import Inbox
from models.store import card_changes, inbox
from services.act import Act, House
from services.people import notices

Action = Callable[[Act, str], Awaitable[str | Reply]]  # (act, subject ids or text) -> what to answer, in Chinese
MessageAction = Callable[[Act, Mapping[str, Any]], Awaitable[Reply]]  # (act of a member, fields of what he sent)
EventAction = Callable[[Act, Mapping[str, Any]], Awaitable[str]]  # (act of the system, fields) -> a word for the log

TEXT = "text"
CARD = "event:template_card_event"
MENU = "event:click"
SAYS = "say:"  # a menu's key that stands for words: "say:今天"
EVENT = "event:"
REFUSED_ON_CARD = "请打开页面办理"
NOT_READ = "这种消息暂时看不懂。文字、照片、语音、视频、位置都可以直接发来；发送“帮助”查看能问什么。"
NOTHING_CHOSEN = "没有选择任何一项。请选择后再点一次，或直接回复名称。"
ANSWERED_WITHIN = timedelta(hours=12)  # a number that comes later answers nothing any more
TICK_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a row ended, and what to tell the member."""

    status: str  # done, ignored, failed
    outcome: str
    reply: Reply = field(default_factory=Reply)
    card: str = ""  # whose buttons the reply's word replaces


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
        await rounds(self.work, stop, wake, every_s=TICK_S)

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
                act_by = SYSTEM if event else await inbox.actor_of(db, _userid(fields), self._house.clock.liaison_post)
                if act_by is None:
                    ending = Ending(status="ignored", outcome="not-a-member")
                else:
                    act = Act(db=db, actor=act_by, now=self._clock(), house=self._house)
                    ending = await (_follow(event, act, fields) if event else self._perform(act, row, fields))
                    await self._reply(act, digest, fields, ending)
                await inbox.finish(db, digest, ending.status, ending.outcome)
        except SuichaError as error:
            why = f"{error.sentence()}{error.action}"
            ending = Ending(status="failed", outcome=error.code, reply=Reply(word=REFUSED_ON_CARD, text=why))
            await self._fail(digest, ending, fields)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other rows go on; the row shows it
            log.error("callback failed", kind=kind, error=type(error).__name__)  # noqa: TRY400 - a trace holds personal data
            ending = Ending(status="failed", outcome=type(error).__name__)
            await self._fail(digest, ending, fields)
        if kind == CARD and ending.reply.word:
            await self._press(fields, ending.reply.word)
        return True

    async def _perform(self, act: Act, row: Inbox, fields: Mapping[str, Any]) -> Ending:
        if received := self._messages.get(row.kind):
            return Ending(status="done", outcome=row.kind, reply=await received(act, fields))
        key, card = str(fields.get("EventKey") or ""), _card(fields)
        if row.kind == CARD:
            name, subject = subject_of(fields)
            if name in self._actions and (not subject or subject.endswith(":")):
                return Ending(status="ignored", outcome="nothing-chosen", reply=Reply(text=NOTHING_CHOSEN))
        elif row.kind == TEXT:
            name, subject, card = await self._written(act, fields)
        elif row.kind == MENU and key.startswith(SAYS):
            name, subject = TEXT, key.removeprefix(SAYS)
        else:
            unread = Reply() if row.kind.startswith(EVENT) else Reply(text=NOT_READ)
            return Ending(status="ignored", outcome=row.kind, reply=unread)
        action = self._actions.get(name)
        if action is None:
            return Ending(status="ignored", outcome="no-action")
        said_back = await action(act, subject)
        if isinstance(said_back, str):
            said_back = Reply(word=said_back) if row.kind == CARD else Reply(text=said_back)
        if row.kind == TEXT and not said_back.text:
            said_back = replace(said_back, text=said_back.word)
        return Ending(status="done", outcome=name, reply=said_back, card=card)

    async def _written(self, act: Act, fields: Mapping[str, Any]) -> tuple[str, str, str]:
        """What these words do: (action, subject, the card that they answer, "" for none)."""
        text = str(fields.get("Content") or "")
        asked = await card_changes.question_to(act.db, _userid(fields), act.now - ANSWERED_WITHIN)
        if asked is not None and understand(text).word is None:
            chosen = answered(Question(**asked.content["question"]), text)
            if chosen is not None:
                return *chosen, asked.id
        return TEXT, text, ""

    async def _fail(self, digest: str, ending: Ending, fields: Mapping[str, Any]) -> None:
        async with self._database.write() as db:
            await inbox.finish(db, digest, ending.status, ending.outcome)
            # Its card stays open to whoever settles the matter; the word on it is for this moment only.
            told = replace(ending, reply=Reply(text=ending.reply.text))
            act = Act(db=db, actor=SYSTEM, now=self._clock(), house=self._house)
            await self._reply(act, digest, fields, told)

    async def _reply(self, act: Act, digest: str, fields: Mapping[str, Any], ending: Ending) -> None:
        """Write down what is to be said and which card is to change, with the act that it answers."""
        reply = ending.reply
        for word, content in said(reply).items():
            await notices.answer(
                act.db,
                act.now,
                _userid(fields),
                content,
                department_id=str(act.actor.department_id),
                key=f"{digest}/{word}",
            )
        if reply.word and await card_changes.is_ours(act.db, ending.card):
            await card_changes.ask(act.db, ending.card, "word", shorten(reply.word, BUTTON), act.now)

    async def _press(self, fields: Mapping[str, Any], word: str) -> None:
        """Change the pressed card at once, by the code of its own click; what fails is left to `bot.cards`."""
        code = str(fields.get("ResponseCode") or "")
        answer = await self._wecom.update_card([_userid(fields)], code, shorten(word, BUTTON))
        _note(CARD, answer)
        if answer.code == 0:
            async with self._database.write() as db:
                await card_changes.done(db, _card(fields))


def _note(kind: str, answer: Answer) -> None:
    if answer.code != 0:
        log.warning("answer not delivered", kind=kind, code=str(answer.code))


async def _follow(event: EventAction, act: Act, fields: Mapping[str, Any]) -> Ending:
    return Ending(status="done", outcome=await event(act, fields))


def _card(fields: Mapping[str, Any]) -> str:
    return str(fields.get("TaskId") or "")


def _userid(fields: Mapping[str, Any]) -> str:
    return str(fields.get("FromUserName") or "").lower()
