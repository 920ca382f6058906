"""Sub-libraries, licences, duties, inspectors' papers and leave, confirmations, policies and the ledger (B6-B15, N, R).

Library --< LibraryMember >-- Target        Library.status: draft -> confirmed; producing or changing it: draft again
DutyRule -> DutyClaim (who would have to supervise) -> DutyState (how many would) -> Target.department_id where one does
Inspector --< Certificate, Leave            SkillLink: whose qualification counts as which skill
LibraryConfirmation: both libraries, each department, each task (B8)
RiskPolicy: ended, never changed            LedgerEntry, TaskExemption: what the yearly limit counts beside our visits
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class CertificateRenewal(Base):
    """A renewed certificate as its holder says; status: asked -> confirmed | declined (B11)."""

    __tablename__ = "certificate_renewals"
    __table_args__ = (CheckConstraint("status IN ('asked', 'confirmed', 'declined')", name="status"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    inspector_id: Mapped[str] = mapped_column(ForeignKey("inspectors.id"), index=True)
    certificate_id: Mapped[str | None] = mapped_column(ForeignKey("certificates.id"))  # None: the 执法证 of his row
    number: Mapped[str | None] = mapped_column(Encrypted("certificate_renewals.number"))  # None: as before
    expires_on: Mapped[date]
    photo: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default="asked", index=True)
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


class Region(Base):
    """A region by the office's own name (GB/T 2260 below the provinces, development zones included)."""

    __tablename__ = "regions"
    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))


class Library(Base):
    """分库: targets found by a rule, usable once somebody has confirmed them (B6, B7)."""

    __tablename__ = "libraries"
    __table_args__ = (
        UniqueConstraint("department_id", "name"),
        CheckConstraint("status IN ('draft', 'confirmed')", name="status"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    name: Mapped[str] = mapped_column(String(128))
    item_id: Mapped[str | None] = mapped_column(ForeignKey("items.id"))  # one per item where a department has several
    shared: Mapped[bool] = mapped_column(default=False)  # other departments may use it (B15)
    rule: Mapped[dict[str, Any]] = mapped_column(default=dict)  # models.store.libraries.LibraryRule
    status: Mapped[str] = mapped_column(String(16), default="draft")
    members: Mapped[int] = mapped_column(default=0)  # when last produced or mended
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
    produced_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(32))
    confirmed_at: Mapped[datetime | None]


class LibraryMember(Base):
    """A target of a sub-library, as it was produced or put in by hand."""

    __tablename__ = "library_members"
    library_id: Mapped[str] = mapped_column(ForeignKey("libraries.id"), primary_key=True)
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), primary_key=True, index=True)
    by_hand: Mapped[bool] = mapped_column(default=False)


class Licence(Base):
    """许可证 of a target (section 2.5); 9999-09-09 is a licence without an end."""

    __tablename__ = "licences"
    __table_args__ = (UniqueConstraint("target_id", "name", "number"), Index("ix_licences_expires", "expires_on", "id"))
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"))
    name: Mapped[str] = mapped_column(String(128))
    number: Mapped[str] = mapped_column(String(64))
    issuer: Mapped[str] = mapped_column(String(128), default="")  # 发证机关, in words
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    by_hand: Mapped[bool] = mapped_column(default=False)


class DutyRule(Base):
    """谁审批谁监管, 谁主管谁监管: which targets a department answers for (B10); all that is given must fit."""

    __tablename__ = "duty_rules"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    principle: Mapped[str] = mapped_column(String(16))  # approves (谁审批谁监管) or governs (谁主管谁监管)
    trades: Mapped[list[str]] = mapped_column(default=list)
    keywords: Mapped[list[str]] = mapped_column(default=list)
    licence: Mapped[str] = mapped_column(String(128), default="")  # a word in a licence's name
    region: Mapped[str] = mapped_column(String(6), default="")
    basis: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class DutyClaim(Base):
    """A department that would answer for a target, and the first rule that says so."""

    __tablename__ = "duty_claims"
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), primary_key=True)
    rule_id: Mapped[str] = mapped_column(ForeignKey("duty_rules.id"), index=True)


