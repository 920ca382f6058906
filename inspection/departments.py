"""Department names as tables write them: 市场监管部门, 市场监督管理局 and 市场监管局 are one.

cell text -> stem() (suffix off, one word for each trade) -> match_department() against the known departments
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspection.cells import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Longest first: the first that fits is taken off, and what is left is the trade.
_SUFFIXES = (
    "主管部门", "管理委员会", "管理部门", "委员会", "管理局", "办公室", "部门", "机构", "机关",
    "支队", "大队", "总队", "总局", "分局", "局", "委", "厅", "部", "办",
)  # fmt: skip

# Our one word for a trade -> the other words people have for it.
_TRADES = {
    "市场监管": "市场监督管理 市场监督 市监 工商 工商行政",
    "卫生健康": "卫健 卫生 卫生和计划生育 卫计",
    "生态环境": "环保 环境保护 生态环境保护",
    "消防救援": "消防",
    "教育": "教体 教育体育 教育和体育 教育科技",
    "人力资源社会保障": "人社 人力资源和社会保障 人力社保 劳动保障",
    "住房城乡建设": "住建 住房和城乡建设 住房建设",
    "文化旅游": "文旅 文化和旅游 文化广电和旅游 文广旅 文体旅 文化",
    "医疗保障": "医保",
    "应急管理": "应急",
    "交通运输": "交通",
    "农业农村": "农业",
    "烟草专卖": "烟草",
    "邮政管理": "邮政",
    "城市管理": "城管 城市 综合行政执法 城市管理综合行政执法",
    "自然资源": "自然资源和规划 规划和自然资源",
    "发展改革": "发改 发展和改革",
    "工业信息化": "工信 工业和信息化",
    "科学技术": "科技",
    "宣传": "新闻出版",
    "互联网信息": "网信",
    "联席会议": "联席 双随机联席会议",
}
_OURS = {word: trade for trade, others in _TRADES.items() for word in others.split()}
_PLACES = "省市县区州旗盟"  # what the name of a place ends with


def stem(text: str) -> str:
    """Give the trade that a department's name speaks of, without suffix, in our one word for it."""
    words = plain(text).removesuffix("等")
    for suffix in _SUFFIXES:
        rest = words.removesuffix(suffix)
        if rest not in {words, ""}:
            return _OURS.get(rest, rest)
    return _OURS.get(words, words)


def match_department(text: str, known: Mapping[str, Iterable[str]]) -> str | None:
    """Find the department that `text` names, as its key in `known` (key -> full name and aliases), or None.

    An exact name wins; then the same stem; then a stem behind a place name (`历下区市场监管局`). Two departments that
    fit equally well give None: nobody is guessed into a task.
    """
    wanted, trade = plain(text), stem(text)
    stems = {key: {stem(name) for name in its_names} for key, its_names in known.items()}
    for fits in (
        {key for key, its_names in known.items() if wanted in map(plain, its_names)},
        {key for key, its_stems in stems.items() if trade in its_stems},
        {key for key, its_stems in stems.items() if any(_behind_place(trade, one) for one in its_stems)},
    ):
        if fits:
            return fits.pop() if len(fits) == 1 else None
    return None


def _behind_place(trade: str, known: str) -> bool:
    """Tell whether `trade` is a place and then the known trade in any of its words."""
    words = (known, *(word for word, ours in _OURS.items() if ours == known))
    return any(trade.endswith(word) and trade.removesuffix(word)[-1:] in tuple(_PLACES) for word in words)
