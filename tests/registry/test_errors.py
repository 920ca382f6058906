"""Every error there is can be told to a person: a Chinese sentence, a code of its own, what to do next (R6.3)."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from string import Formatter
from typing import Any

import app
import bot
import handlers
import inspection
import models
import scheduler
import services
from bot.sandbox.errors import RefusedError
from handlers.problems import STATUS, problem_of
from inspection.errors import Kind, SuichaError

ROOTS = (app, handlers, bot, scheduler, services, models, inspection)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def every_error() -> list[type[SuichaError]]:
    """All branches of the tree, after every module has been read."""
    for root in ROOTS:
        for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return sorted(set(below(SuichaError)), key=lambda one: one.__name__)


def below(error: type[SuichaError]) -> Iterator[type[SuichaError]]:
    for one in error.__subclasses__():
        yield one
        yield from below(one)


def made(error: type[SuichaError]) -> SuichaError:
    """The error with something in every place of its sentence."""
    if error is RefusedError:
        return RefusedError(40013, "invalid corpid")
    names = [name for _, name, _, _ in Formatter().parse((error.__doc__ or "").strip()) if name]
    return error(**dict.fromkeys(names, "某某"))


def test_every_error_is_a_chinese_sentence() -> None:
    errors = every_error()
    assert len(errors) > 20
    for error in errors:
        sentence = made(error).sentence()
        assert CHINESE.search(sentence), error
        assert not re.search(r"[{}\n]", sentence), error
        assert error.__doc__ != SuichaError.__doc__, error


def test_every_error_has_a_code_of_its_own() -> None:
    codes = Counter(error.code for error in every_error())
    assert [code for code, times in codes.items() if times > 1] == []
    assert all(CODE.fullmatch(code) for code in codes)
    assert SuichaError.code not in codes


def test_every_error_says_what_to_do() -> None:
    """The sandbox's refusals aside: they stand in for a vendor's, who says nothing either."""
    for error in every_error():
        assert error is RefusedError or CHINESE.search(error.action), error


def test_every_error_becomes_an_answer() -> None:
    """RFC 9457: the status of its kind, and the sentence as title."""
    for error in every_error():
        one = made(error)
        response = problem_of(one)
        assert response is not None, error
        body: dict[str, Any] = json.loads(str(response.text))
        assert response.status == body["status"] == STATUS[one.kind], error
        assert (body["title"], body["code"]) == (one.sentence(), one.code)


def test_every_kind_has_its_status() -> None:
    assert STATUS.keys() == set(Kind)
    assert len(set(STATUS.values())) == len(STATUS)
    assert problem_of(ValueError("not ours")) is None