class DutyState(Base):
    """How many departments answer for a target, by the last run: read by index, page by page."""

    __tablename__ = "duty_states"
    __table_args__ = (Index("ix_duty_states_owners", "owners", "code"),)
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(18))
    owners: Mapped[int]  # 0, 1, or 2 for two and more


class DutyDecision(Base):
    """Who answers for a target where the rules name nobody or two: decided by the office, kept over all runs."""

    __tablename__ = "duty_decisions"
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(32))
    decided_at: Mapped[datetime]


class Certificate(Base):
    """A further 执法证 of an inspector beside the one of his row (B11): a national one, a province's."""

    __tablename__ = "certificates"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    inspector_id: Mapped[str] = mapped_column(ForeignKey("inspectors.id"), index=True)
    kind: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(Encrypted("certificates.number"))
    issuer: Mapped[str] = mapped_column(String(128), default="")
    expires_on: Mapped[date]
    withdrawn_on: Mapped[date | None]


class Leave(Base):
    """Days on which an inspector is away, both included; no end: until somebody writes one."""

    __tablename__ = "leaves"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    inspector_id: Mapped[str] = mapped_column(ForeignKey("inspectors.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(64), default="")
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class SkillLink(Base):
    """A qualification of inspectors that counts as a skill that items ask for (B13)."""

    __tablename__ = "skill_links"
    qualification: Mapped[str] = mapped_column(String(64), primary_key=True)
    skill: Mapped[str] = mapped_column(String(32), primary_key=True)


class LibraryConfirmation(Base):
    """A department's word that a library is true and up to date, given anew for every draw (B8)."""

    __tablename__ = "library_confirmations"
    __table_args__ = (
        CheckConstraint("kind IN ('targets', 'inspectors')", name="kind"),
        Index("ix_library_confirmations_task", "task_id", "department_id", "kind"),
        Index("ix_library_confirmations_scope", "department_id", "kind", "scope_key"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"))
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    kind: Mapped[str] = mapped_column(String(16))
    scope_key: Mapped[str] = mapped_column(String(64))  # SHA-256 of what was confirmed: same scope, comparable lists
    rows: Mapped[int]
    changed: Mapped[int | None]  # since this department last confirmed the same scope; NULL: never before
    snapshot: Mapped[str] = mapped_column(String(64))  # the list, a digest a line, as a blob
    confirmed_by: Mapped[str] = mapped_column(String(32))
    confirmed_at: Mapped[datetime]


class RiskPolicy(Base):
    """A table of ratios, tickets and limits (N1, N2, C12), for an item or a region or all; ended, never changed."""

    __tablename__ = "risk_policies"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(128))
    item_id: Mapped[str | None] = mapped_column(ForeignKey("items.id"), index=True)
    region: Mapped[str] = mapped_column(String(6), default="")
    body: Mapped[dict[str, Any]]  # inspection.policy.policy_data
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None]


class CreditProposal(Base):
    """What a published result says about a target's credit class: a proposal, until somebody decides (N3)."""

    __tablename__ = "credit_proposals"
    __table_args__ = (UniqueConstraint("visit_id", "to_class"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), index=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"))
    from_class: Mapped[str] = mapped_column(String(1))  # when proposed; empty: unclassified
    to_class: Mapped[str] = mapped_column(String(1))
    why: Mapped[str] = mapped_column(String(256))
    status: Mapped[str] = mapped_column(String(16))  # proposed -> accepted or declined
    made_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")


class LedgerEntry(Base):
    """A check that is no visit of ours: another level's, or a case followed up at once (R1, section 2.2)."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        Index("ix_ledger_entries_year", "year", "target_id"),
        CheckConstraint("level IN ('same', 'upper', 'lower')", name="level"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)  # who wrote it down
    body: Mapped[str] = mapped_column(String(64))  # who inspected, in words
    level: Mapped[str] = mapped_column(String(8))
    year: Mapped[int]
    checked_on: Mapped[date]
    exempt: Mapped[str] = mapped_column(String(16), default="")  # a key of inspection.policy.EXEMPTIONS
    note: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class TaskExemption(Base):
    """A task outside the yearly limit: it binds nobody in it and counts none of its visits (section 2.2)."""

    __tablename__ = "task_exemptions"
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
