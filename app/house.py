"""Wiring: settings become the parts of one running house. The one place where all of them meet.

Settings -> Database, House, WeCom, WeChat -> Sender, InboxWorker, ticks -> web.Application
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from cryptography.x509 import load_pem_x509_certificates
from sqlalchemy.ext.asyncio import AsyncSession

from app.ground import build_house, load_keys, open_database, open_eraser
from app.settings import Settings
from bot import chat, messages
from bot.beacons import BeaconReader
from bot.cards import CardChanger
from bot.collector import Collector
from bot.errands import Errand, Errands
from bot.inbox import Action, InboxWorker
from bot.parcels import Quiet
from bot.province import ProvinceClient, ProvinceCourier, ProvinceSettings
from bot.sender import Sender
from bot.sms import SmsClient, SmsSettings
from bot.team_chats import TeamChatMaker
from bot.timestamps import AuthoritySettings, Timestamper
from bot.tokens import shelf_name
from bot.wechat import WeChatClient, WeChatSettings
from bot.wecom import WeComClient, WeComSettings
from inspection.actors import SYSTEM
from inspection.errors import SuichaError, UnavailableError
from models.database import Database
from models.store.tallies import Limits
from models.store.tokens import TokenShelf
from services.act import Act, House
from services.clock import nudges, pauses, rounds
from services.clock.leader import Leader
from services.clock.quiet import only_urgent
from services.drawing import recusal_requests, replacements, target_swaps, voids
from services.field import uploads, visits
from services.registers import contacts
from services.registers.contacts import AddressBook
from services.results import approvals
from services.results.destroyer import Destroyer
from services.results.task_archives import Maker

PERSONS_AN_ACCOUNT = 200  # receivers a day that WeCom grants an app for each account of the corp (90312)
Clock = Callable[[], datetime]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """A house put together but not yet open."""

    settings: Settings
    database: Database
    house: House
    clock: Clock
    wecom: WeComClient
    wechat: WeChatClient
    sender: Sender
    sms: SmsClient | None
    province: ProvinceClient | None
    timestamper: Timestamper | None
    beacon: BeaconReader | None
    inbox: InboxWorker
    errands: Errands
    leader: Leader
    wake_sender: asyncio.Event
    wake_inbox: asyncio.Event
    wake_errands: asyncio.Event

    async def remind(self) -> int:
        """Do what the clock has to do now, if this process leads; gives how many reminders are new."""
        term = await self.leader.term()
        return 0 if term is None else await rounds.play(self.system_act, term)

    @asynccontextmanager
    async def system_act(self) -> AsyncIterator[Act]:
        """Open an act of the system itself, in a transaction of its own."""
        async with self.database.write() as db:
            yield Act(db=db, actor=SYSTEM, now=self.clock(), house=self.house)

    async def address_book(self) -> AddressBook:
        """Ask WeCom for everybody and every department that the app sees; raises UnavailableError."""
        return AddressBook(people=await self.wecom.contacts(), departments=await self.wecom.departments())

    async def sync_contacts(self) -> None:
        """Hold our members against the address book; what speaks against it is logged, and the next run tries again."""
        try:
            book = await self.address_book()
            async with self.database.write() as db:
                act = Act(db=db, actor=SYSTEM, now=self.clock(), house=self.house)
                await contacts.sync_all(act, book)
        except SuichaError as error:
            log.warning("contacts not synchronised", code=error.code)

    async def sweep_uploads(self) -> None:
        """Give up files that phones began to send and never finished."""
        async with self.system_act() as act:
            await uploads.sweep(act)

    async def make_archives(self) -> int:
        """Make the archives of tasks that were asked for, one at a time."""
        return await Maker(self.database, self.house, self.clock).make_next()

    async def destroy_files(self) -> int:
        """Remove the files of what two people decided to destroy."""
        return await Destroyer(self.database, open_eraser(self.settings), self.clock).work()

    async def close(self) -> None:
        """Close everything in the opposite order."""
        await self.wecom.close()
        await self.wechat.close()
        if self.sms is not None:
            await self.sms.close()
        if self.province is not None:
            await self.province.close()
        if self.timestamper is not None:
            await self.timestamper.close()
        if self.beacon is not None:
            await self.beacon.close()
        await self.house.photo_lab.close()
        await self.leader.close()
        await self.database.close()


def build(settings: Settings, clock: Clock) -> Parts:
    """Put the house together; nothing is opened or sent yet."""
    load_keys(settings)
    database, house = open_database(settings), build_house(settings)
    wecom, wechat = _clients(settings)
    for client, app, secret in (
        (wecom, f"{settings.wecom.corp_id}-{settings.wecom.agent_id}", settings.wecom.secret),
        (wechat, settings.wechat.appid, settings.wechat.secret),
    ):
        client.line.share(TokenShelf(database, shelf_name(client.line.name, app, secret)), clock)
    wake_sender, wake_inbox, wake_errands = asyncio.Event(), asyncio.Event(), asyncio.Event()
    database.on_commit.append(wake_sender.set)
    sms = _sms(settings)
    timestamper = _timestamper(settings, database, house, clock)
    wait = settings.beacon.timeout_s
    beacon = BeaconReader(database=database, house=house, timeout_s=wait, clock=clock) if house.beacon else None
    province = _province(settings)
    courier = ProvinceCourier(database=database, client=province, clock=clock) if province else None
    errands: list[Errand] = [
        CardChanger(database=database, wecom=wecom, clock=clock).work,
        Collector(database=database, wecom=wecom, clock=clock, house=house).work,
        TeamChatMaker(database=database, wecom=wecom, clock=clock, origin=house.origin).work,
        *(one.work for one in (timestamper, beacon, courier) if one),
    ]
    return Parts(
        settings=settings,
        database=database,
        house=house,
        clock=clock,
        wecom=wecom,
        wechat=wechat,
        sender=_sender(settings, database, house, clock, (wecom, wechat, sms)),
        sms=sms,
        province=province,
        timestamper=timestamper,
        beacon=beacon,
        inbox=_inbox(database, wecom, clock, house, wake_errands),
        errands=Errands(errands),
        leader=Leader(database),
        wake_sender=wake_sender,
        wake_inbox=wake_inbox,
        wake_errands=wake_errands,
    )


def _sender(
    settings: Settings,
    database: Database,
    house: House,
    clock: Clock,
    channels: tuple[WeComClient, WeChatClient, SmsClient | None],
) -> Sender:
    """The outbox's one reader, over WeCom, WeChat and SMS."""
    wecom, wechat, sms = channels
    return Sender(
        database=database,
        wecom=wecom,
        wechat=wechat,
        clock=clock,
        origin=house.origin,
        sms=sms,
        limits=Limits(persons_a_day=settings.wecom.accounts * PERSONS_AN_ACCOUNT),
        quiet=None if settings.demo.enabled else quiet_hours(house),  # a demonstration is given at any hour
    )


