"""What happens to a draw after it was frozen, and what it was frozen around: voids (作废) and, below, its people.

DrawVoid.status: proposed -> approved | declined
`open_for` names what a row is open for and is NULL once it is decided, so that the database allows one at a time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class DrawVoid(Base):
    """A proposal to void a draw, by one coordinator, decided by another; the approved one is published for good."""

    __tablename__ = "draw_voids"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), index=True)
    open_for: Mapped[str | None] = mapped_column(String(32), unique=True)  # the draw, while nobody has decided
    status: Mapped[str] = mapped_column(String(16), default="proposed")
    reason: Mapped[str] = mapped_column(String(32))  # a key of reasons.VOID_REASONS: public
    detail: Mapped[str] = mapped_column(Encrypted("draw_voids.detail"))  # free words may name people: never public
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # how far it was: {"status", "values", "visits"}
    proposed_by: Mapped[str] = mapped_column(String(32))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]


class Shortfall(Base):
    """Places of a department in a visit's group that nobody fitted; filled later, or entrusted (委托执法, D9)."""

    __tablename__ = "shortfalls"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), primary_key=True)
    missing: Mapped[int]
    entrusted_from: Mapped[str] = mapped_column(String(128), default="")  # the authority that has jurisdiction
    entrusted_to: Mapped[str] = mapped_column(String(128), default="")  # the department that does it instead
    # The same where it works on this platform: its people take the places, and enter in the department's name.
    entrusted_department_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"))
    document: Mapped[str] = mapped_column(String(128), default="")  # number of the 委托执法 document
    entrusted_by: Mapped[str | None] = mapped_column(String(32))
    entrusted_at: Mapped[datetime | None]


class Recusal(Base):
    """回避 (E5): this inspector does not inspect this target, from when it was declared until it is ended."""

    __tablename__ = "recusals"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), index=True)
    inspector_id: Mapped[str] = mapped_column(ForeignKey("inspectors.id"), index=True)
    ground: Mapped[str] = mapped_column(String(32))  # a key of reasons.RECUSAL_GROUNDS
    basis: Mapped[str] = mapped_column(Encrypted("recusals.basis"))  # whose relative, which post: personal
    declared_by: Mapped[str] = mapped_column(String(32))
    declared_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None]


class RecusalRequest(Base):
    """回避申请: an owner asks that an inspector of its visit be recused; his department decides with a reason (E5).

    RecusalRequest.status: asked -> approved | declined
    """

    __tablename__ = "recusal_requests"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    visit_id: Mapped[str] = mapped_column(String(32), index=True)  # no key: a visit may be taken back, this stays
    visit_number: Mapped[str] = mapped_column(String(80))
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"))
    inspector_id: Mapped[str] = mapped_column(ForeignKey("inspectors.id"))
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)  # the inspector's: it decides
    open_for: Mapped[str | None] = mapped_column(String(96), unique=True)  # visit and inspector, while undecided
    status: Mapped[str] = mapped_column(String(16), default="asked")
    ground: Mapped[str] = mapped_column(String(32), default="other")  # a key of reasons.OWNER_GROUNDS
    words: Mapped[str] = mapped_column(Encrypted("recusal_requests.words"))  # whose relative, which quarrel: personal
    evidence: Mapped[list[str]] = mapped_column(default=list)  # digests of files that the owner stored for it
    answer: Mapped[str] = mapped_column(Encrypted("recusal_requests.answer"))
    asked_by: Mapped[str] = mapped_column(String(32))  # an owner
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]


class VisitExpert(Base):
    """An expert or assistant who comes along (B14): beside the group, never counted, never signing for it."""

    __tablename__ = "visit_experts"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    inspector_id: Mapped[str] = mapped_column(ForeignKey("inspectors.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    added_by: Mapped[str] = mapped_column(String(32))
    added_at: Mapped[datetime]


class Replacement(Base):
    """更换 (E1-E5): a member of a group asked to be replaced; the record that grows while result.json stays.

    Replacement.status: asked -> approved | declined
    """

    __tablename__ = "replacements"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), index=True)
    visit_id: Mapped[str] = mapped_column(String(32), index=True)  # no key: a visit may be taken back, the record stays
    visit_number: Mapped[str] = mapped_column(String(80))
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    open_for: Mapped[str | None] = mapped_column(String(96), unique=True)  # visit and staff number, while undecided
    status: Mapped[str] = mapped_column(String(16), default="asked")
    leaving: Mapped[str] = mapped_column(String(32), default="")  # staff number; empty: a short place is filled
    entering: Mapped[str] = mapped_column(String(32), default="")
    way: Mapped[str] = mapped_column(String(16), default="")  # next-in-order, chosen
    passed: Mapped[list[str]] = mapped_column(default=list)  # who was on the frozen list and cannot come any more
    line: Mapped[int | None]  # of the draw's record, given under the draw's lock once approved
    reason: Mapped[str] = mapped_column(String(32))  # a key of reasons.REPLACEMENT_REASONS, or SHORT_PLACE
    evidence: Mapped[str] = mapped_column(Encrypted("replacements.evidence"))  # of health, of family: personal
    asked_by: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]


