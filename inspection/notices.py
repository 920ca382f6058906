"""A notice as a value: what is to be told to whom, before any channel shapes it.

service makes a Notice -> services.people.notices stores it (outbox row) -> bot.render shapes it for the channel
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum, IntEnum
from typing import Any


class NoticeKind(Enum):
    """What a message is about; the value is stored and never changes its meaning."""

    ASSIGNED_LEADER = "assigned-leader"  # 组长: you lead this visit (D8, F3)
    ASSIGNED_MEMBER = "assigned-member"  # 组员: you are in this visit's group (F3)
    OWNER_VISIT = "owner-visit"  # 被检查对象: you will be inspected (F1)
    PART_RETURNED = "part-returned"  # the approver sent a part back
    CONFIRM_DUE = "confirm-due"  # all parts are in: the leader may confirm
    SIGN_DUE = "sign-due"  # 组员: the leader has formed the summary: sign it (G9)
    APPROVAL_DUE = "approval-due"  # 审批人: a part waits for you (H1)
    PUBLISHED = "published"  # the result is public (H5)
    REPLACEMENT_ASKED = "replacement-asked"  # 审批人: somebody of your department asks to be replaced (E3)
    SECOND_ASKED = "second-asked"  # 协调员: what one of you proposed waits for another (D4)
    SECOND_DECIDED = "second-decided"  # who proposed it: what the other decided
    ENTRUSTED = "entrusted"  # 审批人: your department inspects by entrustment, name who goes (D9)
    RECUSAL_ASKED = "recusal-asked"  # 审批人: an enterprise asks that one of your department stay away (E5)
    OWNER_RECUSAL = "owner-recusal"  # 被检查对象: what became of that (E5)
    REPLACED = "replaced"  # the group changed: who left, who comes; or the request was declined (E1-E5)
    DRAW_VOIDED = "draw-voided"  # the draw that named you was voided: do not go, do not wait
    LEFT = "left"  # 联络员: somebody left, his open visits need another (B11)
    REMINDER = "reminder"  # a deadline comes, is today, or has passed (K2)
    DIGEST = "digest"  # several deadlines of one person in one message (K2)
    FOLLOWUP_OPENED = "followup-opened"  # a follow-up is yours to do, or was transferred to your department (I1, I2)
    FOLLOWUP_HANDED_IN = "followup-handed-in"  # the owner says that it is mended: look again (I8)
    FOLLOWUP_ANSWERED = "followup-answered"  # who was handed a clue answered (I2)
    OWNER_RECTIFY = "owner-rectify"  # 被检查对象: mend this by then; looked at again; other day (I8)
    OWNER_PAPER = "owner-paper"  # 被检查对象: a paper was written on the spot (issue 7)
    ITEM_ADDED = "item-added"  # 审批人, 组长: an inspector added items on the spot (A3)
    OWNER_ASKED = "owner-asked"  # 组长: the enterprise asks about the visit
    OWNER_ANSWERED = "owner-answered"  # 被检查对象: the leader has answered
    LEAVE_ASKED = "leave-asked"  # 审批人: somebody of your department asks for leave
    LEAVE_GRANTED = "leave-granted"  # your leave is granted
    CORRECTION_ASKED = "correction-asked"  # 主要负责人: a published result is to be corrected, sign (J2)
    CORRECTION_DECIDED = "correction-decided"  # who asked for a correction: signed, or not (J2)
    APPOINTMENT = "appointment"  # the time of a visit was agreed upon, moved or cancelled (D8)
    OWNER_APPOINTMENT = "owner-appointment"  # 被检查对象: the same, where he may be told (F1)
    DEADLINE_PAUSED = "deadline-paused"  # a deadline stands still with a reason, or goes on
    NUDGED = "nudged"  # 联络员, 分管负责人 or the office press for it
    DEADLINE_MOVED = "deadline-moved"  # the calendar was announced or changed: other due days (H2)
    RENEWAL_ASKED = "renewal-asked"  # 联络员, 分管负责人: somebody renewed his certificate, confirm (B11)
    RENEWAL_DECIDED = "renewal-decided"  # who renewed his certificate: confirmed, or why not
    CHAT_ANSWER = "chat-answer"  # what the app says to what a member wrote, sent or pressed (issue 5)
    CALL_DUE = "call-due"  # 联络员: no message reached somebody: please phone (issue 5)


class Channel(Enum):
    """By which way a notice goes out."""

    WECOM = "wecom"  # to a member's userid
    WECHAT = "wechat"  # to an owner, by mini-program subscription message
    SMS = "sms"  # to the phone of a member or an owner whom neither reached


class Priority(IntEnum):
    """In which order messages go out; the value is stored."""

    URGENT = 0  # at any hour
    ORDINARY = 1
    BULK = 2  # many at once: not in the minutes 0 and 30 of the hour, as WeCom asks
    DIGEST = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """A button on a card: `key` comes back in the callback as "action:subject id", or it opens the page `path`."""

    text: str
    key: str = ""
    path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One message's content. `document_no` is unique in every body, so that a lawful second notice is not swallowed."""

    kind: NoticeKind
    document_no: str
    title: str
    summary: str = ""
    facts: tuple[tuple[str, str], ...] = ()  # (label, value), at most six on a card
    path: str = ""  # where it leads, below the origin: "/m/visits/ID"
    buttons: tuple[Button, ...] = ()
    urgent: bool = False

    def as_data(self) -> dict[str, Any]:
        """The notice as JSON data, for the outbox row."""
        buttons = [
            {name: value for name, value in asdict(one).items() if value or name == "text"} for one in self.buttons
        ]
        return {**asdict(self), "kind": self.kind.value, "buttons": buttons}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Notice:
        """The inverse of `as_data`."""
        return cls(
            **{
                **data,
                "kind": NoticeKind(data["kind"]),
                "facts": tuple((label, value) for label, value in data["facts"]),
                "buttons": tuple(Button(**button) for button in data["buttons"]),
            }
        )
