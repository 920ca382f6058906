"""One-off filings that a notice asks for by a day, one row a department (S5, S6)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class Filing(Base):
    """Something that a department files somewhere by a day. Status: open -> done | dropped."""

    __tablename__ = "filings"
    __table_args__ = (
        UniqueConstraint("department_id", "title", "due_on"),
        CheckConstraint("status IN ('open', 'done', 'dropped')", name="status"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    basis: Mapped[str] = mapped_column(String(256))  # the notice and its clause
    recipient: Mapped[str] = mapped_column(String(64))
    due_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(16), default="open")
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
    done_on: Mapped[date | None]
    document_no: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    done_by: Mapped[str | None] = mapped_column(String(32))
