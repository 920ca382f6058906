"""A notice that nobody has bound goes by SMS where a number is known, before anybody phones (issue 5, outbox)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import delete, select

from bot.sender import Sender
from bot.sms import SmsClient, SmsSettings
from inspection.actors import SYSTEM
from models.registers import Contact
from models.results import Outbox, PhoneCall
from services.people.fallbacks import hand_on_held
from tests.api.chat_play import Chat
from tests.api.conftest import Building


async def test_a_held_notice_goes_by_sms_once_and_stays_held(house: Building) -> None:
    """F1, issue 5: a known number gets one SMS, an unknown one a call; whoever binds later has it all the same."""
    chat = Chat(house)
    (visit, *_) = await chat.drawn(ratio="0.1")
    office, state = house.office, house.sandbox.state
    held = await office.count(Outbox, Outbox.status == "held")
    async with office.act(SYSTEM) as act:
        await act.db.execute(delete(Contact))
        act.db.add(Contact(target_id=visit.target_id, phone="13900000000"))
    office.clock.advance(hours=25)
    for handed_on in (held, 0):  # the second round finds nobody anew
        async with office.act(SYSTEM) as act:
            assert await hand_on_held(replace(act, house=replace(act.house, has_sms=True))) == handed_on
    (row,) = await office.all(select(Outbox).where(Outbox.channel == "sms"))
    assert (row.recipient, row.subject) == (f"t:{visit.target_id}", f"visit:{visit.id}")
    assert await office.count(PhoneCall) == held - 1
    parts = house.parts
    client = SmsClient(
        SmsSettings(url=f"{house.sandbox.base_url}/sms", secret=state.sms.secret, sign="演示联席办", timeout_s=9.0)
    )
    sender = Sender(
        database=parts.database,
        wecom=parts.wecom,
        wechat=parts.wechat,
        clock=office.clock,
        origin=house.url,
        sms=client,
    )
    await sender.drain()
    await client.close()
    (sent,) = state.sms.sent.values()
    assert row.document_no in str(sent)
    (after,) = await office.all(select(Outbox).where(Outbox.channel == "sms"))
    assert after.status == "accepted"
    assert await office.count(Outbox, Outbox.status == "held") == held
