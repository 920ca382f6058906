"""The region tree (B6; GB/T 2260): what lies below what, by the code alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection import regions
from inspection.errors import InvalidInputError
from inspection.tables.places import PROVINCES

codes = st.builds(
    lambda province, rest: (province + rest).ljust(6, "0"),
    st.sampled_from([one for one in sorted(PROVINCES) if one[0] != "0"]),
    st.one_of(st.just(""), st.integers(1, 99).map("{:02d}".format), st.integers(101, 9999).map("{:04d}".format)),
)


@given(codes, codes)
def test_covering_is_what_the_range_says(region: str, code: str) -> None:
    """B6: the range that the index is asked for holds exactly what the tree covers."""
    first, behind = regions.bounds(region)
    assert (first <= code < behind) == regions.covers(region, code)


@given(codes)
def test_everybody_lies_in_his_ancestors(code: str) -> None:
    assert all(regions.covers(one, code) for one in (*regions.ancestors(code), code, ""))
    assert [regions.level(one) for one in regions.ancestors(code)] == list(range(1, regions.level(code)))
    assert regions.full(regions.prefix(code)) == code


def test_names_and_kinds() -> None:
    """B6: provinces by the standard, the rest by the office's own names; the structure tells what kind of place."""
    own = {"370100": "济南市", "370191": "演示开发区"}
    assert regions.name_of("370191", own) == "山东济南市演示开发区"
    assert regions.name_of("370000", {}) == "山东"
    assert regions.name_of("", own) == ""
    kinds = {"37": "省级", "11": "直辖市", "3701": "地级市", "2327": "地区（自治州、盟）", "370102": "市辖区"}
    assert {code: regions.kind_text(code) for code in kinds} == kinds
    assert regions.kind_text("370181") == "县级市"


@pytest.mark.parametrize("code", ["", "3", "371", "99", "3701020", "37010a", "三七", "070101"])
def test_what_is_no_region_is_refused(code: str) -> None:
    with pytest.raises(InvalidInputError, match="区划"):
        regions.full(code)
