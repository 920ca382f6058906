"""The vendors' clients: the SDK unchanged over aiohttp, one token for many, no endless retries."""

from __future__ import annotations

import asyncio

import pytest

from bot.reactions import Failure
from bot.tokens import Answer
from bot.transport import Transport, wait_for
from bot.wechat import WeChatClient
from bot.wecom import WeComClient
from inspection.errors import NotSignedInError, UnavailableError
from tests.integration.bot.conftest import BAD_GATEWAY, CUT, HTML, Vendor, wechat_settings, wecom_settings

BODY = '{ "touser":"zhangsan",  "text":"字节" }'.encode()  # blanks that no serialiser would keep


async def test_stored_bytes_go_out_unchanged(wecom: WeComClient, vendor: Vendor) -> None:
    """Reliability 2.1: the duplicate check compares the request JSON, so the SDK must not write it anew."""
    answer = await wecom.send(BODY)
    assert (answer.code, answer.data["msgid"]) == (0, "m1")
    assert vendor.bodies == [BODY]
    assert "secret" not in repr(wecom.settings)


async def test_many_cold_callers_fetch_one_token(wecom: WeComClient, vendor: Vendor) -> None:
    """Issue 5, tokens: one fetch for many callers."""
    answers = await asyncio.gather(*(wecom.send(BODY) for _ in range(40)))
    assert {answer.code for answer in answers} == {0}
    assert vendor.tokens_given == 1


async def test_an_expired_token_is_refreshed_once_for_all(wecom: WeComClient, vendor: Vendor) -> None:
    """Wecom.md 2.8: 40014 and 42001: refresh once (single flight), resend once."""
    await wecom.send(BODY)
    vendor.script.extend([{"errcode": 42001, "errmsg": ""}] * 10)
    answers = await asyncio.gather(*(wecom.send(BODY) for _ in range(10)))
    assert {answer.code for answer in answers} == {0}
    assert vendor.tokens_given == 2
    assert vendor.tokens_used[-10:] == ["t2"] * 10


async def test_a_token_refused_for_ever_ends_after_one_more_try(wecom: WeComClient, vendor: Vendor) -> None:
    """Wecom.md 1.4 (1): the SDK's own retry makes 485 calls here; ours two."""
    vendor.script.extend([{"errcode": 40014, "errmsg": ""}] * 20)
    assert (await wecom.send(BODY)).code == 40014
    assert (len(vendor.bodies), vendor.tokens_given) == (2, 2)


async def test_a_query_too_is_repeated_with_the_fresh_token(wecom: WeComClient, vendor: Vendor) -> None:
    """Wecom.md 2.8: the SDK keeps its token in the caller's params; the second try must not carry the old one."""
    vendor.script.extend([{"errcode": 42001, "errmsg": ""}, {"errcode": 0, "userid": "ZhangSan"}])
    assert await wecom.userid_for_code("c") == "zhangsan"
    assert vendor.tokens_used == ["t1", "t2"]


async def test_a_wrong_secret_stops_everything(wecom: WeComClient, vendor: Vendor) -> None:
    """Wecom.md 2.8: 40001 is asked once, by whoever came first: repeating it gets the IP banned."""
    vendor.token_script.extend([{"errcode": 40001, "errmsg": "invalid credential"}] * 50)
    answers = await asyncio.gather(*(wecom.send(BODY) for _ in range(20)))
    assert {answer.code for answer in answers} == {40001, Failure.STOPPED}
    assert (vendor.tokens_given, vendor.bodies) == (1, [])
    assert (wecom.line.is_stopped, wecom.line.stopped_why) == (True, "wrong-secret")
    with pytest.raises(UnavailableError):
        await wecom.userid_for_code("c")
    vendor.token_script.clear()
    wecom.line.resume()
    assert (await wecom.send(BODY)).code == 0


@pytest.mark.parametrize("what", [CUT, HTML, BAD_GATEWAY])
async def test_an_unreadable_answer_is_a_lost_one(what: str, wecom: WeComClient, vendor: Vendor) -> None:
    """Wecom.md 1.4 (5), reliability 2.3: cut, no JSON, 502: the message may have been taken."""
    await wecom.send(BODY)
    vendor.script.append(what)
    assert (await wecom.send(BODY)).code is Failure.LOST
    assert len(vendor.bodies) == 2  # neither aiohttp nor the SDK said it again by itself


@pytest.mark.parametrize("what", [HTML, BAD_GATEWAY])
async def test_without_a_token_the_message_has_not_left(what: str, wecom: WeComClient, vendor: Vendor) -> None:
    """Reliability 2.3: the token's answer was lost, the message's was not."""
    vendor.token_script.append(what)
    assert (await wecom.send(BODY)).code is Failure.NOT_SENT
    assert vendor.bodies == []


