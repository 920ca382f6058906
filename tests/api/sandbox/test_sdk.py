"""The SDK's own client against the sandbox: a second opinion on paths and answers (wechatpy 1.8.18)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException


@pytest.fixture
def sdk(client) -> WeChatClient:
    class SandboxClient(WeChatClient):
        API_BASE_URL = f"{client.sandbox.base_url}/cgi-bin/"

    made = SandboxClient("wwsandbox0000000001", "made-up-secret", auto_retry=False)
    made.session.set(made.access_token_key, client.token, 7200)
    made.expires_at = 2**40
    return made


async def ask(call: Callable[..., Any], *args: Any, **more: Any) -> Any:
    return await asyncio.to_thread(call, *args, **more)


async def test_what_the_sdk_asks_is_answered(client, sdk) -> None:
    """Issue 2, sandbox: send, contacts, media, login and menu through the SDK's methods."""
    sent = await ask(sdk.message.send_text, 1000002, "zhangsan|gone", content="通知")
    assert sent["invaliduser"] == "gone"
    assert [row["id"] for row in await ask(sdk.department.get)] == [1]
    assert {row["userid"] for row in await ask(sdk.user.list, 1)} == {"zhangsan", "LiSi", "wangwu"}
    assert (await ask(sdk.user.get, "zhangsan"))["name"] == "张三样例"
    code = await client.code_for("LiSi")
    assert (await ask(sdk.oauth.get_user_info, code))["UserId"] == "LiSi"


async def test_what_the_sdk_calls_an_error(sdk) -> None:
    """Issue 2, sandbox: an errcode becomes the SDK's exception."""
    with pytest.raises(WeChatClientException) as refused:
        await ask(sdk.message.send_text, 1000002, "gone", content="通知")
    assert refused.value.errcode == 81013
