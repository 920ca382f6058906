"""Which line of a plan is about which item of a list, where both are only words (C7, A3).

line + item -> match() -> Match with how it was found and the words that say so, or None     (coverage)
            -> names() -> beyond doubt or not                                                (what is inspected)

Plans and lists come from different desks: what one calls `对……情况的检查` is `……双随机抽查` to the other.
Certain matches count as planned. A MAYBE never does: it is shown to a person, who says yes or no.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

MIN_SHARED = 4  # characters that two names must share to be the same thing
MIN_CODE = 3  # a code shorter than this is a row number
MAYBE_PAIRS, MAYBE_SHARE = 2, 0.25  # pairs of characters in common, and their share of the item's

_NO_LETTER_BEFORE, _NO_LETTER_BEHIND = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_NOISE = re.compile(r"[\s\W_]+")
_YEAR = re.compile(r"20\d\d年?度?")
_FRONT = (
    "对", "关于", "开展", "全市", "全县", "全区", "全省", "本市", "本县", "本区", "本辖区", "辖区内", "辖区",
    "市直", "各类", "各",
)  # fmt: skip
_BACK = (
    "双随机一公开监督抽查", "双随机一公开抽查", "双随机一公开", "部门联合抽查", "双随机抽查", "联合抽查",
    "随机抽查", "监督抽查", "监督检查", "执法检查", "专项检查", "行政检查", "日常检查", "抽查检查", "抽查", "检查",
    "监管", "情况", "行为", "活动", "事项", "等", "的",
)  # fmt: skip
_EMPTY_PAIRS = frozenset(
    [
        "检查",
        "抽查",
        "情况",
        "况的",
        "的检",
        "查事",
        "事项",
        "监督",
        "督检",
        "督抽",
        "随机",
        "双随",
        "联合",
        "合抽",
        "部门",
        "企业",
        "单位",
        "经营",
        "管理",
        "理情",
        "营情",
        "行为",
        "活动",
        "各类",
        "以及",
        "相关",
        "证照",
        "取得",
        "许可",
        "可证",
        "可情",
        "公示",
    ]
)


class How(Enum):
    """How a line and an item were found to be the same; the value goes to the console."""

    NAMED = "named"
    CODE = "code"
    NAME = "name"
    WORDS = "words"
    MAYBE = "maybe"

    @property
    def text(self) -> str:
        """The way in words for people."""
        return _HOW_WORDS[self]


_HOW_WORDS = {
    How.NAMED: "计划条目指定",
    How.CODE: "事项编号相同",
    How.NAME: "名称、部门相同",
    How.WORDS: "名称包含、部门相同",
    How.MAYBE: "可能对应，待确认",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """An item in force, as coverage sees it."""

    id: str
    departments: frozenset[str]
    name: str
    domain: str = ""
    subject: str = ""
    code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A line of a plan, as coverage sees it; `item_ids` are the items that somebody named."""

    id: str
    departments: frozenset[str]
    name: str
    item_text: str = ""
    scope_text: str = ""
    item_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A line that is about an item: how that was found, and the words or the code that both have."""

    line_id: str
    how: How
    shared: str = ""

    @property
    def certain(self) -> bool:
        """Tell whether the item counts as planned by it."""
        return self.how is not How.MAYBE


def match(line: Planned, item: Listed) -> Match | None:
    """Say how a line is about an item. A line that names its items is about these and no others, whatever its words."""
    if line.item_ids:
        return Match(line_id=line.id, how=How.NAMED) if item.id in line.item_ids else None
    if _names_code(line, item.code):
        return Match(line_id=line.id, how=How.CODE, shared=item.code)
    if item.departments.isdisjoint(line.departments):
        return None
    return _by_name(line, item) or _maybe(line, item)


def names(line: Planned, item: Listed) -> bool:
    """Tell whether a line names an item beyond doubt: a person said so, or its code or whole name stands in the line.

    What is inspected follows from this alone; a name that is only alike is nobody's word for it (A3).
    """
    if line.item_ids:
        return item.id in line.item_ids
    return _names_code(line, item.code) or (
        not item.departments.isdisjoint(line.departments) and _names_whole(line.item_text, item.name)
    )


def best(lines: Iterable[Planned], item: Listed) -> Match | None:
    """The surest line for an item: certain ones first; of two that are alike the earlier."""
    found = [one for one in (match(line, item) for line in lines) if one is not None]
    order = list(How)
    return min(found, key=lambda one: order.index(one.how), default=None)


@lru_cache(maxsize=8192)
def core(text: str) -> str:
    """Take from a name what every name has: year, punctuation, `对……情况的检查`; the whole name if nothing is left."""
    words = _YEAR.sub("", _NOISE.sub("", unicodedata.normalize("NFKC", text)))
    bare = _bare(words)
    return bare or words


def _bare(words: str) -> str:
    while True:
        front = next((one for one in _FRONT if words.startswith(one)), "")
        back = next((one for one in _BACK if words.endswith(one)), "")
        if not front and not back:
            return words
        words = words.removeprefix(front).removesuffix(back)


def _names_code(line: Planned, code: str) -> bool:
    """Tell whether the item's code stands in the line by itself, not within a longer one."""
    wanted = unicodedata.normalize("NFKC", code).strip()
    if len(wanted) < MIN_CODE:
        return False
    text = unicodedata.normalize("NFKC", f"{line.name} {line.item_text}")
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(wanted)}(?![0-9A-Za-z])", text) is not None


def _names_whole(words: str, name: str) -> bool:
    """Tell whether a whole name stands in a cell by itself, as one of several or alone, letter by letter."""
    wanted, text = ("".join(unicodedata.normalize("NFKC", one).split()) for one in (name, words))
    return bool(wanted) and re.search(rf"{_NO_LETTER_BEFORE}{re.escape(wanted)}{_NO_LETTER_BEHIND}", text) is not None


def _by_name(line: Planned, item: Listed) -> Match | None:
    contained = None
    for mine in _cores((item.name, item.domain)):
        for theirs in _cores((line.item_text, line.name)):
            if mine == theirs:
                return Match(line_id=line.id, how=How.NAME, shared=mine)
            if contained is None and (mine in theirs or theirs in mine):
                contained = Match(line_id=line.id, how=How.WORDS, shared=min(mine, theirs, key=len))
    return contained


def _cores(texts: Collection[str]) -> list[str]:
    return [one for one in map(core, texts) if len(one) >= MIN_SHARED]


def _maybe(line: Planned, item: Listed) -> Match | None:
    wanted = _pairs(item.name, item.domain, item.subject)
    common = wanted & _pairs(line.name, line.item_text, line.scope_text)
    if len(common) < MAYBE_PAIRS or len(common) < MAYBE_SHARE * len(wanted):
        return None
    return Match(line_id=line.id, how=How.MAYBE, shared="、".join(sorted(common)))


def _pairs(*texts: str) -> frozenset[str]:
    """The pairs of characters that say something, each text without its ornaments."""
    cores = [core(one) for one in texts]
    return frozenset(one[n : n + 2] for one in cores for n in range(len(one) - 1)) - _EMPTY_PAIRS
