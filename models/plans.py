"""Plans around their entries: the approval chain, what an entry covers, and every version of it (C1-C12).

Plan --< PlanLine -- PlanEntry (models.registers: the identity that tasks refer to) --< PlanRevision
Plan.status: draft -> submitted -> collected -> approved -> filed; submitted, collected -> returned -> submitted;
an adjustment takes a filed plan back to approved, until it is filed again (C6).
An entry without a line was imported before this table was there: it is filed and public.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class Plan(Base):
    """年度抽查计划 or 专项抽查计划 of one department, or the joint one of the office (C3)."""

    __tablename__ = "plans"
    __table_args__ = (CheckConstraint("kind IN ('annual', 'special')", name="kind"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)  # who makes it
    year: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    joint: Mapped[bool] = mapped_column(default=False)
    imported: Mapped[bool] = mapped_column(default=False)  # read from a table that was filed already
    title: Mapped[str] = mapped_column(String(256))
    status: Mapped[str] = mapped_column(String(16), default="draft", index=True)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    filed_on: Mapped[date | None]
    filing_number: Mapped[str] = mapped_column(String(64), default="")


class PlanStep(Base):
    """One step of a plan's way: who, when, with which words or document (C4, L2)."""

    __tablename__ = "plan_steps"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"), index=True)
    status: Mapped[str] = mapped_column(String(16))  # where the step led
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(String(32))
    department_id: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, default="")


class PlanLine(Base):
    """What an entry says beside its cells: its plan, the listed items, the scope for comparisons (C7, C10, C11)."""

    __tablename__ = "plan_lines"
    entry_id: Mapped[str] = mapped_column(ForeignKey("plan_entries.id"), primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"), index=True)
    item_ids: Mapped[list[str]] = mapped_column(default=list)
    keywords: Mapped[list[str]] = mapped_column(default=list)  # words of the targets' names and scopes
    region: Mapped[str] = mapped_column(String(64), default="")
    form: Mapped[str] = mapped_column(String(16), default="")  # 综合联查, 风险分类联查, 专项整治联查 (C11)
    base_count: Mapped[int | None]  # 抽查基数(户)
    bureau: Mapped[str] = mapped_column(String(64), default="")  # 责任处室
    withdrawn_at: Mapped[datetime | None]  # off the plan, or merged into another entry
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("plan_entries.id"))


class PlanRevision(Base):
    """An entry as it stood: number 1 as first made, then each adjustment with its reason; never changed (C6)."""

    __tablename__ = "plan_revisions"
    __table_args__ = (UniqueConstraint("entry_id", "number"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    entry_id: Mapped[str] = mapped_column(ForeignKey("plan_entries.id"))
    number: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default="")
    values: Mapped[dict[str, Any]]  # services.planning.plans.snapshot
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the values: the same twice is no revision
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(String(32))


class MergeRefusal(Base):
    """Entries that the office decided not to merge: the same ones are not proposed anew (C10)."""

    __tablename__ = "plan_merge_refusals"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the entries' ids
    entry_ids: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(String(32))


class PlanProposal(Base):
    """An adjustment that a department asks for; the office decides (C6)."""

    __tablename__ = "plan_proposals"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    entry_id: Mapped[str] = mapped_column(ForeignKey("plan_entries.id"), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    changes: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), default="submitted")  # -> approved or returned
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(String(32))
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
