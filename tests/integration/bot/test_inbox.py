"""Callbacks in: stored at once, worked one by one, acted upon once, in the name of who pressed the button."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from sqlalchemy import select

from bot.callbacks import CallbackCounts, callback_routes
from bot.cards import CardChanger
from bot.inbox import InboxWorker
from bot.replies import Question, Reply
from bot.sandbox import Member as SandboxMember
from bot.sandbox import RunningSandbox, SandboxSettings, start_sandbox
from bot.sandbox.cipher import CallbackCipher
from bot.sandbox.events import to_xml
from bot.sandbox.faults import Fault, FaultKind
from bot.sender import Sender
from bot.wechat import WeChatClient
from bot.wecom import WeComClient
from inspection.actors import Role
from inspection.clock_rules import ClockRules
from inspection.errors import ConflictError
from models.database import Database
from models.people import Department, Grant, Member
from models.results import Inbox, Outbox, PhoneCall
from models.store import inbox, outbox
from services.act import Act, House
from services.people.notices import tell_member
from tests.conftest import Clock
from tests.integration.bot.conftest import Vendor, wecom_settings
from tests.integration.bot.parts import act_of, notice


@dataclass
class Door:
    """Our callback address over real HTTP, and WeCom's side of it."""

    url: str
    cipher: CallbackCipher
    clock: Clock
    counts: CallbackCounts
    wake: asyncio.Event
    http: aiohttp.ClientSession

    async def push(self, **fields: Any) -> int:
        event = {
            "ToUserName": "corp",
            "FromUserName": "ZhangSan",
            "CreateTime": str(int(self.clock().timestamp())),
            "MsgType": "event",
            "Event": "template_card_event",
            "EventKey": "accept:visit1",
            "TaskId": "task",
            "ResponseCode": "rc1",
        }
        plain = to_xml("xml", {key: value for key, value in {**event, **fields}.items() if value is not None})
        sealed = self.cipher.seal(plain, int(self.clock().timestamp()))
        return await self.post(sealed.query, f"<xml><Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt></xml>".encode())

    async def post(self, query: dict[str, str], body: bytes | io.BytesIO) -> int:
        async with self.http.post(self.url, params=query, data=body) as response:
            assert await response.read() == b""
            return response.status


@pytest_asyncio.fixture
async def door(database: Database, clock: Clock) -> AsyncIterator[Door]:
    settings, counts, wake = wecom_settings(""), CallbackCounts(), asyncio.Event()
    app = web.Application()
    app.add_routes(callback_routes(database, settings, clock, wake, counts))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    cipher = CallbackCipher(settings.token, settings.encoding_aes_key, settings.corp_id)
    async with aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/wecom/callback"
        yield Door(url, cipher, clock, counts, wake, http)
    await runner.cleanup()


@dataclass
class Acts:
    """What members did from the chat."""

    done: list[tuple[str, str]] = field(default_factory=list)
    fail: Exception | None = None

    async def accept(self, act: Act, subject: str) -> str:
        act.record("visit.accept", f"visit:{subject}")
        await act.db.flush()
        if self.fail is not None:
            raise self.fail
        self.done.append((act.actor.member_id, subject))
        return "已接受"

    async def text(self, act: Act, words: str) -> str:
        assert act.actor.has(Role.INSPECTOR)
        return f"您说：{words}"


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest_asyncio.fixture
async def worker(database: Database, wecom: WeComClient, clock: Clock, acts: Acts) -> InboxWorker:
    async with database.write() as db:
        db.add(Department(id="d", code="sc", name="市场监管局"))
        await db.flush()
        db.add(Member(id="member1", department_id="d", userid="zhangsan", name="张样例"))
        db.add(Member(id="member2", department_id="d", userid="gone", name="李样例", active=False))
        await db.flush()
        db.add(Grant(member_id="member1", role=Role.INSPECTOR.value))
    actions = {"accept": acts.accept, "text": acts.text}
    return InboxWorker(
        database=database,
        wecom=wecom,
        clock=clock,
        house=cast("House", SimpleNamespace(clock=ClockRules())),
        actions=actions,
    )


