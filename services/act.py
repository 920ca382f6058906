"""What every service is handed: one act, by somebody, at a time, inside one transaction that the edge opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor
from inspection.clock_rules import ClockRules
from inspection.draw.beacon import Beacon
from inspection.retention import Terms
from inspection.workdays import Calendar
from models.blobs import Blobs
from models.spool import Spool
from models.store import audit


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The office's own choices where the notices differ (requirements, "Conflicts between seeds")."""

    publish_within_days: int = 20  # working days, H2
    publish_counts_from: str = "visit-ended"  # or "result-confirmed", "task-finished"
    accept_within_days: int = 2
    confirm_within_days: int = 5
    approve_within_days: int = 10
    yearly_visit_limit: int = 2  # R1
    small_pool: int = 10
    small_pool_at_least: int = 2
    confirm_libraries: bool = True  # B8: every department confirms both libraries before a freeze
    general_ratio_cap: str = "0.2"  # A7: 一般检查事项, a share from 0 to 1
    general_frequency_cap: int = 2  # A7 (S4): times a year, 0: no cap
    key_items_share_cap: str = "0.5"  # A7: 重点检查事项 of a list, a share from 0 to 1
    key_items_over: str = "warn"  # or "refuse": what too many 重点 items do to a publication
    list_review_by: str = ""  # S7: who reviews a list before it is published; "": nobody
    file_list_within_days: int = 10  # A11: working days
    annual_plan_filed_by: str = "01-31"  # S1
    joint_plan_made_by: str = "12-31"  # S2: of the year before
    joint_plan_filed_by: str = "01-31"  # S3
    special_plan_months_ahead: int = 1  # S4
    plan_adjustment_filed_within_days: int = 10  # C6: working days
    plan_must_be_approved: bool = True  # C4: a task needs an approved plan
    special_plan_initiators: tuple[str, ...] = ("市场监管", "生态环境", "交通运输", "农业农村", "文化和旅游")  # O4
    rotation: bool = True  # D7: not the same inspector on the same target twice running, where others are left
    replacement: str = "next-in-order"  # E4: by the protocol; or "chosen" by the department's approver
    proofs: bool = True  # an enterprise may ask for its own line of the pool
    drawn_list_public: str = "by-task"  # D10: at dispatch, of unannounced tasks after their last day; or "window-end"
    notice_documents: tuple[str, ...] = ("营业执照", "相关许可证件", "与检查事项有关的台账和记录")  # F1
    unbound_notice_hours: int = 24  # F1: so long a notice waits for its enterprise to bind, then SMS or a phone call
    ratings_at_least: int = 5  # fewer ratings than this are shown to nobody: no single one may show through
    team_chats: bool = False  # a WeCom group chat for each joint team (appchat)
    approval_levels: tuple[str, ...] = ("",)  # H1: the post of each level's approver; "": any approver
    area_code: str = "379999"  # six digits (GB/T 2260): how national numbers of plans and tasks begin
    correction_signed_by: tuple[str, ...] = ("主要负责人",)  # J2: posts whose holder signs a correction
    class_ratio_factor: dict[str, str] = field(default_factory=dict)  # N1, N2: credit class -> factor on the ratio


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """What lasts longer than an act: blobs, the calendar, the office's rules and where its pages are."""

    office_name: str
    lead_code: str  # the office's short ASCII name in draw numbers
    origin: str  # https://host, no slash at the end: what links in messages begin with
    blobs: Blobs
    spool: Spool  # files on their way, before they are blobs
    calendar: Calendar
    rules: Rules
    link_key: bytes
    photo_lab: Any
    font: Path
    has_sms: bool = False  # a gateway is set: who is not reached may be sent an SMS
    terms: Terms = field(default_factory=Terms)  # L1: how long each kind of file is kept
    clock: ClockRules = field(default_factory=ClockRules)  # steps, ladders, hours of reminders
    beacon: Beacon | None = None  # the public source of randomness that is fetched by itself (drand)
    province: bool = False  # whether published results go to a provincial platform (T1)
    timestamps: bool = False  # whether a timestamp authority vouches for announcements (RFC 3161)


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """One act. `now` is an argument everywhere, so that a rule can be asked about any day."""

    db: AsyncSession
    actor: Actor
    now: datetime
    house: House

    def record(self, act: str, subject: str, **detail: Any) -> None:
        """Write the audit row of this act."""
        audit.record(self.db, self.actor, self.now, act, subject, **detail)
