"""Publications, deadlines, reminders, messages in and out (H5-H7, K2, F; reliability 2.3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class Publication(Base):
    """A published result (H5, H6): a correction keeps the body as it was as an older version (J1)."""

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_grams", "grams", postgresql_using="gin"),
        Index("ix_publications_newest", "published_at", "id", "target_name"),  # read alone: models.store.public_search
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(96), unique=True)
    part_id: Mapped[str] = mapped_column(ForeignKey("parts.id"), unique=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    target_code: Mapped[str] = mapped_column(String(18), index=True)
    target_name: Mapped[str] = mapped_column(String(256), index=True)
    body: Mapped[dict[str, Any]]  # exactly what the public page shows
    published_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    changed_at: Mapped[datetime | None] = mapped_column(index=True)  # when it was corrected last
    # What a part of the name is found by (models.grams), on PostgreSQL by index; SQLite reads through the names.
    grams: Mapped[list[str] | None] = mapped_column(ARRAY(String(2)).with_variant(JSON(), "sqlite"))


class Deadline(Base):
    """What must be done by when (H2, K2). `due_on` is local; `provisional` until the calendar is announced.

    `next_on` is the day on which the clock looks at the row again; NULL: never (no step left, or paused). A row whose
    writer did not say is looked at by the next tick.
    """

    __tablename__ = "deadlines"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        # Each partial, so that SQLite, which knows no statistics, never takes `settled_at IS NULL` for a rare value:
        # of a million open rows a tick reads those that are due, and no other.
        Index(
            "ix_deadlines_due",
            "due_on",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index(
            "ix_deadlines_settled",
            "settled_at",
            sqlite_where=text("settled_at IS NOT NULL"),
            postgresql_where=text("settled_at IS NOT NULL"),
        ),
        Index(
            "ix_deadlines_next",
            "next_on",
            "id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(32))  # inspection.deadlines.DeadlineKind
    subject: Mapped[str] = mapped_column(String(96))  # "visit:ID", "part:ID", "plan:ID" ...
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    due_on: Mapped[date]
    provisional: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    start_on: Mapped[date | None]  # counted from here ...
    days: Mapped[int | None]  # ... so many working days; NULL: the day itself was given
    calendar: Mapped[str] = mapped_column(
        String(16), default="", server_default=text("''")
    )  # version it was computed by
    next_on: Mapped[date | None] = mapped_column(server_default="2000-01-01")
    paused_on: Mapped[date | None]


class Reminder(Base):
    """A reminder that is due: the key makes a second one harmless, whoever runs the clock.

    `waits`: nobody was told yet, it stands in the next morning's digest.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        Index(
            "ix_reminders_waits",
            "deadline_id",
            sqlite_where=text("waits = 1"),
            postgresql_where=text("waits"),
        ),
    )
    deadline_id: Mapped[str] = mapped_column(ForeignKey("deadlines.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)  # "-3", "-1", "0", "+1" ... working days
    at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    waits: Mapped[bool] = mapped_column(default=False, server_default=false())


class Outbox(Base):
    """A message on its way: written with the act it tells of, delivered afterwards.

    status: waiting -> claimed -> accepted | refused | unknown | dead, and claimed -> waiting for a retry; waiting or
    held -> withdrawn where what it tells of was undone before anybody heard of it.
    `held` waits for an owner to bind. `content` is neutral; `body` holds the bytes sent, fixed before the first try, so
    that a repeat is identical and WeCom's duplicate check can swallow it.
    Rows with the same `join_key` are one request to several receivers; `parcel` is the row that holds its body.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "status", "priority", "not_before", "id"),
        Index("ix_outbox_sent", "recipient", "sent_at"),  # a member's 30 a minute and 1,000 an hour
        Index(
            "ix_outbox_join",
            "join_key",
            sqlite_where=text("join_key IS NOT NULL"),
            postgresql_where=text("join_key IS NOT NULL"),
        ),
        Index(
            "ix_outbox_parcel",
            "parcel",
            sqlite_where=text("parcel IS NOT NULL"),
            postgresql_where=text("parcel IS NOT NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    document_no: Mapped[str] = mapped_column(String(96))
    department_id: Mapped[str] = mapped_column(String(32), index=True)
    channel: Mapped[str] = mapped_column(String(16))  # inspection.notices.Channel
    recipient: Mapped[str] = mapped_column(String(80))  # userid; owner id for wechat; "m:userid", "t:target id" for sms
    priority: Mapped[int] = mapped_column(default=1, server_default=text("1"))  # inspection.notices.Priority
    join_key: Mapped[str | None] = mapped_column(String(32))
    parcel: Mapped[str | None] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(96), index=True)
    content: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    first_sent_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]  # the latest try: claimed, then answered
    settled_at: Mapped[datetime | None]
    body: Mapped[bytes | None]
    msgid: Mapped[str | None] = mapped_column(String(128))
    response_code: Mapped[str | None] = mapped_column(String(256))
    last_error: Mapped[str] = mapped_column(Text, default="")


class SendTally(Base):
    """How much this app has sent, in slots of ten seconds: what WeCom limits by corp, counted for all senders together.

    `scope`: "calls" (message/send, slots of ten seconds) or "persons/2026-03-02" (one row a local day).
    """

    __tablename__ = "send_tallies"
    scope: Mapped[str] = mapped_column(String(32), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


class VendorToken(Base):
    """An access token that all processes share, and the lease of the one that fetches the next (issue 5, tokens).

    `name` holds a fingerprint of the secret: after a person has corrected a wrong one the stop no longer applies.
    """

    __tablename__ = "vendor_tokens"
    name: Mapped[str] = mapped_column(String(96), primary_key=True)
    token: Mapped[str | None] = mapped_column(Encrypted("vendor_tokens.token"))
    round: Mapped[int] = mapped_column(default=0)  # counts the fetches
    expires_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    stopped_until: Mapped[datetime | None]
    stopped_why: Mapped[str] = mapped_column(String(32), default="")


class PhoneCall(Base):
    """电话告知: somebody whom no message reached (or perhaps did) is to be called, by a named person, and it is noted.

    status: open -> done | reached-otherwise. `maybe`: the message may have arrived (可能已送达).
    """

    __tablename__ = "phone_calls"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    outbox_id: Mapped[str] = mapped_column(String(32), index=True)
    department_id: Mapped[str] = mapped_column(String(32), index=True)
    caller_id: Mapped[str | None] = mapped_column(String(32), index=True)  # the member who is asked to call
    channel: Mapped[str] = mapped_column(String(16))  # by which way it failed last: says what `recipient` is
    recipient: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(96))
    document_no: Mapped[str] = mapped_column(String(96))
    title: Mapped[str] = mapped_column(String(256))
    why: Mapped[str] = mapped_column(Text)
    maybe: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(16), default="open", index=True)
    created_at: Mapped[datetime]
    called_by: Mapped[str | None] = mapped_column(String(32))
    called_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16), default="")  # services.people.calls.OUTCOMES
    spoke_to: Mapped[str | None] = mapped_column(Encrypted("phone_calls.spoke_to"))
    note: Mapped[str | None] = mapped_column(Encrypted("phone_calls.note"))
    tries: Mapped[int] = mapped_column(default=0)


class Inbox(Base):
    """A callback as it came: acknowledged at once, worked later; the ciphertext's digest refuses a replay."""

    __tablename__ = "inbox"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_key: Mapped[str] = mapped_column(String(160), unique=True)  # WeCom's own retries carry another ciphertext
    received_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(48))
    payload: Mapped[str] = mapped_column(Encrypted("inbox.payload"))
    status: Mapped[str] = mapped_column(String(16), default="waiting", index=True)  # waiting, done, failed, ignored
    outcome: Mapped[str] = mapped_column(Text, default="")
