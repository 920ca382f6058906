"""Media, the address book and the page's own paths (WeCom 90253, 90208, 90196)."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import start_sandbox

JPEG = b"\xff\xd8\xff\xe0 not a real photo"


async def upload(client, kind: str, data: bytes, field: str = "media", filename: str = "照片.jpg") -> dict:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field(field, io.BytesIO(data), filename=filename, content_type="application/octet-stream")
    url = f"{client.sandbox.base_url}/cgi-bin/media/upload"
    query = {"access_token": client.token, "type": kind}
    async with client.http.post(url, params=query, data=form) as response:
        return await response.json()


async def download(client, media_id: str) -> tuple[bytes, aiohttp.ClientResponse]:
    url = f"{client.sandbox.base_url}/cgi-bin/media/get"
    async with client.http.get(url, params={"access_token": client.token, "media_id": media_id}) as response:
        return await response.read(), response


async def test_media_lives_three_days(client, clock) -> None:
    """Issue 2, sandbox: what is uploaded can be sent and fetched for three days, then 40007."""
    media_id = (await upload(client, "image", JPEG))["media_id"]
    body, response = await download(client, media_id)
    assert body == JPEG
    assert response.content_disposition.filename == "照片.jpg"
    assert (await client.send(msgtype="image", image={"media_id": media_id}))["errcode"] == 0
    clock.advance(days=3)
    await client.login()
    body, _ = await download(client, media_id)
    assert json.loads(body)["errcode"] == 40007
    assert (await client.send(msgtype="image", image={"media_id": media_id}))["errcode"] == 40007


@pytest.mark.parametrize(
    ("kind", "data", "field", "errcode"),
    [
        ("poster", JPEG, "media", 40004),
        ("image", b"GIF89a....", "media", 40005),
        ("image", JPEG[:5], "media", 40006),
        ("file", bytes(20 * 2**20 + 1), "media", 40006),
        ("voice", b"#!AMR" + bytes(2 * 2**20), "media", 40006),
        ("image", JPEG, "file", 41005),
    ],
    ids=["kind", "format", "tiny", "big file", "big voice", "field"],
)
async def test_media_that_is_refused(client, kind: str, data: bytes, field: str, errcode: int) -> None:
    """Issue 2, sandbox: kind, format and size are checked."""
    answer = await upload(client, kind, data, field)
    assert answer["errcode"] == errcode
    assert "media_id" not in answer


async def test_media_without_a_form(client) -> None:
    """Issue 2, sandbox: no multipart at all is 41005."""
    assert (await client.call("media/upload", b"x"))["errcode"] == 41005


async def ask(client, path: str, **query: str) -> dict:
    return await client.get(f"/cgi-bin/{path}", access_token=client.token, **query)


async def test_address_book(client) -> None:
    """Issue 2, sandbox: departments as a tree, members of one or with all below."""
    await client.api("POST", "/departments", {"id": 2, "name": "市场监管局"})
    await client.api("POST", "/departments", {"id": 3, "name": "一科", "parentid": 2})
    await client.api("POST", "/members", {"userid": "deep", "name": "深样例", "department": [3]})
    assert [row["id"] for row in (await ask(client, "department/list", id="2"))["department"]] == [2, 3]
    assert (await ask(client, "user/list", department_id="2"))["userlist"] == []
    (member,) = (await ask(client, "user/list", department_id="2", fetch_child="1"))["userlist"]
    assert (member["userid"], member["department"]) == ("deep", [3])
    assert (await ask(client, "user/get", userid="DEEP"))["name"] == "深样例"
    assert "mobile" not in member


async def test_address_book_refuses(client) -> None:
    """Issue 2, sandbox: unknown member 60111, unknown department 60003, no number 40058."""
    assert (await ask(client, "user/get", userid="gone"))["errcode"] == 60111
    assert (await ask(client, "user/list", department_id="77"))["errcode"] == 60003
    assert (await ask(client, "department/list", id="x"))["errcode"] == 40058


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/members", {"userid": "ZHANGSAN", "name": "重名"}, 409),
        ("POST", "/members", {"userid": "a|b", "name": "竖线"}, 400),
        ("POST", "/members", {"userid": "x", "name": "无处", "department": [5]}, 400),
        ("POST", "/members", {"userid": "x", "name": "无处", "department": []}, 400),
        ("POST", "/members", {"userid": "x"}, 400),
        ("POST", "/members", {"members": "x"}, 400),
        ("POST", "/members/gone", {"name": "无人"}, 404),
        ("DELETE", "/members/gone", None, 404),
        ("POST", "/departments", {"id": 1, "name": "重号"}, 409),
        ("POST", "/departments", {"id": 8, "name": "无上级", "parentid": 7}, 400),
        ("DELETE", "/departments/1", None, 409),
        ("DELETE", "/departments/44", None, 404),
        ("POST", "/members/gone/say", {"text": "x"}, 404),
        ("POST", "/members/zhangsan/say", {}, 400),
        ("POST", "/members/zhangsan/say", b"{", 400),
        ("POST", "/members/zhangsan/media?type=sticker", b"xxxxxxxx", 400),
        ("POST", "/members/zhangsan/media", b"xxxxxxxx", 400),
        ("GET", "/members/gone/messages", None, 404),
        ("POST", "/owners/gone/js-code", None, 404),
        ("GET", "/media/gone", None, 400),
        ("POST", "/members", {"userid": "x", "name": "科", "position": 7}, 400),
        ("POST", "/members/zhangsan/click", {"message_id": "m", "key": "k", "selected": {"q": "a"}}, 400),
        ("POST", "/members/zhangsan/location", {"latitude": "北", "longitude": 1}, 400),
        ("DELETE", "/departments/x", None, 404),
    ],
)
async def test_page_refusals_push_nothing(client, receiver, method, path, body, status) -> None:
    """Issue 2, sandbox: what cannot be done is refused in JSON, and the app hears nothing of it."""
    assert (await client.api(method, path, body))[0] == status
    await client.sandbox.settled()
    assert receiver.heard == []


async def test_state_tells_no_secret(client) -> None:
    """Issue 2, sandbox: the page sees the settings without secret, token or key."""
    _, state = await client.api("GET", "/state")
    shown = json.dumps(state)
    assert state["settings"]["agent_id"] == 1000002
    assert [owner["nickname"] for owner in state["owners"]] == []
    for secret in ("made-up-secret", "made-up-mini-secret", "madeuptoken", client.token):
        assert secret not in shown


async def test_events_tell_of_messages_and_changes(client, sandbox) -> None:
    """Issue 2, sandbox: the page hears of a message, and of its recall, as they happen; closing ends the stream."""
    async with client.http.get(f"{sandbox.base_url}/sandbox/api/events") as stream:
        assert (await stream.content.readline()).startswith(b":")
        await stream.content.readline()
        msgid = (await client.send())["msgid"]
        assert await note(stream) == {"kind": "message", "member": "zhangsan", "message": msgid}
        await client.call("message/recall", {"msgid": msgid})
        assert await note(stream) == {"kind": "change", "message": msgid}
        async with asyncio.timeout(5):
            await sandbox.close()
            assert await stream.content.read() == b""


async def note(stream: aiohttp.ClientResponse) -> dict:
    line = await stream.content.readline()
    await stream.content.readline()
    return json.loads(line.removeprefix(b"data: "))


async def test_a_slow_listener_is_told_to_reload(sandbox) -> None:
    """Issue 2, sandbox: a listener that does not read costs no memory without bound."""
    with sandbox.state.feed.listen() as notes:
        for _ in range(1001):
            sandbox.state.feed.publish("message")
        assert notes.get_nowait() == {"kind": "reload"}
        assert notes.empty()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "private.txt").write_text("private")
    (tmp_path / "sandbox.html").write_text("<title>沙箱</title>", encoding="utf-8")
    (tmp_path / "assets" / "sandbox.js").write_text("let x = 1", encoding="utf-8")
    return tmp_path


async def test_page_that_is_not_built(sandbox, client, clock, built) -> None:
    """Issue 2, sandbox: without a built page GET / says so in one sentence."""
    settings = dataclasses.replace(sandbox.state.settings, page_dir=built / "assets")
    running = await start_sandbox(settings, "127.0.0.1", 0, clock)
    status, text = await page(client, running.base_url + "/")
    assert (status, "还没有构建" in text) == (200, True)
    await running.close()


async def test_built_page_and_its_assets_only(sandbox, client, clock, built) -> None:
    """Issue 2, sandbox: GET / serves the page, /assets its files, and no path leads to another file."""
    settings = dataclasses.replace(sandbox.state.settings, page_dir=built)
    running = await start_sandbox(settings, "127.0.0.1", 0, clock)
    assert await page(client, running.base_url + "/") == (200, "<title>沙箱</title>")
    assert await page(client, running.base_url + "/assets/sandbox.js") == (200, "let x = 1")
    for path in ("/assets/..%2Fprivate.txt", "/assets/%2e%2e/private.txt", "/assets/none.js", "/assets/"):
        assert (await page(client, running.base_url + path))[0] in {403, 404}
    await running.close()


async def page(client, url: str) -> tuple[int, str]:
    async with client.http.get(url) as response:
        return response.status, await response.text()


async def test_a_taken_port_is_an_error(sandbox, clock) -> None:
    """Issue 2, sandbox: a taken port raises OSError and leaves nothing behind."""
    port = int(sandbox.base_url.rsplit(":", 1)[1])
    before = asyncio.all_tasks()
    with pytest.raises(OSError, match="address already in use"):
        await start_sandbox(sandbox.state.settings, "127.0.0.1", port, clock)
    assert asyncio.all_tasks() == before
