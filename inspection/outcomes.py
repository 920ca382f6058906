"""Result codes of an inspection and what follows from them (G12, G13, I; requirements 2.3 and 2.5).

codes + measures + is there evidence -> check_results -> problems; none: the result may be entered

The eight core codes stand in both platforms' lists that could be seen; the others tell the target's own state.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspection.checklists import Problem

VERSION = "2026-1"  # stored with every submission: a later list never changes what was entered under this one
MAX_DETAIL = 4000


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultCode:
    """One 抽查检查结果; `code` is stored and never changes its meaning."""

    code: str
    text: str
    problem: bool = False  # something is wrong: a measure must follow
    needs_detail: bool = False  # must be described in words
    direct: bool = False  # entered without a filled form: there was nothing to look at (G12)
    needs_evidence: bool = False  # only after evidence was collected (G12)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One 后续处置."""

    code: str
    text: str
    needs_detail: bool = False


NO_PROBLEM = "none"
NOTHING_FOLLOWS = "nothing"

RESULT_CODES = (
    ResultCode(code=NO_PROBLEM, text="未发现问题"),
    ResultCode(code="not-disclosed", text="未按规定公示应当公示的信息", problem=True),
    ResultCode(code="false-disclosure", text="公示信息隐瞒真实情况弄虚作假", problem=True, needs_detail=True),
    ResultCode(
        code="unreachable",
        text="通过登记的住所（经营场所）无法联系",
        problem=True,
        direct=True,
        needs_evidence=True,
    ),
    ResultCode(code="corrected", text="发现问题已责令改正", problem=True, needs_detail=True),
    ResultCode(
        code="uncooperative",
        text="不配合检查情节严重",
        problem=True,
        needs_detail=True,
        direct=True,
        needs_evidence=True,
    ),
    ResultCode(code="no-activity", text="未发现开展本次抽查涉及的经营活动", direct=True),
    ResultCode(code="pending", text="发现问题待后续处理", problem=True, needs_detail=True),
    ResultCode(code="deregistered", text="注销", direct=True),
    ResultCode(code="revoked", text="被吊销", direct=True),
    ResultCode(code="annulled", text="被撤销", direct=True),
    ResultCode(code="moved-out", text="迁出", direct=True),
    ResultCode(code="closed", text="已关闭停业或正在组织清算", direct=True),
)
MEASURES = (
    Measure(code=NOTHING_FOLLOWS, text="无需后续处置"),
    Measure(code="feedback", text="停止检查，反馈日常监管部门"),
    Measure(code="order", text="违反本部门规定，责令改正"),
    Measure(code="transfer", text="发现案件线索，固定证据移送办案机构"),
    Measure(code="notify", text="违反其他部门规定，抄告有关部门"),
    Measure(code="other", text="其他", needs_detail=True),
)
_RESULTS = {one.code: one for one in RESULT_CODES}
_MEASURES = {one.code: one for one in MEASURES}


def is_direct(codes: Collection[str]) -> bool:
    """Tell whether these results are entered without a filled form (G12)."""
    return any(_RESULTS[code].direct for code in codes if code in _RESULTS)


def result_text(codes: Collection[str]) -> str:
    """The results in words, in the list's order; an unknown code is shown as it is."""
    return _words(codes, {code: one.text for code, one in _RESULTS.items()})


def measure_text(codes: Collection[str]) -> str:
    """The measures in words, in the list's order."""
    return _words(codes, {code: one.text for code, one in _MEASURES.items()})


def item_texts(body: Mapping[str, Any], items: Sequence[str] | None = None) -> list[str]:
    """What each item of a published body came to, in words and in their order; `items`: these instead of its own."""
    told, named = body.get("item_results") or [], body["items"] if items is None else items
    if len(told) != len(named):
        return [body["result_text"]] * len(named)
    return [result_text(one) for one in told]


def check_results(
    codes: Collection[str], measures: Collection[str], *, has_evidence: bool, detail: str = ""
) -> list[Problem]:
    """Check a department's results and measures; `detail` is what was written about them.

    Laws: 未发现问题 stands alone; 无法联系 and 不配合 only after evidence was collected (G12); a problem has a measure.
    """
    whys = [f"没有“{code}”这一结果。" for code in codes if code not in _RESULTS]
    whys += [f"没有“{code}”这一处置措施。" for code in measures if code not in _MEASURES]
    results = [_RESULTS[code] for code in codes if code in _RESULTS]
    chosen = [_MEASURES[code] for code in measures if code in _MEASURES]
    if not codes:
        whys.append("请至少选择一项检查结果。")
    if NO_PROBLEM in codes and len(set(codes)) > 1:
        whys.append("“未发现问题”不能与其他结果同时选择。")
    if NOTHING_FOLLOWS in measures and len(set(measures)) > 1:
        whys.append("“无需后续处置”不能与其他处置措施同时选择。")
    if any(result.problem for result in results) and not chosen:
        whys.append("发现问题时请选择后续处置措施。")
    described: list[ResultCode | Measure] = [*results, *chosen]
    whys += _unproved(results, has_evidence=has_evidence)
    whys += [f"“{one.text}”需要写明情况。" for one in described if one.needs_detail and not detail.strip()]
    if len(detail) > MAX_DETAIL:
        whys.append(f"情况说明超过 {MAX_DETAIL} 字。")
    return [Problem(where="检查结果", why=why) for why in whys]


def check_items(
    codes: Collection[str], by_item: Mapping[str, Collection[str]], items: Collection[str]
) -> list[Problem]:
    """Check what each item came to against the department's results; `items` are all items of the department.

    Laws: each item has a result; what the items came to together is what the department found, neither more nor less.
    """
    if not by_item:
        return []
    whys = []
    if set(by_item) != set(items):
        whys.append("每个抽查事项都要有结果，且只限本部门的事项。")
    if any(not own or (NO_PROBLEM in own and len(set(own)) > 1) for own in by_item.values()):
        whys.append("每个事项至少选择一项结果，“未发现问题”不能与其他结果同时选择。")
    together = {code for own in by_item.values() for code in own}
    if together - {NO_PROBLEM} != set(codes) - {NO_PROBLEM}:
        whys.append("各事项的结果合起来应当与本部门的检查结果一致。")
    return [Problem(where="事项结果", why=why) for why in whys]


def _unproved(results: list[ResultCode], *, has_evidence: bool) -> list[str]:
    return [f"“{one.text}”须先取证：请拍摄现场照片。" for one in results if one.needs_evidence and not has_evidence]


def _words(codes: Collection[str], texts: dict[str, str]) -> str:
    known = [text for code, text in texts.items() if code in codes]
    return "；".join([*known, *(code for code in codes if code not in texts)])
