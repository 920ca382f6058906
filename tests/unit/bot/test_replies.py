"""Questions in the chat: in a form that WeCom takes, and read back as it pushes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.replies import MOST_VOTES, Question, question_card, question_text, selections, subject_of
from bot.sandbox.cards import check_card


def asked(count: int, **more: Any) -> Question:
    options = [(f"id{number}", "演示企业名称很长很长很长很长很长有限公司" * 2) for number in range(count)]
    return Question(**{"title": "哪一户？" * 20, "text": "说明" * 40, "action": "keep", "options": options, **more})


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (asked(1), "button_interaction"),
        (asked(6), "button_interaction"),
        (asked(7), "vote_interaction"),
        (asked(60), "vote_interaction"),
        (asked(2, many=True), "vote_interaction"),
        (asked(12, also=(("health", "健康状况"),), also_title="理由"), "multiple_interaction"),
    ],
)
def test_every_question_is_a_card_that_wecom_takes(question: Question, kind: str) -> None:
    """Issue 5: buttons for few, a vote for many or several, selections for two questions; hard limits kept."""
    body = json.loads(question_card(question, task_id="0" * 32, userid="u", agent_id=1))
    card = body["template_card"]
    check_card(card)
    assert card["card_type"] == kind
    assert len(card.get("checkbox", {}).get("option_list", [])) <= MOST_VOTES


def test_the_plug_in_gets_words_instead() -> None:
    """微信插件 shows no cards: the same question as text, within 2,048 bytes."""
    body = json.loads(question_text(asked(60), number="11-21 10:00:01", userid="u", agent_id=1))
    assert body["msgtype"] == "text"
    assert len(body["text"]["content"].encode()) <= 2048


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