async def test_nobody_listening_is_not_sent() -> None:
    """Reliability 2.3: no connection is told from a lost answer."""
    client = WeComClient(wecom_settings("http://127.0.0.1:1"))
    try:
        assert (await client.send(BODY)).code is Failure.NOT_SENT
    finally:
        await client.close()


async def test_a_slow_answer_is_a_lost_one(vendor: Vendor) -> None:
    """Wecom.md 1.4 (3): every call has a limit; past it nobody knows whether the message was taken."""
    client = WeComClient(wecom_settings(vendor.url))
    await client.send(BODY)
    await client.close()
    slow = WeComClient(wecom_settings(vendor.url, timeout_s=0.000001))
    try:
        assert (await slow.send(BODY)).code in {Failure.LOST, Failure.NOT_SENT}
    finally:
        await slow.close()


async def test_cards_recalls_and_contacts(wecom: WeComClient, vendor: Vendor) -> None:
    """Issue 2: update in place, recall and contacts go through the same line."""
    assert (await wecom.update_card(["zhangsan"], "rc", "已接受")).code == 0
    assert b'"replace_name": "\xe5\xb7\xb2\xe6\x8e\xa5\xe5\x8f\x97"' in vendor.bodies[0]
    assert (await wecom.recall("m1")).code == 0
    vendor.script.append({"errcode": 0, "userlist": [{"userid": "a"}]})
    assert await wecom.contacts() == [{"userid": "a"}]


@pytest.mark.parametrize("answer", [{"errcode": 40029, "errmsg": ""}, {"errcode": 0, "openid": "outsider"}])
async def test_a_used_code_or_an_outsider_is_nobody(answer: dict, wecom: WeComClient, vendor: Vendor) -> None:
    """Wecom.md 2.6: a used code and somebody who is no member sign nobody in."""
    vendor.script.append(answer)
    with pytest.raises(NotSignedInError):
        await wecom.userid_for_code("c")


def test_left_out_recipients_compare_in_lower_case() -> None:
    """Wecom.md 2.2: invaliduser and unlicenseduser, joined by '|'."""
    answer = Answer(code=0, data={"invaliduser": "ZhangSan|lisi", "unlicenseduser": "WangWu"})
    assert answer.left_out() == {"zhangsan", "lisi", "wangwu"}
    assert Answer(code=0, data={"invaliduser": None}).left_out() == frozenset()


async def test_cancelling_reaches_the_sdk_and_leaves_the_line_usable(wecom: WeComClient, vendor: Vendor) -> None:
    """Wecom.md 1.5 B: a cancelled call ends inside the greenlet too; the next one works."""
    task = asyncio.create_task(wecom.send(BODY))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await wecom.send(BODY)).code == 0


async def test_the_bridge_is_needed() -> None:
    """Wecom.md 1.5 B: an SDK call outside the bridge says so instead of blocking the loop."""
    async with Transport(timeout_s=1) as transport:
        waiting = asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            wait_for(waiting)
        await waiting
        assert await transport.call(lambda: wait_for(asyncio.sleep(0, "answer"))) == "answer"


async def test_wechat_refreshes_its_own_token(wechat: WeChatClient, vendor: Vendor) -> None:
    """Wecom.md 3: in WeChat 40001 is a bad token: one refresh, one more try, and the message as given."""
    vendor.script.append({"errcode": 40001, "errmsg": ""})
    answer = await wechat.send_subscribe("openid", "T1", "pages/web/web", {"thing1": "通知"})
    assert (answer.code, vendor.tokens_used, vendor.tokens_given) == (0, ["t1", "t2"], 2)
    assert '"thing1": {"value": "通知"}'.encode() in vendor.bodies[-1]


async def test_wechat_signs_in_and_keeps_the_session_key(wechat: WeChatClient, vendor: Vendor) -> None:
    """Reliability 4.2.6: only the openid comes out; a used code is nobody; a silent vendor is an outage."""
    vendor.script.extend([{"openid": "o1", "session_key": "k"}, {"errcode": 40029}, HTML])
    assert await wechat.openid_for_code("c") == "o1"
    with pytest.raises(NotSignedInError):
        await wechat.openid_for_code("c")
    with pytest.raises(UnavailableError):
        await wechat.openid_for_code("c")


async def test_wechat_stops_at_a_wrong_secret_and_tells_not_sent_from_lost(vendor: Vendor) -> None:
    """Wecom.md 3: 40125 stops; no connection is not a lost answer."""
    client = WeChatClient(wechat_settings(vendor.url))
    vendor.token_script.extend([BAD_GATEWAY, {"errcode": 40125, "errmsg": ""}])
    codes = [(await client.send_subscribe("o", "T1", "p", {})).code for _ in range(3)]
    assert codes == [Failure.NOT_SENT, 40125, Failure.STOPPED]
    await client.close()
    away = WeChatClient(wechat_settings("http://127.0.0.1:1"))
    assert (await away.send_subscribe("o", "T1", "p", {})).code is Failure.NOT_SENT
    await away.close()
