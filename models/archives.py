"""Filed visits and the keys that seal them (L1, L2)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
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
    """档案: a visit's papers as one sealed ZIP; filed again it is a new version, the older ones stay."""

    __tablename__ = "archives"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(96), unique=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"), index=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("archive_keys.id"))
    digest: Mapped[str] = mapped_column(String(64))  # of the ZIP, a blob
    size: Mapped[int]
    files: Mapped[int]
    retention: Mapped[str] = mapped_column(String(16))  # a key of inspection.retention.CLASSES
    keep_until: Mapped[date | None]  # None: for ever
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
