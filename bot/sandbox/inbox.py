"""What members see: one shared Message per send, one small Bubble per member who has it.

Message (content as sent, recalled or not) <- Bubble (read? updated card? button clicked?) <- Inbox of a member
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.cards import clickable_keys

MINUTE_LIMIT = 30
HOUR_LIMIT = 1000


@dataclass(kw_only=True, slots=True)
class Message:
    """One send (or one thing a member said), shared by all who have it."""

    id: str
    sent_at: datetime
    msgtype: str
    content: Mapping[str, Any]
    sender: str = ""  # userid of the member who said it; empty: the app
    recalled: bool = False


@dataclass(kw_only=True, slots=True)
class Bubble:
    """One message as one member has it."""

    message: Message
    card: Mapping[str, Any] | None = None  # the whole card after an update
    replaced_by: str = ""  # the text all buttons became: they are dead
    clicked: list[str] = field(default_factory=list)
    read: bool = False

    def current_card(self) -> Mapping[str, Any] | None:
        """Return the card as it stands now; None if the message is no card."""
        if self.message.msgtype != "template_card":
            return None
        return self.message.content if self.card is None else self.card

    def live_keys(self) -> tuple[str, ...]:
        """Name the keys that can be clicked now."""
        card = self.current_card()
        if card is None or self.replaced_by or self.message.recalled:
            return ()
        return clickable_keys(card)

    def shown(self) -> dict[str, object]:
        """Show it as JSON for the page; content is what was sent, recalled or not."""
        message = self.message
        return {
            "id": message.id,
            "time": message.sent_at.isoformat(),
            "msgtype": message.msgtype,
            "sender": message.sender,
            "content": message.content,
            "recalled": message.recalled,
            "updated_card": self.card,
            "button_text": self.replaced_by,
            "live_keys": list(self.live_keys()),
            "clicked": list(self.clicked),
            "read": self.read,
        }


@dataclass(kw_only=True, slots=True)
class Inbox:
    """All that one member has, oldest first, and how often he was written to of late."""

    bubbles: dict[str, Bubble] = field(default_factory=dict)
    unread: int = 0
    dropped: int = 0  # silently, over the rate
    recent: deque[datetime] = field(default_factory=deque)

    def admit(self, now: datetime) -> bool:
        """Tell whether one more message fits into 30 a minute and 1,000 an hour; counts it if so, the drop if not."""
        while self.recent and now - self.recent[0] >= timedelta(hours=1):
            self.recent.popleft()
        in_minute = sum(1 for when in _newest(self.recent) if now - when < timedelta(minutes=1))
        if in_minute >= MINUTE_LIMIT or len(self.recent) >= HOUR_LIMIT:
            self.dropped += 1
            return False
        self.recent.append(now)
        return True

    def put(self, message: Message) -> None:
        """Add a message; one of the member's own is read at once."""
        mine = bool(message.sender)
        self.bubbles[message.id] = Bubble(message=message, read=mine)
        self.unread += not mine

    def mark_read(self) -> None:
        """The member has looked: nothing is unread."""
        for bubble in reversed(self.bubbles.values()):
            if bubble.read and not bubble.message.sender:
                break
            bubble.read = True
        self.unread = 0


def _newest(times: deque[datetime]) -> list[datetime]:
    return [times[-1 - back] for back in range(min(MINUTE_LIMIT, len(times)))]
