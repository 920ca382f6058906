"""What law keeps from the public: masked by rule and by hand (H7, M2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inspection.disclosure import MASKED, mask_text, shown
from models.grams import grams, wanted

ID_NUMBER, MOBILE = "110101199003070011", "13800138000"  # made up


def test_the_rules_find_numbers_and_leave_codes_alone() -> None:
    """M2: identity numbers, mobiles, mail, cards; a credit code and a document's number stay."""
    text, found = mask_text(f"负责人证件{ID_NUMBER}，电话{MOBILE}，邮箱 a.b@example.cn，卡 6222020200011122233")
    assert found == ["身份证件号码", "手机号码", "电子邮箱", "银行卡号"]
    assert not any(secret in text for secret in (ID_NUMBER, MOBILE, "example", "6222"))
    for harmless in ("91379999MA00000001", "演示抽查〔2026〕1号-0001", "2026年3月2日", "电话 0531-88880000"):
        assert mask_text(harmless) == (harmless, [])


@given(st.text(alphabet="0123456789Xx甲@.a，", max_size=60))
def test_masking_twice_changes_nothing(text: str) -> None:
    """M2: a law of the rules."""
    once, _ = mask_text(text)
    assert mask_text(once) == (once, [])


def test_fields_and_words_by_hand() -> None:
    """H7: a field whole, a word wherever it stands, and nothing else."""
    body = {"target_name": "演示秘方食品厂", "items": ["秘方检查", "标签"], "inspected_on": "2026-03-02", "late": False}
    made, found = shown(body, ["inspected_on"], ["秘方"])
    assert made == {
        "target_name": f"演示{MASKED}食品厂",
        "items": [f"{MASKED}检查", "标签"],
        "inspected_on": None,
        "late": False,
    }
    assert (found, body["target_name"]) == ([], "演示秘方食品厂")
    assert shown(body, ["items", "no-such-field"])[0]["items"] == [MASKED]


@given(st.text(alphabet="甲乙丙AB 1", min_size=1, max_size=30), st.data())
def test_what_is_in_a_name_is_found_by_its_grams(name: str, data: st.DataObject) -> None:
    """H6: whatever part of a name is asked for, the index does not lose it."""
    text = "".join(name.split())
    at = data.draw(st.integers(0, max(0, len(text) - 1)))
    part = text[at : at + data.draw(st.integers(1, 8))]
    if part:
        assert set(wanted(part)) <= set(grams(name))
