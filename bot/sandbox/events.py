"""Plain callbacks as WeCom writes them, before encryption.

something a member does -> EventWriter -> Push(name, member, XML)

Source: developer.work.weixin.qq.com 90239 (messages), 90240 (events).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """One callback: what it is called in the log, whom it concerns, its plain XML."""

    name: str
    member: str
    xml: str


def to_xml(tag: str, value: object) -> str:
    """Write one element: text as CDATA, numbers bare, a mapping nested, a list as repeated elements."""
    if isinstance(value, Mapping):
        return f"<{tag}>{''.join(to_xml(name, inner) for name, inner in value.items())}</{tag}>"
    if isinstance(value, list | tuple):
        return "".join(to_xml(tag, inner) for inner in value)
    if isinstance(value, int | float):
        return f"<{tag}>{value}</{tag}>"
    return f"<{tag}><![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]></{tag}>"


class EventWriter:
    """Writes the callbacks of one app."""

    def __init__(self, corp_id: str, agent_id: int, now: Callable[[], datetime]) -> None:
        self._corp_id = corp_id
        self._agent_id = agent_id
        self._now = now
        self._last_id = 0

    def message(self, member: str, msgtype: str, **fields: object) -> Push:
        """Write what a member says: text, image, voice, video, file or location; gets a MsgId of its own."""
        self._last_id += 1
        msg_id = 7_000_000_000_000_000 + self._last_id
        return self._push(msgtype, member, {"MsgType": msgtype, **fields, "MsgId": msg_id})

    def event(self, member: str, event: str, **fields: object) -> Push:
        """Write what a member does: enter_agent, click, template_card_event, ..."""
        return self._push(event, member, {"MsgType": "event", "Event": event, **fields})

    def contact(self, change: str, **fields: object) -> Push:
        """Write a change of the contacts (change_contact); it comes from `sys`."""
        push = self._push(
            change, "sys", {"MsgType": "event", "Event": "change_contact", "ChangeType": change, **fields}
        )
        return Push(name=f"change_contact:{change}", member=push.member, xml=push.xml)

    def _push(self, name: str, member: str, fields: dict[str, object]) -> Push:
        head = {
            "ToUserName": self._corp_id,
            "FromUserName": member,
            "CreateTime": int(self._now().timestamp()),
        }
        return Push(name=name, member=member, xml=to_xml("xml", {**head, **fields, "AgentID": self._agent_id}))
