"""Clues that came in from outside the draw (O1)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class Clue(Base):
    """线索: of a target, for a department. status: open -> checked (a visit without a draw) | dismissed | planned."""

    __tablename__ = "clues"
    __table_args__ = (
        UniqueConstraint("source", "source_no"),  # the same table read twice brings nothing twice
        Index("ix_clues_department_status", "department_id", "status"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(64), unique=True)  # 线索〔2026〕1号
    source: Mapped[str] = mapped_column(String(16))  # inspection.clues.SOURCES
    source_no: Mapped[str] = mapped_column(String(64))  # its number where it came from
    received_on: Mapped[date] = mapped_column(index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), index=True)
    matter: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Encrypted("clues.content"))  # may name whoever complained
    status: Mapped[str] = mapped_column(String(16), default="open")
    entered_by: Mapped[str] = mapped_column(String(32))
    entered_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(16), default="")  # of a dismissal
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visits.id"), index=True)
    plan_id: Mapped[str | None] = mapped_column(ForeignKey("plans.id"), index=True)
