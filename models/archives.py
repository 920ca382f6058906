"""Filed visits and tasks, what is being filed, and the keys that seal (L1, L2).

ArchiveOrder.status: waiting -> running -> done | failed; running again where its maker was lost (`leased_until`)
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class ArchiveKey(Base):
    """An Ed25519 key: one seals, the retired ones stay, so that what they sealed can be checked for ever."""

    __tablename__ = "archive_keys"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # the first half of SHA-256 of the public key
    public: Mapped[str] = mapped_column(String(64))  # hex
    private: Mapped[str] = mapped_column(Encrypted("archive_keys.private"))  # hex
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Archive(Base):
    """档案: the papers of a visit or of a task as one sealed ZIP; filed again it is a new one, the older ones stay."""

    __tablename__ = "archives"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(96), unique=True)
    kind: Mapped[str] = mapped_column(String(8), default="visit", server_default=text("'visit'"))  # visit, task
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visits.id"), index=True)  # of kind visit
    task_id: Mapped[str | None] = mapped_column(ForeignKey("tasks.id"), index=True)  # of kind task
    key_id: Mapped[str] = mapped_column(ForeignKey("archive_keys.id"))
    digest: Mapped[str] = mapped_column(String(64))  # of the ZIP, a blob
    size: Mapped[int]
    files: Mapped[int]
    retention: Mapped[str] = mapped_column(String(16))  # a key of inspection.retention.CLASSES
    keep_until: Mapped[date | None]  # None: for ever
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class ArchiveOrder(Base):
    """A task's archive asked for: made in the background, `done` of `total` visits are in."""

    __tablename__ = "archive_orders"
    __table_args__ = (Index("ix_archive_orders_status", "status", "leased_until"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    asked_by: Mapped[str] = mapped_column(String(32))
    department_id: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    archive_id: Mapped[str | None] = mapped_column(ForeignKey("archives.id"))
    trouble: Mapped[str] = mapped_column(Text, default="")


class ImportedArchive(Base):
    """An archive of another office, or of an earlier installation, to be read: never mixed with what is our own."""

    __tablename__ = "imported_archives"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # of the ZIP as it came
    number: Mapped[str] = mapped_column(String(96), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    key_id: Mapped[str] = mapped_column(String(16))
    key_named: Mapped[bool]  # whoever imported named the key, and it was this one
    retention: Mapped[str] = mapped_column(String(16))
    keep_until: Mapped[date | None]
    made_at: Mapped[datetime]  # there
    imported_by: Mapped[str] = mapped_column(String(32))
    imported_at: Mapped[datetime]  # here


class ImportedFile(Base):
    """A file of an imported archive, stored by content like our own."""

    __tablename__ = "imported_files"
    archive_id: Mapped[str] = mapped_column(ForeignKey("imported_archives.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    path: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