async def endings(database: Database) -> list[tuple[str, str]]:
    async with database.read() as db:
        found = await db.execute(select(Inbox.status, Inbox.outcome).order_by(Inbox.received_at, Inbox.status))
        return [(status, outcome) for status, outcome in found]


async def test_a_pressed_button_is_an_act_of_the_member(
    database: Database, door: Door, worker: InboxWorker, acts: Acts, vendor: Vendor
) -> None:
    """Issue 2, push: acknowledged empty, worked later, once, and the card says so."""
    assert await door.push() == 200
    assert (door.wake.is_set(), acts.done) == (True, [])
    assert await worker.work() == 1
    assert acts.done == [("member1", "visit1")]
    assert await endings(database) == [("done", "accept")]
    update = json.loads(vendor.bodies[0])
    assert (update["response_code"], update["userids"]) == ("rc1", ["zhangsan"])
    assert update["button"] == {"replace_name": "已接受"}
    assert await worker.work() == 0


async def test_wecoms_retries_and_replays_act_once(
    database: Database, door: Door, worker: InboxWorker, acts: Acts
) -> None:
    """Reliability 5 (18): three deliveries of one click, each encrypted anew, and a replayed ciphertext: one act."""
    assert [await door.push() for _ in range(3)] == [200, 200, 200]
    sealed = door.cipher.seal(to_xml("xml", {"CreateTime": int(door.clock().timestamp()), "MsgType": "x"}), 1772413200)
    body = f"<xml><Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt></xml>".encode()
    assert [await door.post(sealed.query, body) for _ in range(2)] == [200, 200]
    await worker.work()
    assert len(acts.done) == 1
    assert door.counts == {"stored": 2, "repeated": 3}
    door.clock.advance(minutes=6)
    assert await door.post(sealed.query, body) == 403


async def test_two_workers_act_once(
    database: Database, door: Door, worker: InboxWorker, acts: Acts, wecom: WeComClient, clock: Clock
) -> None:
    """Habit 8: of two who work the inbox, one gets a row."""
    for number in range(20):
        await door.push(TaskId=f"task{number}", EventKey=f"accept:visit{number}")
    other = InboxWorker(
        database=database,
        wecom=wecom,
        clock=clock,
        house=cast("House", SimpleNamespace(clock=ClockRules())),
        actions={"accept": acts.accept},
    )
    await asyncio.gather(worker.work(), other.work())
    assert sorted(acts.done) == sorted(("member1", f"visit{number}") for number in range(20))


