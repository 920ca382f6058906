"""A2, C2: a department is known by its trade, whatever it is called this time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.departments import match_department

KNOWN = {
    "market": ["市场监督管理局"],
    "health": ["卫生健康局", "卫健局"],
    "fire": ["消防救援大队"],
    "ecology": ["生态环境局"],
    "emergency": ["应急管理局"],
    "city": ["城市管理局"],
    "post": ["邮政管理局"],
    "people": ["人力资源和社会保障局"],
}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("市场监管部门", "market"),
        ("市场监管局", "market"),
        ("演示市演示区市场监督管理局", "market"),
        ("演示区市监局", "market"),
        ("卫生健康委员会", "health"),
        ("卫健委", "health"),
        ("消防救援机构", "fire"),
        ("演示县消防大队", "fire"),
        ("环保局", "ecology"),
        ("应急管理部门", "emergency"),
        ("应急局", "emergency"),
        ("城管局", "city"),
        ("邮政管理局", "post"),
        ("人社局", "people"),
        ("　市场监督管理局 ", "market"),
    ],
)
def test_names_of_one_department(text: str, key: str) -> None:
    """C2: full name, short name, trade and place are one."""
    assert match_department(text, KNOWN) == key


@pytest.mark.parametrize("text", ["税务局", "", "局", "管理局", "监督局", "大市场监管研究会"])
def test_nobody_is_guessed(text: str) -> None:
    """C2: an unknown name stays unknown."""
    assert match_department(text, KNOWN) is None


def test_two_that_fit_are_none() -> None:
    """C2: an ambiguous name puts nobody into a task; the exact name still does."""
    twins = {"east": ["东区教育局"], "west": ["西区教育局"], "a": ["教育局一"], "both": ["教育局"], "other": ["教体局"]}
    assert match_department("教育部门", twins) is None
    assert match_department("教育局", twins) == "both"


@given(st.text(max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    """B5: hostile cells included."""
    assert match_department(text, KNOWN) in {None, *KNOWN}
