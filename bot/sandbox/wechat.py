"""The bit of WeChat that a mini-program needs: owners, login codes, subscription messages.

js_code -> jscode2session -> openid ; subscribe(template) gives a credit -> subscribe/send uses one, or 43101

Source: developers.weixin.qq.com, subscribeMessage.send and code2Session (field kinds and lengths, errcodes).
"""

from __future__ import annotations

import base64
import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.errors import RefusedError
from bot.sandbox.feed import Feed
from bot.sandbox.shapes import mapping, text
from inspection.errors import NotFoundError

BAD_CODE = 40029
BAD_OPENID = 40003
BAD_TEMPLATE = 40037
NOT_SUBSCRIBED = 43101
BAD_FIELD = 47003

FIELD_NAME = re.compile(r"([a-z_]+)\d{1,3}")
CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
DAY = r"\d{4}(年\d{1,2}月\d{1,2}日|[-/]\d{1,2}[-/]\d{1,2})"
MOMENT = rf"({DAY}( {CLOCK})?|{CLOCK})"
FIELD_KINDS = {
    "thing": re.compile(r"[^\r\n]{1,20}"),
    "number": re.compile(r"\d{1,32}(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "time": re.compile(rf"{MOMENT}(~{MOMENT})?"),
    "date": re.compile(rf"{DAY}( {CLOCK})?(~{DAY}( {CLOCK})?)?"),
    "amount": re.compile(r"[^\d\s]?\d{1,10}(\.\d+)?元?"),
    "phone_number": re.compile(r"[\d+\-() ]{1,17}"),
    "car_number": re.compile(r"[^\s]{1,8}"),
    "name": re.compile(r"[\u4e00-\u9fff·]{1,10}|[A-Za-z ]{1,20}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"),
    "enum": re.compile(r"[^\r\n]{1,20}"),
}


@dataclass(kw_only=True, slots=True)
class Owner:
    """One WeChat user of the mini-program. `forever`: templates subscribed for the long term."""

    openid: str
    nickname: str
    credits: Counter[str] = field(default_factory=Counter)
    forever: set[str] = field(default_factory=set)
    messages: list[dict[str, object]] = field(default_factory=list)
    phone: str = ""  # what WeChat knows of this user; given out for a code of the number button

    def shown(self) -> dict[str, object]:
        """Show it as JSON."""
        return {
            "openid": self.openid,
            "nickname": self.nickname,
            "credits": dict(self.credits),
            "forever": sorted(self.forever),
            "messages": len(self.messages),
            "phone": self.phone,
        }


class Owners:
    """All owners by openid."""

    def __init__(self, now: Callable[[], datetime], feed: Feed) -> None:
        self._now = now
        self._feed = feed
        self._owners: dict[str, Owner] = {}

    def all(self) -> list[Owner]:
        """List all owners, oldest first."""
        return list(self._owners.values())

    def add(self, nickname: str, openid: str = "", phone: str = "") -> Owner:
        """Make an owner with a new openid, or one that is known from before a restart."""
        owner = Owner(openid=openid or f"o{secrets.token_urlsafe(20)}", nickname=nickname, phone=phone)
        self._owners[owner.openid] = owner
        self._feed.publish("owner", owner=owner.openid)
        return owner

    def get(self, openid: str) -> Owner:
        """Return an owner (NotFoundError for the page)."""
        owner = self._owners.get(openid)
        if owner is None:
            raise NotFoundError(what="微信用户")
        return owner

    def phone_of(self, openid: str) -> dict[str, object]:
        """Handle getuserphonenumber for the user behind a code; 40029 where WeChat knows no number."""
        phone = self.get(openid).phone
        if not phone:
            raise RefusedError(BAD_CODE, "invalid code")
        return {"phone_info": {"phoneNumber": phone, "purePhoneNumber": phone, "countryCode": "86"}}

    def session_key(self, openid: str) -> str:
        """Make a new session_key, as every login does (base64 of 16 bytes)."""
        self.get(openid)
        return base64.b64encode(secrets.token_bytes(16)).decode()

    def subscribe(self, openid: str, template_id: str, *, forever: bool = False) -> None:
        """Tap "allow" once: one credit, or every message from now on if `forever`."""
        owner = self.get(openid)
        if forever:
            owner.forever.add(template_id)
        else:
            owner.credits[template_id] += 1
        self._feed.publish("owner", owner=openid)

    def send(self, body: Mapping[str, Any]) -> dict[str, object]:
        """Handle message/subscribe/send: checks the fields, uses one credit, delivers."""
        owner = self._owners.get(text(body, "touser"))
        if owner is None:
            raise RefusedError(BAD_OPENID, "invalid openid")
        template_id = text(body, "template_id")
        if not template_id:
            raise RefusedError(BAD_TEMPLATE, "invalid template_id")
        page, data = text(body, "page"), mapping(body, "data")
        _check_fields(data)
        if template_id not in owner.forever and not owner.credits[template_id]:
            raise RefusedError(NOT_SUBSCRIBED, "user refuse to accept the msg")
        if template_id not in owner.forever:
            owner.credits[template_id] -= 1
        self._deliver(owner, {"template_id": template_id, "page": page, "data": data})
        return {}

    def _deliver(self, owner: Owner, content: Mapping[str, object]) -> None:
        message_id = f"sub-{secrets.token_hex(8)}"
        owner.messages.append({"id": message_id, "time": self._now().isoformat(), **content})
        self._feed.publish("message", owner=owner.openid, message=message_id)


def _check_fields(data: Mapping[str, Any]) -> None:
    """Refuse with 47003, naming the field, whatever its template kind does not allow."""
    if not data:
        raise RefusedError(BAD_FIELD, "argument invalid! data is empty")
    for name, part in data.items():
        value = part.get("value") if isinstance(part, Mapping) else None
        kind = FIELD_NAME.fullmatch(name)
        rule = FIELD_KINDS.get(kind[1]) if kind else None
        if rule is None or not isinstance(value, str) or not rule.fullmatch(value):
            raise RefusedError(BAD_FIELD, f"argument invalid! data.{name}.value is invalid")
