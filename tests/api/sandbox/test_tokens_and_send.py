"""The sandbox's gettoken, message/send and message/recall, over real HTTP (WeCom 90236)."""

from __future__ import annotations

import json

import pytest

SETTINGS_AGENT = 1000002
TEXTCARD = {"title": "抽查", "description": "今天", "url": "https://app.example/", "btntxt": "查看"}


async def test_same_token_inside_validity_and_a_new_one_after(client, clock) -> None:
    """Issue 2, sandbox: gettoken gives one token for 7200 s; the old one then answers 42001, not 40014."""
    first = client.token
    clock.advance(seconds=7199)
    assert await client.login() == first
    assert (await client.send())["errcode"] == 0
    clock.advance(seconds=1)
    assert (await client.send())["errcode"] == 42001
    assert await client.login() != first
    assert (await client.send())["errcode"] == 0


@pytest.mark.parametrize(
    ("corpid", "secret", "errcode"), [("wwother", "made-up-secret", 40013), ("wwsandbox0000000001", "guess", 40001)]
)
async def test_strangers_get_no_token(client, corpid: str, secret: str, errcode: int) -> None:
    """Issue 2, sandbox: a wrong corp or secret is refused and no token is in the answer."""
    answer = await client.get("/cgi-bin/gettoken", corpid=corpid, corpsecret=secret)
    assert answer["errcode"] == errcode
    assert "access_token" not in answer


@pytest.mark.parametrize(("token", "errcode"), [("", 41001), ("invented", 40014)])
async def test_send_needs_a_token(client, token: str, errcode: int) -> None:
    """Issue 2, sandbox: without a good token nothing is delivered."""
    client.token = token
    assert (await client.send())["errcode"] == errcode
    assert await client.chat() == []


async def test_text_arrives_as_sent(client) -> None:
    """Issue 2, sandbox: a member's chat shows the content as it was sent, unread until he looks."""
    answer = await client.send()
    assert answer["errcode"] == 0
    (message,) = await client.chat()
    assert message["id"] == answer["msgid"]
    assert message["content"] == {"content": "通知一号"}
    assert await unread(client) == 1
    await client.api("POST", "/members/zhangsan/read")
    assert await unread(client) == 0
    await client.api("POST", "/members/zhangsan/say", {"text": "收到"})
    assert await unread(client) == 0
    await client.send()
    assert await unread(client) == 1
    await client.api("POST", "/members/zhangsan/read")
    assert [message["read"] for message in await client.chat()] == [True, True, True]


async def unread(client) -> int:
    _, state = await client.api("GET", "/state")
    return next(row["unread"] for row in state["members"] if row["userid"] == "zhangsan")


async def test_some_invalid_receivers_still_send(client) -> None:
    """Issue 2, sandbox: errcode 0 may carry invaliduser, lower-cased; ids match whatever their case."""
    answer = await client.send("ZHANGSAN|LeftLongAgo")
    assert answer["errcode"] == 0
    assert answer["invaliduser"] == "leftlongago"
    assert len(await client.chat()) == 1


async def test_all_invalid_is_81013(client) -> None:
    """Issue 2, sandbox: nobody valid: 81013 and no msgid."""
    answer = await client.send("nobody|noone")
    assert answer["errcode"] == 81013
    assert "msgid" not in answer


async def test_unlicensed_member_gets_nothing(client) -> None:
    """Issue 2, sandbox: a member without licence is named in unlicenseduser and has no message."""
    await client.api("POST", "/members/LiSi", {"licensed": False})
    answer = await client.send("zhangsan|LiSi")
    assert (answer["errcode"], answer["unlicenseduser"]) == (0, "lisi")
    assert await client.chat("LiSi") == []


async def test_party_reaches_members_below_it_once(client) -> None:
    """Issue 2, sandbox: toparty reaches sub-departments, nobody twice; unknown parties are named."""
    await client.api("POST", "/departments", {"id": 20, "name": "执法科", "parentid": 1})
    await client.api("POST", "/members", {"userid": "zhaoliu", "name": "赵六样例", "department": [20]})
    answer = await client.send("zhangsan", toparty="1|99")
    assert answer["invalidparty"] == "99"
    assert len(await client.chat()) == 1
    assert len(await client.chat("zhaoliu")) == 1


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"touser": ""}, 82001),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40031),
        ({"toparty": "|".join(str(n) for n in range(101))}, 82002),
        ({"totag": "|".join(str(n) for n in range(101))}, 82003),
        ({"agentid": 7}, 40056),
        ({"agentid": "1000002"}, 40058),
        ({"touser": ["zhangsan"]}, 40058),
        ({"msgtype": "hologram"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": "字" * 683}}, 45002),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": 14401}, 40058),
        ({"msgtype": "image", "image": {"media_id": "gone"}}, 40007),
        ({"msgtype": "textcard", "textcard": {**TEXTCARD, "url": "ftp://x"}}, 40058),
        ({"msgtype": "textcard", "textcard": {**TEXTCARD, "title": "标" * 43}}, 40058),
        (
            {
                "msgtype": "textcard",
                "textcard": {"title": "t", "description": "d", "url": "http://x", "btntxt": "五个字啊啊"},
            },
            40058,
        ),
        ({"msgtype": "news", "news": {"articles": [{"title": "t", "url": "http://x"}] * 9}}, 45008),
        ({"msgtype": "news", "news": {"articles": []}}, 40058),
        ({"msgtype": "image", "image": {"media_id": 7}}, 40058),
        ({"msgtype": "markdown"}, 44004),
    ],
)
async def test_limits_are_hard(client, changes: dict, errcode: int) -> None:
    """Issue 2, sandbox: what WeCom refuses is refused with its errcode, and nobody gets anything."""
    assert (await client.send(**changes))["errcode"] == errcode
    assert await client.chat() == []


