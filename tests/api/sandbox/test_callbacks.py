"""The sandbox's encrypted pushes, opened with the SDK's own crypto (WeCom 90930, 90239, 90240)."""

from __future__ import annotations

import asyncio
import dataclasses

import aiohttp
import pytest
import xmltodict
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.sandbox import start_sandbox
from bot.sandbox.cipher import CallbackCipher
from bot.sandbox.events import to_xml

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
JPEG = b"\xff\xd8\xff\xe0 not a real photo"


@given(plain=st.text(max_size=200), timestamp=st.integers(10**9, 10**10 - 1))
def test_whatever_is_sealed_the_sdk_opens(plain: str, timestamp: int) -> None:
    """Law: our cipher and the SDK's are the two ends of one wire."""
    sealed = CallbackCipher("madeuptoken", KEY, "wwcorp").seal(plain, timestamp)
    sdk = WeChatCrypto("madeuptoken", KEY, "wwcorp")
    query = sealed.query
    opened = sdk.decrypt_message(
        {"Encrypt": sealed.encrypt}, query["msg_signature"], query["timestamp"], query["nonce"]
    )
    assert opened == plain


def test_text_cannot_break_out_of_its_node() -> None:
    """Issue 2, sandbox: ]]> in what a member writes stays text."""
    hostile = "x]]></Content><Event>subscribe</Event><Content><![CDATA["
    assert xmltodict.parse(to_xml("xml", {"Content": hostile})) == {"xml": {"Content": hostile}}


async def last(sandbox, receiver) -> dict:
    await sandbox.settled()
    return receiver.heard[-1]


async def test_text_message(client, sandbox, receiver, clock) -> None:
    """Issue 2, sandbox: what a member writes is pushed with MsgId and the clock's time, and stands in his chat."""
    await client.api("POST", "/members/ZHANGSAN/say", {"text": "今天 ]]> <任务>"})
    heard = await last(sandbox, receiver)
    assert (heard["MsgType"], heard["Content"], heard["FromUserName"]) == ("text", "今天 ]]> <任务>", "zhangsan")
    assert heard["CreateTime"] == str(int(clock().timestamp()))
    assert heard["ToUserName"] == "wwsandbox0000000001"
    (said,) = await client.chat()
    assert (said["sender"], said["content"]["content"]) == ("zhangsan", "今天 ]]> <任务>")


async def test_photo_place_menu_and_entry(client, sandbox, receiver) -> None:
    """Issue 2, sandbox: image with MediaId, location, enter_agent and menu click are pushed."""
    url = f"{sandbox.base_url}/sandbox/api/members/zhangsan/media"
    async with client.http.post(url, params={"type": "image"}, data=JPEG) as response:
        media_id = (await response.json())["media_id"]
    image = await last(sandbox, receiver)
    assert (image["MsgType"], image["MediaId"]) == ("image", media_id)
    async with client.http.get(image["PicUrl"]) as response:
        assert await response.read() == JPEG
    await client.api("POST", "/members/zhangsan/location", {"latitude": 36.65, "longitude": 117.12, "label": "某路"})
    place = await last(sandbox, receiver)
    assert (place["MsgType"], place["Location_X"], place["Label"]) == ("location", "36.65", "某路")
    await client.api("POST", "/members/zhangsan/enter")
    assert (await last(sandbox, receiver))["Event"] == "enter_agent"
    await client.api("POST", "/members/zhangsan/menu", {"key": "today"})
    menu = await last(sandbox, receiver)
    assert (menu["Event"], menu["EventKey"]) == ("click", "today")


async def test_two_messages_in_a_second_have_two_ids(client, sandbox, receiver) -> None:
    """Issue 2, sandbox: MsgId tells equal texts of one second apart."""
    for _ in range(2):
        await client.api("POST", "/members/zhangsan/say", {"text": "到"})
    await sandbox.settled()
    assert len({heard["MsgId"] for heard in receiver.heard}) == 2