def _inbox(database: Database, wecom: WeComClient, clock: Clock, house: House, done: asyncio.Event) -> InboxWorker:
    """Who works what WeCom has pushed: each button and message with what it does."""
    actions: dict[str, Action] = {
        "accept": accept_from_card,
        "snooze": pauses.snooze_from_card,
        "nudge": nudges.nudge_from_card,
        "replace": replace_from_card,
        "recuse": recuse_from_card,
        "approve-replacement": approve_from_card,
        "approve-recusal": recuse_by_request,
        "approve-swap": swap_from_card,
        "approve-void": void_from_card,
        "approve-part": approvals.approve_from_card,
        "accept-some": chat.accept_some,
        "replace-why": chat.replace_why,
        "leave": chat.leave,
        "keep": messages.keep,
        "arrive": messages.arrive,
        "text": chat.answer,
    }
    return InboxWorker(
        database=database,
        wecom=wecom,
        clock=clock,
        house=house,
        actions=actions,
        events={"event:change_contact": contacts.on_change},
        messages=messages.MESSAGES,
        done=done,
    )


def _sms(settings: Settings) -> SmsClient | None:
    sms = settings.sms
    if not sms.url:
        return None
    return SmsClient(SmsSettings(url=sms.url, secret=sms.secret, sign=sms.sign, timeout_s=sms.timeout_s))


