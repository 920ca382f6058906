"""Login through the sandbox's phone (WeCom 91022, 91023)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest


async def who(client, code: str, path: str = "auth/getuserinfo"):
    return await client.get(f"/cgi-bin/{path}", access_token=client.token, code=code)


async def test_the_phone_comes_back_with_code_and_state(client) -> None:
    """Issue 2, sandbox: the app's own query stays, code and state are added."""
    await client.hold_phone("lisi")
    status, location, _ = await client.authorize()
    query = parse_qs(urlsplit(location).query)
    assert status == 302
    assert location.startswith("http://app.example:8080/login/wecom?")
    assert (query["next"], query["state"]) == (["/visits"], ["abc123"])


@pytest.mark.parametrize(("path", "field"), [("auth/getuserinfo", "userid"), ("user/getuserinfo", "UserId")])
async def test_code_names_the_member_once(client, path: str, field: str) -> None:
    """Issue 2, sandbox: both paths, each with its own field; a second use is 40029 and names nobody."""
    code = await client.code_for("lisi")
    assert (await who(client, code, path))[field] == "LiSi"
    again = await who(client, code, path)
    assert again["errcode"] == 40029
    assert field not in again


async def test_code_ends_after_five_minutes(client, clock) -> None:
    """Issue 2, sandbox: 299 s is in time, 300 s is not."""
    early, late = await client.code_for("lisi"), await client.code_for("lisi")
    clock.advance(seconds=299)
    assert (await who(client, early))["errcode"] == 0
    clock.advance(seconds=1)
    assert (await who(client, late))["errcode"] == 40029


async def test_code_needs_the_apps_token(client) -> None:
    """Issue 2, sandbox: a code without a token tells nothing, and is not used up."""
    code = await client.code_for("lisi")
    good, client.token = client.token, "invented"
    assert (await who(client, code))["errcode"] == 40014
    client.token = good
    assert (await who(client, code))["userid"] == "LiSi"


async def test_unknown_phone_chooses_a_member(client) -> None:
    """Issue 2, sandbox: without the cookie no code is given; the page offers the members and leads back."""
    status, location, page = await client.authorize()
    assert (status, location) == (200, "")
    assert "张三样例" in page
    async with client.http.get(
        f"{client.sandbox.base_url}/open?{urlencode({'member': 'zhangsan', 'url': client.sandbox.base_url + '/'})}"
    ) as response:
        assert response.status == 200
    assert (await client.authorize())[0] == 302


async def test_member_who_left_gets_no_code(client) -> None:
    """Issue 2, sandbox: a cookie of a deleted member is worth nothing."""
    await client.hold_phone("lisi")
    await client.api("DELETE", "/members/lisi")
    assert (await client.authorize())[0] == 200


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"redirect_uri": "http://evil.example/"}, 50001),
        ({"redirect_uri": "http://app.example:8080@evil.example/"}, 50001),
        ({"redirect_uri": "http://app.example:9090/"}, 50001),
        ({"redirect_uri": "javascript:alert(1)"}, 50001),
        ({"redirect_uri": ""}, 50001),
        ({"redirect_uri": "http://app.example:x/"}, 50001),
        ({"appid": "wwother"}, 40013),
        ({"scope": "snsapi_all"}, 40058),
        ({"scope": "snsapi_privateinfo"}, 40058),
        ({"response_type": "token"}, 40058),
        ({"state": "a-b"}, 40058),
        ({"state": "a" * 129}, 40058),
    ],
)
async def test_links_that_are_not_opened(client, changes: dict, errcode: int) -> None:
    """Issue 2, sandbox: a foreign origin, corp, scope or state shows an error page and gives no code."""
    await client.hold_phone("lisi")
    status, location, page = await client.authorize(**changes)
    assert (status, location) == (200, "")
    assert str(errcode) in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/hosts", "//evil.example", "data:text/html,x", ""])
async def test_phone_opens_only_http(client, url: str) -> None:
    """Issue 2, sandbox: the phone goes to http and https only."""
    assert await client.hold_phone("lisi", url) == 400
    assert await client.hold_phone("nobody") == 404


@pytest.mark.parametrize(("path", "field"), [("auth/getuserinfo", "openid"), ("user/getuserinfo", "OpenId")])
async def test_outsider_has_an_openid_and_no_userid(client, path: str, field: str) -> None:
    """Issue 2, sandbox: somebody outside the corp is named by openid only, so he must not get in."""
    answer = await who(client, await client.code_for("~outsider"), path)
    assert answer[field]
    assert "userid" not in {name.lower() for name in answer}


async def test_names_are_escaped(client) -> None:
    """Issue 2, sandbox: a member's name is text on the page, never markup."""
    await client.api("POST", "/members", {"userid": "x", "name": "<script>1</script>"})
    assert "<script>" not in (await client.authorize())[2]
