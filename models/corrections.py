"""What is public beside a result itself: its older versions, its corrections, exceptions, national numbers (H7, J).

Correction.status: asked -> signed | declined; signed makes the publication's next version, the one before stays
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class Correction(Base):
    """A wish to correct what is published, and the word of the department's head on it (J2)."""

    __tablename__ = "corrections"
    __table_args__ = (Index("ix_corrections_department_status", "department_id", "status"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    publication_id: Mapped[str] = mapped_column(ForeignKey("publications.id"), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    status: Mapped[str] = mapped_column(String(16), default="asked")
    ground: Mapped[str] = mapped_column(String(16))  # a key of services.results.corrections.GROUNDS, public
    reason: Mapped[str] = mapped_column(Text)  # in words, for the department alone
    changes: Mapped[dict[str, Any]]  # field -> what is to stand there
    evidence: Mapped[list[str]] = mapped_column(default=list)  # digests of files
    asked_by: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    decided_note: Mapped[str] = mapped_column(Text, default="")
    signature_digest: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int | None]  # the one that it made


class PublicationVersion(Base):
    """A version that was public and was replaced; it stays to be read behind the new one (J1)."""

    __tablename__ = "publication_versions"
    publication_id: Mapped[str] = mapped_column(ForeignKey("publications.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[dict[str, Any]]
    correction_id: Mapped[str] = mapped_column(ForeignKey("corrections.id"))  # what replaced it
    replaced_at: Mapped[datetime] = mapped_column(index=True)


class PublicationHold(Base):
    """An exception from publication, made before anybody outside can see (H7): all of a part, or fields and words."""

    __tablename__ = "publication_holds"
    part_id: Mapped[str] = mapped_column(ForeignKey("parts.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    whole: Mapped[bool] = mapped_column(default=False)
    basis: Mapped[str] = mapped_column(String(16))  # a key of inspection.disclosure.BASES
    fields: Mapped[list[str]] = mapped_column(default=list)
    words: Mapped[list[str]] = mapped_column(default=list)
    reason: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class NationalNumber(Base):
    """A plan's or task's number as the national publicity system writes it (requirements 2.4): given once."""

    __tablename__ = "national_numbers"
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)  # "plan:ID", "task:ID"
    number: Mapped[str] = mapped_column(String(32), unique=True)