def _province(settings: Settings) -> ProvinceClient | None:
    said = settings.province
    if not said.url:
        return None
    return ProvinceClient(ProvinceSettings(url=said.url, secret=said.secret, timeout_s=said.timeout_s))


def _timestamper(settings: Settings, database: Database, house: House, clock: Clock) -> Timestamper | None:
    said = settings.timestamp
    if not said.url:
        return None
    roots = load_pem_x509_certificates(Path(said.roots).read_bytes()) if said.roots else []
    authority = AuthoritySettings(url=said.url, roots=roots, timeout_s=said.timeout_s)
    return Timestamper(database=database, blobs=house.blobs, settings=authority, clock=clock)


def quiet_hours(house: House) -> Quiet:
    """When only urgent messages go out, asked at most once a minute."""
    known: dict[datetime, bool] = {}

    async def quiet(db: AsyncSession, now: datetime) -> bool:
        minute = now.replace(second=0, microsecond=0)
        if minute not in known:
            known.clear()
            known[minute] = await only_urgent(Act(db=db, actor=SYSTEM, now=now, house=house))
        return known[minute]

    return quiet


def _clients(settings: Settings) -> tuple[WeComClient, WeChatClient]:
    wecom, wechat = settings.wecom, settings.wechat
    return (
        WeComClient(
            WeComSettings(
                api_base=wecom.api_base,
                corp_id=wecom.corp_id,
                secret=wecom.secret,
                agent_id=wecom.agent_id,
                token=wecom.token,
                encoding_aes_key=wecom.encoding_aes_key,
                timeout_s=wecom.timeout_s,
            )
        ),
        WeChatClient(
            WeChatSettings(
                api_base=wechat.api_base,
                appid=wechat.appid,
                secret=wechat.secret,
                template_visit=wechat.template_visit,
                timeout_s=wecom.timeout_s,
            )
        ),
    )


async def accept_from_card(act: Act, visit_id: str) -> str:
    """The card's button: accept the visit as the member who pressed it; the words replace the button's."""
    await visits.accept(act, visit_id)
    return "已接受"


async def replace_from_card(act: Act, visit_id: str) -> str:
    """The card's button: ask to be replaced; the reason is told to the approver in person (E2)."""
    await replacements.ask(act, visit_id, "in-person", replacements.ON_CARD)
    return "已申请更换"


async def recuse_from_card(act: Act, visit_id: str) -> str:
    """The card's button: recuse oneself from this visit (E5)."""
    await replacements.ask(act, visit_id, "recusal", replacements.ON_CARD)
    return "已声明回避"


async def approve_from_card(act: Act, replacement_id: str) -> str:
    """The approver's button: the next in order comes (E3)."""
    await replacements.approve(act, replacement_id)
    return "已批准更换"


async def swap_from_card(act: Act, swap_id: str) -> str:
    """The second coordinator's button: the next reserve takes the target's place (D4)."""
    await target_swaps.approve(act, swap_id)
    return "已同意更换"


async def void_from_card(act: Act, void_id: str) -> str:
    """The second coordinator's button: the draw is void, and stays published as such (D4, D10)."""
    await voids.approve(act, void_id)
    return "已同意作废"


async def recuse_by_request(act: Act, request_id: str) -> str:
    """The approver's button: the enterprise's request is granted, the next in order comes (E5)."""
    await recusal_requests.approve(act, request_id)
    return "已同意回避"


def openid_of(parts: Parts) -> Callable[[str], Awaitable[str]]:
    """How an owner's code becomes an openid, or a plain word where there is no mini-program."""
    if parts.settings.wechat.appid:
        return parts.wechat.openid_for_code

    async def refuse(_code: str) -> str:
        raise UnavailableError(what="微信小程序")

    return refuse


def phone_of(parts: Parts) -> Callable[[str], Awaitable[str]]:
    """How the code of WeChat's phone number button becomes a number, or a plain word without a mini-program."""
    if parts.settings.wechat.appid:
        return parts.wechat.phone_for_code

    async def refuse(_code: str) -> str:
        raise UnavailableError(what="微信小程序")

    return refuse
