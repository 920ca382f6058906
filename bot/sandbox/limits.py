"""message/send: what WeCom refuses in the request JSON. Pure.

check_message(body, agent_id) -> receivers named? -> our app? -> duplicate check sane? -> the msgtype's own rules

Source: developer.work.weixin.qq.com 90236, 90313. Where pages disagree (bytes or characters, cut off or refused) the
stricter reading is taken: what passes here passes there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.cards import check_card
from bot.sandbox.errors import RefusedError
from bot.sandbox.shapes import items, mapping, number, refuse, text

Body = Mapping[str, Any]

TEXT_BYTES = 2048
URL_BYTES = 2048
TITLE_BYTES = 128
DESCRIPTION_BYTES = 512
BUTTON_CHARS = 4
MOST_USERS = 1000
MOST_GROUPS = 100
MOST_ARTICLES = 8
DUPLICATE_INTERVAL_MAX = 4 * 3600
DUPLICATE_INTERVAL_DEFAULT = 1800

BAD_USER_LIST = 40031
BAD_AGENT = 40056
BAD_MSGTYPE = 40008
EMPTY_TEXT = 44004
TOO_LONG = 45002
TOO_MANY_ARTICLES = 45008
NO_RECEIVER = 82001
TOO_MANY_PARTIES = 82002
TOO_MANY_TAGS = 82003


def check_message(body: Body, agent_id: int) -> None:
    """Refuse what WeCom would refuse before it looks who the receivers are; raises RefusedError."""
    _check_receivers(body)
    if number(body, "agentid", -1) != agent_id:
        raise RefusedError(BAD_AGENT, "invalid agentid")
    duplicate_interval(body)
    kind = text(body, "msgtype")
    if kind not in KINDS:
        raise RefusedError(BAD_MSGTYPE, "invalid message type")
    if not mapping(body, kind):
        raise RefusedError(EMPTY_TEXT, f"missing {kind}")
    KINDS[kind](mapping(body, kind))


def duplicate_interval(body: Body) -> int:
    """Return for how many seconds an equal request is swallowed; 0 when the check is not asked for."""
    if number(body, "enable_duplicate_check") != 1:
        return 0
    seconds = number(body, "duplicate_check_interval", DUPLICATE_INTERVAL_DEFAULT)
    if not 0 < seconds <= DUPLICATE_INTERVAL_MAX:
        raise refuse("duplicate_check_interval", "1 to 14400 seconds")
    return seconds


def names(body: Body, field: str) -> list[str]:
    """Split a '|' list of receivers."""
    return [name.strip() for name in text(body, field).split("|") if name.strip()]


def _check_receivers(body: Body) -> None:
    users, parties, tags = names(body, "touser"), names(body, "toparty"), names(body, "totag")
    if not (users or parties or tags):
        raise RefusedError(NO_RECEIVER, "touser, toparty and totag are all empty")
    if len(users) > MOST_USERS:
        raise RefusedError(BAD_USER_LIST, "more than 1000 users")
    if len(parties) > MOST_GROUPS:
        raise RefusedError(TOO_MANY_PARTIES, "more than 100 parties")
    if len(tags) > MOST_GROUPS:
        raise RefusedError(TOO_MANY_TAGS, "more than 100 tags")


def _check_content(part: Body) -> None:
    content = text(part, "content")
    if not content:
        raise RefusedError(EMPTY_TEXT, "empty content")
    if len(content.encode(errors="surrogatepass")) > TEXT_BYTES:
        raise RefusedError(TOO_LONG, "content longer than 2048 bytes")


def _check_textcard(part: Body) -> None:
    text(part, "title", TITLE_BYTES, needed=True)
    text(part, "description", DESCRIPTION_BYTES, needed=True)
    _check_url(part)
    if len(text(part, "btntxt")) > BUTTON_CHARS:
        raise refuse("btntxt", "longer than 4 characters")


def _check_news(part: Body) -> None:
    articles = part.get("articles")
    if isinstance(articles, list) and len(articles) > MOST_ARTICLES:
        raise RefusedError(TOO_MANY_ARTICLES, "more than 8 articles")
    for article in items(part, "articles", 1, MOST_ARTICLES):
        text(article, "title", TITLE_BYTES, needed=True)
        text(article, "description", DESCRIPTION_BYTES)
        if not article.get("appid"):
            _check_url(article)


def _check_url(part: Body) -> None:
    if not text(part, "url", URL_BYTES, needed=True).startswith(("http://", "https://")):
        raise refuse("url", "needs http:// or https://")


def _check_media(part: Body) -> None:
    text(part, "media_id", needed=True)


KINDS: dict[str, Callable[[Body], None]] = {
    "text": _check_content,
    "markdown": _check_content,
    "textcard": _check_textcard,
    "news": _check_news,
    "image": _check_media,
    "voice": _check_media,
    "video": _check_media,
    "file": _check_media,
    "template_card": check_card,
}
