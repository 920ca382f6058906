"""What the chat keeps: things sent to the app, arrivals, cards to be changed, team chats (issue 5).

A visit that is taken back is deleted (`models.store.withdrawals`); these rows stay without it, so none points by key.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class ChatItem(Base):
    """A photo, voice note, video or file that a member sent to the app, on its way into a visit's evidence (G10).

    status: asking (which visit?) -> waiting -> kept | refused | expired
    """

    __tablename__ = "chat_items"
    __table_args__ = (
        Index("ix_chat_items_status", "status", "not_before"),
        Index(
            "ix_chat_items_to_tell", "id", sqlite_where=text("to_tell <> ''"), postgresql_where=text("to_tell <> ''")
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # image, voice, video, file
    media_id: Mapped[str] = mapped_column(String(512))  # WeCom keeps it for three days
    received_at: Mapped[datetime]
    visit_id: Mapped[str | None] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    digest: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(64), default="")
    to_tell: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))  # emptied once it is told


class Arrival(Base):
    """A member was there: when, and where his phone said he was (签到)."""

    __tablename__ = "arrivals"
    visit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    at: Mapped[datetime]
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"lat", "lon", "label"} as WeCom sent it


class CardChange(Base):
    """A card already out that is to be changed: its buttons become a word, or the message is taken back.

    status: waiting -> done | given-up; a response_code works once and for 72 h, a recall for 24 h.
    """

    __tablename__ = "card_changes"
    __table_args__ = (Index("ix_card_changes_status", "status", "not_before"),)
    outbox_id: Mapped[str] = mapped_column(ForeignKey("outbox.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))  # word, recall
    word: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    outcome: Mapped[str] = mapped_column(String(64), default="")


class TeamChat(Base):
    """A group chat of one visit's team, made where the office's settings allow (appchat); its leader owns it.

    status: waiting -> unsaid -> saying -> made, or failed; `unsaid`: the chat is there, its first word is not
    """

    __tablename__ = "team_chats"
    __table_args__ = (Index("ix_team_chats_status", "status", "not_before"),)
    visit_id: Mapped[str] = mapped_column(
        String(32), primary_key=True
    )  # is WeCom's chatid too: made once, whoever asks
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    asked_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(64), default="")
