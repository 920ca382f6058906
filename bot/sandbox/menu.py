"""The app's menu at the bottom of its chat.

menu/create -> at most 3 buttons of at most 5 -> shown on every phone ; a tap is pushed as click

Source: developer.work.weixin.qq.com 90231.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.shapes import items, refuse, text

MOST_BUTTONS = 3
MOST_BELOW = 5
NAME_BYTES = 16
NAME_BYTES_BELOW = 40
KEY_BYTES = 128
URL_BYTES = 1024


class Menu:
    """What the app put there last."""

    def __init__(self) -> None:
        self.buttons: list[Mapping[str, Any]] = []

    def create(self, body: Mapping[str, Any]) -> dict[str, object]:
        """Replace the menu; a wrong one is refused whole and the old one stays."""
        buttons = items(body, "button", 1, MOST_BUTTONS)
        for button in buttons:
            text(button, "name", NAME_BYTES, needed=True)
            below = items(button, "sub_button", 0, MOST_BELOW)
            for inner in below:
                text(inner, "name", NAME_BYTES_BELOW, needed=True)
                _check_act(inner)
            if not below:
                _check_act(button)
        self.buttons = buttons
        return {}

    def delete(self) -> dict[str, object]:
        """Take the menu away."""
        self.buttons = []
        return {}


def _check_act(button: Mapping[str, Any]) -> None:
    kind = text(button, "type", needed=True)
    if kind == "view":
        text(button, "url", URL_BYTES, needed=True)
    elif kind in {"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "location_select"}:
        text(button, "key", KEY_BYTES, needed=True)
    else:
        raise refuse("type", kind)