@pytest.mark.parametrize("raw", [b"not json", b"[]", b"\xff"])
async def test_bad_json_is_47001(client, raw: bytes) -> None:
    """Issue 2, sandbox: a body that is no JSON object is 47001, never a crash."""
    assert (await client.call("message/send", raw))["errcode"] == 47001


async def test_text_of_exactly_2048_bytes_passes(client) -> None:
    """Issue 2, sandbox: the limit itself is allowed."""
    assert (await client.send(text={"content": "字" * 682 + "ab"}))["errcode"] == 0


@pytest.mark.parametrize(
    "part",
    [
        {"msgtype": "markdown", "markdown": {"content": "**抽查** 今天"}},
        {"msgtype": "textcard", "textcard": TEXTCARD},
        {"msgtype": "news", "news": {"articles": [{"title": "公示", "url": "https://app.example/"}]}},
        {"msgtype": "news", "news": {"articles": [{"title": "公示", "appid": "wx1", "pagepath": "p"}]}},
    ],
)
async def test_other_kinds_arrive_as_sent(client, part: dict) -> None:
    """Issue 2, sandbox: markdown, textcard and news stand in the chat as they were sent."""
    assert (await client.send(**part))["errcode"] == 0
    (shown,) = await client.chat()
    assert (shown["msgtype"], shown["content"]) == (part["msgtype"], part[part["msgtype"]])


async def test_everybody(client) -> None:
    """Issue 2, sandbox: @all reaches every member once."""
    assert (await client.send("@all|zhangsan"))["errcode"] == 0
    assert [len(await client.chat(name)) for name in ("zhangsan", "LiSi", "wangwu")] == [1, 1, 1]


async def test_duplicate_is_swallowed_a_changed_byte_is_not(client, clock) -> None:
    """Issue 2, sandbox: equal bytes inside the interval arrive once; another byte, or later, again."""
    body = {
        "touser": "zhangsan",
        "agentid": SETTINGS_AGENT,
        "msgtype": "text",
        "text": {"content": "文号 1"},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }
    raw = json.dumps(body).encode()
    first = await client.call("message/send", raw)
    clock.advance(seconds=7000)
    assert await client.call("message/send", raw) == first
    assert len(await client.chat()) == 1
    assert (await client.call("message/send", raw + b" "))["msgid"] != first["msgid"]
    assert len(await client.chat()) == 2
    clock.advance(seconds=7400)
    await client.login()
    await client.call("message/send", raw)
    assert len(await client.chat()) == 3


async def test_without_the_check_equal_requests_both_arrive(client) -> None:
    """Issue 2, sandbox: the check works only when asked for."""
    await client.send()
    await client.send()
    assert len(await client.chat()) == 2


async def test_over_thirty_a_minute_is_dropped_without_an_error(client, clock) -> None:
    """Issue 2, sandbox: the 31st in a minute is answered with 0, never arrives, and state shows it."""
    for _ in range(31):
        assert (await client.send())["errcode"] == 0
    assert len(await client.chat()) == 30
    assert await client.chat("LiSi") == []
    _, state = await client.api("GET", "/state")
    assert {row["userid"]: row["dropped"] for row in state["members"]}["zhangsan"] == 1
    clock.advance(minutes=1)
    await client.send()
    assert len(await client.chat()) == 31


async def test_over_a_thousand_an_hour_is_dropped(client, sandbox, clock) -> None:
    """Issue 2, sandbox: 25 a minute keep the minute's rule, yet only 1,000 an hour arrive."""
    body = {"touser": "zhangsan", "agentid": SETTINGS_AGENT, "msgtype": "text", "text": {"content": "x"}}
    for count in range(1025):
        if count % 25 == 0:
            clock.advance(minutes=1)
        sandbox.state.chats.send(body, b"")
    assert len(sandbox.state.chats.inbox("zhangsan").bubbles) == 1000


async def test_recall_within_a_day_for_everybody(client, clock) -> None:
    """Issue 2, sandbox: a recalled message shows as recalled to every receiver."""
    msgid = (await client.send("zhangsan|LiSi"))["msgid"]
    clock.advance(hours=24)
    await client.login()
    assert (await client.call("message/recall", {"msgid": msgid}))["errcode"] == 0
    assert (await client.chat())[0]["recalled"]
    assert (await client.chat("LiSi"))[0]["recalled"]


async def test_recall_after_a_day_or_of_a_stranger_is_refused(client, clock) -> None:
    """Issue 2, sandbox: older than 24 h, or unknown: 40058 and the message stays."""
    msgid = (await client.send())["msgid"]
    clock.advance(hours=24, seconds=1)
    await client.login()
    assert (await client.call("message/recall", {"msgid": msgid}))["errcode"] == 40058
    assert (await client.call("message/recall", {"msgid": "invented"}))["errcode"] == 40058
    assert not (await client.chat())[0]["recalled"]


async def test_ten_thousand_messages_share_their_content(client, sandbox) -> None:
    """Issue 2, sandbox: ten requests to a thousand members are ten messages, not ten thousand copies."""
    rows = [{"userid": f"bulk{n}", "name": f"成员{n}"} for n in range(1000)]
    await client.api("POST", "/members", {"members": rows, "quiet": True})
    names = "|".join(row["userid"] for row in rows)
    for number in range(10):
        assert (await client.send(names, text={"content": f"第{number}号"}))["errcode"] == 0
    boxes = [sandbox.state.chats.inbox(row["userid"]).bubbles for row in rows]
    assert sum(map(len, boxes)) == 10_000
    assert len({id(bubble.message) for box in boxes for bubble in box.values()}) == 10
