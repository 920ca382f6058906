"""The app's menu in WeCom, made by `suicha menu`: words that the chat understands, and the pages.

menu_of(origin) -> menu/create (replaces what was there) -> every member sees it within some minutes

Source: developer.work.weixin.qq.com 90231: at most three buttons of five entries; a click is pushed with its key.
"""

from __future__ import annotations

from typing import Any, ClassVar

from bot.inbox import SAYS
from bot.reactions import Failure
from bot.wecom import WeComClient
from inspection.errors import Kind, SuichaError
from inspection.phrases import Word

MINE = (Word.TODAY, Word.TASKS, Word.ACCEPT, Word.CHECK_IN)
OFFICE = (Word.PROGRESS, Word.OVERDUE, Word.APPROVALS, Word.WEEK)


class MenuRefusedError(SuichaError):
    """企业微信没有接受应用菜单（{code}）。"""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "menu-refused"
    action: ClassVar[str] = "请核对配置中 [wecom] 的 corp_id、secret、agent_id 和可信 IP；原有菜单没有变化。"


def menu_of(origin: str) -> dict[str, Any]:
    """The menu: two columns of words, one of pages below `origin`."""
    return {
        "button": [
            {"name": "我的检查", "sub_button": [*_words(MINE), _page("打开手机页面", f"{origin}/m/")]},
            {"name": "办公室", "sub_button": [*_words(OFFICE), _page("打开控制台", f"{origin}/console/")]},
            {"type": "click", "name": Word.HELP.value, "key": SAYS + Word.HELP.value},
        ]
    }


async def make_menu(wecom: WeComClient, origin: str) -> None:
    """Put the menu into WeCom; MenuRefusedError with its code if it is not taken."""
    answer = await wecom.create_menu(menu_of(origin))
    if answer.code != 0:
        raise MenuRefusedError(code=answer.code.value if isinstance(answer.code, Failure) else answer.code)


def _words(words: tuple[Word, ...]) -> list[dict[str, Any]]:
    return [{"type": "click", "name": one.value, "key": SAYS + one.value} for one in words]


def _page(name: str, url: str) -> dict[str, Any]:
    return {"type": "view", "name": name, "url": url}
