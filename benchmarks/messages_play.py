"""The processes of `suicha bench messages`: the sandbox, further senders, WeCom's pushes. Each speaks in lines.

python -m benchmarks.messages_play sandbox          -> its address ; ends with its parent
python -m benchmarks.messages_play sender URL BASE N -> "ready" ; "go" -> drains -> "done"
python -m benchmarks.messages_play pushes URL COUNT PAUSE_MS -> latencies in ms, as JSON
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

import aiohttp

from bot.sandbox import Fault, FaultKind, Member, SandboxSettings, start_sandbox
from bot.sandbox.cipher import CallbackCipher
from bot.sandbox.events import to_xml
from bot.sender import Sender
from bot.tokens import shelf_name
from bot.wechat import WeChatClient, WeChatSettings
from bot.wecom import WeComClient, WeComSettings
from models.base import KEYS
from models.database import Database
from models.store.tallies import Limits
from models.store.tokens import TokenShelf

CORP, SECRET, AGENT, TOKEN = "wwsandbox0000000001", "made-up-secret", 1000002, "madeuptoken"
AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
PEOPLE = 10_000
ANSWER_S = 0.02  # what WeCom takes to answer
ORIGIN = "http://127.0.0.1:8080"
NO_LIMITS = Limits(calls_a_minute=10**9, calls_an_hour=10**9, persons_a_day=10**9)  # speed is measured, not patience


def userid(number: int) -> str:
    """The made-up member with this number."""
    return f"member{number:05d}"


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def wecom_settings(base: str) -> WeComSettings:
    """The made-up app at the sandbox."""
    return WeComSettings(
        api_base=base, corp_id=CORP, secret=SECRET, agent_id=AGENT, token=TOKEN, encoding_aes_key=AES_KEY
    )


def sender_of(database: Database, base: str, concurrency: int) -> tuple[Sender, WeComClient, WeChatClient]:
    """A sender as `app.house` makes it, and the clients to be closed."""
    wecom = WeComClient(wecom_settings(base))
    wechat = WeChatClient(WeChatSettings(api_base=base, appid="wx1", secret=SECRET, template_visit="T1"))
    wecom.line.share(TokenShelf(database, shelf_name("wecom", CORP, SECRET)), now)
    sender = Sender(
        database=database,
        wecom=wecom,
        wechat=wechat,
        clock=now,
        origin=ORIGIN,
        concurrency=concurrency,
        limits=NO_LIMITS,
    )
    return sender, wecom, wechat


async def sandbox() -> None:
    """Stand in for WeCom, answering each message after 20 ms, until the parent closes our input."""
    settings = SandboxSettings(
        corp_id=CORP,
        secret=SECRET,
        agent_id=AGENT,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        callback_url="",
        trusted_origin="",
        mini_appid="wx1",
        mini_secret=SECRET,
    )
    running = await start_sandbox(settings, "127.0.0.1", 0, now)
    for number in range(PEOPLE):
        running.state.contacts.add(Member(userid=userid(number), name="演示"), quiet=True)
    running.state.faults.add(Fault(kind=FaultKind.SLOW, seconds=ANSWER_S, path="/cgi-bin/message/send"))
    print(running.base_url, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await running.close()


async def sender(url: str, base: str, concurrency: int) -> None:
    """Drain as one of several processes, once told to."""
    database = Database(url)
    found, wecom, wechat = sender_of(database, base, concurrency)
    async with database.read():
        print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await found.drain()
    print("done", flush=True)
    await wecom.close()
    await wechat.close()
    await database.close()


async def pushes(url: str, count: int, pause_s: float) -> None:
    """Push `count` clicks, one after another, each sealed anew; print how long each acknowledgement took."""
    cipher = CallbackCipher(TOKEN, AES_KEY, CORP)
    took = []
    async with aiohttp.ClientSession() as http:
        for number in range(count):
            query, body = sealed_click(cipher, number)
            began = time.perf_counter()
            async with http.post(url, params=query, data=body) as answer:
                await answer.read()
                if answer.status != 200:  # noqa: PLR2004
                    raise RuntimeError(f"a push was refused: {answer.status}")
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(pause_s)
    print(json.dumps(took), flush=True)


def sealed_click(cipher: CallbackCipher, number: int) -> tuple[dict[str, str], bytes]:
    """One member's click on one card, as WeCom sends it."""
    stamp = int(now().timestamp())
    event = {
        "ToUserName": CORP,
        "FromUserName": userid(number % PEOPLE),
        "CreateTime": stamp,
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": f"accept:{number:032x}",
        "TaskId": f"{number:032x}",
        "CardType": "button_interaction",
        "ResponseCode": "r" * 64,
        "AgentID": AGENT,
    }
    found = cipher.seal(to_xml("xml", event), stamp)
    envelope = {"ToUserName": CORP, "Encrypt": found.encrypt, "AgentID": str(AGENT)}
    return found.query, to_xml("xml", envelope).encode()


if __name__ == "__main__":
    KEYS.load({"1": bytes(32)}, "1")
    what, *words = sys.argv[1:]
    if what == "sandbox":
        asyncio.run(sandbox())
    elif what == "sender":
        asyncio.run(sender(words[0], words[1], int(words[2])))
    else:
        asyncio.run(pushes(words[0], int(words[1]), float(words[2]) / 1000))
