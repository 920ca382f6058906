"""The app's menu in the sandbox (WeCom 90231)."""

from __future__ import annotations

import pytest

MENU = {
    "button": [
        {"type": "click", "name": "今天", "key": "today"},
        {"name": "更多", "sub_button": [{"type": "view", "name": "任务", "url": "https://app.example/tasks"}]},
    ]
}


async def create(client, menu: dict, agentid: str = "1000002") -> int:
    answer = await client.post("/cgi-bin/menu/create", menu, access_token=client.token, agentid=agentid)
    return answer["errcode"]


async def shown(client) -> list:
    return (await client.api("GET", "/state"))[1]["menu"]


async def test_menu_is_shown_and_taken_away(client) -> None:
    """Issue 5: the menu a command creates stands on the phones until it is deleted."""
    query = {"access_token": client.token, "agentid": "1000002"}
    assert await create(client, MENU) == 0
    assert await shown(client) == (await client.get("/cgi-bin/menu/get", **query))["button"] == MENU["button"]
    assert (await client.get("/cgi-bin/menu/delete", **query))["errcode"] == 0
    assert await shown(client) == []


@pytest.mark.parametrize(
    "menu",
    [
        {},
        {"button": []},
        {"button": MENU["button"] * 2},
        {"button": [{"type": "click", "name": "今天"}]},
        {"button": [{"type": "view", "name": "今天", "key": "x"}]},
        {"button": [{"type": "dance", "name": "今天", "key": "x"}]},
        {"button": [{"type": "click", "name": "名字太长的菜单", "key": "x"}]},
        {"button": [{"name": "多", "sub_button": [{"type": "click", "name": "x", "key": "x"}] * 6}]},
    ],
)
async def test_wrong_menu_leaves_the_old_one(client, menu: dict) -> None:
    """Issue 5: sizes, names and targets are checked; a wrong menu changes nothing."""
    await create(client, MENU)
    assert await create(client, menu) == 40058
    assert await shown(client) == MENU["button"]


async def test_menu_of_another_app(client) -> None:
    """Issue 5: another app's id is 40056."""
    assert await create(client, MENU, "7") == 40056
    assert await shown(client) == []