@pytest.mark.parametrize(
    ("fail", "outcome"),
    [(ConflictError(what="检查", why="已作废"), "conflict"), (LookupError("x"), "LookupError")],
)
async def test_a_refused_act_leaves_nothing_and_holds_nobody_up(  # noqa: PLR0913, PLR0917 - fixtures
    fail: Exception,
    outcome: str,
    database: Database,
    door: Door,
    worker: InboxWorker,
    acts: Acts,
    vendor: Vendor,
    sender: Sender,
) -> None:
    """Issue 5: rolled back with its audit row, marked, and the next one is worked; who pressed hears why."""
    acts.fail = fail
    await door.push()
    await worker.work()
    acts.fail = None
    await door.push(TaskId="task2", EventKey="accept:visit2", ResponseCode="rc2")
    await worker.work()
    assert sorted(await endings(database)) == [("done", "accept"), ("failed", outcome)]
    assert acts.done == [("member1", "visit2")]
    await sender.drain()
    sent = [json.loads(body) for body in vendor.bodies]
    words = [one["button"]["replace_name"] for one in sent if "button" in one]
    told = [one["text"]["content"].rpartition("\n")[0] for one in sent if "text" in one]
    assert told == ([f"{fail.sentence()}{fail.action}"] if isinstance(fail, ConflictError) else [])
    assert words == (["请打开页面办理", "已接受"] if outcome == "conflict" else ["已接受"])
    async with database.read() as db:
        found = list((await db.execute(select(inbox.Inbox.status))).scalars())
    assert len(found) == 2


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"FromUserName": "Gone"}, "not-a-member"),
        ({"FromUserName": "stranger"}, "not-a-member"),
        ({"EventKey": "explode:1"}, "no-action"),
        ({"EventKey": None}, "no-action"),
        ({"Event": "enter_agent"}, "event:enter_agent"),
        ({"Event": "never_heard_of"}, "event:never_heard_of"),
    ],
)
async def test_what_is_not_for_us_is_ignored_and_counted(  # noqa: PLR0913, PLR0917 - fixtures
    fields: dict[str, Any],
    outcome: str,
    database: Database,
    door: Door,
    worker: InboxWorker,
    acts: Acts,
    vendor: Vendor,
) -> None:
    """Issue 5, callbacks: who left, strangers, unknown buttons and events change nothing, and nobody answers."""
    await door.push(**fields)
    await worker.work()
    assert await endings(database) == [("ignored", outcome)]
    assert (acts.done, vendor.bodies) == ([], [])
    async with database.read() as db:
        assert await inbox.counts_by_status(db) == {"ignored": 1}


@pytest.mark.parametrize("kind", ["link", "emotion"])
async def test_a_message_that_nobody_reads_is_answered(
    kind: str, database: Database, door: Door, worker: InboxWorker, vendor: Vendor, sender: Sender
) -> None:
    """Issue 5, conversations: a shared link or a sticker does nothing, and its sender is not left without a word."""
    await door.push(MsgType=kind, Event=None, EventKey=None, MsgId="7")
    await worker.work()
    await sender.drain()
    assert await endings(database) == [("ignored", kind)]
    (answer,) = [json.loads(body)["text"]["content"] for body in vendor.bodies]
    assert "看不懂" in answer


async def test_a_written_word_is_answered(
    database: Database, door: Door, worker: InboxWorker, vendor: Vendor, sender: Sender, clock: Clock
) -> None:
    """Issue 5, conversations: through the outbox: later if WeCom is busy, at night too, equal answers told apart."""
    for number in ("9", "10"):
        await door.push(MsgType="text", Event=None, EventKey=None, Content="任务", MsgId=number)
        await worker.work()
        assert await endings(database) == [("done", "text")] * (int(number) - 8)
        clock.advance(seconds=1)
    vendor.script.append({"errcode": 45009, "errmsg": ""})
    assert (await sender.drain()).accepted <= 1
    clock.advance(minutes=2)
    await sender.drain()
    answers = [json.loads(body) for body in set(vendor.bodies)]
    assert {one["touser"] for one in answers} == {"zhangsan"}
    assert {one["text"]["content"].split("\n")[0] for one in answers} == {"您说：任务"}
    assert len({one["text"]["content"] for one in answers}) == 2
    assert all(one["enable_duplicate_check"] == 1 for one in answers)


async def test_a_question_that_wecom_refuses_as_a_card_is_asked_in_words(
    database: Database, door: Door, worker: InboxWorker, vendor: Vendor, sender: Sender, acts: Acts
) -> None:
    """Wecom.md 2.8: 40008 for a card's form: whoever is to choose is not left in silence; a number answers it."""
    worker._actions = {**worker._actions, "text": asks_which}
    await door.push(MsgType="text", Event=None, EventKey=None, Content="签到", MsgId="9")
    await worker.work()
    vendor.script.append({"errcode": 40008, "errmsg": ""})
    await sender.drain()
    card, words = [json.loads(body) for body in vendor.bodies]
    assert (card["msgtype"], words["msgtype"]) == ("template_card", "text")
    assert "\n1　演示企业甲\n2　演示企业乙" in words["text"]["content"]
    await door.push(MsgType="text", Event=None, EventKey=None, Content="2", MsgId="10")
    await worker.work()
    assert acts.done == [("member1", "visit2")]


