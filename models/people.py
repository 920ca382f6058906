"""Departments, members, posts, inspectors and sign-ins (B11-B15, T3, T4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class Department(Base):
    """部门: one of the joint inspection; `code` is its ASCII name in draws, `is_office` marks 联席会议办公室."""

    __tablename__ = "departments"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    aliases: Mapped[list[str]] = mapped_column(default=list)
    is_office: Mapped[bool] = mapped_column(default=False)


class Member(Base):
    """Somebody who can sign in, through WeCom (`userid`, lower case)."""

    __tablename__ = "members"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    userid: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(Encrypted("members.name"))
    mobile: Mapped[str | None] = mapped_column(Encrypted("members.mobile"))
    post: Mapped[str] = mapped_column(String(64), default="")
    active: Mapped[bool] = mapped_column(default=True)
    wants_text: Mapped[bool] = mapped_column(default=False)  # 微信插件 shows no cards: this member is sent plain text


class Grant(Base):
    """A role that a member holds (`inspection.actors.Role` by value)."""

    __tablename__ = "grants"
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)


class Inspector(Base):
    """执法检查人员 (B11-B14, 国办发〔2024〕54号): `staff_no` (ASCII) is the name in draws."""

    __tablename__ = "inspectors"
    __table_args__ = (CheckConstraint("kind IN ('certified', 'assistant', 'expert')", name="kind"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), unique=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    staff_no: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    skills: Mapped[list[str]] = mapped_column(default=list)
    certificate_no: Mapped[str | None] = mapped_column(Encrypted("inspectors.certificate_no"))
    certificate_expires: Mapped[date | None]


class Owner(Base):
    """The person of a target who reads its notices in the mini-program; known by openid only (data minimum)."""

    __tablename__ = "owners"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    openid_hash: Mapped[str] = mapped_column(String(64), unique=True)  # keyed hash: found without being readable
    openid: Mapped[str] = mapped_column(Encrypted("owners.openid"))


class OwnerBinding(Base):
    """This owner reads the notices of this target (bound by a notice's code)."""

    __tablename__ = "owner_bindings"
    owner_id: Mapped[str] = mapped_column(ForeignKey("owners.id"), primary_key=True)
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"), primary_key=True)
    bound_at: Mapped[datetime]


class SignIn(Base):
    """A session: the cookie's SHA-256, never the cookie (ASVS 7.2)."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    member_id: Mapped[str | None] = mapped_column(ForeignKey("members.id"), index=True)
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("owners.id"), index=True)
    expires_at: Mapped[datetime]


class OauthState(Base):
    """A sign-in under way: used once, only by the browser that began it (ASVS 10.1.2)."""

    __tablename__ = "oauth_states"
    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    next_path: Mapped[str] = mapped_column(String(512))
    expires_at: Mapped[datetime]


class AuditEntry(Base):
    """One act: who did what to what, written in the act's own transaction (L2, D11). Never updated, never deleted."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    member_id: Mapped[str] = mapped_column(String(32))
    department_id: Mapped[str] = mapped_column(String(32), index=True)
    act: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(96))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Counter(Base):
    """Gapless numbers: raised in the transaction that uses the number, so that a rollback gives it back."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(96), primary_key=True)
    value: Mapped[int]
