"""Versions of an answer: what nobody typed over stands, whatever the order in which it came (issue 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

from inspection.versions import Version, content, in_conflict, standing, version_id

AT = datetime(2026, 3, 2, tzinfo=UTC)


def version(name: str, value: str, *over: str, who: str = "a") -> Version:
    return Version(id=name, member_id=who, content=content(value), over=over, received_at=AT)


def test_what_two_typed_over_the_same_stands_side_by_side() -> None:
    """G5: neither of two who were offline overwrites the other; a choice typed over both ends it."""
    base, one, two = version("0", ""), version("1", "yes", "0"), version("2", "no", "0", who="b")
    chosen = version("3", "no", "1", "2")
    for order in permutations([base, one, two]):
        heads = standing(order)
        assert {head.id for head in heads} == {"1", "2"}
        assert in_conflict(heads)
    for every in permutations([base, one, two, chosen]):
        assert [head.id for head in standing(every)] == ["3"]


def test_two_of_one_mind_are_no_conflict() -> None:
    assert not in_conflict(standing([version("1", "yes"), version("2", " yes ", who="b")]))
    assert not in_conflict([])


def test_an_answer_is_compared_without_what_does_not_count() -> None:
    assert content([{"a": " 1 ", "b": ""}, {"a": None}], "", ()) == {"value": [{"a": "1"}]}
    assert content("", "  ", ()) == {}
    assert content("no", " 缺台账 ", ("b", "a", "b")) == {"value": "no", "comment": "缺台账", "photos": ["a", "b"]}


def test_the_same_words_sent_twice_are_one_version() -> None:
    name = version_id(("p", "i", "q"), "a", content("yes"), ("2", "1"))
    assert name == version_id(("p", "i", "q"), "a", content("yes"), ("1", "2", "1"))
    assert name != version_id(("p", "i", "q"), "b", content("yes"), ("1", "2"))
