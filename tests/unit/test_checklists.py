"""Forms: what is asked of an item without its own form, and what a good answer is (A13, G5, G13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.checklists import (
    Answer,
    Form,
    Question,
    QuestionKind,
    check_answers,
    form_of,
    standard_form,
    value_text,
)
from inspection.stages import stage_due
from inspection.workdays import official_calendar

ITEM = "学校食堂食品安全情况的检查"
GOOD = (
    Answer(question_id="licence", value="yes"),
    Answer(question_id="matter", value="yes", photos=("a" * 64,)),
    Answer(question_id="records", value="na"),
    Answer(question_id="earlier", value="no", comment="还差一项"),
    Answer(question_id="staff", value="12"),
)
TEXTS = st.text(max_size=12)
QUESTIONS = st.builds(
    Question,
    id=TEXTS,
    text=TEXTS,
    kind=st.sampled_from(QuestionKind),
    options=st.lists(TEXTS, max_size=3).map(tuple),
    unit=TEXTS,
    min=st.none() | st.integers(-9, 9).map(Decimal),
    max=st.none() | st.sampled_from([Decimal("0.5"), Decimal(10)]),
    required=st.booleans(),
    key=st.booleans(),
    basis=TEXTS,
    photo_when=st.sampled_from(["", "no", "always"]),
    comment_when=st.sampled_from(["", "no"]),
)
FORMS = st.builds(Form, version=TEXTS, title=TEXTS, questions=st.lists(QUESTIONS, max_size=4).map(tuple))


def whys(*answers: Answer, complete: bool = True) -> list[str]:
    return [problem.why for problem in check_answers(standard_form(ITEM), answers, complete=complete)]


@given(FORMS)
def test_a_form_comes_back_from_its_data_as_it_was(form: Form) -> None:
    """A10: a task keeps the form it was drawn with."""
    assert Form.from_data(form.as_data()) == form


def test_an_item_without_a_form_is_asked_what_any_department_asks() -> None:
    """A13: four to six questions, one ★ that carries the item's own words and basis."""
    form = standard_form(ITEM, "查验进货台账。", "食品安全法")
    assert 4 <= len(form.questions) <= 6
    [key] = [question for question in form.questions if question.key]
    assert (key.text, key.basis) == ("查验进货台账：是否符合规定？", "食品安全法")
    [asking] = [one for one in standard_form(ITEM, "查看许可证是否有效。").questions if one.key]
    assert asking.text == "查看许可证是否有效？"  # words that ask already are not asked twice
    assert form_of({}, ITEM) == standard_form(ITEM)
    assert form_of(form.as_data(), "别的") == form


def test_a_well_filled_form_has_no_problems() -> None:
    assert whys(*GOOD) == []


def test_blanks_are_named_one_by_one() -> None:
    """G13: every required question; none of them where there was nothing to look at (G12)."""
    assert whys() == ["还没有回答。"] * 4
    assert whys(complete=False) == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (Answer(question_id="licence", value="maybe"), "只能回答是、否或不适用。"),
        (Answer(question_id="licence", value="no", comment="  "), "回答“否”时需要写明情况。"),
        (Answer(question_id="licence", value="no", comment="长" * 2001), "说明超过 2000 字。"),
        (Answer(question_id="matter", value="yes"), "需要至少一张照片。"),
        (Answer(question_id="staff", value=-1), "不能小于 0人。"),
        (Answer(question_id="staff", value="100001"), "不能大于 100000人。"),
        (Answer(question_id="staff", value="许多"), "应为数字。"),
        (Answer(question_id="staff", value="NaN"), "应为数字。"),
        (Answer(question_id="staff", value=True), "应为数字。"),
        (Answer(question_id="notes", value=7), "应为不超过 2000 字的文字。"),
        (Answer(question_id="other", value="yes"), "没有问题“other”。"),
    ],
)
def test_what_is_wrong_is_said(wrong: Answer, why: str) -> None:
    kept = [answer for answer in GOOD if answer.question_id != wrong.question_id]
    assert whys(*kept, wrong) == [why]


def test_nothing_to_look_at_needs_no_photo_and_two_answers_are_one_too_many() -> None:
    kept = [replace(answer, value="na", photos=()) for answer in GOOD if answer.question_id != "staff"]
    assert whys(*kept) == []
    assert whys(*GOOD, GOOD[0]) == ["同一问题回答了两次。"]


def test_choices_and_dates_have_their_own_limits() -> None:
    choice = Question(id="c", text="方式", kind=QuestionKind.CHOICE, options=("实地", "书面"))
    day = Question(id="d", text="日期", kind=QuestionKind.DATE, required=False)
    form = Form(version="1", title="表", questions=(choice, day))
    assert (
        check_answers(form, [Answer(question_id="c", value="书面"), Answer(question_id="d", value="2026-03-02")]) == []
    )
    bad = check_answers(form, [Answer(question_id="c", value="电话"), Answer(question_id="d", value="20260302")])
    assert [problem.why for problem in bad] == ["不在可选范围内。", "应为日期，如 2026-03-02。"]


@given(
    st.lists(st.builds(Answer, question_id=TEXTS, value=st.none() | TEXTS | st.integers() | st.floats()), max_size=4)
)
def test_no_answer_whatever_breaks_the_check(answers: list[Answer]) -> None:
    assert isinstance(whys(*answers, complete=False), list)


def test_answers_are_shown_in_words() -> None:
    licence, staff = standard_form(ITEM).questions[0], standard_form(ITEM).questions[4]
    assert [value_text(licence, one) for one in ("yes", "no", "na", None)] == ["是", "否", "不适用", "未填写"]
    assert value_text(staff, 12) == "12人"


@given(st.dates(date(2020, 1, 1), date(2026, 12, 1)), st.integers(0, 80))
def test_reminders_stand_on_working_days_in_order_and_only_after_the_due_day_daily(due_on: date, after: int) -> None:
    """K2: each stage's day is worked (the due day may be what a task says), strictly later than the one before."""
    calendar = official_calendar()
    today = date.fromordinal(due_on.toordinal() + after)
    stages = stage_due(due_on, today, calendar)
    assert [stage.name for stage in stages[:4]] == ["-7", "-3", "-1", "0"]
    assert all(calendar.is_working(stage.on) for stage in stages if stage.name != "0")
    assert [stage.on for stage in stages] == sorted({stage.on for stage in stages})
    assert [stage.overdue for stage in stages] == [False] * 4 + [True] * (len(stages) - 4)
    assert len(stages) <= 34


def test_nothing_is_due_before_its_day() -> None:
    calendar = official_calendar()
    assert stage_due(date(2026, 3, 30), date(2026, 3, 18), calendar) == []
    assert [one.name for one in stage_due(date(2026, 3, 30), date(2026, 3, 19), calendar)] == ["-7"]
    assert stage_due(date(2026, 3, 30), date(2026, 3, 30), calendar)[-1].text == "今天到期"
