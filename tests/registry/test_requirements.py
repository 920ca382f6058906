"""Each requirement of lists, libraries, plans and differentiation is named by a test that proves it (A, B, C, N, R)."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
FAMILIES = {"A": 15, "B": 15, "C": 12, "N": 4, "R": 4}
IDS = [f"{family}{number}" for family, last in FAMILIES.items() for number in range(1, last + 1)]
_ONE = re.compile(r"\b([A-T])(\d{1,2})(?:-(?:\1)?(\d{1,2}))?\b")


def named_in(words: str) -> set[str]:
    """The ids that a docstring names; `A10-A13` and `A10-13` are ranges."""
    found = set()
    for family, first, last in _ONE.findall(words):
        found |= {f"{family}{number}" for number in range(int(first), int(last or first) + 1)}
    return found


@cache
def proofs() -> dict[str, list[str]]:
    """Which tests name which requirement, by the docstring of the test itself: a module's heading proves nothing."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for one in named_in(ast.get_docstring(node) or ""):
                    found.setdefault(one, []).append(f"{path.name}::{node.name}")
    return found


@pytest.mark.parametrize("requirement", IDS)
def test_each_requirement_is_named_by_a_test(requirement: str) -> None:
    """Whoever takes the last test of a requirement away sees it here."""
    assert proofs().get(requirement), f"no test's docstring names {requirement}"


def test_ranges_are_read() -> None:
    assert named_in("A10-A12, C3: words; B6-7") == {"A10", "A11", "A12", "C3", "B6", "B7"}
