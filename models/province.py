"""What goes to the provincial platform, and how both sides were compared (T1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class ProvinceRecord(Base):
    """A version of a published result on its way: written with the publication, its bytes fixed, sent afterwards.

    status: waiting -> claimed -> accepted | refused | unknown, and claimed -> waiting for a retry; unknown -> claimed:
    the platform is asked whether it has it before it is sent again. accepted -> waiting | refused by a comparison.
    """

    __tablename__ = "province_records"
    __table_args__ = (Index("ix_province_records_due", "status", "not_before"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(112), unique=True)  # inspection.province.key_of
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    target_name: Mapped[str] = mapped_column(String(256))
    body: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]  # the latest try
    settled_at: Mapped[datetime | None]
    receipt: Mapped[str] = mapped_column(String(64), default="")
    error: Mapped[str] = mapped_column(String(256), default="")


class ProvinceCheck(Base):
    """对账: what both sides had at one time, and where they differed."""

    __tablename__ = "province_checks"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(String(32))
    ours: Mapped[int]
    theirs: Mapped[int]
    # keys: "missing" there, "differing", "extra" there, "late": theirs all along, and we did not know
    found: Mapped[dict[str, Any]] = mapped_column(default=dict)