class TargetSwap(Base):
    """A drawn target replaced by the next reserve of its stratum, by two people.

    TargetSwap.status: proposed -> approved | declined
    """

    __tablename__ = "target_swaps"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), index=True)
    visit_id: Mapped[str] = mapped_column(String(32))  # no key: this visit is taken back
    visit_number: Mapped[str] = mapped_column(String(80))
    open_for: Mapped[str | None] = mapped_column(String(32), unique=True)  # the visit, while undecided
    status: Mapped[str] = mapped_column(String(16), default="proposed")
    leaving: Mapped[str] = mapped_column(String(18))  # code
    entering: Mapped[str] = mapped_column(String(18), default="")
    passed: Mapped[list[str]] = mapped_column(default=list)  # reserves before it that are no longer open either
    members: Mapped[list[str]] = mapped_column(default=list)  # the new group's staff numbers: places given since
    absent: Mapped[list[str]] = mapped_column(default=list)  # who was on the frozen list and could not come into it
    line: Mapped[int | None]  # of the draw's record, given under the draw's lock once approved
    reason: Mapped[str] = mapped_column(String(32))  # a key of reasons.TARGET_REASONS
    evidence: Mapped[str] = mapped_column(Encrypted("target_swaps.evidence"))
    proposed_by: Mapped[str] = mapped_column(String(32))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]


class ObserverCode(Base):
    """What an observer enters his value with, from his own phone: one for each source of the room, made at the freeze.

    It opens that one source until its value is in, and afterwards the bundle, which observers may hold (Q1).
    """

    __tablename__ = "observer_codes"
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(Encrypted("observer_codes.code"))
    used_at: Mapped[datetime | None]


class ProofCode(Base):
    """A code that the office handed to one enterprise, to see its own line of one pool."""

    __tablename__ = "proof_codes"
    __table_args__ = (UniqueConstraint("draw_id", "target"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"))
    target: Mapped[str] = mapped_column(String(18))
    code: Mapped[str] = mapped_column(Encrypted("proof_codes.code"))
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class WrongCode(Base):
    """A code that did not fit, counted by door and thing so that nobody tries them all; no address is kept."""

    __tablename__ = "wrong_codes"
    __table_args__ = (Index("ix_wrong_codes_key_at", "key", "at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(128))  # "room:NUMBER", "proof:NUMBER"
    at: Mapped[datetime]


class DrawStamp(Base):
    """An RFC 3161 timestamp of a draw's announcement: asked for until it is there.

    DrawStamp.status: waiting -> stamped
    """

    __tablename__ = "draw_stamps"
    __table_args__ = (Index("ix_draw_stamps_status", "status", "not_before"),)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(32), default="")  # why the last try failed
    digest: Mapped[str | None] = mapped_column(String(64))  # the authority's answer, as it came
    at: Mapped[datetime | None]
    authority: Mapped[str] = mapped_column(String(128), default="")
    serial: Mapped[str] = mapped_column(String(64), default="")


class DrawBeacon(Base):
    """The announced round of a public source: fetched when it is out, or read off its page by two people.

    DrawBeacon.status: waiting -> fetched | by-hand
    """

    __tablename__ = "draw_beacons"
    __table_args__ = (Index("ix_draw_beacons_status", "status", "not_before"),)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    round: Mapped[dict[str, Any]]  # inspection.draw.beacon.Round, as announced
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(32), default="")  # why the last try failed
    digest: Mapped[str | None] = mapped_column(String(64))  # the round's page, as it came
    proposed_value: Mapped[str | None] = mapped_column(String(256))  # said by one person, waiting for another
    proposed_by: Mapped[str | None] = mapped_column(String(32))
