"""What follows a result (I): a follow-up, its steps, and the photos that its owner sent.

FollowUp.status: open -> handed-in (the owner says it is done) -> open again | closed;  open -> closed
Every arrow is one `UPDATE ... WHERE status IN (:from)` (models.store.states); every step stays.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class FollowUp(Base):
    """后续处理: of a part of a visit; open or closed, with a day, and somebody who answers for it."""

    __tablename__ = "followups"
    __table_args__ = (Index("ix_followups_department_status", "department_id", "status"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(96), unique=True)
    kind: Mapped[str] = mapped_column(String(16))  # inspection.followups.FollowUpKind
    status: Mapped[str] = mapped_column(String(16), default="open", index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), index=True)
    part_id: Mapped[str] = mapped_column(ForeignKey("parts.id"), index=True)
    responsible_id: Mapped[str] = mapped_column(ForeignKey("members.id"), index=True)
    to_department_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"), index=True)
    demand: Mapped[str] = mapped_column(Text)
    handed: Mapped[list[str]] = mapped_column(default=list)  # what was handed over, item by item
    body: Mapped[str] = mapped_column(String(128), default="")  # 司法机关, in words
    ground: Mapped[str] = mapped_column(String(32), default="")
    due_on: Mapped[date]
    opened_by: Mapped[str] = mapped_column(String(32))
    opened_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16), default="")
    document_no: Mapped[str] = mapped_column(String(128), default="")
    conclusion: Mapped[str] = mapped_column(Text, default="")
    closed_by: Mapped[str | None] = mapped_column(String(32))
    closed_at: Mapped[datetime | None]


class FollowUpStep(Base):
    """One step of a follow-up, as it was said; never changed."""

    __tablename__ = "followup_steps"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    followup_id: Mapped[str] = mapped_column(ForeignKey("followups.id"), index=True)
    at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(32))  # a member, or the owner
    department_id: Mapped[str] = mapped_column(String(32), default="")  # empty: the owner
    kind: Mapped[str] = mapped_column(String(16))  # opened, handed-in, recheck, extended, closed
    note: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class FollowUpPhoto(Base):
    """A photo that the owner sent to show what was mended; the original is a blob and never replaced."""

    __tablename__ = "followup_photos"
    __table_args__ = (UniqueConstraint("followup_id", "digest"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    followup_id: Mapped[str] = mapped_column(ForeignKey("followups.id"))
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"))
    digest: Mapped[str] = mapped_column(String(64))
    display_digest: Mapped[str] = mapped_column(String(64))
    thumb_digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    taken_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