async def test_contact_changes_are_pushed(client, sandbox, receiver) -> None:
    """Issue 2, sandbox: create, update and delete of members and departments come as change_contact."""
    await client.api("POST", "/departments", {"id": 9, "name": "消防科"})
    await client.api("POST", "/members", {"userid": "xin", "name": "新样例", "department": [9]})
    await sandbox.settled()
    await client.api("POST", "/members/xin", {"position": "科长"})
    await sandbox.settled()
    await client.api("DELETE", "/members/xin")
    await sandbox.settled()
    await client.api("DELETE", "/departments/9")
    await sandbox.settled()
    changes = [(heard["Event"], heard.get("ChangeType")) for heard in receiver.heard]
    assert set(changes[:3]) == {
        ("change_contact", "create_party"),
        ("change_contact", "create_user"),
        ("subscribe", None),
    }
    assert [change for _, change in changes[3:]] == ["update_user", "delete_user", "delete_party"]
    assert receiver.heard[3]["Department"] == "9"
    assert "Name" not in receiver.heard[4]


async def test_verify(client, receiver) -> None:
    """Issue 2, sandbox: the GET check wants the plain echo back."""
    assert (await client.api("POST", "/verify-callback"))[1] == {"ok": True, "why": ""}


async def test_verify_fails_on_a_wrong_echo_or_no_server(client, sandbox) -> None:
    """Issue 2, sandbox: another door, or nobody there, is not verified."""
    sandbox.state.connect(callback_url=f"{sandbox.base_url}/", trusted_origin="http://app.example")
    assert not (await client.api("POST", "/verify-callback"))[1]["ok"]
    sandbox.state.connect(callback_url="http://127.0.0.1:1/", trusted_origin="http://app.example")
    assert (await client.api("POST", "/verify-callback"))[1]["why"] == "ClientConnectorError"


@pytest.mark.parametrize(("answers", "heard", "outcome"), [([500], 2, "delivered"), ([500] * 5, 3, "failed")])
async def test_retries_stop_at_three(client, sandbox, receiver, answers, heard, outcome) -> None:
    """Issue 2, sandbox: a refused push comes again, three times in all, sealed anew but the same inside."""
    receiver.answers = list(answers)
    await client.api("POST", "/members/zhangsan/say", {"text": "到"})
    await sandbox.settled()
    assert len(receiver.heard) == heard
    assert len({message["MsgId"] for message in receiver.heard}) == 1
    assert len(set(receiver.sealed)) == heard
    _, log = await client.api("GET", "/deliveries")
    (delivery,) = log["deliveries"]
    assert delivery["outcome"] == outcome
    assert delivery["tries"][0]["result"] == "500"


async def test_a_receiver_that_hangs_is_given_up(client, sandbox) -> None:
    """Issue 2, sandbox: no answer in time counts as a failed try."""
    done = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await done.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hang)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    sandbox.state.connect(callback_url=url, trusted_origin="http://app.example")
    await client.api("POST", "/members/zhangsan/enter")
    await sandbox.settled()
    delivery = sandbox.courier.deliveries[-1].shown()
    assert [attempt["result"] for attempt in delivery["tries"]] == ["TimeoutError"] * 3
    done.set()
    await runner.cleanup()


async def test_closing_leaves_no_task_behind(sandbox, clock) -> None:
    """Issue 2, sandbox: a server closed with pushes on their way leaves nothing running."""
    before = asyncio.all_tasks()
    nowhere = dataclasses.replace(sandbox.state.settings, callback_url="http://127.0.0.1:1/")
    other = await start_sandbox(nowhere, "127.0.0.1", 0, clock)
    other.state.contacts.add(sandbox.state.member("zhangsan"))
    assert len(asyncio.all_tasks()) > len(before)
    await other.close()
    assert asyncio.all_tasks() == before
    assert [delivery.outcome for delivery in other.courier.deliveries] == ["pending", "pending"]
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as http:
            await http.get(other.base_url)


async def test_without_an_address_nothing_is_pushed(client, sandbox) -> None:
    """Issue 2, sandbox: no callback URL yet: the log says so and nothing fails."""
    await client.api("POST", "/members/zhangsan/enter")
    await sandbox.settled()
    assert sandbox.courier.deliveries[-1].outcome == "nowhere"
