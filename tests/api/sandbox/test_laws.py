"""Laws of the sandbox's core: nonsense is refused with an errcode, never a crash, and changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import Member, Sandbox, SandboxSettings
from bot.sandbox.errors import RefusedError

AGENT = 1
OPTIONS = [{"id": "a", "text": "甲"}]
TITLE = {"main_title": {"title": "抽查"}, "task_id": "t-1", "submit_button": {"text": "交", "key": "go"}}
LINK = {"card_action": {"type": 1, "url": "https://app.example/"}}
CARDS: list[dict[str, Any]] = [
    {"card_type": "text_notice", **TITLE, **LINK, "jump_list": [{"title": "t", "type": 1, "url": "https://x"}]},
    {"card_type": "news_notice", **TITLE, **LINK, "card_image": {"url": "https://x", "aspect_ratio": 1.3}},
    {"card_type": "button_interaction", **TITLE, "button_list": [{"text": "接", "key": "k"}]},
    {"card_type": "vote_interaction", **TITLE, "checkbox": {"question_key": "q", "option_list": OPTIONS, "mode": 1}},
    {"card_type": "multiple_interaction", **TITLE, "select_list": [{"question_key": "q", "option_list": OPTIONS}]},
]
HEAD: dict[str, Any] = {"touser": "zhangsan", "toparty": "", "totag": "", "agentid": AGENT, "enable_duplicate_check": 1}
SENDS: list[dict[str, Any]] = [
    {**HEAD, "msgtype": "text", "text": {"content": "x"}},
    {**HEAD, "msgtype": "textcard", "textcard": {"title": "t", "description": "d", "url": "https://x", "btntxt": "看"}},
    {**HEAD, "msgtype": "news", "news": {"articles": [{"title": "t", "url": "https://x"}]}},
    {**HEAD, "msgtype": "image", "image": {"media_id": "m"}},
    *({**HEAD, "msgtype": "template_card", "template_card": card} for card in CARDS),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def spoilt(draw: Any, value: Any) -> Any:
    """Put nonsense in one place of a JSON value, at any depth."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: spoilt(draw, value[key])}
    if isinstance(value, list) and value and draw(st.booleans()):
        return [spoilt(draw, value[0]), *value[1:]]
    return draw(JSON)


def sandbox() -> Sandbox:
    settings = SandboxSettings(
        corp_id="c",
        secret="s",
        agent_id=AGENT,
        token="t",
        encoding_aes_key="A" * 43,
        callback_url="",
        trusted_origin="http://app.example",
        mini_appid="m",
        mini_secret="s",
    )
    made = Sandbox(settings, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    made.contacts.add(Member(userid="zhangsan", name="张三样例"), quiet=True)
    return made


@given(data=st.data())
def test_send_never_crashes(data: Any) -> None:
    """Issue 2, sandbox: any JSON object is sent or refused; a refused one reaches nobody."""
    state = sandbox()
    body = data.draw(st.sampled_from(SENDS))
    key = data.draw(st.sampled_from(sorted(body)))
    body = {**body, key: spoilt(data.draw, body[key])}
    arrived = 1
    try:
        state.chats.send(body, repr(body).encode())
    except RefusedError:
        arrived = 0
    assert len(state.chats.inbox("zhangsan").bubbles) == arrived


@given(data=st.data())
def test_update_never_crashes(data: Any) -> None:
    """Issue 2, sandbox: any update is done or refused; a refused one leaves the card alive and the code good."""
    state = sandbox()
    answer = state.chats.send({**HEAD, "msgtype": "template_card", "template_card": CARDS[2]}, b"1")
    good = {"userids": ["zhangsan"], "atall": 0, "agentid": AGENT, "response_code": answer["response_code"]}
    body = {**good, "partyids": [1], "button": {"replace_name": "完成"}, "template_card": None}
    key = data.draw(st.sampled_from(sorted(body)))
    try:
        state.cards.update({**body, key: spoilt(data.draw, body[key])})
    except RefusedError:
        assert state.chats.inbox("zhangsan").bubbles[str(answer["msgid"])].live_keys() == ("k", "go")
        assert state.cards.update({**good, "button": {"replace_name": "完成"}}) == {}


@given(data=st.data())
def test_subscription_never_crashes(data: Any) -> None:
    """Issue 2, sandbox: a refused subscription message costs no credit and arrives nowhere."""
    state = sandbox()
    owner = state.owners.add("店主样例")
    state.owners.subscribe(owner.openid, "t")
    body = {"touser": owner.openid, "template_id": "t", "page": "p", "data": {"thing1": {"value": "检查"}}}
    key = data.draw(st.sampled_from(sorted(body)))
    try:
        state.owners.send({**body, key: spoilt(data.draw, body[key])})
    except RefusedError:
        assert (owner.credits["t"], owner.messages) == (1, [])


def test_the_unspoilt_ones_pass() -> None:
    """The laws above start from bodies that are right."""
    for body in SENDS:
        if body["msgtype"] == "image":
            with pytest.raises(RefusedError):
                sandbox().chats.send(body, b"1")
        else:
            assert sandbox().chats.send(body, b"1")["msgid"]
