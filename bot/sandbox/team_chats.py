"""Group chats that the app makes (appchat): members, owner, what is sent to them.

create -> chatid free? 2..2000 members of the corp, owner among them -> chat ; send -> known chat -> kept

Source: developer.work.weixin.qq.com 90245, 90248 (limits and errcodes as in shared wecom.md 2.4, 2.8).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.errors import RefusedError
from bot.sandbox.shapes import text

CHAT_ID = re.compile(r"[0-9A-Za-z]{1,32}")
FEWEST, MOST = 2, 2000
NAME_CHARACTERS = 50
BAD_ID, TAKEN, BAD_MEMBERS = 40050, 86215, 86001
KINDS = ("text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown")  # no cards


@dataclass(kw_only=True, slots=True)
class TeamChat:
    """One chat."""

    id: str
    name: str
    owner: str
    members: list[str]
    messages: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, object]:
        """Show it as JSON, as appchat/get does."""
        return {"chatid": self.id, "name": self.name, "owner": self.owner, "userlist": self.members}


class TeamChats:
    """All chats that the app has made."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.chats: dict[str, TeamChat] = {}

    def create(self, body: Mapping[str, Any], known: Callable[[str], bool]) -> dict[str, object]:
        """Handle appchat/create; a chatid that is taken, strangers and too few are refused."""
        chat_id = text(body, "chatid") or secrets.token_hex(16)
        members = body.get("userlist")
        if not CHAT_ID.fullmatch(chat_id):
            raise RefusedError(BAD_ID, "invalid chatid")
        if chat_id in self.chats:
            raise RefusedError(TAKEN, "chatid exists")
        if not isinstance(members, list) or not FEWEST <= len(members) <= MOST or not all(map(known, members)):
            raise RefusedError(BAD_MEMBERS, "invalid userlist")
        owner = text(body, "owner") or secrets.choice(members)
        if owner not in members:
            raise RefusedError(BAD_MEMBERS, "owner is not in userlist")
        name = text(body, "name")[:NAME_CHARACTERS]
        self.chats[chat_id] = TeamChat(id=chat_id, name=name, owner=owner, members=list(members))
        return {"chatid": chat_id}

    def get(self, chat_id: str) -> TeamChat:
        """Return a chat of the app; 86003 for any other."""
        chat = self.chats.get(chat_id)
        if chat is None:
            raise RefusedError(86003, "chat is not found")
        return chat

    def send(self, body: Mapping[str, Any]) -> dict[str, object]:
        """Handle appchat/send; a card is refused, as no page lists it."""
        chat = self.get(text(body, "chatid"))
        kind = text(body, "msgtype")
        if kind not in KINDS or not body.get(kind):
            raise RefusedError(40008, "invalid message type")
        chat.messages.append({"time": self._now().isoformat(), "msgtype": kind, "content": body[kind]})
        return {}
