"""What passes between an inspected enterprise and the office: credits, receipts, questions, ratings, the door (F).

A visit that is taken back is deleted (`models.store.withdrawals`); these rows stay without it, so none points by key.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class OwnerCredit(Base):
    """A line of the ledger of subscription messages: allowed once, allowed for ever, spent, refused. Only added to.

    WeChat tells nobody how many messages it would still take; the sum of these lines is what we know.
    """

    __tablename__ = "owner_credits"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"), index=True)
    template: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))  # once, for-ever, spent, refused
    amount: Mapped[int]
    at: Mapped[datetime]
    outbox_id: Mapped[str | None] = mapped_column(String(32), unique=True)  # spent once for one message


class NoticeRecord(Base):
    """How an enterprise came to know of a visit: confirmed in WeChat by itself, or told otherwise and noted (F1)."""

    __tablename__ = "notice_records"
    __table_args__ = (
        UniqueConstraint("visit_id", "owner_id"),
        CheckConstraint("way IN ('wechat', 'phone', 'fax', 'paper')", name="way"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    visit_id: Mapped[str] = mapped_column(String(32), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    way: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("owners.id"))
    recorded_by: Mapped[str | None] = mapped_column(ForeignKey("members.id"))
    receiver: Mapped[str | None] = mapped_column(Encrypted("notice_records.receiver"))
    note: Mapped[str | None] = mapped_column(Encrypted("notice_records.note"))


class OwnerQuestion(Base):
    """What an enterprise asks about a visit, and what the leader answers."""

    __tablename__ = "owner_questions"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    visit_id: Mapped[str] = mapped_column(String(32), index=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"), index=True)
    question: Mapped[str] = mapped_column(Encrypted("owner_questions.question"))
    asked_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(Encrypted("owner_questions.answer"))
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("members.id"))
    answered_at: Mapped[datetime | None]


class Rating(Base):
    """What an enterprise thought of a visit. Nobody's name: not the rater's, and of the time only the month.

    `token` is a keyed hash of visit and owner, so that each rates once and nobody reads who; the row names no visit.
    """

    __tablename__ = "ratings"
    __table_args__ = (CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),)
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    month: Mapped[date]
    stars: Mapped[int]
    comment: Mapped[str | None] = mapped_column(Encrypted("ratings.comment"))


class Door(Base):
    """亮码入企: the code that the inspectors show at the door, and who scanned it, or why nobody did."""

    __tablename__ = "doors"
    visit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    shown_by: Mapped[str] = mapped_column(ForeignKey("members.id"))
    shown_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    scanned_at: Mapped[datetime | None]
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("owners.id"))
    reason: Mapped[str] = mapped_column(String(16), default="")  # inspection.reasons.DOOR_REASONS
    note: Mapped[str | None] = mapped_column(Encrypted("doors.note"))
    reason_by: Mapped[str | None] = mapped_column(ForeignKey("members.id"))
    reason_at: Mapped[datetime | None]
