"""The form of an item that brings none of its own (A13)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from inspection.checklists.form import Form, Question, QuestionKind

STANDARD_VERSION = "standard-1"


def standard_form(item_name: str, content: str = "", basis: str = "") -> Form:
    """Give the form for an item that brings none of its own: what any department looks at, around the item's text."""
    yes_no = QuestionKind.YESNO
    asked = (content or item_name).strip().rstrip("。；;")
    return Form(
        version=STANDARD_VERSION,
        title=item_name,
        questions=(
            Question(
                id="licence",
                text="营业执照及相关许可（备案）证件是否齐全、有效并按规定公示？",
                kind=yes_no,
                comment_when="no",
            ),
            Question(
                id="matter",
                text=f"{asked}？" if "是否" in asked else f"{asked}：是否符合规定？",
                kind=yes_no,
                key=True,
                basis=basis,
                photo_when="always",
                comment_when="no",
            ),
            Question(
                id="records",
                text="台账、票据、合同等记录是否真实、完整并按期保存？",
                kind=yes_no,
                comment_when="no",
            ),
            Question(
                id="earlier",
                text="以往检查发现的问题是否已整改到位？（没有的选“不适用”）",
                kind=yes_no,
                comment_when="no",
            ),
            Question(
                id="staff",
                text="现场从业人员数",
                kind=QuestionKind.NUMBER,
                unit="人",
                min=Decimal(0),
                max=Decimal(100_000),
                required=False,
            ),
            Question(id="notes", text="其他需要记录的情况", kind=QuestionKind.TEXT, required=False),
        ),
    )


def form_of(data: Mapping[str, Any], item_name: str, content: str = "", basis: str = "") -> Form:
    """The item's own form, or the standard one where `data` is empty."""
    return Form.from_data(data) if data else standard_form(item_name, content, basis)
