"""The registers a draw stands on: targets, items with their forms, plan entries, import reports (A, B, C)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Computed, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


def _bytewise(length: int) -> String:
    """Text that PostgreSQL compares byte by byte, as SQLite does: an index of codes costs half as much so."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


BETWEEN = "|"  # between the facts of a target; none of those before the labels can hold one
_FACTS = ("status", "credit_class", "region_code", "trade", "CAST(labels AS TEXT)")


class Target(Base):
    """检查对象 (B2-B6): `code` is its name in draws: credit code, older number, or one made of its words."""

    __tablename__ = "targets"
    # One index in the order in which the console lists targets: whatever is filtered by, this alone is read.
    __table_args__ = (
        Index("ix_targets_filter", "region_code", "trade", "credit_class", "status", "code", "name"),
        # A pool is read by this alone, in its order (models.store.crowds); SQLite has no such indexes.
        Index(
            "ix_targets_pool",
            "code",
            postgresql_include=("facts",),
            info={"only": "postgresql"},
        ).ddl_if(dialect="postgresql"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(_bytewise(18), unique=True)
    identifier_kind: Mapped[str] = mapped_column(String(16), default="credit_code")  # or registration, made
    category: Mapped[str] = mapped_column(String(16), default="enterprise")  # a key of tables.categories.CATEGORIES
    name: Mapped[str] = mapped_column(_bytewise(256))
    kind: Mapped[str] = mapped_column(String(128), default="")  # 企业类型 in the register's words
    region: Mapped[str] = mapped_column(String(64), default="")
    region_code: Mapped[str] = mapped_column(
        _bytewise(6), default=""
    )  # GB/T 2260; of the registering office if not given
    address: Mapped[str] = mapped_column(String(512), default="")
    business_scope: Mapped[str] = mapped_column(Text, default="")
    registered_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(_bytewise(16), default="open")  # a key of tables.targets.STATUSES
    credit_class: Mapped[str] = mapped_column(_bytewise(1), default="")  # A-D, empty where unknown
    trade: Mapped[str] = mapped_column(_bytewise(5), default="")  # GB/T 4754: section letter and up to four digits
    labels: Mapped[list[str]] = mapped_column(default=list)  # 监管标签, sorted
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what only this category has: EXTRA_FIELDS
    source: Mapped[str] = mapped_column(String(64), default="")  # the list that brought it first
    department_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"), index=True)  # B10, NULL: nobody yet
    digest: Mapped[str] = mapped_column(String(64))  # keyed digest of the imported cells: compared before anything else
    # What decides of a target in a draw, as one value: to group a million targets by five takes half as long again.
    facts: Mapped[str] = mapped_column(
        Text().with_variant(Text(collation="C"), "postgresql"),
        Computed(f" || '{BETWEEN}' || ".join(_FACTS), persisted=True),
        deferred=True,
    )


class Item(Base):
    """抽查事项 of the joint list (A1-A7, A12): whose it is, what it looks at, and by which form."""

    __tablename__ = "items"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of what identifies a row of the list
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    domain: Mapped[str] = mapped_column(String(256))
    name: Mapped[str] = mapped_column(String(512))
    subject: Mapped[str] = mapped_column(String(512), default="")  # 检查对象 in words
    partner_ids: Mapped[list[str]] = mapped_column(default=list)
    item_class: Mapped[str] = mapped_column(String(8), default="")  # 重点 or 一般
    level: Mapped[str] = mapped_column(String(32), default="")
    basis: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[str] = mapped_column(Text, default="")
    method: Mapped[str] = mapped_column(String(128), default="")
    skill: Mapped[str] = mapped_column(String(32), default="")  # what its inspectors must know; empty: nothing special
    ratio: Mapped[str] = mapped_column(String(256), default="", server_default=text("''"))  # as written: 10%(20户)
    frequency: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))  # as written: 1次/年
    publication: Mapped[str] = mapped_column(String(256), default="", server_default=text("''"))
    sub_item: Mapped[str] = mapped_column(String(512), default="", server_default=text("''"))  # 抽查子项
    code: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))  # the office's own number
    note: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    form: Mapped[dict[str, Any]] = mapped_column(default=dict)  # inspection.checklists.Form as data
    digest: Mapped[str] = mapped_column(String(64))


class PlanEntry(Base):
    """A line of the annual plan (C1, C2), with the cells as they were written."""

    __tablename__ = "plan_entries"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)  # 发起部门
    year: Mapped[int]
    name: Mapped[str] = mapped_column(String(256))
    item_text: Mapped[str] = mapped_column(Text, default="")
    scope_text: Mapped[str] = mapped_column(String(512), default="")
    quota: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"ratio": "0.10", "count": 20, "raw": "10%(20户)"}
    frequency: Mapped[str] = mapped_column(String(64), default="")
    risk_note: Mapped[str] = mapped_column(Text, default="")
    method: Mapped[str] = mapped_column(String(128), default="")
    mode: Mapped[str] = mapped_column(String(64), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    partner_ids: Mapped[list[str]] = mapped_column(default=list)
    digest: Mapped[str] = mapped_column(String(64))


class ImportReport(Base):
    """What one file did: counts, and every rejected row with field and reason."""

    __tablename__ = "import_reports"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    file_name: Mapped[str] = mapped_column(String(256))
    file_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ImportRejects(Base):
    """The rejected rows of one import as they stood, to be mended and imported again; kept for some weeks only."""

    __tablename__ = "import_rejects"
    report_id: Mapped[str] = mapped_column(ForeignKey("import_reports.id"), primary_key=True)
    rows: Mapped[int]
    data: Mapped[str] = mapped_column(Encrypted("import_rejects.data"))  # base64 of gzip of CSV: may hold personal data
    expires_on: Mapped[date] = mapped_column(index=True)


class Contact(Base):
    """Whom to reach at a target (B3 联系方式), given by the owner or found by an inspector."""

    __tablename__ = "contacts"
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(Encrypted("contacts.name"))
    phone: Mapped[str | None] = mapped_column(Encrypted("contacts.phone"))
