"""Template cards in the sandbox: limits, clicks, one-shot response codes (WeCom 90236, 90240, 94888)."""

from __future__ import annotations

import pytest

from bot.sandbox.cards import check_card
from bot.sandbox.errors import RefusedError

AGENT = 1000002
LINK = {"type": 1, "url": "https://app.example/x"}
TITLE = {"main_title": {"title": "抽查通知"}}
OPTIONS = [{"id": "a", "text": "甲"}, {"id": "b", "text": "乙"}]
SUBMIT = {"submit_button": {"text": "提交", "key": "go"}}
TEXT_NOTICE = {
    "card_type": "text_notice",
    **TITLE,
    "card_action": LINK,
    "horizontal_content_list": [
        {"keyname": "时间", "value": "明天"},
        {"keyname": "地图", "type": 1, "url": "https://m"},
    ],
    "jump_list": [
        {"title": "任务", "type": 1, "url": "https://app.example/t"},
        {"title": "小程序", "type": 2, "appid": "wx1"},
    ],
}
NEWS_NOTICE = {
    "card_type": "news_notice",
    **TITLE,
    "card_action": LINK,
    "card_image": {"url": "https://app.example/i.png"},
}
VOTE = {
    "card_type": "vote_interaction",
    **TITLE,
    **SUBMIT,
    "task_id": "vote-1",
    "checkbox": {"question_key": "q", "option_list": OPTIONS, "mode": 1},
}
MULTIPLE = {
    "card_type": "multiple_interaction",
    **TITLE,
    **SUBMIT,
    "task_id": "multi-1",
    "select_list": [{"question_key": "q", "option_list": OPTIONS}],
}
BUTTONS = {
    "card_type": "button_interaction",
    **TITLE,
    "task_id": "b-1",
    "button_list": [{"text": "接受", "key": "accept"}, {"text": "回避", "key": "recuse"}],
}
CHOICE = {**BUTTONS, "button_selection": {"question_key": "why", "option_list": OPTIONS}}


@pytest.mark.parametrize("card", [TEXT_NOTICE, NEWS_NOTICE, VOTE, MULTIPLE, BUTTONS])
async def test_the_five_kinds_arrive(client, card) -> None:
    """Issue 2, sandbox: five kinds of card; only the three with answers return a response_code."""
    answer = await client.send_card(card)
    assert answer["errcode"] == 0
    assert ("response_code" in answer) == card["card_type"].endswith("interaction")
    assert (await client.chat())[0]["content"] == card


def with_buttons(*buttons: dict) -> dict:
    return {**BUTTONS, "button_list": list(buttons)}


@pytest.mark.parametrize(
    "card",
    [
        {**TEXT_NOTICE, "card_type": "poster"},
        {**TEXT_NOTICE, "card_action": {}},
        {**TEXT_NOTICE, "main_title": {}},
        {**TEXT_NOTICE, "card_action": {"type": 1, "url": "app.example"}},
        {**TEXT_NOTICE, "horizontal_content_list": [{"keyname": "时间"}] * 7},
        {**TEXT_NOTICE, "horizontal_content_list": [{"keyname": "时间", "type": 1}]},
        {**TEXT_NOTICE, "jump_list": [{"title": "查看"}] * 4},
        {**TEXT_NOTICE, "action_menu": {"action_list": [{"text": "停", "key": "stop"}]}},
        {**TEXT_NOTICE, "task_id": "t", "action_menu": {"action_list": []}},
        {**NEWS_NOTICE, "card_image": None},
        {**NEWS_NOTICE, "card_image": {"url": "https://app.example/i.png", "aspect_ratio": 3}},
        {**NEWS_NOTICE, "vertical_content_list": [{"title": "x"}] * 5},
        {**BUTTONS, "task_id": ""},
        {**BUTTONS, "task_id": "有中文"},
        {**BUTTONS, "task_id": "x" * 129},
        with_buttons(),
        with_buttons(*({"text": "钮", "key": str(n)} for n in range(7))),
        with_buttons({"text": "甲", "key": "same"}, {"text": "乙", "key": "same"}),
        with_buttons({"text": "甲", "key": "k" * 1025}),
        with_buttons({"text": "甲", "type": 1}),
        {**VOTE, "checkbox": {**VOTE["checkbox"], "mode": 2}},
        {**VOTE, "checkbox": {**VOTE["checkbox"], "option_list": []}},
        {**VOTE, "checkbox": {**VOTE["checkbox"], "option_list": [{"id": str(n), "text": "x"} for n in range(21)]}},
        {**VOTE, "checkbox": {**VOTE["checkbox"], "option_list": OPTIONS + OPTIONS}},
        {**VOTE, "submit_button": None},
        {**MULTIPLE, "select_list": MULTIPLE["select_list"] * 2},
        {**MULTIPLE, "select_list": [{"question_key": f"q{n}", "option_list": OPTIONS} for n in range(4)]},
    ],
)
def test_wrong_cards_are_refused(card) -> None:
    """Issue 2, sandbox: list sizes, keys, task_id and links are hard limits (40058)."""
    with pytest.raises(RefusedError) as refused:
        check_card(card)
    assert refused.value.errcode == 40058


