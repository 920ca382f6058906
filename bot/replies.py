"""What the app answers in a chat: a word on the pressed card, a text, a question as a card. Pure.

action -> Reply(word, text, question) -> said: rows of the outbox, with the act -> answer_body: the request
       -> word: the pressed card's buttons

A question's answer comes back as a template_card_event, and `subject_of` reads what was pressed and chosen from it; or
in words, where no card is shown or somebody rather writes: `answered` reads "2", "1 3", "全部" or a piece of a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.render import BUTTON, CHECKED, DESCRIPTION, SOURCE, SUBTITLE, TITLE, canonical, chat_answer, shorten
from inspection.errors import InvalidInputError

MOST_BUTTONS, MOST_VOTES, MOST_SELECTS = 6, 20, 10
OPTION = 30  # characters
ALL = ("全部", "全选", "都要", "都")
SHORTEST_NAME = 2
_NUMBERS = re.compile(r"第?\s*(\d{1,3}(?:[\s,、.和]+\d{1,3})*)\s*[个户项号条]?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Something to choose. `options` are (id, words); `many`: several at once; `also`: a second question on the card.

    `action` comes back as the key's name; the chosen ids as its subject (see `subject_of`).
    """

    title: str
    text: str
    action: str
    options: Sequence[tuple[str, str]]
    many: bool = False
    also: Sequence[tuple[str, str]] = ()
    also_title: str = ""
    submit: str = "确定"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """`word` replaces the pressed card's buttons (at most ten characters are shown), the rest goes into the chat."""

    word: str = ""
    text: str = ""
    question: Question | None = None


def said(reply: Reply) -> dict[str, dict[str, Any]]:
    """What goes into the chat, by a word for its key: each a message's content for the outbox."""
    found: dict[str, dict[str, Any]] = {}
    if reply.text:
        found["text"] = {"text": reply.text}
    if reply.question is not None:
        found["question"] = {"question": asdict(reply.question)}
    return found


def answer_body(
    content: Mapping[str, Any], *, number: str, row_id: str, userid: str, agent_id: int, as_text: bool
) -> bytes:
    """The whole request of one of these; `as_text`: its member sees no cards."""
    if "question" not in content:
        return chat_answer(str(content["text"]), number=number, userid=userid, agent_id=agent_id)
    question = Question(**content["question"])
    if as_text:
        return question_text(question, number=number, userid=userid, agent_id=agent_id)
    return question_card(question, task_id=row_id, userid=userid, agent_id=agent_id)


def question_card(question: Question, *, task_id: str, userid: str, agent_id: int) -> bytes:
    """The whole request: buttons for few short options, a list to choose from else, selections for two questions."""
    card: dict[str, Any] = {
        "source": {"desc": SOURCE},
        "task_id": task_id,
        "main_title": {"title": shorten(question.title, TITLE)},
    }
    fit = len(question.options) <= MOST_BUTTONS and all(len(words) <= BUTTON for _, words in question.options)
    if fit and not question.many and not question.also:
        card["card_type"] = "button_interaction"
        card["sub_title_text"] = shorten(question.text, SUBTITLE)
        card["button_list"] = [
            {"text": words, "style": 2, "key": f"{question.action}:{one}"} for one, words in question.options
        ]
    elif question.also:
        card["card_type"] = "multiple_interaction"
        card["main_title"]["desc"] = shorten(question.text, DESCRIPTION)
        card["select_list"] = [
            _select("1", "", question.options),
            _select("2", question.also_title, question.also),
        ]
        card["submit_button"] = {"text": question.submit, "key": question.action}
    else:
        card["card_type"] = "vote_interaction"
        card["main_title"]["desc"] = shorten(question.text + _left_out(question), DESCRIPTION)
        card["checkbox"] = {
            "question_key": "1",
            "mode": 1 if question.many else 0,
            "option_list": [
                {"id": one, "text": shorten(words, OPTION), "is_checked": question.many}
                for one, words in question.options[:MOST_VOTES]
            ],
        }
        card["submit_button"] = {"text": question.submit, "key": question.action}
    return canonical(
        {"msgtype": "template_card", "template_card": card, "touser": userid, "agentid": agent_id, **CHECKED}
    )


