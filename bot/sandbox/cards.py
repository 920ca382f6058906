"""Template cards: what WeCom refuses, by card type. Pure.

check_card(card) -> parts common to all -> the card type's own rules -> nothing, or RefusedError 40058

Source: developer.work.weixin.qq.com 90236 and three SDKs' comments. List sizes and keys are hard limits; "advised"
text lengths are only advice, so they pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.shapes import items, mapping, number, refuse, text, unique

Card = Mapping[str, Any]

TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
KEY_BYTES = 1024
OPTION_BYTES = 128
URL_BYTES = 2048
INTERACTIVE = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})
JUMP_KINDS = (0, 1, 2)
LINK_FIELDS = {1: "url", 2: "media_id", 3: "userid"}


def check_card(card: Card) -> None:
    """Refuse a card that WeCom would refuse (without looking whether its task_id was used before)."""
    kind = text(card, "card_type", needed=True)
    if kind not in KINDS:
        raise refuse("card_type", kind)
    _check_common(card)
    _check_task_id(card, needed=kind in INTERACTIVE or bool(card.get("action_menu")))
    KINDS[kind](card)


def _check_task_id(card: Card, *, needed: bool) -> None:
    task_id = text(card, "task_id", needed=needed)
    if task_id and not TASK_ID.fullmatch(task_id):
        raise refuse("task_id", "only 0-9 A-Z a-z _ - @, at most 128 bytes")


def _check_common(card: Card) -> None:
    for line in items(card, "horizontal_content_list", 0, 6):
        text(line, "keyname", needed=True)
        link = LINK_FIELDS.get(number(line, "type"))
        if link:
            text(line, link, URL_BYTES, needed=True)
    for jump in items(card, "jump_list", 0, 3):
        text(jump, "title", needed=True)
        _check_jump(jump, "jump_list.type")
    if card.get("action_menu") is not None:
        actions = items(mapping(card, "action_menu"), "action_list", 1, 3)
        unique([text(action, "key", KEY_BYTES, needed=True) for action in actions], "action_list.key")


def _check_jump(jump: Card, field: str, *, needed: bool = False) -> None:
    kind = number(jump, "type")
    if kind not in JUMP_KINDS or (needed and kind == 0):
        raise refuse(field, str(kind))
    if kind == 1:
        url = text(jump, "url", URL_BYTES, needed=True)
        if not url.startswith(("http://", "https://")):
            raise refuse("url", "needs http:// or https://")
    if kind == 2:  # noqa: PLR2004  (WeCom's number for "opens a mini-program")
        text(jump, "appid", needed=True)


def _check_title(card: Card) -> None:
    text(mapping(card, "main_title"), "title", needed=True)


def _check_text_notice(card: Card) -> None:
    if not text(mapping(card, "main_title"), "title") and not text(card, "sub_title_text"):
        raise refuse("main_title", "title and sub_title_text are both empty")
    _check_jump(mapping(card, "card_action"), "card_action", needed=True)


def _check_news_notice(card: Card) -> None:
    _check_title(card)
    image = mapping(card, "card_image")
    if not image and not mapping(card, "image_text_area"):
        raise refuse("card_image", "card_image or image_text_area is needed")
    ratio = image.get("aspect_ratio", 1.3)
    if not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:  # noqa: PLR2004  (the page's own bounds)
        raise refuse("aspect_ratio", str(ratio))
    items(card, "vertical_content_list", 0, 4)
    _check_jump(mapping(card, "card_action"), "card_action", needed=True)


def _check_buttons(card: Card) -> None:
    _check_title(card)
    keys = []
    for button in items(card, "button_list", 1, 6):
        text(button, "text", needed=True)
        if number(button, "type") == 1:
            text(button, "url", URL_BYTES, needed=True)
        else:
            keys.append(text(button, "key", KEY_BYTES, needed=True))
    unique(keys, "button_list.key")
    if card.get("button_selection") is not None:
        _check_options(mapping(card, "button_selection"), 10)


def _check_vote(card: Card) -> None:
    _check_title(card)
    box = mapping(card, "checkbox")
    _check_options(box, 20)
    if number(box, "mode") not in {0, 1}:
        raise refuse("checkbox.mode", "0 (one) or 1 (many)")
    _check_submit(card)


def _check_multiple(card: Card) -> None:
    _check_title(card)
    questions = items(card, "select_list", 1, 3)
    for question in questions:
        _check_options(question, 10)
    unique([question["question_key"] for question in questions], "select_list.question_key")
    _check_submit(card)


def _check_options(question: Card, most: int) -> None:
    text(question, "question_key", KEY_BYTES, needed=True)
    options = items(question, "option_list", 1, most)
    for option in options:
        text(option, "text", needed=True)
    unique([text(option, "id", OPTION_BYTES, needed=True) for option in options], "option_list.id")


def _check_submit(card: Card) -> None:
    button = mapping(card, "submit_button")
    text(button, "text", needed=True)
    text(button, "key", KEY_BYTES, needed=True)


KINDS = {
    "text_notice": _check_text_notice,
    "news_notice": _check_news_notice,
    "button_interaction": _check_buttons,
    "vote_interaction": _check_vote,
    "multiple_interaction": _check_multiple,
}


def clickable_keys(card: Card) -> tuple[str, ...]:
    """Name the keys whose click is called back: buttons, the submit button, entries of the menu at the top right."""
    buttons = [button["key"] for button in card.get("button_list") or () if button.get("type", 0) == 0]
    submit = [card["submit_button"]["key"]] if card.get("submit_button") else []
    return (*buttons, *submit, *menu_keys(card))


def menu_keys(card: Card) -> tuple[str, ...]:
    """Name the keys of the menu at the card's top right (its clicks are template_card_menu_event)."""
    return tuple(action["key"] for action in (card.get("action_menu") or {}).get("action_list") or ())


def questions(card: Card) -> list[Card]:
    """List the questions that a click answers: checkbox, select_list, button_selection."""
    single = [card[name] for name in ("checkbox", "button_selection") if card.get(name)]
    return [*single, *(card.get("select_list") or ())]
