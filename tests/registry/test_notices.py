"""Everything that is told has a form for its channel, and everything that is done has a word (F1, F3, L2)."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.render import FACTS, TEXT_BYTES, TITLE, member_message, owner_message
from inspection.deadlines import DeadlineKind
from inspection.notices import Button, Channel, Notice, NoticeKind
from services.people.messages import KIND_WORDS
from services.people.overview import ACT_WORDS

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CALLS = {Channel.WECOM: {"Letter", "tell_member"}, Channel.WECHAT: {"tell_owner"}}


def notice(kind: NoticeKind) -> Notice:
    """A notice as long as notices get."""
    return Notice(
        kind=kind,
        document_no="卫生健康抽查〔2026〕1号-0001-HEALTH01",
        title="标题" * 40,
        summary="说明" * 400,
        facts=tuple((f"第{number}项名称", "内容" * 40) for number in range(9)),
        path="/m/visits/1",
        buttons=(Button(key="accept:1", text="接受任务"),),
    )


def trees(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file, ast.parse(file.read_text("utf-8"))


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_has_a_form_for_members(kind: NoticeKind) -> None:
    """F3: as a card and as text, within WeCom's limits, the document number never cut away."""
    for as_text in (False, True):
        body = json.loads(
            member_message(notice(kind), row_id="0" * 32, userid="u", agent_id=1, origin="http://o", as_text=as_text)
        )
        shown = json.dumps(body, ensure_ascii=False)
        assert notice(kind).document_no in shown
        assert "http://o/m/visits/1" in shown
        if as_text:
            assert len(body["text"]["content"].encode()) <= TEXT_BYTES
        else:
            card: dict[str, Any] = body["template_card"]
            assert len(card["main_title"]["title"]) <= TITLE
            assert len(card["horizontal_content_list"]) <= FACTS


def test_every_kind_has_a_form_for_owners() -> None:
    """F1: three fields of at most twenty characters, the number told apart by its end, nobody's openid."""
    for kind in NoticeKind:
        body = json.loads(owner_message(notice(kind), template="T1"))
        values = body["data"].values()
        assert body["template_id"] == "T1"
        assert all(0 < len(value["value"] if isinstance(value, dict) else value) <= 20 for value in values)
        assert "touser" not in body


def test_every_kind_is_told_by_somebody_and_has_words() -> None:
    """F3: no kind that no service sends, none that the console cannot name."""
    sent = {
        node.attr
        for file, tree in trees("services")
        if file.name != "messages.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "NoticeKind"
    }
    assert sent == {kind.name for kind in NoticeKind}
    assert KIND_WORDS.keys() == set(NoticeKind)
    assert all(CHINESE.search(words) for words in KIND_WORDS.values())


def recorded() -> set[str]:
    """The word of every `x.record("word", ...)` and `audit.record(db, actor, now, "word", ...)` in the source."""
    found = set()
    for _, tree in trees("services", "bot", "app", "handlers", "scheduler"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                found.update(_word(node))
    return found


def _word(call: ast.Call) -> set[str]:
    of_audit = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "audit"
    word = call.args[3 if of_audit else 0]
    if isinstance(word, ast.Constant):
        return {str(word.value)}
    if isinstance(word, ast.JoinedStr):  # bot.sender: f"message.{status}", by how a message ends badly
        return {f"message.{status}" for status in ("unknown", "dead", "refused")}
    return set()  # services.act.Act.record hands its own argument on


def test_every_act_has_a_word() -> None:
    """L2: what stands in the audit log is shown in Chinese, and no word is kept for an act that is gone."""
    assert recorded() == ACT_WORDS.keys()
    assert all(CHINESE.search(words) for words in ACT_WORDS.values())
    assert len(set(ACT_WORDS.values())) == len(ACT_WORDS)


def test_every_deadline_has_a_word() -> None:
    """K2: a reminder names what is due."""
    assert all(CHINESE.search(kind.text) for kind in DeadlineKind)
