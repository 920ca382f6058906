"""Tasks, draws, visits and their parts (D, E, G, H1-H4).

Task.status:  draft -> prepared -> frozen -> drawn -> (all visits published) finished; a void takes it back to draft
Draw.status:  frozen -> drawn | voided
Visit.status: assigned -> accepted -> submitted -> confirmed -> published
Part.status:  open -> submitted -> approved -> published, or submitted -> returned -> submitted
Every arrow is one `UPDATE ... WHERE status = :from` (models.store.states).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class Task(Base):
    """抽查任务 (D1): made from a plan entry by the lead department's coordinator."""

    __tablename__ = "tasks"
    __table_args__ = (UniqueConstraint("parent_id", "batch"),)  # NULLs differ: tasks that are no batch are many
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(64), unique=True)  # 市场监管抽查〔2026〕1号
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)  # the lead department
    plan_entry_id: Mapped[str] = mapped_column(ForeignKey("plan_entries.id"))
    name: Mapped[str] = mapped_column(String(256))
    status: Mapped[str] = mapped_column(String(16), default="draft", index=True)
    announced: Mapped[bool] = mapped_column(default=True)  # F1; False: 不宜告知 (F2), owners hear nothing
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    scope: Mapped[dict[str, Any]] = mapped_column(default=dict)  # services.drawing.tasks.Scope as data
    mode: Mapped[str] = mapped_column(String(16), default="double")  # inspection.draw.announcement.Mode: what is drawn
    # {"ratio": "0.05"}, {"count": 20} or {"classes": {"D": 3}}; "each_region": at least so many of every region
    quota: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # services.drawing.kinds: {"merge": [...]} items with scopes of their own, {"batches": {...}} of mode "order"
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    parent_id: Mapped[str | None] = mapped_column(
        ForeignKey("tasks.id"), index=True
    )  # whose drawn order it is a batch of
    batch: Mapped[int | None]  # which batch of it
    team_size: Mapped[int] = mapped_column(default=2)
    created_at: Mapped[datetime]
    prepared_by: Mapped[str | None] = mapped_column(String(32))  # the first of the two people of the freeze


class TaskTeam(Base):
    """A department's team in a task; position 0 is the lead department (D8)."""

    __tablename__ = "task_teams"
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), primary_key=True)
    position: Mapped[int]
    region: Mapped[str] = mapped_column(String(6), default="")  # dispatched down: the region it alone is competent for
    skills: Mapped[list[str]] = mapped_column(default=list)


class TaskItem(Base):
    """An item of a task with the form it was drawn with (a later change of the list does not reach it, A10)."""

    __tablename__ = "task_items"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), index=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("item_versions.id"))  # the list's version (A10)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    name: Mapped[str] = mapped_column(String(512))
    basis: Mapped[str] = mapped_column(Text, default="")
    form: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Draw(Base):
    """A draw by `suicha-draw/1`: numbers of an office have no gaps; what is frozen lies in blobs, by digest."""

    __tablename__ = "draws"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(64), unique=True)  # the protocol's draw_id, e.g. 2026-0001
    # Of a task many may be voided, one stands: the freeze moves the task from prepared to frozen, and so makes one.
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), default="frozen")
    frozen_at: Mapped[datetime]
    drawn_at: Mapped[datetime | None]
    fingerprint: Mapped[str] = mapped_column(String(64))  # SHA-256 of announcement.json
    sources: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)  # name in the bundle -> SHA-256 of the blob
    secret: Mapped[str] = mapped_column(Encrypted("draws.secret"))  # the server's committed value, hex
    master: Mapped[str] = mapped_column(Encrypted("draws.master"))  # the salt master, hex
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # targets, excluded, inspectors, drawn, groups, short


class SeedValue(Base):
    """A value of an announced source, entered once (the primary key sees to it)."""

    __tablename__ = "seed_values"
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(256))
    entered_by: Mapped[str] = mapped_column(String(32))
    entered_at: Mapped[datetime]


class Visit(Base):
    """检查: one drawn target and its group."""

    __tablename__ = "visits"
    __table_args__ = (UniqueConstraint("task_id", "target_id"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"))
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    number: Mapped[str] = mapped_column(String(80), unique=True)  # task number + place in the draw
    position: Mapped[int]  # place in draw order, from 1
    status: Mapped[str] = mapped_column(String(16), default="assigned", index=True)
    notice_code: Mapped[str] = mapped_column(String(16), unique=True)  # what the owner binds by
    # Of several merged items those that cover this target; empty: all that the task has.
    item_ids: Mapped[list[str]] = mapped_column(default=list)
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # all parts submitted: the start event of H2 by default
    summary: Mapped[str] = mapped_column(Text, default="")
    summary_digest: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))  # what is signed
    confirmed_at: Mapped[datetime | None]


class VisitMember(Base):
    """An inspector of a visit's group; one of them leads (D8)."""

    __tablename__ = "visit_members"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    inspector_id: Mapped[str] = mapped_column(ForeignKey("inspectors.id"), primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    leads: Mapped[bool] = mapped_column(default=False)
    accepted_at: Mapped[datetime | None]


class SummarySignature(Base):
    """What one of the group says under a visit's summary: an ink, or why there is none (G8, G9). Never changed."""

    __tablename__ = "summary_signatures"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    inspector_id: Mapped[str] = mapped_column(ForeignKey("inspectors.id"), primary_key=True)
    summary_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    signature: Mapped[str | None] = mapped_column(String(64))  # the ink's digest among the visit's evidence
    reason: Mapped[str] = mapped_column(Text, default="")
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))  # who said it: himself, or the leader for him
    at: Mapped[datetime]


class Part(Base):
    """One department's part of a visit: it enters, approves and publishes its own (H1, H3)."""

    __tablename__ = "parts"
    __table_args__ = (
        UniqueConstraint("visit_id", "department_id"),
        Index("ix_parts_department_status", "department_id", "status"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"))
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    status: Mapped[str] = mapped_column(String(16), default="open")
    submission_id: Mapped[str | None] = mapped_column(String(36))  # the one that stands
    returned_reason: Mapped[str] = mapped_column(Text, default="")
    approved_by: Mapped[str | None] = mapped_column(String(32))
    approved_at: Mapped[datetime | None]


class PartApproval(Base):
    """One level's yes to what stands submitted for a part (H1): each level another person; a new submission, anew."""

    __tablename__ = "part_approvals"
    __table_args__ = (UniqueConstraint("submission_id", "member_id"),)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1
    part_id: Mapped[str] = mapped_column(ForeignKey("parts.id"), index=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    at: Mapped[datetime]


class Submission(Base):
    """What a phone sent, sealed: the manifest's bytes as they came, by digest (F, G; twice is harmless)."""

    __tablename__ = "submissions"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)  # the phone's own UUID
    part_id: Mapped[str] = mapped_column(ForeignKey("parts.id"), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    manifest_digest: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class Evidence(Base):
    """A photo or signature of a visit; originals are content-addressed blobs and never replaced (G10)."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("visit_id", "digest"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"))
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[str] = mapped_column(String(16))  # photo, signature
    digest: Mapped[str] = mapped_column(String(64))
    display_digest: Mapped[str | None] = mapped_column(String(64))
    thumb_digest: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int]
    taken_at: Mapped[datetime | None]  # the phone's word
    received_at: Mapped[datetime]  # ours
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"lat", "lon", "accuracy_m"} WGS-84, as measured
