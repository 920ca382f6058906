"""The sandbox forgets at every stop; the office does not. At the start the phones are filled from the office's rows.

members -> address book ; outbox (bytes as they were sent) -> chats ; owners and their bindings -> mini-program users
"""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.house import Parts
from bot.sandbox import Department as SandboxDepartment
from bot.sandbox import Member as SandboxMember
from bot.sandbox import RunningSandbox, Sandbox
from bot.sandbox.inbox import Message
from models.people import Department, Member, Owner, OwnerBinding
from models.registers import Target
from models.results import Outbox
from models.tasks import VisitMember

FIRST_DEPARTMENT = 2  # in the sandbox; 1 is the corp itself
MOST_MESSAGES = 2_000
ACCEPTED = "已接受"


async def recall(parts: Parts, sandbox: RunningSandbox) -> None:
    """Fill a sandbox that has just started: contacts, chats and owners as the office knows them."""
    async with parts.database.read() as db:
        await _contacts(db, sandbox.state)
        await _owners(db, sandbox.state, parts.settings.wechat.template_visit)
        await _chats(db, sandbox.state)


async def _contacts(db: AsyncSession, state: Sandbox) -> None:
    numbers: dict[str, int] = {}
    for row in await db.scalars(select(Department).order_by(Department.id)):
        numbers[row.id] = FIRST_DEPARTMENT + len(numbers)
        state.contacts.add_department(SandboxDepartment(id=numbers[row.id], name=row.name), quiet=True)
    for member in await db.scalars(select(Member).where(Member.active).order_by(Member.id)):
        place = (numbers[member.department_id],)
        known = SandboxMember(userid=member.userid, name=member.name, department=place, position=member.post)
        state.contacts.add(known, quiet=True)


async def _owners(db: AsyncSession, state: Sandbox, template: str) -> None:
    """Bring the owners back under their old openids and subscribed, else what is sent to them would reach nobody."""
    rows = await db.execute(
        select(Owner.openid, Target.name)
        .join(OwnerBinding, OwnerBinding.owner_id == Owner.id)
        .join(Target, Target.id == OwnerBinding.target_id)
        .order_by(OwnerBinding.bound_at)
    )
    for openid, name in dict(rows.all()).items():
        state.owners.add(f"{name[:12]}负责人", openid=openid)
        state.owners.subscribe(openid, template, forever=True)


async def _chats(db: AsyncSession, state: Sandbox) -> None:
    """Put the newest messages back into the chats, oldest first; a button that was pressed stays pressed."""
    sent = (Outbox.channel == "wecom", Outbox.status == "accepted", Outbox.msgid.is_not(None))
    newest = await db.scalars(select(Outbox).where(*sent).order_by(Outbox.id.desc()).limit(MOST_MESSAGES))
    accepted = await db.execute(
        select(Member.userid, VisitMember.visit_id)
        .join(VisitMember, VisitMember.member_id == Member.id)
        .where(VisitMember.accepted_at.is_not(None))
    )
    done = {(userid, f"visit:{visit_id}") for userid, visit_id in accepted}
    rows = newest.all()
    # What said the same to several people went out as one request: one row keeps its bytes, all its msgid.
    bodies = {row.msgid: row.body for row in rows if row.body is not None}
    for row in reversed(rows):
        if row.msgid not in bodies:
            continue
        body = json.loads(bodies[row.msgid])
        kind = body["msgtype"]
        message = Message(
            id=f"kept-{row.id}", sent_at=row.first_sent_at or row.created_at, msgtype=kind, content=body[kind]
        )
        inbox = state.chats.inbox(row.recipient)
        inbox.put(message)
        if (row.recipient, row.subject) in done and inbox.bubbles[message.id].live_keys():
            inbox.bubbles[message.id].replaced_by = ACCEPTED
