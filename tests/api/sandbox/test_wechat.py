"""The sandbox's WeChat: stable_token, jscode2session, subscription messages (developers.weixin.qq.com)."""

from __future__ import annotations

import pytest

MINI = {"appid": "wxsandbox0000000001", "secret": "made-up-mini-secret"}
TEMPLATE = "tmpl-notice"
DATA = {
    "thing1": {"value": "某某路加油站例行检查"},
    "time2": {"value": "2026年3月5日 09:30"},
    "phrase3": {"value": "待检查"},
}


@pytest.fixture
async def openid(client) -> str:
    _, owner = await client.api("POST", "/owners", {"nickname": "店主样例"})
    return owner["openid"]


async def mini_token(client, **changes) -> dict:
    return await client.post("/cgi-bin/stable_token", {"grant_type": "client_credential", **MINI, **changes})


async def send(client, openid: str, **changes) -> dict:
    token = (await mini_token(client))["access_token"]
    body = {"touser": openid, "template_id": TEMPLATE, "page": "pages/notice?id=1", "data": DATA, **changes}
    return await client.post("/cgi-bin/message/subscribe/send", body, access_token=token)


async def subscribe(client, openid: str, **more) -> None:
    await client.api("POST", f"/owners/{openid}/subscribe", {"template_id": TEMPLATE, **more})


async def received(client, openid: str) -> list:
    return (await client.api("GET", f"/owners/{openid}/messages"))[1]["messages"]


async def test_stable_token_renews_in_its_last_five_minutes(client, clock) -> None:
    """Issue 2, sandbox: the same token, with what is left of it; a new one five minutes before the end."""
    first = await mini_token(client)
    clock.advance(seconds=6899)
    later = await mini_token(client)
    assert (later["access_token"], later["expires_in"]) == (first["access_token"], 301)
    clock.advance(seconds=1)
    assert (await mini_token(client))["access_token"] != first["access_token"]
    assert (await mini_token(client, secret="guess"))["errcode"] == 40125
    assert (await mini_token(client, appid="other"))["errcode"] == 40013


async def test_forced_refresh_ends_the_old_token(client, openid) -> None:
    """Issue 2, sandbox: force_refresh brings another token."""
    first = await mini_token(client)
    assert (await mini_token(client, force_refresh=True))["access_token"] != first["access_token"]


async def session(client, code: str, **changes) -> dict:
    query = {**MINI, "js_code": code, "grant_type": "authorization_code", **changes}
    return await client.get("/sns/jscode2session", **query)


async def test_login_code_once_within_five_minutes(client, openid, clock) -> None:
    """Issue 2, sandbox: openid and session_key for a fresh code; used, late or a stranger's: refused."""
    codes = [(await client.api("POST", f"/owners/{openid}/js-code"))[1]["code"] for _ in range(2)]
    assert (await session(client, codes[0], secret="guess"))["errcode"] == 40125
    answer = await session(client, codes[0])
    assert answer["openid"] == openid
    assert answer["session_key"]
    assert (await session(client, codes[0]))["errcode"] == 40029
    clock.advance(minutes=5)
    assert (await session(client, codes[1]))["errcode"] == 40029


async def test_one_tap_is_one_message(client, openid) -> None:
    """Issue 2, sandbox: a credit is used by one message; without one 43101 and nothing arrives."""
    assert (await send(client, openid))["errcode"] == 43101
    await subscribe(client, openid)
    assert (await send(client, openid))["errcode"] == 0
    assert (await send(client, openid))["errcode"] == 43101
    (message,) = await received(client, openid)
    assert (message["data"], message["page"]) == (DATA, "pages/notice?id=1")


async def test_long_term_subscription_is_not_used_up(client, openid) -> None:
    """Issue 5, owners: a long-term subscription takes any number of messages."""
    await subscribe(client, openid, forever=True)
    assert [(await send(client, openid))["errcode"] for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"thing1": {"value": "字" * 21}},
        {"thing1": {"value": "两\n行"}},
        {"thing1": {"value": ""}},
        {"thing1": "不是对象"},
        {"time2": {"value": "明天上午"}},
        {"date2": {"value": "09:30"}},
        {"phrase3": {"value": "六个汉字太长"}},
        {"character_string4": {"value": "中文"}},
        {"phone_number5": {"value": "1" * 18}},
        {"invented1": {"value": "x"}},
        {"thing": {"value": "没有编号"}},
    ],
)
async def test_wrong_fields_are_47003_and_cost_no_credit(client, openid, data: dict) -> None:
    """Issue 2, sandbox: a field its kind does not allow is named in 47003; the credit stays."""
    await subscribe(client, openid)
    assert (await send(client, openid, data=data))["errcode"] == 47003
    assert (await send(client, openid))["errcode"] == 0


@pytest.mark.parametrize(
    "value", ["15:01", "2019年10月1日", "2019年10月1日 15:01", "2019年10月1日 15:01~2019年10月2日 16:00", "09:00~11:30"]
)
async def test_times_as_the_page_writes_them(client, openid, value: str) -> None:
    """Issue 2, sandbox: the time formats of the official page pass."""
    await subscribe(client, openid)
    assert (await send(client, openid, data={"time1": {"value": value}}))["errcode"] == 0


async def test_strangers(client, openid) -> None:
    """Issue 2, sandbox: unknown openid, empty template, WeCom's token: each its own errcode."""
    assert (await send(client, "oInvented"))["errcode"] == 40003
    assert (await send(client, openid, template_id=""))["errcode"] == 40037
    answer = await client.post("/cgi-bin/message/subscribe/send", {}, access_token=client.token)
    assert answer["errcode"] == 40001
    assert (await client.post("/cgi-bin/message/subscribe/send", {}))["errcode"] == 41001
