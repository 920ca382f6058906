"""The clock's own tables: the office's days, who leads, pauses, digests, snoozes, calendar links (issue 6).

LocalDay, AnnouncedYear -> the calendar that deadlines are computed by
ClockLease              -> one row: whose term it is, what the last tick saw
Deadline --< DeadlinePause, Snooze, DigestLine           FeedLink -> /public/calendars/TOKEN
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class LocalDay(Base):
    """A day on which this office works or rests otherwise than the State Council's table says."""

    __tablename__ = "local_days"
    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(128))
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class AnnouncedYear(Base):
    """A year whose holidays the office has entered in full, before the library knows them."""

    __tablename__ = "announced_years"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class ClockLease(Base):
    """Who leads the clock: the term fences every write of a tick; `until_s` (monotonic) is SQLite's lease."""

    __tablename__ = "clock_leases"
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    term: Mapped[int]
    holder: Mapped[str] = mapped_column(String(64))
    until_s: Mapped[float] = mapped_column(default=0.0)
    ticked_at: Mapped[datetime | None]  # no tick runs for an earlier time than this
    digested_on: Mapped[date | None]  # the last day whose morning digest went out
    calendar: Mapped[str] = mapped_column(String(16), default="")  # version that the open deadlines are computed by


class DeadlinePause(Base):
    """A deadline that stands still, where law allows it: why, from when, until when, by whom."""

    __tablename__ = "deadline_pauses"
    __table_args__ = (CheckConstraint("reason IN ('target-closed', 'force-majeure')", name="reason"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    deadline_id: Mapped[str] = mapped_column(ForeignKey("deadlines.id"), index=True)
    reason: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(String(256), default="", server_default=text("''"))  # the clause or the paper
    began_on: Mapped[date]
    days_left: Mapped[int]  # working days that were left when it began, given back when it ends
    began_by: Mapped[str] = mapped_column(String(32))
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None] = mapped_column(String(32))


class Snooze(Base):
    """A person who wants to hear of a deadline again later; `woken_on` once that has been."""

    __tablename__ = "snoozes"
    __table_args__ = (Index("ix_snoozes_until", "woken_on", "until"),)
    deadline_id: Mapped[str] = mapped_column(ForeignKey("deadlines.id"), primary_key=True)
    userid: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[date]
    made_at: Mapped[datetime]
    woken_on: Mapped[date | None]


class DigestLine(Base):
    """What a person was told of on a day: one line of a digest or of an urgent message, for ever."""

    __tablename__ = "digest_lines"
    day: Mapped[date] = mapped_column(primary_key=True)
    userid: Mapped[str] = mapped_column(String(64), primary_key=True)
    deadline_id: Mapped[str] = mapped_column(ForeignKey("deadlines.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    late: Mapped[bool] = mapped_column(default=False)


class Appointment(Base):
    """The time of a visit as it was agreed upon (F1, D8); moved and cancelled ones keep the row, `sequence` grows."""

    __tablename__ = "appointments"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    sequence: Mapped[int]
    starts_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
    cancelled: Mapped[bool]
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class FeedLink(Base):
    """A private iCalendar link of a member or a department; only the token's SHA-256 is kept."""

    __tablename__ = "feed_links"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[str | None] = mapped_column(ForeignKey("members.id"), index=True)  # NULL: the department's
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
