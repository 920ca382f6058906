"""message/send and message/recall.

send: limits -> swallowed as a duplicate? -> task_id new? -> who? -> one Message, a Bubble each -> msgid, response_code
recall: msgid known and not 24 h old -> gone from every phone

Refusals are RefusedError with WeCom's errcode (developer.work.weixin.qq.com 90236, 90313).
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.cards import INTERACTIVE
from bot.sandbox.contacts import Contacts, Receivers
from bot.sandbox.errors import RefusedError
from bot.sandbox.faults import FaultKind, Faults
from bot.sandbox.feed import Feed
from bot.sandbox.inbox import Inbox, Message
from bot.sandbox.limits import check_message, duplicate_interval, names
from bot.sandbox.media import MediaShelf
from bot.sandbox.shapes import refuse

RECALL_WINDOW = timedelta(hours=24)
ALL_INVALID = 81013
SEND_PATH = "/cgi-bin/message/send"  # what a fault's path is held against

Body = Mapping[str, Any]
Answer = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What messages need of the rest of the sandbox."""

    agent_id: int
    now: Callable[[], datetime]
    contacts: Contacts
    media: MediaShelf
    faults: Faults
    feed: Feed
    counters: Counter[str]
    new_response_code: Callable[[str], str]  # msgid -> one-shot code


class Chats:
    """Every message of the app and every member's inbox."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._messages: dict[str, Message] = {}
        self._inboxes: dict[str, Inbox] = {}
        self._answers: dict[bytes, tuple[datetime, Answer]] = {}  # digest of a request -> until when, answer
        self._task_ids: set[str] = set()

    def inbox(self, userid: str) -> Inbox:
        """Return a member's inbox (empty for one who never had a message)."""
        return self._inboxes.setdefault(userid.lower(), Inbox())

    def send(self, body: Body, raw: bytes) -> Answer:
        """Send one request. `raw` is the request JSON as it came: the duplicate check compares its bytes."""
        around = self._around
        check_message(body, around.agent_id)
        digest = hashlib.sha256(raw).digest()
        known = self._answers.get(digest)
        if known is not None and duplicate_interval(body) and around.now() < known[0]:
            around.counters["swallowed"] += 1
            return known[1]
        self._check_task_id(body)
        self._check_media(body)
        receivers = self._receivers(body)
        answer = self._deliver(body, receivers)
        seconds = duplicate_interval(body)
        if seconds:
            self._answers[digest] = (around.now() + timedelta(seconds=seconds), answer)
        return answer

    def recall(self, msgid: str) -> Answer:
        """Take a message back from all phones; refused (40058) when unknown or older than 24 h."""
        message = self._messages.get(msgid)
        if message is None:
            raise refuse("msgid", "not found")
        if self._around.now() - message.sent_at > RECALL_WINDOW:
            raise refuse("msgid", "older than 24 hours")
        message.recalled = True
        self._around.feed.publish("change", message=msgid)
        return {}

    def say(self, userid: str, msgtype: str, content: Body) -> Message:
        """Put what a member says into his own chat."""
        message = Message(
            id=f"own-{secrets.token_hex(8)}",
            sent_at=self._around.now(),
            msgtype=msgtype,
            content=content,
            sender=userid,
        )
        self.inbox(userid).put(message)
        self._around.feed.publish("message", member=userid, message=message.id)
        return message

    def _check_task_id(self, body: Body) -> None:
        task_id = _task_id(body)
        if task_id and task_id in self._task_ids:
            raise refuse("task_id", "already used by this app")

    def _check_media(self, body: Body) -> None:
        media_id = body[body["msgtype"]].get("media_id")
        if media_id is not None:
            self._around.media.get(media_id)

    def _receivers(self, body: Body) -> Receivers:
        around = self._around
        users = names(body, "touser")
        struck = [name for name in users if self._struck(name.lower())]
        named = [name for name in users if name not in struck]
        found = around.contacts.resolve(named, names(body, "toparty"), names(body, "totag"))
        if not found.members and not found.unlicensed:
            raise RefusedError(ALL_INVALID, "user & party & tag all invalid")
        return replace(found, invalid_users=(*found.invalid_users, *(name.lower() for name in struck)))

    def _struck(self, userid: str) -> bool:
        return self._around.faults.take(FaultKind.INVALID_USER, path=SEND_PATH, member=userid) is not None

    def _deliver(self, body: Body, receivers: Receivers) -> Answer:
        kind = body["msgtype"]
        msgid = f"msg-{len(self._messages) + 1}-{secrets.token_hex(6)}"
        message = Message(id=msgid, sent_at=self._around.now(), msgtype=kind, content=body[kind])
        self._messages[msgid] = message
        if _task_id(body):
            self._task_ids.add(_task_id(body))
        if self._around.faults.take(FaultKind.SILENT_DROP, path=SEND_PATH):
            self._around.counters["dropped_by_fault"] += len(receivers.members)
        else:
            self._hand_out(message, receivers)
        answer: Answer = {
            "invaliduser": "|".join(receivers.invalid_users),
            "invalidparty": "|".join(receivers.invalid_parties),
            "invalidtag": "|".join(receivers.invalid_tags),
            "unlicenseduser": "|".join(receivers.unlicensed),
            "msgid": msgid,
        }
        if kind == "template_card" and body[kind]["card_type"] in INTERACTIVE:
            answer["response_code"] = self._around.new_response_code(msgid)
        return {name: value for name, value in answer.items() if value}

    def _hand_out(self, message: Message, receivers: Receivers) -> None:
        around = self._around
        for member in receivers.members:
            inbox = self.inbox(member.userid)
            if not inbox.admit(message.sent_at):
                around.counters["dropped_by_rate"] += 1
                continue
            inbox.put(message)
            around.counters["delivered"] += 1
            around.feed.publish("message", member=member.userid, message=message.id)


def _task_id(body: Body) -> str:
    return str(body[body["msgtype"]].get("task_id") or "") if body["msgtype"] == "template_card" else ""
