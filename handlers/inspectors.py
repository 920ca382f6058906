"""The inspectors' library over HTTP: papers, skills, leave, and WeCom's contacts (B11-B13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from aiohttp import web
from pydantic import Field

from handlers.console import OFFICE, READERS, WRITERS, Body, Empty
from handlers.edge import Call, Routes, roles
from handlers.libraries import day_of
from inspection.actors import Role
from inspection.workdays import local_date
from services.registers import contacts, inspectors
from services.registers.contacts import AddressBook

ADDRESS_BOOK = web.AppKey[Callable[[], Awaitable[AddressBook]]]("address-book")
HOLDERS = roles(Role.COORDINATOR, Role.ADMIN)
ONE = "/api/console/inspectors/one/{staff_no}"
routes = Routes()


class EditBody(Body):
    """What changes; what is not named stays."""

    post: str | None = Field(default=None, max_length=64)
    kind: str | None = None
    skills: list[str] | None = Field(default=None, max_length=50)
    certificate_no: str | None = Field(default=None, min_length=1, max_length=64)
    certificate_expires: date | None = None


class CertificateBody(Body):
    """A further certificate."""

    kind: str = Field(min_length=1, max_length=64)
    number: str = Field(min_length=1, max_length=64)
    issuer: str = Field(default="", max_length=128)
    expires_on: date


class LeaveBody(Body):
    """Days away, both included; without an end until one is said."""

    starts_on: date
    ends_on: date | None = None
    reason: str = Field(default="", max_length=64)


class LeaveEndBody(Body):
    """The last day of a leave."""

    ends_on: date


class SkillBody(Body):
    """A qualification and the skill it counts as."""

    qualification: str = Field(min_length=1, max_length=64)
    skill: str = Field(min_length=1, max_length=32)


@routes.get(ONE, roles=READERS)
async def get_inspector(call: Call) -> Any:
    """One inspector with certificates, skills and leave."""
    return await inspectors.card(call.act, call.path["staff_no"])


@routes.post(ONE + "/edit", roles=WRITERS, body=EditBody)
async def post_inspector(call: Call) -> Any:
    """Change post, kind, skills or the certificate."""
    body: EditBody = call.body
    changes = inspectors.Edit(
        post=body.post,
        kind=body.kind,
        skills=None if body.skills is None else tuple(body.skills),
        certificate_no=body.certificate_no,
        certificate_expires=body.certificate_expires,
    )
    await inspectors.edit(call.act, call.path["staff_no"], changes)


@routes.post(ONE + "/return", roles=OFFICE, body=Empty)
async def post_inspector_return(call: Call) -> Any:
    """Let somebody who had left take part again."""
    await inspectors.bring_back(call.act, call.path["staff_no"])


@routes.post(ONE + "/certificates", roles=WRITERS, body=CertificateBody)
async def post_certificate(call: Call) -> Any:
    """Write down a further certificate."""
    body: CertificateBody = call.body
    new = inspectors.NewCertificate(**body.model_dump())
    return {"id": (await inspectors.add_certificate(call.act, call.path["staff_no"], new)).id}


@routes.post(ONE + "/certificates/{id}/withdraw", roles=WRITERS, body=Empty)
async def post_certificate_withdraw(call: Call) -> Any:
    """Withdraw a certificate."""
    await inspectors.withdraw_certificate(call.act, call.path["staff_no"], call.path["id"])


@routes.post(ONE + "/leaves", roles=WRITERS, body=LeaveBody)
async def post_leave(call: Call) -> Any:
    """Write down days on which an inspector is away."""
    body: LeaveBody = call.body
    row = await inspectors.add_leave(call.act, call.path["staff_no"], body.starts_on, body.ends_on, body.reason.strip())
    return {"id": row.id}


@routes.post(ONE + "/leaves/{id}/end", roles=WRITERS, body=LeaveEndBody)
async def post_leave_end(call: Call) -> Any:
    """Say the last day of a leave."""
    body: LeaveEndBody = call.body
    await inspectors.end_leave(call.act, call.path["staff_no"], call.path["id"], body.ends_on)


@routes.get("/api/console/inspectors/skills", roles=READERS)
async def get_skills(call: Call) -> Any:
    """The skills that items ask for, and who has them (B13)."""
    return {"rows": await inspectors.skill_map(call.act)}


@routes.post("/api/console/inspectors/skills/link", roles=OFFICE, body=SkillBody)
async def post_skill_link(call: Call) -> Any:
    """Let a qualification count as a skill."""
    body: SkillBody = call.body
    return {"new": await inspectors.link_skill(call.act, body.qualification, body.skill)}


@routes.post("/api/console/inspectors/skills/unlink", roles=OFFICE, body=SkillBody)
async def post_skill_unlink(call: Call) -> Any:
    """Take such a link back."""
    body: SkillBody = call.body
    await inspectors.unlink_skill(call.act, body.qualification, body.skill)


@routes.get("/api/console/inspectors/expiring", roles=READERS)
async def get_expiring(call: Call) -> Any:
    """Who has no certificate that is good until a day."""
    until = day_of(call, "until") or local_date(call.act.now)
    return {"rows": await inspectors.expiring(call.act, until)}


@routes.add("POST", "/api/console/inspectors/contacts/sync", roles=HOLDERS, body=Empty, transaction="own")
async def post_contacts_sync(call: Call) -> Any:
    """Hold all members against WeCom's address book; WeCom is asked before the database is held."""
    book = await call.request.app[ADDRESS_BOOK]()
    async with call.writing() as act:
        return (await contacts.sync_all(act, book)).as_data()
