"""Results and measures: which go together, and which only after evidence (G12, G13; requirements 2.3, 2.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.outcomes import (
    MEASURES,
    RESULT_CODES,
    check_items,
    check_results,
    is_direct,
    measure_text,
    result_text,
)

CODES = [one.code for one in RESULT_CODES]
CORE = {
    "未发现问题",
    "未按规定公示应当公示的信息",
    "公示信息隐瞒真实情况弄虚作假",
    "通过登记的住所（经营场所）无法联系",
    "发现问题已责令改正",
    "不配合检查情节严重",
    "未发现开展本次抽查涉及的经营活动",
    "发现问题待后续处理",
}


def whys(*codes: str, measures: tuple[str, ...] = (), evidence: bool = False, detail: str = "") -> list[str]:
    return [one.why for one in check_results(codes, measures, has_evidence=evidence, detail=detail)]


def test_the_core_results_of_both_platforms_are_there_once() -> None:
    """2.3: the eight that stand in both lists, and the target's own states."""
    assert {one.text for one in RESULT_CODES} >= CORE
    assert len(set(CODES)) == len(CODES) == 13
    assert len({one.code for one in MEASURES}) == 6


def test_no_problem_stands_alone() -> None:
    assert whys("none", measures=("nothing",)) == []
    for code in CODES:
        if code != "none":
            found = whys("none", code, measures=("order",), evidence=True, detail="有")
            assert "“未发现问题”不能与其他结果同时选择。" in found


@pytest.mark.parametrize("code", ["unreachable", "uncooperative"])
def test_a_direct_result_needs_evidence_first(code: str) -> None:
    """G12: 无法联系 and 不予配合 are entered directly, only after evidence was collected."""
    assert is_direct([code])
    assert any("须先取证" in why for why in whys(code, measures=("feedback",), detail="有"))
    assert whys(code, measures=("feedback",), evidence=True, detail="有") == []


def test_a_problem_has_a_measure_and_words() -> None:
    """I1, I8: what was found wrong is followed up."""
    assert whys("pending") == ["发现问题时请选择后续处置措施。", "“发现问题待后续处理”需要写明情况。"]
    assert whys("pending", measures=("transfer",), detail="移送办案机构") == []
    assert whys("none", measures=("nothing", "order")) == ["“无需后续处置”不能与其他处置措施同时选择。"]
    assert whys("none", measures=("other",)) == ["“其他”需要写明情况。"]
    assert whys("corrected", measures=("order",), detail="长" * 4001) == ["情况说明超过 4000 字。"]


def test_what_is_not_on_the_list_is_no_result() -> None:
    assert whys() == ["请至少选择一项检查结果。"]
    assert whys("fine", measures=("fine",)) == ["没有“fine”这一结果。", "没有“fine”这一处置措施。"]


@given(st.lists(st.sampled_from(CODES) | st.text(max_size=5), max_size=5), st.booleans())
def test_evidence_never_makes_a_good_result_wrong(codes: list[str], evidence: bool) -> None:  # noqa: FBT001 hypothesis hands it over
    without = check_results(codes, ("order",), has_evidence=False, detail="有")
    with_evidence = check_results(codes, ("order",), has_evidence=True, detail="有")
    assert set(with_evidence) <= set(without)


def test_words_stand_in_the_lists_order() -> None:
    assert result_text(["closed", "pending"]) == "发现问题待后续处理；已关闭停业或正在组织清算"
    assert measure_text(["other", "order"]) == "违反本部门规定，责令改正；其他"
    assert result_text(["retired-code"]) == "retired-code"


@pytest.mark.parametrize(
    ("codes", "by_item", "sound"),
    [
        (["corrected"], {}, True),  # older phones say nothing of the items
        (["corrected"], {"a": ["corrected"], "b": ["none"]}, True),
        (["corrected", "pending"], {"a": ["corrected", "pending"], "b": ["pending"]}, True),
        (["none"], {"a": ["none"], "b": ["none"]}, True),
        (["corrected"], {"a": ["none"], "b": ["none"]}, False),  # whose finding is it?
        (["corrected"], {"a": ["corrected"]}, False),  # an item without a result
        (["corrected"], {"a": ["corrected"], "b": ["none"], "c": ["none"]}, False),  # another department's item
        (["corrected"], {"a": ["corrected"], "b": ["pending"]}, False),  # more than the department found
        (["corrected"], {"a": ["corrected", "none"], "b": ["none"]}, False),
        (["corrected"], {"a": ["corrected"], "b": []}, False),
    ],
)
def test_the_items_together_are_what_the_department_found(
    *, codes: list[str], by_item: dict[str, list[str]], sound: bool
) -> None:
    """H3, 2.4: a result per item and department, neither more nor less than was found."""
    assert (check_items(codes, by_item, {"a", "b"}) == []) is sound
