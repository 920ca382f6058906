"""From a notice to the bytes that a channel takes.

Notice -> member_message -> button_interaction | text_notice | text   (message/send, WeCom 90236)
Notice -> owner_message  -> subscription message without its receiver (subscribeMessage.send)

Limits are kept by shortening with an ellipsis; the document number is never shortened away, because WeCom swallows a
second message whose JSON is equal (reliability 2.1). Canonical JSON: the same notice gives the same bytes.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from inspection.notices import Notice

CHECKED = {"enable_duplicate_check": 1, "duplicate_check_interval": 14_400}  # 4 h, the most that WeCom takes
TITLE, DESCRIPTION, SUBTITLE = 36, 44, 160  # characters
FACTS, LABEL, VALUE = 6, 5, 30
BUTTONS, BUTTON = 6, 10
TEXT_BYTES = 2048
THING = 20  # characters of a subscription message's field
SMS_CHARACTERS = 210  # three parts of 70
ELLIPSIS = "…"
SOURCE = "双随机抽查"
IN_WORDS = {"accept": "接受", "replace": "更换", "recuse": "回避"}  # a button that can be written instead
MINI_PROGRAM_PAGE = "pages/web/web?path="


def member_message(notice: Notice, *, row_id: str, userid: str, agent_id: int, origin: str, as_text: bool) -> bytes:
    """The whole request for one member; `row_id` (32 hex digits) is the card's task_id, links begin with `origin`."""
    link = origin + (notice.path or "/")
    if as_text:
        content = {"msgtype": "text", "text": {"content": _plain_text(notice, link)}}
    else:
        content = {"msgtype": "template_card", "template_card": _card(notice, row_id, link, origin)}
    return canonical(
        {
            **content,
            "touser": userid,
            "agentid": agent_id,
            "safe": 0,
            **CHECKED,
        }
    )


def chat_answer(text: str, *, number: str, userid: str, agent_id: int) -> bytes:
    """The whole request that answers what a member wrote; `number`, its moment, tells equal answers apart."""
    tail = f"\n（{number}）"
    content = shorten_bytes(text, TEXT_BYTES - len(tail.encode())) + tail
    return canonical(
        {"msgtype": "text", "text": {"content": content}, "touser": userid, "agentid": agent_id, **CHECKED}
    )


def owner_message(notice: Notice, *, template: str) -> bytes:
    """A subscription message without its receiver: an openid is personal data and never stands beside a message."""
    number = notice.document_no
    data = {
        "thing1": shorten(_one_line(notice.title), THING),
        "thing2": number if len(number) <= THING else ELLIPSIS + number[-(THING - 1) :],  # its end tells it apart
        "thing3": shorten(_one_line(notice.summary or notice.title), THING),
    }
    return canonical(
        {"template_id": template, "page": MINI_PROGRAM_PAGE + quote(notice.path or "/", safe=""), "data": data}
    )


def text_message(notice: Notice, *, sign: str) -> bytes:
    """An SMS without its receiver: who says it, what, its number; links and names of people stay out."""
    tail = f"文号：{notice.document_no}"
    head = f"【{sign}】" if sign else ""
    words = shorten(_one_line(f"{notice.title}。{notice.summary}"), SMS_CHARACTERS - len(head) - len(tail))
    return canonical({"text": f"{head}{words}{tail}"})


def canonical(value: dict[str, Any]) -> bytes:
    """JSON with sorted keys, no blanks, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis if something was left out."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def shorten_bytes(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, never cutting a character in two."""
    raw = text.encode()
    if len(raw) <= limit:
        return text
    return raw[: limit - len(ELLIPSIS.encode())].decode(errors="ignore") + ELLIPSIS


def _card(notice: Notice, row_id: str, link: str, origin: str) -> dict[str, Any]:
    card: dict[str, Any] = {
        "card_type": "button_interaction" if notice.buttons else "text_notice",
        "source": {"desc": SOURCE},
        "task_id": row_id,
        "main_title": {"title": shorten(notice.title, TITLE)},
        "sub_title_text": _with_number(notice),
        "horizontal_content_list": [
            {"keyname": shorten(label, LABEL), "value": shorten(value, VALUE)} for label, value in notice.facts[:FACTS]
        ],
        "card_action": {"type": 1, "url": link},
    }
    if notice.urgent:
        card["main_title"]["desc"] = "紧急"
    if notice.buttons:
        card["button_list"] = [
            {
                "text": shorten(button.text, BUTTON),
                "style": 1 if place == 0 else 2,  # what is mostly done stands out
                **({"type": 1, "url": origin + button.path} if button.path else {"key": button.key}),
            }
            for place, button in enumerate(notice.buttons[:BUTTONS])
        ]
    return card


def _with_number(notice: Notice) -> str:
    tail = f"文号：{notice.document_no}"
    room = SUBTITLE - len(tail) - 1
    return f"{shorten(notice.summary, room)}\n{tail}" if notice.summary else tail


def _plain_text(notice: Notice, link: str) -> str:
    head = [("【紧急】" if notice.urgent else "") + notice.title, notice.summary]
    facts = [f"{label}：{value}" for label, value in notice.facts]
    keys = dict.fromkeys(one.key.partition(":")[0] for one in notice.buttons)
    words = [IN_WORDS[key] for key in keys if key in IN_WORDS]
    how = f"\n可以直接回复：{'、'.join(words)}" if words else ""
    tail = f"{how}\n文号：{notice.document_no}\n{link}"
    body = "\n".join(line for line in (*head, *facts) if line)
    return shorten_bytes(body, TEXT_BYTES - len(tail.encode())) + tail


def _one_line(text: str) -> str:
    return " ".join(text.split())
