"""Papers written on the spot: what each kind must say (issue 7, measures on the spot; 行政处罚法 art. 28, 55-56).

SitePaper + kind -> check_paper -> problems; none: it may be numbered and handed over
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from inspection.checklists import Problem

MAX_WORDS, MAX_LINE, MAX_LINES = 4000, 200, 100
LINE_CELLS = {"name": "名称", "spec": "规格型号或编号", "count": "数量", "note": "备注"}


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperKind:
    """One kind of paper; `code` is stored and never changes its meaning."""

    code: str
    text: str  # its title
    short: str  # in its number
    needs: tuple[str, ...]  # fields of SitePaper without which it is no such paper
    may: tuple[str, ...] = ()
    asks: Mapping[str, str] = field(default_factory=dict)  # how a field is called on this kind, where not as elsewhere
    closing: tuple[str, ...] = ()  # what the law wants said at its end
    foreign: bool = False  # written by somebody else and attached: a report, a conclusion


_REMEDY = "对本决定不服的，可以自收到之日起六十日内依法申请行政复议，或者六个月内依法向人民法院提起行政诉讼。"
KINDS = {
    one.code: one
    for one in (
        PaperKind(
            code="minutes",
            text="现场检查笔录",
            short="笔录",
            needs=("facts",),
            may=("statement",),
            asks={"facts": "现场情况"},
            closing=("以上笔录已交被检查人核对。被检查人对记录有异议的，可以要求更正并在更正处签字。",),
        ),
        PaperKind(
            code="correct",
            text="责令改正通知书",
            short="责改",
            needs=("facts", "basis", "demand", "due_on"),
            asks={"demand": "改正要求", "due_on": "改正期限"},
            closing=("逾期不改正的，将依法处理。", _REMEDY),
        ),
        PaperKind(
            code="stop",
            text="责令停止违法行为通知书",
            short="责停",
            needs=("facts", "basis", "demand"),
            asks={"demand": "应当立即停止的行为"},
            closing=("自收到本通知书起立即停止。", _REMEDY),
        ),
        PaperKind(
            code="sampling",
            text="抽样取证凭证",
            short="抽样",
            needs=("lines",),
            may=("facts", "basis"),
            asks={"lines": "样品", "facts": "抽样方法和封存情况"},
            closing=("样品已当场封存，由抽样人员和被抽样人共同确认。",),
        ),
        PaperKind(
            code="seal",
            text="先行登记保存证据通知书",
            short="登保",
            needs=("facts", "basis", "lines"),
            asks={"facts": "登记保存的原因", "lines": "登记保存的物品"},
            closing=("本机关将在七日内作出处理决定；在此期间，当事人或者有关人员不得销毁或者转移证据。",),
        ),
        PaperKind(
            code="evidence",
            text="证据清单",
            short="证据",
            needs=("lines",),
            may=("facts",),
            asks={"lines": "证据", "facts": "说明"},
        ),
        PaperKind(
            code="report",
            text="委托检验检测报告",
            short="报告",
            needs=("source", "source_no", "facts", "attachment"),
            asks={"source": "检验检测机构", "source_no": "报告编号", "facts": "检验结论"},
            foreign=True,
        ),
        PaperKind(
            code="conclusion",
            text="其他部门结论",
            short="结论",
            needs=("source", "facts"),
            may=("source_no", "attachment"),
            asks={"source": "出具部门", "source_no": "文号", "facts": "结论"},
            foreign=True,
        ),
    )
}
FIELDS = {
    "facts": "事实",
    "basis": "依据",
    "demand": "要求",
    "due_on": "期限",
    "statement": "被检查人陈述",
    "lines": "清单",
    "source": "出具单位",
    "source_no": "文号",
    "attachment": "附件",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SitePaper:
    """What is written on a paper; which fields are needed is the kind's affair."""

    kind: str
    facts: str = ""
    basis: str = ""
    demand: str = ""
    due_on: date | None = None
    statement: str = ""
    lines: tuple[Mapping[str, str], ...] = ()
    source: str = ""
    source_no: str = ""
    attachment: str = ""


def name_of(kind: PaperKind, name: str) -> str:
    """How a field is called on papers of this kind."""
    return kind.asks.get(name, FIELDS[name])


def check_paper(paper: SitePaper, today: date) -> list[Problem]:
    """Say what a paper lacks, or has too much of, for its kind."""
    kind = KINDS.get(paper.kind)
    if kind is None:
        return [Problem(where="文书种类", why="请从列出的种类中选择。")]
    problems = []
    for name in FIELDS:
        value = getattr(paper, name)
        said = value.strip() if isinstance(value, str) else value
        if name in kind.needs and not said:
            problems.append(Problem(where=name_of(kind, name), why="请填写。"))
        if said and name not in (*kind.needs, *kind.may):
            problems.append(Problem(where=name_of(kind, name), why="这种文书没有这一项。"))
        if isinstance(said, str) and len(said) > MAX_WORDS:
            problems.append(Problem(where=name_of(kind, name), why=f"不超过 {MAX_WORDS} 字。"))
    if paper.due_on is not None and paper.due_on < today:
        problems.append(Problem(where=name_of(kind, "due_on"), why="不能早于今天。"))
    return problems + _line_problems(kind, paper)


def _line_problems(kind: PaperKind, paper: SitePaper) -> list[Problem]:
    where = name_of(kind, "lines")
    if len(paper.lines) > MAX_LINES:
        return [Problem(where=where, why=f"不超过 {MAX_LINES} 行。")]
    wrong = {
        "请写明名称。": any(not line.get("name", "").strip() for line in paper.lines),
        "含有不认识的栏目。": any(line.keys() - LINE_CELLS.keys() for line in paper.lines),
        f"每格不超过 {MAX_LINE} 字。": any(len(cell) > MAX_LINE for line in paper.lines for cell in line.values()),
    }
    return [Problem(where=where, why=why) for why, found in wrong.items() if found]
