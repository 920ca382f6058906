"""What somebody wrote to the app, understood: one word of a small table, and what he said after it. Pure.

text -> NFKC, no blanks, no marks -> whole phrase | phrase and the rest | without small talk | a slip of the pen
     -> Said(word, rest), or no word and the nearest guesses

Forgiving, not clever: every phrase that is known stands in PHRASES. A slip is one character that sounds like the right
one, two swapped, or one of three and more that is wrong, left out or too many; of two characters nothing else is taken
for a slip, for half of all Chinese words differ from another by one.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum


class Word(Enum):
    """What can be asked of the app in a chat; the value is how people are told to write it."""

    RECUSE = "回避"
    REPLACE = "更换"
    LEAVE = "请假"
    ACCEPT = "接受"
    CHECK_IN = "签到"
    URGE = "催办"
    COMPANY = "查企业"
    OVERDUE = "逾期"
    PROGRESS = "进度"
    APPROVALS = "待审批"
    TODAY = "今天"
    TOMORROW = "明天"
    WEEK = "本周"
    TASKS = "任务"
    IN_WORDS = "文字版"
    IN_CARDS = "卡片版"
    HELP = "帮助"


PHRASES: dict[Word, tuple[str, ...]] = {
    Word.RECUSE: ("回避", "申请回避", "声明回避", "要回避", "利害关系", "避嫌", "huibi", "hb"),
    Word.REPLACE: ("更换", "申请更换", "换人", "替换", "去不了", "genghuan", "gh"),
    Word.LEAVE: ("请假", "休假", "请个假", "离岗", "调休", "病假", "事假", "年假", "qingjia", "qj"),
    Word.ACCEPT: ("接受", "接受任务", "全部接受", "接收任务", "接单", "确认任务", "jieshou", "js"),
    Word.CHECK_IN: ("签到", "打卡", "到场", "到达", "到了", "已到现场", "qiandao", "qd"),
    Word.URGE: ("催办", "催一下", "催促", "督办", "提醒他们", "cuiban", "cb"),
    Word.COMPANY: ("查企业", "查询企业", "查公司", "查单位", "查对象", "查户", "企业查询", "查一户", "企业", "查询",
                   "查", "cqy"),
    Word.OVERDUE: ("逾期", "超期", "过期", "到期未办", "谁没办", "yuqi", "yq"),
    Word.PROGRESS: ("进度", "进展", "完成率", "完成情况", "统计", "数据", "情况怎么样", "干到哪", "jindu", "jd"),
    Word.APPROVALS: ("待审批", "审批", "待审", "审核", "待我审批", "shenpi", "sp"),
    Word.TODAY: ("今天", "今日", "今儿", "当天", "jintian", "jt", "today"),
    Word.TOMORROW: ("明天", "明日", "明儿", "mingtian", "mt", "tomorrow"),
    Word.WEEK: ("本周", "这周", "这星期", "本星期", "一周", "这个星期", "这礼拜", "benzhou", "bz"),
    Word.TASKS: ("任务", "待办", "我的任务", "任务列表", "工作", "要干什么", "检查任务", "renwu", "rw", "todo"),
    Word.IN_WORDS: ("文字版", "纯文字", "看不到卡片", "看不见卡片", "不显示卡片", "不要卡片", "wenzi"),
    Word.IN_CARDS: ("卡片版", "用卡片", "恢复卡片", "显示卡片", "kapian"),
    Word.HELP: ("帮助", "帮忙", "怎么用", "使用说明", "说明", "菜单", "功能", "指令", "命令", "你好", "您好", "在吗",
                "help", "bangzhu", "h"),
}  # fmt: skip
WITH_REST = frozenset({Word.RECUSE, Word.REPLACE, Word.LEAVE, Word.CHECK_IN, Word.COMPANY, Word.URGE})
SMALL_TALK = (
    "麻烦帮我", "请帮我", "帮我", "请问", "麻烦", "我想", "我要", "看一看", "看一下", "查一下", "看看", "查看", "一下",
    "有什么", "有哪些", "有没有", "是什么", "是多少", "怎么样", "多少", "我的", "我们",
    "的", "了", "吗", "呢", "吧", "啊", "呀", "我",
)  # fmt: skip
SOUNDS = {  # what a Chinese keyboard offers beside the right character
    "务": "物误雾勿无",
    "任": "认人仁忍", "避": "壁臂闭蔽毕", "回": "会汇", "请": "清情", "假": "价架驾", "签": "千牵铅谦",
    "到": "道倒刀", "进": "近劲金", "度": "渡读都", "催": "崔摧翠", "办": "半伴班", "逾": "愈余于预", "期": "七其起骑",
    "今": "金斤",
    "明": "名鸣", "天": "田添", "周": "洲州", "本": "笨", "接": "节街", "受": "收手售", "帮": "邦傍", "助": "住祝",
    "更": "耕",
    "换": "还幻", "企": "起气", "业": "叶夜", "审": "深申", "批": "皮",
}  # fmt: skip
LONGEST = 200  # characters that are looked at
LONG = 12  # a longer text is somebody's sentence, not a command with small talk around it
_MARKS = re.compile(r"[\s\u200b-\u200f\ufeff,.!;:~'\"…·、。，！；：“”‘’()（）\[\]【】<>《》#*_/\\|-]+")
_DAY = re.compile(
    r"(?:(\d{4})[年./-])?(\d{1,2})[月./-](\d{1,2})[日号]?|(今天|明天|后天)",
)
_RELATIVE = {"今天": 0, "明天": 1, "后天": 2}
_FOLDED = {wrong: right for right, others in SOUNDS.items() for wrong in others}


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What was understood: `word` (None: nothing), what was said after it, guesses where nothing was understood."""

    word: Word | None
    rest: str = ""
    guesses: tuple[str, ...] = ()


