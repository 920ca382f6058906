"""Destruction of filed papers whose time is over: holds, proposals, and the register that stays for ever (L1).

Destruction.status: proposed -> approved (its files are being removed) -> done, or proposed -> declined
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class DisposalHold(Base):
    """A file that must not be destroyed for now: a lawsuit, an audit, a review; lifted by a person, and it stays."""

    __tablename__ = "disposal_holds"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(String(64), index=True)  # "visit:ID", "task:ID", "imported:ID"
    ground: Mapped[str] = mapped_column(String(16))  # a key of inspection.disposal.HOLD_GROUNDS
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[str] = mapped_column(String(32))
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(String(32))
    lifted_at: Mapped[datetime | None]
    lifted_why: Mapped[str] = mapped_column(Text, default="")


class Destruction(Base):
    """销毁清册: proposed by one person with his appraisal, decided by another; the row is kept for ever."""

    __tablename__ = "destructions"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(16), default="proposed", index=True)
    ground: Mapped[str] = mapped_column(String(16))  # a key of inspection.disposal.GROUNDS
    appraisal: Mapped[str] = mapped_column(Text)  # 鉴定意见
    rule: Mapped[str] = mapped_column(Text)  # by which rule the files were due, in words
    proposed_by: Mapped[str] = mapped_column(String(32))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    decided_note: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(Text, default="")  # why its files are not all removed yet


class DestructionItem(Base):
    """A line of the register: a task or a visit and the archives that were filed of it, or an imported archive."""

    __tablename__ = "destruction_items"
    destruction_id: Mapped[str] = mapped_column(ForeignKey("destructions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject: Mapped[str] = mapped_column(String(64), index=True)  # "visit:ID", "task:ID", "imported:ID"
    # The subject while it is proposed or destroyed, NULL once it is declined: nothing is destroyed twice.
    stands_for: Mapped[str | None] = mapped_column(String(64), unique=True)
    number: Mapped[str] = mapped_column(String(96))
    title: Mapped[str] = mapped_column(String(256))
    retention: Mapped[str] = mapped_column(String(16))  # as in inspection.retention
    keep_until: Mapped[date]
    archives: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # number, digest, size, files, made_at


class DestructionFile(Base):
    """A stored file that goes with an item, by hash. Written with the approval; `outcome` once it is gone."""

    __tablename__ = "destruction_files"
    __table_args__ = (
        Index(
            "ix_destruction_files_open",
            "destruction_id",
            sqlite_where=text("outcome = ''"),
            postgresql_where=text("outcome = ''"),
        ),
    )
    destruction_id: Mapped[str] = mapped_column(ForeignKey("destructions.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]  # of the item
    kind: Mapped[str] = mapped_column(String(16))  # a key of inspection.disposal.FILE_KINDS
    outcome: Mapped[str] = mapped_column(String(8), default="")  # removed, kept (another record refers to it)
    settled_at: Mapped[datetime | None]
