"""Questions in the chat: in a form that WeCom takes, and read back as it pushes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.replies import MOST_VOTES, Question, answered, question_card, question_text, selections, subject_of
from bot.sandbox.cards import check_card
from inspection.errors import InvalidInputError


def asked(count: int, **more: Any) -> Question:
    options = [(f"id{number}", "演示企业名称很长很长很长很长很长有限公司" * 2) for number in range(count)]
    return Question(**{"title": "哪一户？" * 20, "text": "说明" * 40, "action": "keep", "options": options, **more})


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (asked(2, options=[("a", "演示惠民药房"), ("b", "演示福民超市")]), "button_interaction"),
        (asked(1), "vote_interaction"),  # a name as long as this fits no button
        (asked(7), "vote_interaction"),
        (asked(60), "vote_interaction"),
        (asked(2, many=True), "vote_interaction"),
        (asked(12, also=(("health", "健康状况"),), also_title="理由"), "multiple_interaction"),
    ],
)
def test_every_question_is_a_card_that_wecom_takes(question: Question, kind: str) -> None:
    """Issue 5: buttons for few short ones, a list for long or many, selections for two questions; hard limits kept."""
    body = json.loads(question_card(question, task_id="0" * 32, userid="u", agent_id=1))
    card = body["template_card"]
    check_card(card)
    assert card["card_type"] == kind
    assert len(card.get("checkbox", {}).get("option_list", [])) <= MOST_VOTES


def test_the_plug_in_gets_words_instead() -> None:
    """微信插件 shows no cards: the same question as text, within 2,048 bytes."""
    body = json.loads(question_text(asked(60), number="11-21 10:00:01", userid="u", agent_id=1))
    assert body["msgtype"] == "text"
    words = body["text"]["content"]
    assert len(words.encode()) <= 2048
    assert "\n15　演示" in words  # so many have room, with names as long as these
    assert "没有列出的请回复名称" in words
    both = json.loads(question_text(WHY, number="1", userid="u", agent_id=1))["text"]["content"]
    assert "理由：\n1　健康\n2　公务" in both
    assert "例如：1 2" in both


SHOPS = Question(title="哪一户？", text="", action="keep", options=[("a", "演示惠民药房"), ("b", "演示福民超市")])
ARRIVED = Question(title="到了哪一户？", text="", action="arrive:36.6:117.0", options=SHOPS.options)
SOME = Question(title="接受", text="", action="accept-some", options=SHOPS.options, many=True)
WHY = Question(
    title="更换",
    text="",
    action="replace-why",
    options=SHOPS.options,
    also=[("health", "健康"), ("duty", "公务")],
    also_title="理由",
)


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        (SHOPS, "2", ("keep", "b")),
        (SHOPS, "　第２个。", ("keep", "b")),
        (SHOPS, "福民", ("keep", "b")),
        (SHOPS, "演示", None),  # both
        (SHOPS, "福", None),
        (SHOPS, "全部", None),
        (SHOPS, "明天我去", None),
        (ARRIVED, "1", ("arrive", "36.6:117.0:a")),
        (SOME, "2，1、2", ("accept-some", "b,a")),
        (SOME, "全部", ("accept-some", "a,b")),
        (SOME, "福民", None),  # several may be chosen: a name takes none
        (WHY, "2 1", ("replace-why", "b:health")),
        (WHY, "福民", None),
    ],
)
def test_an_answer_in_words_is_read_as_a_press_is(question: Question, text: str, said: tuple[str, str] | None) -> None:
    """Issue 5, text fallback: numbers and names choose what a button would; anything else chooses nothing."""
    assert answered(question, text) == said


@pytest.mark.parametrize(("question", "text"), [(SHOPS, "3"), (SHOPS, "0"), (SHOPS, "1 2"), (WHY, "1"), (WHY, "1 3")])
def test_a_number_that_is_none_is_said_to_be_none(question: Question, text: str) -> None:
    """Issue 5: nothing is done for a number that the question does not have; the sender is told which it has."""
    with pytest.raises(InvalidInputError):
        answered(question, text)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"EventKey": "accept:1"}, ("accept", "1")),
        ({"EventKey": "arrive:36.6:117.0:v"}, ("arrive", "36.6:117.0:v")),
        (
            {
                "EventKey": "keep",
                "SelectedItems": {"SelectedItem": {"QuestionKey": "1", "OptionIds": {"OptionId": "a"}}},
            },
            ("keep", "a"),
        ),
        (
            {
                "EventKey": "x",
                "SelectedItems": {"SelectedItem": {"QuestionKey": "1", "OptionIds": {"OptionId": ["a", "b"]}}},
            },
            ("x", "a,b"),
        ),
        (
            {
                "EventKey": "replace-why",
                "SelectedItems": {
                    "SelectedItem": [
                        {"QuestionKey": "2", "OptionIds": {"OptionId": "health"}},
                        {"QuestionKey": "1", "OptionIds": {"OptionId": "v"}},
                    ]
                },
            },
            ("replace-why", "v:health"),
        ),
        ({"EventKey": None, "SelectedItems": None}, ("", "")),
        ({"EventKey": "k", "SelectedItems": "junk"}, ("k", "")),
    ],
)
def test_what_was_pressed_is_read(fields: dict[str, Any], said: tuple[str, str]) -> None:
    """One of a kind comes out of the XML bare, several as a list; junk is nothing chosen."""
    assert subject_of(fields) == said
    assert isinstance(selections(fields), dict)