def understand(text: str) -> Said:
    """Understand one message; never raises, whatever was written."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).strip().lower()
    if plain and not plain.strip("? "):
        return Said(word=Word.HELP)
    compact = _MARKS.sub("", plain)
    if not compact:
        return Said(word=None)
    return (
        _whole(compact)
        or _with_rest(plain)
        or _without_small_talk(compact)
        or _slip(compact)
        or Said(word=None, guesses=_guesses(compact))
    )


def days_in(text: str, today: date) -> tuple[date, ...]:
    """The days that a text names, in order ("3月5日", "2026-3-5", "明天"); a day without a year is the next such."""
    found = []
    for year, month, day, relative in _DAY.findall(unicodedata.normalize("NFKC", text)):
        if relative:
            found.append(date.fromordinal(today.toordinal() + _RELATIVE[relative]))
            continue
        try:
            named = date(int(year or today.year), int(month), int(day))
        except ValueError:
            continue
        if not year and named < today:
            named = _a_year_on(named)
        found.append(named)
    return tuple(found)


def _a_year_on(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, month=3, day=1)


def _whole(compact: str) -> Said | None:
    word = _BY_PHRASE.get(compact.rstrip("?"))
    return Said(word=word) if word else None


def _with_rest(plain: str) -> Said | None:
    """The longest phrase that the text begins with, and what stands after it; blanks inside the phrase do not count."""
    bare = plain.lstrip(" #*/、。，")
    for politeness in ("麻烦帮我", "请帮我", "帮我", "请问", "麻烦", "我要", "我想"):
        bare = bare.removeprefix(politeness)
    for phrase, word in _LONGEST_FIRST:
        if word not in WITH_REST:
            continue
        loose = r"\s*".join(map(re.escape, phrase))
        # Of letters a rest begins after a blank, and so it does after the one character that begins many sentences.
        gap = r"[\s:：,，]+" if phrase.isascii() or phrase == "查" else r"[\s:：,，]*"
        found = re.match(rf"{loose}{gap}(?P<rest>.+)", bare)
        if found:
            rest = found["rest"].strip(" 。，,.!？?")
            return Said(word=word, rest=rest) if rest else None
    return None


def _without_small_talk(compact: str) -> Said | None:
    if len(compact) > LONG:
        return None
    bare = compact.rstrip("?")
    for words in SMALL_TALK:
        bare = bare.replace(words, "")
    if bare in _BY_PHRASE:
        return Said(word=_BY_PHRASE[bare])
    inside = [
        (word, phrase) for phrase, word in _LONGEST_FIRST if len(phrase) > 1 and not phrase.isascii() and phrase in bare
    ]
    return Said(word=min(inside, key=lambda one: _ORDER[one[0]])[0]) if inside else None


def _slip(compact: str) -> Said | None:
    folded = "".join(_FOLDED.get(one, one) for one in compact)
    for phrase, word in _LONGEST_FIRST:
        if folded == "".join(_FOLDED.get(one, one) for one in phrase):
            return Said(word=word)
    for phrase, word in _LONGEST_FIRST:
        if len(phrase) == len(compact) == 2 and not phrase.isascii() and compact == phrase[::-1]:  # noqa: PLR2004
            return Said(word=word)
        if len(phrase) >= 3 and _one_apart(compact, phrase):  # noqa: PLR2004
            return Said(word=word)
    return None


def _one_apart(one: str, other: str) -> bool:
    """Whether one character is wrong, left out or too many, or two neighbours are swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    if len(one) == len(other):
        apart = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
        swapped = len(apart) == 2 and one[apart[0]] == other[apart[1]] and one[apart[1]] == other[apart[0]]  # noqa: PLR2004
        return len(apart) == 1 or swapped
    shorter, longer = sorted((one, other), key=len)
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))


def _guesses(compact: str) -> tuple[str, ...]:
    near = difflib.get_close_matches(compact, list(_BY_PHRASE), n=3, cutoff=0.5)
    return tuple(dict.fromkeys(_BY_PHRASE[one].value for one in near))


_BY_PHRASE = {phrase: word for word, phrases in PHRASES.items() for phrase in phrases}
_LONGEST_FIRST = sorted(_BY_PHRASE.items(), key=lambda one: -len(one[0]))
_ORDER = {word: place for place, word in enumerate(Word)}