async def test_task_id_is_used_once(client) -> None:
    """Issue 2, sandbox: a task_id comes once per app; a refused send does not use it up."""
    assert (await client.send_card(BUTTONS, "nobody"))["errcode"] == 81013
    assert (await client.send_card(BUTTONS))["errcode"] == 0
    assert (await client.send_card(BUTTONS))["errcode"] == 40058
    assert len(await client.chat()) == 1


async def click(client, message_id: str, key: str, selected: dict | None = None, member: str = "zhangsan") -> int:
    body = {"message_id": message_id, "key": key, "selected": selected or {}}
    status, _ = await client.api("POST", f"/members/{member}/click", body)
    return status


async def test_click_is_called_back_with_a_code_that_updates_once(client, sandbox, receiver) -> None:
    """Issue 2, sandbox: the event names key, task, type and a code; the code changes the card once, then 60140."""
    msgid = (await client.send_card(BUTTONS))["msgid"]
    assert await click(client, msgid, "accept") == 200
    await sandbox.settled()
    (event,) = receiver.heard
    assert (event["Event"], event["EventKey"], event["TaskId"], event["CardType"]) == (
        "template_card_event",
        "accept",
        "b-1",
        "button_interaction",
    )
    update = {
        "userids": ["zhangsan", "LiSi"],
        "agentid": AGENT,
        "response_code": event["ResponseCode"],
        "button": {"replace_name": "已接受"},
    }
    answer = await client.call("message/update_template_card", update)
    assert (answer["errcode"], answer["invaliduser"]) == (0, ["lisi"])
    assert (await client.call("message/update_template_card", update))["errcode"] == 60140
    (shown,) = await client.chat()
    assert (shown["button_text"], shown["live_keys"], shown["clicked"]) == ("已接受", [], ["accept"])


async def test_a_replaced_button_cannot_be_clicked(client, sandbox, receiver) -> None:
    """Issue 2, sandbox: a card answered by one member is dead for all who were updated; nothing is pushed."""
    answer = await client.send_card(BUTTONS, "zhangsan|LiSi")
    update = {"agentid": AGENT, "response_code": answer["response_code"], "button": {"replace_name": "张三已接受"}}
    await client.call("message/update_template_card", {**update, "atall": 1})
    assert await click(client, answer["msgid"], "accept", member="LiSi") == 409
    await sandbox.settled()
    assert receiver.heard == []


async def test_whole_card_is_replaced(client) -> None:
    """Issue 2, sandbox: update_template_card may bring a whole new card; a wrong one is refused and costs no code."""
    answer = await client.send_card(BUTTONS)
    update = {"userids": ["zhangsan"], "agentid": AGENT, "response_code": answer["response_code"]}
    wrong = {**TEXT_NOTICE, "card_action": {}}
    assert (await client.call("message/update_template_card", {**update, "template_card": wrong}))["errcode"] == 40058
    good = {**update, "template_card": TEXT_NOTICE}
    assert (await client.call("message/update_template_card", good))["errcode"] == 0
    (shown,) = await client.chat()
    assert (shown["updated_card"], shown["content"], shown["live_keys"]) == (TEXT_NOTICE, BUTTONS, [])


