"""The configuration: every mistake by line and reason, in Chinese; the environment wins over the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.settings import ConfigError, check_settings, load_settings

EXAMPLE = (Path(__file__).parents[2] / "config.example.toml").read_text("utf-8")
LINES = EXAMPLE.splitlines()


def changed(old: str, new: str) -> str:
    assert EXAMPLE.count(old) == 1, old
    return EXAMPLE.replace(old, new)


def line_of(text: str, beginning: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(beginning))


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("port = 8080\n", 'port = "eighty"\n', "server.port", "整数"),
        ("port = 8080\n", "port = 99999\n", "server.port", "不符合要求"),
        ("port = 8080\n", "prot = 8080\n", "server.prot", "拼写"),
        ("timeout_s = 10.0\n# Accounts", "timeout_s = -1.0\n# Accounts", "wecom.timeout_s", "不符合要求"),
        ('lead_code = "JB"', 'lead_code = "联席"', "office.lead_code", "不符合要求"),
        ("enabled = false", 'enabled = "perhaps"', "demo.enabled", "true 或 false"),
        ('database = "sqlite', 'database = "mysql', "storage.database", "不符合要求"),
        ('D = "4"', 'D = "many"', "rules.class_ratio_factor", "不符合要求"),
        ("agent_id = 1000002", "agent_id = {}", "wecom.agent_id", "整数"),
        (
            'publish_counts_from = "visit-ended"',
            'publish_counts_from = "some day"',
            "rules.publish_counts_from",
            "不符合",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, key: str, reason: str) -> None:
    """Issue 2: check-config names the line and the reason of each mistake."""
    text = changed(old, new)
    settings, mistakes = check_settings(text, {})
    assert settings is None
    found = next(one for one in mistakes if one.key.startswith(key))
    assert reason in found.reason
    assert found.line == line_of(text, new.split("=", maxsplit=1)[0].strip())
    assert str(found).startswith(f"第 {found.line} 行 {key}")


def test_a_key_of_a_table_in_one_line_is_found() -> None:
    """The field keys stand in a table of one line: the mistake is on that line, and the key itself is not repeated."""
    bad = "123456789"
    text = changed('{ "1" = "' + "0" * 64, '{ "1" = "' + bad)
    _, mistakes = check_settings(text, {})
    assert [one.line for one in mistakes] == [line_of(text, "field_keys")]
    assert bad not in str(mistakes[0])


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(changed("port = 8080\n", "port = -1\n").replace("agent_id = 1000002", "agent_ib = 1"), "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_settings(file, {})
    sentence = refused.value.sentence()
    assert all(word in sentence for word in ("config.toml", "server.port", "wecom.agent_id", "wecom.agent_ib"))


def test_a_syntax_error_has_its_line() -> None:
    number = line_of(EXAMPLE, "[server]")
    text = "\n".join([*LINES[:number], "host = ", *LINES[number:]])
    _, (mistake,) = check_settings(text, {})
    assert (mistake.line, mistake.key) == (number + 1, "TOML")
    assert "语法错误" in mistake.reason


def test_a_missing_file_is_a_list_of_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"keys：缺少这一项；wecom：缺少这一项"):
        load_settings(tmp_path / "none.toml", {})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(EXAMPLE, "utf-8")
    settings = load_settings(file, {"SUICHA__SERVER__PORT": "9000", "SUICHA__WECOM__SECRET": "other", "OTHER": "x"})
    assert (settings.server.port, settings.wecom.secret) == (9000, "other")
    assert load_settings(file, {}).server.port == 8080
    _, mistakes = check_settings(EXAMPLE, {"SUICHA__SERVER__PROT": "9000"})
    assert [one.key for one in mistakes] == ["server.prot"]


def test_the_machines_environment_is_asked_where_none_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    file.write_text(EXAMPLE, "utf-8")
    monkeypatch.setattr(os, "environ", {"SUICHA__OFFICE__LEAD_CODE": "AB"})
    assert load_settings(file).office.lead_code == "AB"


def test_settings_cannot_be_changed_later() -> None:
    settings, _ = check_settings(EXAMPLE, {})
    assert settings is not None
    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1  # type: ignore[misc]
