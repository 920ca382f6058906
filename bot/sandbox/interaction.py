"""Clicks on cards, and the one-shot codes with which the app changes a card afterwards.

click -> key alive? answers fit? -> new response_code -> template_card_event | template_card_menu_event
update_template_card -> code known, unused, younger than 72 h -> button text or whole card changes for the named members
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.cards import Card, check_card, menu_keys, questions
from bot.sandbox.contacts import Contacts
from bot.sandbox.errors import RefusedError
from bot.sandbox.events import EventWriter, Push
from bot.sandbox.feed import Feed
from bot.sandbox.inbox import Bubble, Inbox
from bot.sandbox.limits import BAD_AGENT
from bot.sandbox.shapes import items, mapping, number, refuse, text
from inspection.errors import ConflictError, InvalidInputError, NotFoundError

CODE_LIFE = timedelta(hours=72)
CODE_SPENT = 60140

Selected = Mapping[str, list[str]]


class ResponseCodes:
    """One-shot codes, each tied to one message."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._open: dict[str, tuple[str, datetime]] = {}

    def new(self, msgid: str) -> str:
        """Make a code for a message."""
        code = secrets.token_urlsafe(32)
        self._open[code] = (msgid, self._now() + CODE_LIFE)
        return code

    def look(self, code: str) -> str:
        """Return the message of a code that is still good; 60140 when used, ended or never given."""
        msgid, ends = self._open.get(code, ("", self._now()))
        if not msgid or self._now() >= ends:
            raise RefusedError(CODE_SPENT, "response_code used or expired")
        return msgid

    def spend(self, code: str) -> None:
        """Use a code up."""
        self._open.pop(code, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class CardDesk:
    """Clicks in, updates out."""

    agent_id: int
    contacts: Contacts
    inbox: Callable[[str], Inbox]
    codes: ResponseCodes
    writer: EventWriter
    feed: Feed

    def click(self, userid: str, message_id: str, key: str, selected: Selected) -> Push:
        """Click `key` on a card, answering its questions; returns the callback to push."""
        bubble = self.inbox(userid).bubbles.get(message_id)
        card = bubble.current_card() if bubble else None
        if bubble is None or card is None:
            raise NotFoundError(what="这张卡片")
        if key not in bubble.live_keys():
            raise ConflictError(what="这个按钮", why="已经失效或不存在")
        in_menu = key in menu_keys(card)
        chosen = [] if in_menu else _chosen(card, selected)
        bubble.clicked.append(key)
        self.feed.publish("change", member=userid, message=message_id)
        fields: dict[str, object] = {
            "EventKey": key,
            "TaskId": card.get("task_id", ""),
            "CardType": card["card_type"],
            "ResponseCode": self.codes.new(message_id),
        }
        if chosen:
            fields["SelectedItems"] = {"SelectedItem": chosen}
        return self.writer.event(userid, "template_card_menu_event" if in_menu else "template_card_event", **fields)

    def update(self, body: Mapping[str, Any]) -> dict[str, object]:
        """Handle update_template_card: button.replace_name or a whole template_card; the code is used up by success."""
        if number(body, "agentid", -1) != self.agent_id:
            raise RefusedError(BAD_AGENT, "invalid agentid")
        code = text(body, "response_code", needed=True)
        msgid = self.codes.look(code)
        change = _change(body)
        bubbles, strangers = self._affected(body, msgid)
        self.codes.spend(code)
        for userid, bubble in bubbles:
            change(bubble)
            self.feed.publish("change", member=userid, message=msgid)
        return {"invaliduser": strangers} if strangers else {}

    def _affected(self, body: Mapping[str, Any], msgid: str) -> tuple[list[tuple[str, Bubble]], list[str]]:
        """Split those named into holders of the message and strangers to it."""
        named = self._named(body)
        found = [(userid, self.inbox(userid).bubbles.get(msgid)) for userid in named]
        holders = [(userid, bubble) for userid, bubble in found if bubble is not None]
        return holders, [userid.lower() for userid, bubble in found if bubble is None]

    def _named(self, body: Mapping[str, Any]) -> list[str]:
        if number(body, "atall") == 1:
            return [member.userid for member in self.contacts.members()]
        users, parties = body.get("userids") or [], body.get("partyids") or []
        if not isinstance(users, list) or not isinstance(parties, list) or not (users or parties):
            raise refuse("userids", "userids, partyids or atall is needed")
        if not all(str(party).isdecimal() for party in parties):
            raise refuse("partyids", "must be numbers")
        below = [member.userid for party in parties for member in self.contacts.members(int(party), deep=True)]
        return list(dict.fromkeys([*map(str, users), *below]))


def _change(body: Mapping[str, Any]) -> Callable[[Bubble], None]:
    """Read what is to be changed; refuses before anything is touched."""
    if body.get("template_card") is not None:
        card = mapping(body, "template_card")
        check_card(card)
        return lambda bubble: _replace_card(bubble, card)
    label = text(mapping(body, "button"), "replace_name", needed=True)
    return lambda bubble: _replace_button(bubble, label)


def _replace_card(bubble: Bubble, card: Card) -> None:
    bubble.card, bubble.replaced_by, bubble.clicked = card, "", []


def _replace_button(bubble: Bubble, label: str) -> None:
    bubble.replaced_by = label


def _chosen(card: Card, selected: Selected) -> list[dict[str, object]]:
    """Check the answers against the card's questions and write them as SelectedItem elements."""
    asked = {question["question_key"]: question for question in questions(card)}
    if not asked.keys() >= selected.keys():
        raise InvalidInputError(what="选项", why="卡片上没有这个问题")
    for key, ids in selected.items():
        known = {option["id"] for option in items(asked[key], "option_list", 1, 20)}
        many = card["card_type"] == "vote_interaction" and asked[key].get("mode") == 1
        if not ids or not known.issuperset(ids) or (len(ids) > 1 and not many):
            raise InvalidInputError(what="选项", why="不在可选范围内，或单选题选了多项")
    return [{"QuestionKey": key, "OptionIds": {"OptionId": list(ids)}} for key, ids in selected.items()]
