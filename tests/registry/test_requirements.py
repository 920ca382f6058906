"""Each requirement of lists, libraries, plans, differentiation, filing, platform is proven, or is said not to be.

A test proves a requirement when its own docstring names the id (`A10`, `A10-A12`), it asserts something itself, nothing
skips it, and pytest collects it. What nobody proves stands in NOT_PROVEN with the reason, and nowhere else.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
FAMILIES = {"A": 15, "B": 15, "C": 12, "H": 9, "I": 8, "J": 3, "K": 7, "L": 3, "M": 4, "N": 4, "R": 4, "S": 7, "T": 7}
IDS = [f"{family}{number}" for family, last in FAMILIES.items() for number in range(1, last + 1)]
NOT_PROVEN = {
    "T2": "which platform publishes is the region's decision; our own public pages are H5's and H6's",
    "T5": "cars and allowances are no matter of this product",
    "T6": "training and examinations are no matter of this product; a certificate's expiry is B11's",
}
_ONE = re.compile(r"\b([A-T])(\d{1,2})(?:-(?:\1)?(\d{1,2}))?\b")
_ASSERTING = {"raises", "expect", "warns", "fail"}  # calls of pytest and Playwright that fail a test
_NEVER_RUN = {"skip", "xfail", "hard"}
_Test = ast.FunctionDef | ast.AsyncFunctionDef


def named_in(words: str) -> set[str]:
    """The ids that a docstring names; `A10-A13` and `A10-13` are ranges."""
    found = set()
    for family, first, last in _ONE.findall(words):
        found |= {f"{family}{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def asserts(test: _Test) -> bool:
    """Tell whether a test can fail by what it says itself, not only by what it calls."""
    return any(
        (isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant))
        or (isinstance(node, ast.Call) and _word(node.func) in _ASSERTING)
        for node in ast.walk(test)
    )


def runs(test: _Test, module: ast.Module) -> bool:
    """Tell whether no mark, its own or its module's, keeps a test out of CI."""
    marks = [
        node.value for node in module.body if isinstance(node, ast.Assign) and _word(node.targets[0]) == "pytestmark"
    ]
    words = {_word(node) for mark in (*test.decorator_list, *marks) for node in ast.walk(mark)}
    return not words & _NEVER_RUN


def _word(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@cache
def proofs() -> dict[str, list[tuple[Path, str]]]:
    """File and name of the tests that prove each requirement: a module's heading proves nothing."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        module = ast.parse(path.read_text("utf-8"))
        # Of two functions of one name Python keeps the last, and pytest never hears of the first.
        tests = {node.name: node for node in module.body if isinstance(node, _Test) and node.name.startswith("test_")}
        for name, test in tests.items():
            if asserts(test) and runs(test, module):
                for one in named_in(ast.get_docstring(test) or ""):
                    found.setdefault(one, []).append((path, name))
    return found


@pytest.mark.parametrize("requirement", IDS)
def test_each_requirement_is_proven_or_said_not_to_be(requirement: str) -> None:
    """Whoever takes the last test of a requirement away sees it here; whoever proves one takes it off the list."""
    proven = bool(proofs().get(requirement))
    assert proven != (requirement in NOT_PROVEN), f"{requirement}: proven {proven}, and NOT_PROVEN says otherwise"


def test_the_proofs_are_tests_that_pytest_collects(request: pytest.FixtureRequest) -> None:
    """In a run of the whole suite: of each requirement pytest itself holds a test to be run."""
    collected = {(item.path, getattr(item, "originalname", item.name)) for item in request.session.items}
    if len({path for path, _ in collected}) < len(list(TESTS.rglob("test_*.py"))) / 2:
        pytest.skip("only a part of the suite is run")
    for requirement in IDS:
        if requirement not in NOT_PROVEN:
            assert collected.intersection(proofs()[requirement]), f"nothing that runs proves {requirement}"


def test_ranges_are_read() -> None:
    assert named_in("A10-A12, C3: words; B6-7") == {"A10", "A11", "A12", "C3", "B6", "B7"}


def test_what_proves_nothing_is_not_counted() -> None:
    """A test that asserts nothing, is skipped, or is hidden by another of its name."""
    module = ast.parse(
        "def test_a():\n  call()\n"
        "def test_b():\n  assert True\n"
        "@pytest.mark.skip\ndef test_c():\n  assert x\n"
        "def test_d():\n  with pytest.raises(E): f()\n"
    )
    tests = [node for node in module.body if isinstance(node, _Test)]
    assert [asserts(one) and runs(one, module) for one in tests] == [False, False, False, True]
    marked = ast.parse("pytestmark = [pytest.mark.hard]\ndef test_e():\n  assert x")
    assert not runs(next(node for node in marked.body if isinstance(node, _Test)), marked)