@pytest.mark.parametrize(("hours", "errcode"), [(71.99, 0), (72, 60140)])
async def test_code_lives_72_hours(client, clock, hours: float, errcode: int) -> None:
    """Issue 2, sandbox: after 72 h the code is spent and the card stays as it was."""
    answer = await client.send_card(BUTTONS)
    clock.advance(hours=hours)
    await client.login()
    update = {"userids": ["zhangsan"], "agentid": AGENT, "response_code": answer["response_code"]}
    update["button"] = {"replace_name": "完成"}
    assert (await client.call("message/update_template_card", update))["errcode"] == errcode
    assert ((await client.chat())[0]["button_text"] == "完成") == (errcode == 0)


@pytest.mark.parametrize(
    "change",
    [
        {"agentid": 7},
        {"response_code": "invented"},
        {"userids": []},
        {"userids": "zhangsan"},
        {"userids": [], "partyids": ["x"]},
        {"button": {}},
        {"button": None},
    ],
)
async def test_wrong_updates_change_nothing(client, change) -> None:
    """Issue 2, sandbox: wrong agent, code, receivers or content: refused, buttons stay alive."""
    answer = await client.send_card(BUTTONS)
    update = {"userids": ["zhangsan"], "agentid": AGENT, "response_code": answer["response_code"]}
    update["button"] = {"replace_name": "完成"}
    assert (await client.call("message/update_template_card", {**update, **change}))["errcode"] != 0
    assert (await client.chat())[0]["live_keys"] == ["accept", "recuse"]


async def test_clicks_that_cannot_be(client, sandbox, receiver) -> None:
    """Issue 2, sandbox: unknown key, another's message, a recalled card, text without buttons: refused, not pushed."""
    card = (await client.send_card(BUTTONS))["msgid"]
    plain = (await client.send())["msgid"]
    assert await click(client, card, "invented") == 409
    assert await click(client, card, "accept", member="LiSi") == 404
    assert await click(client, plain, "accept") == 404
    assert await click(client, card, "accept", {"unasked": ["a"]}) == 400
    await client.call("message/recall", {"msgid": card})
    assert await click(client, card, "accept") == 409
    await sandbox.settled()
    assert receiver.heard == []


@pytest.mark.parametrize(
    ("card", "selected", "status"),
    [
        (VOTE, {"q": ["a", "b"]}, 200),
        (VOTE, {"q": ["z"]}, 400),
        (VOTE, {"q": []}, 400),
        ({**VOTE, "checkbox": {**VOTE["checkbox"], "mode": 0}}, {"q": ["a", "b"]}, 400),
        (CHOICE, {"why": ["a"]}, 200),
        (CHOICE, {"why": ["a", "b"]}, 400),
        (MULTIPLE, {"q": ["b"]}, 200),
        (MULTIPLE, {"q": ["a", "b"]}, 400),
    ],
)
async def test_answers_are_pushed_as_selected_items(client, sandbox, receiver, card, selected, status) -> None:
    """Issue 2, sandbox: what is chosen comes as SelectedItems; choices the card does not offer are refused."""
    msgid = (await client.send_card(card))["msgid"]
    assert await click(client, msgid, "accept" if card is CHOICE else "go", selected) == status
    await sandbox.settled()
    assert len(receiver.heard) == (status == 200)
    for event in receiver.heard:
        item = event["SelectedItems"]["SelectedItem"]
        chosen = item["OptionIds"]["OptionId"]
        assert {item["QuestionKey"]: [chosen] if isinstance(chosen, str) else chosen} == selected


async def test_menu_of_a_notice(client, sandbox, receiver) -> None:
    """Issue 2, sandbox: the menu at the top right is a template_card_menu_event without SelectedItems."""
    menu = {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]}
    msgid = (await client.send_card({**TEXT_NOTICE, "task_id": "m-1", "action_menu": menu}))["msgid"]
    assert await click(client, msgid, "mute") == 200
    await sandbox.settled()
    (event,) = receiver.heard
    assert (event["Event"], event["EventKey"]) == ("template_card_menu_event", "mute")
    assert "SelectedItems" not in event