async def asks_which(_act: Act, _words: str) -> Reply:
    options = [("visit1", "演示企业甲"), ("visit2", "演示企业乙")]
    return Reply(question=Question(title="哪一户？", text="", action="accept", options=options))


async def test_an_answer_that_nobody_gets_is_nobodys_phone_call(
    database: Database, door: Door, worker: InboxWorker, vendor: Vendor, sender: Sender
) -> None:
    """Issue 5: who asked asks again; the console's messages are those that people are told of."""
    await door.push(MsgType="text", Event=None, EventKey=None, Content="任务", MsgId="9")
    await worker.work()
    vendor.script.append({"errcode": 40008, "errmsg": ""})
    await sender.drain()
    async with database.read() as db:
        assert list(await db.scalars(select(PhoneCall.id))) == []
        assert await outbox.counts_by_status(db) == {}
        assert list(await db.scalars(select(Outbox.status))) == ["dead"]


async def test_nothing_personal_is_readable_in_the_inbox(database: Database, door: Door) -> None:
    """M1: payloads are encrypted, keys are digests."""
    await door.push()
    async with database.read() as db:
        (row,) = (await db.execute(select(Inbox.__table__.c.event_key, Inbox.__table__.c.kind))).all()
    assert "zhangsan" not in str(row).lower()


async def test_forged_and_malformed_pushes_are_turned_away(database: Database, door: Door) -> None:
    """Reliability 4.2.1: refused without detail, counted by reason, nothing stored."""
    sealed = door.cipher.seal("<xml/>", 1772413200)
    body = f"<xml><Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt></xml>".encode()
    assert await door.post({**sealed.query, "msg_signature": "0" * 40}, body) == 403
    assert await door.post(sealed.query, body) == 400
    assert await door.post({}, b"") == 400
    assert await door.post({}, b"<!DOCTYPE a>") == 400
    assert await door.post({}, b"x" * 70_000) == 400
    assert await door.post({}, io.BytesIO(b"x" * 1_500_000)) == 400
    assert door.counts == {"signature": 1, "malformed": 2, "dtd": 1, "too-large": 2}
    assert await endings(database) == []


async def test_the_address_is_verified(door: Door) -> None:
    """Wecom.md 2.3: the echo in plain; HEAD and forged requests get nothing."""
    sealed = door.cipher.seal("12345", 1772413200)
    query = {**sealed.query, "echostr": sealed.encrypt}
    async with door.http.get(door.url, params=query) as response:
        assert (response.status, await response.read()) == (200, b"12345")
    async with door.http.get(door.url, params={**query, "nonce": "x"}) as response:
        assert (response.status, await response.read()) == (403, b"")


async def test_run_works_until_it_is_stopped(database: Database, door: Door, worker: InboxWorker, acts: Acts) -> None:
    """Issue 5: woken by the push, not by luck."""
    stop, committed = asyncio.Event(), asyncio.Event()
    database.on_commit.append(committed.set)
    running = asyncio.create_task(worker.run(stop, door.wake))
    await door.push()
    async with asyncio.timeout(5):
        while not acts.done:
            committed.clear()
            await committed.wait()
    stop.set()
    door.wake.set()
    await running
    assert acts.done == [("member1", "visit1")]


@pytest_asyncio.fixture
async def sandbox(door: Door, clock: Clock) -> AsyncIterator[RunningSandbox]:
    ours = wecom_settings("")
    settings = SandboxSettings(
        corp_id=ours.corp_id,
        secret=ours.secret,
        agent_id=ours.agent_id,
        token=ours.token,
        encoding_aes_key=ours.encoding_aes_key,
        callback_url=door.url,
        trusted_origin="http://127.0.0.1:8080",
        mini_appid="wxsandbox0000000001",
        mini_secret="made-up-mini-secret",
    )
    running = await start_sandbox(settings, "127.0.0.1", 0, clock)
    running.state.contacts.add(SandboxMember(userid="ZhangSan", name="张样例"), quiet=True)
    yield running
    await running.close()


