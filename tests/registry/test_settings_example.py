"""config.example.toml and the settings are one thing in two forms (issue 2)."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from app.ground import clock_rules
from app.settings import ClockSection, RulesSection, Settings, check_settings
from inspection.clock_rules import ClockRules
from services.act import Rules

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
TEXT = EXAMPLE.read_text("utf-8")
DATA = tomllib.loads(TEXT)


def settings_fields(model: type[BaseModel] = Settings, above: str = "") -> dict[str, Any]:
    """Every setting by its dotted name, with its default (`...` where there is none)."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= settings_fields(kind, f"{name}.")
        else:
            found[above + name] = ... if field.is_required() else field.default
    return found


def test_the_example_names_every_setting_and_no_other() -> None:
    named = {f"{section}.{key}" for section, values in DATA.items() for key in values}
    assert named == settings_fields().keys()


def test_the_example_shows_the_defaults() -> None:
    """What has a default is shown with it; what has none is shown with a value that passes the checks."""
    settings, mistakes = check_settings(TEXT, {})
    assert mistakes == []
    for name, default in settings_fields().items():
        section, key = name.split(".")
        if default is not ...:
            assert getattr(getattr(settings, section), key) == default, name


def test_the_example_explains_itself() -> None:
    """Every section has a comment, and the secrets in it are no secrets."""
    for section in ("\n[" + part for part in TEXT.split("\n[")[1:]):
        assert "#" in section, section
    settings, _ = check_settings(TEXT, {})
    assert settings is not None
    assert set(settings.keys.field_keys.values()) == {"0" * 64}
    assert settings.keys.link_key == "0" * 64


def test_the_rules_of_the_settings_are_those_of_the_services() -> None:
    """Nothing is set that no service knows, and nothing is decided that nobody can set."""
    rules = {field.name: getattr(Rules(), field.name) for field in fields(Rules)}
    assert RulesSection.model_fields.keys() == rules.keys()
    # By class nothing is changed for a service that was told nothing; an office gets the factors of the example.
    assert {**RulesSection().model_dump(), "class_ratio_factor": {}} == rules


def test_the_clocks_settings_are_those_of_the_clock() -> None:
    """K2: steps, ladders and hours can be set, and nothing else is decided about reminding."""
    assert ClockSection.model_fields.keys() == {field.name for field in fields(ClockRules)}
    settings, _ = check_settings(TEXT, {})
    assert settings is not None
    assert clock_rules(settings) == ClockRules()


def test_a_ladder_that_cannot_be_read_is_named_with_its_line() -> None:
    """K2: a rung that there is not, and a kind that there is not, are mistakes of the file."""
    for line, wrong in (('make-plan = ["office"]', 'make-plan = ["mayor"]'), ("draw-task = [1]", "tea-time = [1]")):
        _, mistakes = check_settings(TEXT.replace(line, wrong), {})
        assert [one.key for one in mistakes] in (["clock.ladders"], ["clock.steps"])
        assert mistakes[0].line > 0


def test_every_setting_is_read_by_somebody() -> None:
    """A setting without effect is a promise not kept."""
    files = [file for folder in ("app", "services") for file in (ROOT / folder).rglob("*.py")]
    read = {
        node.attr
        for file in files
        if file.name != "settings.py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert {name for name in settings_fields() if name.split(".")[1] not in read} == set()
