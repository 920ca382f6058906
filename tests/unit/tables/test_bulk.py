"""B3-B5: a block read by column says what the careful way says, of any table; codes weighed at once as one by one."""

from __future__ import annotations

import hashlib
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from inspection import credit_code
from inspection.credit_code import compose
from inspection.tables import Rejected, read_targets
from inspection.tables.bulk import Block, blocks, record_of
from inspection.tables.codes import all_right

CODES = [compose("91379999", f"MA{number:06d}") for number in range(6)]
HEADER = [
    "统一社会信用代码", "企业名称", "检查对象类别", "注册日期", "经营范围", "登记状态", "信用风险分类", "行业代码",
    "监管标签", "法定代表人", "联系电话", "许可证编号",
]  # fmt: skip
CELLS = [
    st.sampled_from(
        [
            *CODES,
            CODES[0].lower(),
            f" {CODES[1]} ",
            CODES[2][:17] + "0",
            "",
            "110108000000016",
            "1234567890123",
            "９" * 18,
        ]
    ),
    st.sampled_from(["演示一号店", " 演示二号店 ", "", "无", "字" * 257, "行\n内", "\x07铃", "=1+1"]),
    st.sampled_from(["企业", "", "个体工商户", "民办非企业单位", "产品", "看不懂"]),
    st.sampled_from(["2019-03-01", "2019年3月1日", "43525", "", "N/A", "2019-02-30"]),
    st.sampled_from(["食品销售", "", "食品\n餐饮", "-"]),
    st.sampled_from(["存续", "吊销，未注销", "停业", "", "不明"]),
    st.sampled_from(["A", "b类", "", "E"]),
    st.sampled_from(["F5212", "5212", "F", "批发和零售业", "A52", ""]),
    st.sampled_from(["重点", "重点、投诉", ""]),
    st.sampled_from(["演示甲一", "", "字" * 65]),
    st.sampled_from(["13800000001", "1380000", "", "138 0000 0001", "138000000012345"]),
    st.sampled_from(["", "", "JY1379", "无"]),
]
ROWS = st.lists(st.one_of(st.tuples(*CELLS).map(list), st.just([]), st.just(HEADER), st.just([CODES[3]])), max_size=9)


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def by_block(rows: list[list[str]], known: dict[bytes, str] | None = None) -> Block:
    whole = Block()
    for block in blocks(read_targets([HEADER, *rows]), digest, {} if known is None else known):
        whole.unchanged += block.unchanged
        for name in ("records", "people", "rejected"):
            getattr(whole, name).extend(getattr(block, name))
    return whole


@given(ROWS)
@example([[CODES[0], "演示", "", "", "", "", "", "", "", "", "", ""]] * 2)
def test_a_block_says_what_the_careful_way_says(rows: list[list[str]]) -> None:
    """B3, B5: the same values, the same refusals with the same words, whatever stands in the cells."""
    careful = list(read_targets([HEADER, *rows]))
    found = by_block(rows)
    good = [one for one in careful if not isinstance(one, Rejected)]
    assert found.records == [(*record_of(one), digest("\x1f".join(one.raw).encode()).hex()) for one in good]
    assert found.people == [(one.person, one.phone) for one in good]
    assert sorted(found.rejected, key=str) == sorted((one for one in careful if isinstance(one, Rejected)), key=str)


@given(ROWS)
def test_what_was_met_before_is_not_read_again(rows: list[list[str]]) -> None:
    """B9: the second time every good row is known, and the refused ones are refused again."""
    first = by_block(rows)
    known: dict[bytes, Any] = {bytes.fromhex(record[-1] or ""): record[0] for record in first.records}
    second = by_block(rows, known)
    assert (second.unchanged, second.records, known) == (len(first.records), [], {})
    assert second.rejected == first.rejected


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=40), st.data())
def test_codes_weighed_at_once_are_weighed_rightly(codes: list[str], data: st.DataObject) -> None:
    """B4: one wrong character anywhere, and the whole block is in doubt."""
    assert all_right(codes)
    which, place = data.draw(st.integers(0, len(codes) - 1)), data.draw(st.integers(0, 17))
    letter = data.draw(st.sampled_from(credit_code.SYMBOLS + "IOZSV中"))
    changed = codes[which][:place] + letter + codes[which][place + 1 :]
    spoiled = [*codes[:which], changed, *codes[which + 1 :]]
    assert all_right(spoiled) == all(credit_code.problem(code) is None for code in spoiled)