@pytest_asyncio.fixture
async def sandbox_client(sandbox: RunningSandbox) -> AsyncIterator[WeComClient]:
    client = WeComClient(wecom_settings(sandbox.base_url))
    yield client
    await client.close()


async def test_a_card_goes_out_is_pressed_and_says_so(  # noqa: PLR0913, PLR0917 - fixtures
    database: Database,
    door: Door,
    worker: InboxWorker,
    acts: Acts,
    sandbox: RunningSandbox,
    sandbox_client: WeComClient,
    wechat: WeChatClient,
    clock: Clock,
) -> None:
    """Issue 2, push and sandbox: one round through real HTTP, with an answer lost on the way: one card, one act."""
    origin = "http://127.0.0.1:8080"
    sender = Sender(database=database, wecom=sandbox_client, wechat=wechat, clock=clock, origin=origin)
    worker._wecom = sandbox_client
    sandbox.state.faults.add(Fault(kind=FaultKind.LOST_ANSWER, times=1))
    async with database.write() as db:
        act = act_of(db, clock.now)
        await tell_member(act, "ZhangSan", notice(), department_id="d", subject="visit:1", dedupe_key="k")
    assert (await sender.drain()).later == 1
    clock.advance(minutes=1)
    assert (await sender.drain()).accepted == 1
    bubbles = sandbox.state.chats.inbox("ZhangSan").bubbles
    ((msgid, bubble),) = bubbles.items()
    sandbox.state.click("ZhangSan", msgid, "accept:1", {})
    await sandbox.settled()
    assert await worker.work() == 1
    assert acts.done == [("member1", "1")]
    assert (bubble.live_keys(), bubble.shown()["button_text"]) == ((), "已接受")


class DiedError(BaseException):
    """The process is gone: nothing after this line happens."""


async def test_a_process_that_dies_between_the_act_and_its_answer(  # noqa: PLR0913, PLR0917 - fixtures
    database: Database,
    door: Door,
    worker: InboxWorker,
    acts: Acts,
    sandbox: RunningSandbox,
    sandbox_client: WeComClient,
    wechat: WeChatClient,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ADR 0016: the act is done once; its card is changed and its answer said by whoever is started next."""
    origin = "http://127.0.0.1:8080"
    sender = Sender(database=database, wecom=sandbox_client, wechat=wechat, clock=clock, origin=origin)
    worker._wecom = sandbox_client
    async with database.write() as db:
        act = act_of(db, clock.now)
        await tell_member(act, "ZhangSan", notice(), department_id="d", subject="visit:1", dedupe_key="k")
    await sender.drain()
    ((msgid, bubble),) = sandbox.state.chats.inbox("ZhangSan").bubbles.items()

    async def die(*_: object) -> None:
        raise DiedError

    monkeypatch.setattr(worker, "_press", die)
    worker._actions = {**worker._actions, "accept": _accept_and_say(acts)}
    sandbox.state.click("ZhangSan", msgid, "accept:1", {})
    await sandbox.settled()
    with pytest.raises(DiedError):
        await worker.work()
    assert (len(acts.done), bubble.replaced_by) == (1, "")
    await CardChanger(database=database, wecom=sandbox_client, clock=clock).work()
    await sender.drain()
    assert (len(acts.done), bubble.replaced_by) == (1, "已接受")
    last = list(sandbox.state.chats.inbox("ZhangSan").bubbles.values())[-1]
    assert last.message.content["content"].startswith("周二上午到场。")


def _accept_and_say(acts: Acts) -> Any:
    async def accept(act: Act, subject: str) -> Reply:
        return Reply(word=await acts.accept(act, subject), text="周二上午到场。")

    return accept
