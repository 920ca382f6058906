"""Item lists with their versions, the changes they were published by, and the 免罚清单 (A1-A15).

ItemList --< ListChange (published once, then filed) --< ItemVersion >-- Item (the identity that tasks refer to)
ItemVersion.status: draft -> published. What is in force on a day: `inspection.item_rules.in_force`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class ItemList(Base):
    """随机抽查事项清单: a department's own, the joint one, or one from above that is only claimed from (A1, A4, A5)."""

    __tablename__ = "item_lists"
    __table_args__ = (
        UniqueConstraint("department_id", "name"),
        CheckConstraint("kind IN ('department', 'joint', 'upper')", name="kind"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)  # 填报单位
    name: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[str] = mapped_column(String(32), default="")  # 省级, 市级, 县级, in words
    duties: Mapped[int] = mapped_column(default=0)  # all its 执法检查事项, for A14; 0: not said
    created_at: Mapped[datetime]


class ListChange(Base):
    """One published change of a list: what took effect when, and its filing (A10, A11)."""

    __tablename__ = "list_changes"
    __table_args__ = (UniqueConstraint("list_id", "number"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    list_id: Mapped[str] = mapped_column(ForeignKey("item_lists.id"))
    number: Mapped[int]  # 1, 2, 3 ... of its list
    reason: Mapped[str] = mapped_column(Text, default="")
    imported: Mapped[bool] = mapped_column(default=False)  # read from the office's table
    valid_from: Mapped[date]
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(32))
    reviewed_by: Mapped[str] = mapped_column(String(64), default="")  # the body, where the office asks for one (S7)
    reviewed_on: Mapped[date | None]
    review_number: Mapped[str] = mapped_column(String(64), default="")
    filed_on: Mapped[date | None]
    filing_number: Mapped[str] = mapped_column(String(64), default="")
    filed_by: Mapped[str | None] = mapped_column(String(32))


class ItemVersion(Base):
    """An item as it stands from a day on; once published it is never changed (A10)."""

    __tablename__ = "item_versions"
    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        Index("ix_item_versions_list_status", "list_id", "status"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id"))
    list_id: Mapped[str] = mapped_column(ForeignKey("item_lists.id"))
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)  # 抽查主体 / 发起部门
    change_id: Mapped[str | None] = mapped_column(ForeignKey("list_changes.id"), index=True)
    number: Mapped[int]  # 1, 2, 3 ... of its item
    status: Mapped[str] = mapped_column(String(16), default="draft")
    removed: Mapped[bool] = mapped_column(default=False)  # from valid_from on the item is off the list
    valid_from: Mapped[date | None]  # NULL while a draft
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)  # inspection.item_rules.ItemBody as data
    form: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the one form of this item (A13)
    partner_ids: Mapped[list[str]] = mapped_column(default=list)
    claimed_from: Mapped[str | None] = mapped_column(ForeignKey("item_versions.id"))  # A4
    source_digest: Mapped[str] = mapped_column(String(64), default="")  # Item.digest it was read with; empty: by hand
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]


class Leniency(Base):
    """轻微违法违规经营行为免罚清单: one act that is not punished, and on which conditions (A15)."""

    __tablename__ = "leniencies"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    conduct: Mapped[str] = mapped_column(String(512))  # 违法行为
    basis: Mapped[str] = mapped_column(Text, default="")
    conditions: Mapped[str] = mapped_column(Text, default="")  # 适用条件
    valid_from: Mapped[date]
    ended_on: Mapped[date | None]
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
