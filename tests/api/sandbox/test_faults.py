"""Faults of the sandbox: each does what it says and nothing else (issue 5, sandbox complete)."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest


async def switch_on(client, kind: str, **more) -> None:
    status, _ = await client.api("POST", "/faults", {"kind": kind, "times": 1, **more})
    assert status == 200


async def raw_send(client) -> tuple[int, str]:
    url = f"{client.sandbox.base_url}/cgi-bin/message/send"
    body = {"touser": "zhangsan", "agentid": 1000002, "msgtype": "text", "text": {"content": "x"}}
    async with client.http.post(url, params={"access_token": client.token}, json=body) as response:
        return response.status, await response.text()


@pytest.mark.parametrize(("kind", "errcode"), [("rate_limited", 45009), ("busy", -1), ("token_expired", 42001)])
async def test_errcodes_before_anything_is_done(client, kind: str, errcode: int) -> None:
    """Issue 5, sandbox: the errcode comes once, nothing is delivered, the next request is whole again."""
    await switch_on(client, kind)
    assert (await client.send())["errcode"] == errcode
    assert await client.chat() == []
    await client.login()
    assert (await client.send())["errcode"] == 0


async def test_rotated_token_stays_dead(client) -> None:
    """Issue 5, sandbox: after 42001 the old token is really gone and gettoken brings another."""
    await switch_on(client, "token_expired")
    old = client.token
    await client.send()
    assert (await client.send())["errcode"] == 42001
    assert await client.login() != old


async def test_bad_gateway(client) -> None:
    """Issue 5, sandbox: 502 with HTML, nothing done."""
    await switch_on(client, "bad_gateway")
    status, text = await raw_send(client)
    assert (status, "<html>" in text) == (502, True)
    assert await client.chat() == []


async def test_not_json_though_done(client) -> None:
    """Issue 5, sandbox: 200 with HTML although the message went out."""
    await switch_on(client, "not_json")
    status, text = await raw_send(client)
    assert (status, text.startswith("<html>")) == (200, True)
    assert len(await client.chat()) == 1


async def test_lost_answer(client) -> None:
    """Issue 5, sandbox: the message is delivered, the connection is cut without an answer."""
    await switch_on(client, "lost_answer")
    with pytest.raises(aiohttp.ClientError):
        await raw_send(client)
    assert len(await client.chat()) == 1


async def test_slow_answer_is_done_at_once(client, sandbox) -> None:
    """Issue 5, sandbox: the message is there while the answer is held back; closing does not wait for it."""
    await switch_on(client, "slow", seconds=3600)
    with sandbox.state.feed.listen() as notes:
        waiting = asyncio.ensure_future(raw_send(client))
        assert (await notes.get())["kind"] == "message"
        assert not waiting.done()
        assert len(await client.chat()) == 1
        async with asyncio.timeout(5):
            await sandbox.close()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_silent_drop(client) -> None:
    """Issue 5, sandbox: errcode 0 and a msgid, nobody has it, the counter knows."""
    await switch_on(client, "silent_drop", path="/cgi-bin/message/send")
    answer = await client.send()
    assert (answer["errcode"], "msgid" in answer) == (0, True)
    assert await client.chat() == []
    assert (await client.api("GET", "/counters"))[1]["dropped_by_fault"] == 1


async def test_invalid_user_for_one(client) -> None:
    """Issue 5, sandbox: one is reported invalid, the others get it."""
    await switch_on(client, "invalid_user", member="LiSi")
    answer = await client.send("zhangsan|LiSi")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "lisi")
    assert (len(await client.chat()), await client.chat("LiSi")) == (1, [])


async def test_pushes_lost_and_doubled(client, sandbox, receiver) -> None:
    """Issue 5, sandbox: a callback may never come, or come twice though it was taken well."""
    await switch_on(client, "push_lost")
    await client.api("POST", "/members/zhangsan/say", {"text": "一"})
    await sandbox.settled()
    assert receiver.heard == []
    await switch_on(client, "push_twice")
    await client.api("POST", "/members/zhangsan/say", {"text": "二"})
    await sandbox.settled()
    assert [heard["Content"] for heard in receiver.heard] == ["二", "二"]


async def test_rate_and_path(client) -> None:
    """Issue 5, sandbox: a rate strikes about that share; a path keeps other calls whole; clearing ends it."""
    await client.api("POST", "/faults", {"kind": "busy", "rate": 0.5, "path": "/cgi-bin/user/"})
    answers = [await client.get("/cgi-bin/user/get", access_token=client.token, userid="zhangsan") for _ in range(100)]
    assert 30 <= sum(answer["errcode"] == -1 for answer in answers) <= 70
    assert (await client.send())["errcode"] == 0
    await client.api("DELETE", "/faults")
    assert (await client.api("GET", "/faults"))[1] == {"faults": []}
    assert (await client.get("/cgi-bin/user/get", access_token=client.token, userid="zhangsan"))["errcode"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "earthquake"},
        {},
        {"kind": "slow", "seconds": -1},
        {"kind": "busy", "rate": 2},
        {"kind": "busy", "times": 0},
    ],
)
async def test_wrong_faults_are_refused(client, body: dict) -> None:
    """Issue 5, sandbox: a fault that makes no sense is refused with a sentence."""
    status, answer = await client.api("POST", "/faults", body)
    assert status == 400
    assert answer["error"]["message"]
    assert (await client.api("GET", "/faults"))[1] == {"faults": []}
