"""From a notice to a channel's bytes: limits are kept, the document number always stands there."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from bot import render
from inspection.notices import Button, Notice, NoticeKind

ROW = "0123456789abcdef0123456789abcdef"
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=300)
notices = st.builds(
    Notice,
    kind=st.sampled_from(NoticeKind),
    document_no=st.text("市场监管抽查〔〕0123456789号-", min_size=1, max_size=96),
    title=words,
    summary=words,
    facts=st.lists(st.tuples(words, words), max_size=9).map(tuple),
    path=st.just("/m/visits/1") | st.just(""),
    buttons=st.lists(st.builds(Button, key=st.just("accept:1"), text=words), max_size=8).map(tuple),
    urgent=st.booleans(),
)


def message(notice: Notice, *, as_text: bool = False) -> tuple[bytes, dict[str, Any]]:
    raw = render.member_message(
        notice, row_id=ROW, userid="zhangsan", agent_id=1000002, origin="https://sc.example.cn", as_text=as_text
    )
    return raw, json.loads(raw)


@given(notices)
def test_a_card_keeps_wecoms_limits(notice: Notice) -> None:
    """Wecom.md 2.2: list sizes and lengths hold for whatever a person typed."""
    _, data = message(notice)
    card = data["template_card"]
    assert len(card["main_title"]["title"]) <= 36
    assert len(card["sub_title_text"]) <= 160
    assert notice.document_no in card["sub_title_text"]
    assert len(card["horizontal_content_list"]) <= 6
    assert all(len(f["keyname"]) <= 5 and len(f["value"]) <= 30 for f in card["horizontal_content_list"])
    assert card["card_type"] == ("button_interaction" if notice.buttons else "text_notice")
    assert len(card.get("button_list", [])) == min(len(notice.buttons), 6)
    assert all(len(button["text"]) <= 10 for button in card.get("button_list", []))
    assert (card["task_id"], card["card_action"]["url"][:21]) == (ROW, "https://sc.example.cn")


@given(notices)
def test_a_text_keeps_its_bytes_its_number_and_its_link(notice: Notice) -> None:
    """Wecom.md 2.2: 2048 bytes; what is cut is never the document number or the link."""
    _, data = message(notice, as_text=True)
    content = data["text"]["content"]
    assert len(content.encode()) <= 2048
    assert content.endswith(f"文号：{notice.document_no}\nhttps://sc.example.cn{notice.path or '/'}")
    assert ("可以直接回复：接受\n" in content) == bool(notice.buttons)  # what a button would do, without one


@given(notices, st.booleans())
def test_the_same_notice_gives_the_same_bytes(notice: Notice, as_text: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """Reliability 2.1: equal bytes again, also after a trip through the row's JSON; the duplicate check is on."""
    raw, data = message(notice, as_text=as_text)
    again = Notice.from_data(json.loads(json.dumps(notice.as_data())))
    assert message(again, as_text=as_text)[0] == raw
    assert (data["enable_duplicate_check"], data["duplicate_check_interval"]) == (1, 14400)
    assert raw == render.canonical(data)


def test_two_lawful_notices_differ_by_their_number() -> None:
    """Reliability 2.1: equal text under another number is another message, or WeCom would swallow it."""
    first, second = (
        message(Notice(kind=NoticeKind.REMINDER, document_no=number, title="请按期公示"), as_text=True)[0]
        for number in ("抽查1号", "抽查2号")
    )
    assert first != second


@given(notices)
def test_an_owners_message_fits_its_fields_and_names_nobody(notice: Notice) -> None:
    """Wecom.md 3: thing is at most 20 characters, without newlines; M1: no receiver stands in the stored bytes."""
    data = json.loads(render.owner_message(notice, template="T1"))
    assert set(data) == {"template_id", "page", "data"}
    assert all(len(value) <= 20 and "\n" not in value for value in data["data"].values())
    assert data["data"]["thing2"][-10:] == notice.document_no[-10:]
    assert unquote(data["page"].split("path=")[1]) == (notice.path or "/")


@given(st.text(), st.integers(3, 60))
def test_shortening_by_bytes_never_cuts_a_character(text: str, limit: int) -> None:
    """Wecom.md 2.2: limits in bytes, text in Chinese."""
    short = render.shorten_bytes(text, limit)
    assert len(short.encode()) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_a_chat_answer_may_repeat_itself() -> None:
    """Reliability 2.1: equal answers of two moments are two messages, one answer tried twice is one; 2,048 bytes."""
    answers = [
        render.chat_answer("您有 2 项任务。", number=moment, userid="lisi", agent_id=1)
        for moment in ("11-21 10:00:01", "11-21 10:00:02", "11-21 10:00:02")
    ]
    data = json.loads(answers[0])
    assert (data["text"]["content"], data["touser"]) == ("您有 2 项任务。\n（11-21 10:00:01）", "lisi")
    assert data["enable_duplicate_check"] == 1
    assert len(set(answers)) == 2
    long = json.loads(render.chat_answer("字" * 2000, number="11-21 10:00:01", userid="u", agent_id=1))
    assert len(long["text"]["content"].encode()) <= 2048
    assert long["text"]["content"].endswith("（11-21 10:00:01）")
