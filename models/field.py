"""What phones send: files on their way, manifests announced before their files, answers as they are typed (G10)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class PendingFile(Base):
    """A file that a member sends in pieces; its bytes lie in the spool under its id until it is whole.

    The same file of the same member is the same row, however often the phone begins: a lost answer costs nothing.
    """

    __tablename__ = "pending_files"
    __table_args__ = (UniqueConstraint("visit_id", "member_id", "digest"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"))
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))  # the phone's word until the whole is hashed
    kind: Mapped[str] = mapped_column(String(16))
    size: Mapped[int] = mapped_column(BigInteger)
    taken_at: Mapped[datetime | None]
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"lat", "lon", "accuracy_m"}
    expires_at: Mapped[datetime] = mapped_column(index=True)
    kept_at: Mapped[datetime | None]  # it is evidence now; the row answers a phone that missed our answer


class Deposit(Base):
    """Who has stored which file for which place, before a paper or a wish names it by its hash. Only added to."""

    __tablename__ = "deposits"
    member_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)  # services.field.deposits
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    stored_at: Mapped[datetime]


class AnnouncedManifest(Base):
    """What a phone is about to hand in, kept (as a blob) before its files: a lost phone loses photos, not answers."""

    __tablename__ = "announced_manifests"
    submission_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    manifest_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    part_id: Mapped[str] = mapped_column(ForeignKey("parts.id"), index=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    announced_at: Mapped[datetime]


class TypedAnswer(Base):
    """One version of an answer, as one inspector typed it over others (inspection.versions). Only added to.

    A visit may be taken back and deleted; these rows name it without a key, as whatever was typed is kept.
    """

    __tablename__ = "typed_answers"
    __table_args__ = (Index("ix_typed_answers_part_id", "part_id", "received_at"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # inspection.versions.version_id
    part_id: Mapped[str] = mapped_column(String(32))
    task_item_id: Mapped[str] = mapped_column(String(32))
    question_id: Mapped[str] = mapped_column(String(64))
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    content: Mapped[dict[str, Any]]  # inspection.versions.content
    over: Mapped[list[str]]
    typed_at: Mapped[datetime | None]  # the phone's word
    received_at: Mapped[datetime]


class AddedItem(Base):
    """An item that an inspector added on the spot, from his department's list in force, with a reason (A3).

    It has what a `TaskItem` has for a form, and is none: what was drawn, and every figure about it, stays as it was.
    """

    __tablename__ = "added_items"
    __table_args__ = (UniqueConstraint("visit_id", "item_id"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # inspection.other_items.added_id
    visit_id: Mapped[str] = mapped_column(String(32))  # no key: a visit may be taken back
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id"))
    version_id: Mapped[str] = mapped_column(ForeignKey("item_versions.id"))  # the list's words of that day (A10)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    name: Mapped[str] = mapped_column(String(512))
    basis: Mapped[str] = mapped_column(Text, default="")
    form: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(Text)
    added_by: Mapped[str] = mapped_column(ForeignKey("members.id"))
    added_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]  # taken off again before the part was handed in


class VisitEvent(Base):
    """What happened at a visit, each event sealing the one before by its hash (services.field.chain). Only added to."""

    __tablename__ = "visit_events"
    visit_id: Mapped[str] = mapped_column(String(32), primary_key=True)  # no key: a visit may be taken back
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1, without gaps
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class SitePaper(Base):
    """A paper written on the spot, or attached to the visit (inspection.site_papers). Never changed, never deleted.

    The words lie encrypted: they name people. The PDF is made of them whenever it is asked for; `digest` binds them.
    Destroyed by rule (services.results.disposal), the row stays and `body` is empty.
    """

    __tablename__ = "site_papers"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(96), unique=True)  # 市场监管责改〔2026〕1号, without gaps
    kind: Mapped[str] = mapped_column(String(16))  # a key of inspection.site_papers.KINDS
    visit_id: Mapped[str] = mapped_column(String(32), index=True)  # no key: a visit may be taken back
    part_id: Mapped[str] = mapped_column(String(32))
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    body: Mapped[str] = mapped_column(Encrypted("site_papers.body"))  # canonical JSON of all that stands on it
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the body
    attachment: Mapped[str] = mapped_column(String(64), default="")  # a PDF's digest
    due_on: Mapped[date | None]
    made_by: Mapped[str] = mapped_column(ForeignKey("members.id"))
    made_at: Mapped[datetime]
    request_id: Mapped[str] = mapped_column(String(36), unique=True)  # the phone's: sent twice is one paper