def question_text(question: Question, *, number: str, userid: str, agent_id: int) -> bytes:
    """The same for the WeChat plug-in, which shows no cards: numbered, and answered by number.

    How to answer comes before the options: it is these that a text may be too short for.
    """
    lines = _numbered(question.options[: MOST_SELECTS if question.also else MOST_VOTES])
    if question.also:
        lines += [f"{question.also_title}：", *_numbered(question.also)]
        how = f"请回复两个序号，先检查后{question.also_title}，例如：1 2"
    elif question.many:
        how = "请回复序号，可以多个，例如：1 3；或回复“全部”。"
    else:
        how = f"请回复序号，例如：1{_left_out(question)}"
    words = "\n".join([shorten(question.title, TITLE), question.text, how, *lines])
    return chat_answer(words, number=number, userid=userid, agent_id=agent_id)


def answered(question: Question, text: str) -> tuple[str, str] | None:
    """Read an answer in words as (action, subject), like `subject_of`; None if these words answer nothing.

    Numbers count the options from 1; "全部" takes all where several may be chosen; a piece of its name takes an option
    where one is to be chosen. InvalidInputError for numbers that the question does not have.
    """
    plain = unicodedata.normalize("NFKC", text).strip().rstrip("。.!")
    found = _NUMBERS.fullmatch(plain)
    if found:
        chosen = _by_number(question, [int(one) for one in re.findall(r"\d+", found[1])])
    elif question.many and plain in ALL:
        chosen = ",".join(one for one, _ in question.options)
    else:
        named = [one for one, words in question.options if len(plain) >= SHORTEST_NAME and plain in words]
        if len(named) != 1 or question.many or question.also:
            return None
        chosen = named[0]
    action, _, rest = question.action.partition(":")
    return action, ":".join([*([rest] if rest else []), chosen])


def _by_number(question: Question, numbers: Sequence[int]) -> str:
    """The chosen ids as a card's event would bring them."""
    if question.also:
        lists = [question.options, question.also]
        right = len(numbers) == len(lists)
    else:
        lists = [question.options] * len(numbers)
        right = question.many or len(numbers) == 1
    if not right:
        many = "两个序号，先检查后" + question.also_title if question.also else "一个序号"
        raise InvalidInputError(what="序号", why=f"请回复{many}。")
    for number, some in zip(numbers, lists, strict=True):
        if not 1 <= number <= len(some):
            raise InvalidInputError(what="序号", why=f"没有第 {number} 项，请回复 1 到 {len(some)}。")
    ids = [some[number - 1][0] for number, some in zip(numbers, lists, strict=True)]
    return ":".join(ids) if question.also else ",".join(dict.fromkeys(ids))


def _numbered(options: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{place}　{shorten(words, OPTION)}" for place, (_, words) in enumerate(options, 1)]


def _left_out(question: Question) -> str:
    """What to do for an option that the list had no room for."""
    return "；没有列出的请回复名称" if len(question.options) > MOST_VOTES else ""


def subject_of(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Read (action, subject) of a card event: the key's rest, then the chosen ids, question by question.

    "accept:ID" -> ("accept", "ID"); a vote's "accept-some" with A and B -> ("accept-some", "A,B");
    two selections -> ("replace-why", "A:health").
    """
    action, _, rest = str(fields.get("EventKey") or "").partition(":")
    chosen = [",".join(ids) for ids in selections(fields).values()]
    return action, ":".join([*([rest] if rest else []), *chosen])


def selections(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was chosen, by question; one of a kind comes out of the XML bare, several as a list."""
    found: dict[str, list[str]] = {}
    items = fields.get("SelectedItems")
    for item in _listed(items.get("SelectedItem") if isinstance(items, Mapping) else None):
        if not isinstance(item, Mapping):
            continue
        ids = item.get("OptionIds")
        chosen = _listed(ids.get("OptionId") if isinstance(ids, Mapping) else ids)
        found[str(item.get("QuestionKey") or "")] = [str(one) for one in chosen if one]
    return dict(sorted(found.items()))


def _select(key: str, title: str, options: Sequence[tuple[str, str]]) -> dict[str, Any]:
    listed = [{"id": one, "text": shorten(words, OPTION)} for one, words in options[:MOST_SELECTS]]
    return {"question_key": key, "title": title or "检查", "option_list": listed, "selected_id": listed[0]["id"]}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
