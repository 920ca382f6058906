"""D4: the frozen lists have one form only, and a refusal names the file and the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.draw import pools
from inspection.draw.pools import Candidate, Conflict, DrawInspector, Exclusion
from inspection.draw.refusals import PoolLineError
from inspection.draw.text import is_nfc
from inspection.errors import SuichaError

ids = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/"), min_size=1, max_size=8).filter(
    lambda text: is_nfc(text) and text != "*",
)
candidates = st.lists(
    st.builds(Candidate, id=ids, stratum=st.sampled_from(["", "A", "丁"]), tickets=st.integers(1, 1000)),
    unique_by=lambda one: one.id,
)


@given(candidates)
def test_written_and_read_again_is_the_same_sorted_by_bytes(values):
    """D4: any order in, one file out; reading it gives the values back in the order of their bytes."""
    data = pools.targets_to_tsv(values)
    assert data == pools.targets_to_tsv(reversed(values))
    assert pools.targets_from_tsv(data) == tuple(sorted(values, key=lambda one: one.id.encode()))


def test_the_other_lists_come_back_too():
    """D4, E5: inspectors, conflicts and exclusions survive the round trip; an empty list is an empty file."""
    people = (
        DrawInspector(id="i1", department="消防", skills=()),
        DrawInspector(id="i2", department="x", skills=("a", "b")),
    )
    conflicts = (Conflict(target="*", inspector="i1"), Conflict(target="T", inspector="i2"))
    excluded = (Exclusion(id="T9", reason="key-list"),)
    assert pools.inspectors_from_tsv(pools.inspectors_to_tsv(people[::-1])) == people
    assert pools.conflicts_from_tsv(pools.conflicts_to_tsv(conflicts[::-1])) == conflicts
    assert pools.excluded_from_tsv(pools.excluded_to_tsv(excluded)) == excluded
    assert pools.excluded_to_tsv(()) == b""
    assert pools.excluded_from_tsv(b"") == ()


BAD_TARGETS = {
    "unsorted": (b"b\tA\t1\na\tA\t1\n", 2, "排序"),
    "twice": (b"a\tA\t1\na\tB\t2\n", 2, "重复"),
    "no last LF": (b"a\tA\t1\nb\tA\t1", 2, "换行"),
    "CRLF": (b"a\tA\t1\r\n", 1, "控制字符"),
    "two fields": (b"a\tA\t1\nb\tA\n", 2, "3 个"),
    "blank line": (b"a\tA\t1\n\n", 2, "3 个"),
    "slash": (b"a/1\tA\t1\n", 1, "/"),
    "empty id": (b"\tA\t1\n", 1, "编号"),
    "star id": (b"*\tA\t1\n", 1, "*"),
    "no tickets": (b"a\tA\t0\n", 1, "签数"),
    "too many tickets": (b"a\tA\t1001\n", 1, "签数"),
    "signed tickets": (b"a\tA\t+1\n", 1, "签数"),
    "leading zero": (b"a\tA\t01\n", 1, "签数"),
    "other digits": ("a\tA\t１\n".encode(), 1, "签数"),
    "empty tickets": (b"a\tA\t\n", 1, "签数"),
    "not UTF-8": (b"a\tA\t1\n\xff\tA\t1\n", 2, "UTF-8"),
    "not NFC": ("a\tA\t1\ne\u0301\tA\t1\n".encode(), 2, "NFC"),
    "NUL": (b"a\tA\t1\nb\x00\tA\t1\n", 2, "控制字符"),
}


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_a_wrong_target_line_is_refused_with_its_number(case):
    """D4: a file that breaks a rule is refused, and the sentence names file, line and reason."""
    data, line, why = BAD_TARGETS[case]
    with pytest.raises(PoolLineError) as refusal:
        pools.targets_from_tsv(data)
    assert refusal.value.params["line"] == line
    assert why in refusal.value.sentence()
    assert "targets.tsv" in refusal.value.sentence()
    assert isinstance(refusal.value, SuichaError)


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (pools.inspectors_from_tsv, b"i1\t\tgas\n"),
        (pools.inspectors_from_tsv, b"i1\tfire\tgas,food\n"),
        (pools.inspectors_from_tsv, b"i1\tfire\tfood,food\n"),
        (pools.inspectors_from_tsv, b"i1\tfire\tfood, gas\n"),
        (pools.inspectors_from_tsv, b"i1\tfire\tfood,\n"),
        (pools.conflicts_from_tsv, b"T\ti2\nT\ti1\n"),
        (pools.conflicts_from_tsv, b"T\ti1\nT\ti1\n"),
        (pools.conflicts_from_tsv, b"T\t\n"),
        (pools.excluded_from_tsv, b"T\t\n"),
        (pools.excluded_from_tsv, b"T\ta\nT\tb\n"),
    ],
)
def test_the_other_lists_refuse_what_breaks_their_rules(read, data):
    """B13, E5: skills are sorted and clean, conflicts and exclusions stand once."""
    with pytest.raises(PoolLineError):
        read(data)


@pytest.mark.parametrize("id_", ["a\tb", "a\nb", "a/b", "", "*", "e\u0301", "a\rb", "\ud800"])
def test_nothing_is_written_that_could_not_be_read(id_):
    """D4: the writer refuses what the reader would."""
    with pytest.raises(PoolLineError):
        pools.targets_to_tsv([Candidate(id=id_, stratum="A", tickets=1)])


@pytest.mark.parametrize("tickets", [0, 1001, -1])
def test_tickets_are_bounded(tickets):
    """C12: the draw probability is between one and a thousand tickets."""
    with pytest.raises(PoolLineError):
        pools.targets_to_tsv([Candidate(id="T", stratum="A", tickets=tickets)])


def test_line_separators_of_unicode_do_not_cut_a_line():
    """D4: only LF ends a line; U+2028 inside an id is a character like any other."""
    one = Candidate(id="a\u2028b", stratum="A", tickets=1)
    assert pools.targets_from_tsv(pools.targets_to_tsv([one])) == (one,)
