"""What results propose about a credit class: worse at once, better only after clean visits in a row (N3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.credit_steps import CLEAN_VISITS, proposed, worse
from inspection.outcomes import RESULT_CODES
from inspection.policy import CLASSES

CODES = [one.code for one in RESULT_CODES]


@pytest.mark.parametrize(
    ("now", "codes", "clean", "to"),
    [
        ("A", ["uncooperative"], 0, "D"),
        ("B", ["false-disclosure", "corrected"], 0, "D"),
        ("A", ["unreachable"], 0, "B"),
        ("", ["pending"], 0, "C"),
        ("C", ["not-disclosed"], 0, "D"),
        ("C", ["none"], CLEAN_VISITS, "B"),
        ("D", ["uncooperative"], 0, None),
        ("A", ["none"], CLEAN_VISITS + 3, None),
        ("C", ["none"], CLEAN_VISITS - 1, None),
        ("", ["none"], CLEAN_VISITS, None),
        ("B", ["corrected"], 0, None),
        ("B", ["moved-out"], 0, None),
    ],
)
def test_what_a_result_proposes(now: str, codes: list[str], clean: int, to: str | None) -> None:
    """N3: each result, from each class."""
    step = proposed(now, codes, clean)
    assert (step.to if step else None) == to
    assert step is None or step.why


@given(st.sampled_from(CLASSES), st.lists(st.sampled_from(CODES), min_size=1, unique=True), st.integers(0, 9))
def test_no_problem_makes_anybody_better(now: str, codes: list[str], clean: int) -> None:
    """N3: whatever stands beside it, a result other than none never proposes a better class."""
    step = proposed(now, codes, clean)
    if step is not None and codes != ["none"]:
        assert worse(step.to, now)
