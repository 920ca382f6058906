"""Every door of the server is in a list, with roles, and does by its method what it may (house rules of issue 2)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from aiohttp import hdrs

from app.house import build
from app.server import build_app
from handlers import demo, pages
from inspection.actors import Role
from tests.api.conftest import settings_of
from tests.conftest import Clock
from tests.doors import ROUTES

# Doors beside the lists: nobody is asked who he is, and each reads at most what is said here.
BESIDE = {
    ("GET", "/healthz"),  # a word
    ("GET", "/wecom/callback"),  # opened by WeCom's signature
    ("POST", "/wecom/callback"),
    ("GET", "/"),  # leads to the public page
    ("GET", "/assets/{name}"),  # the build, from memory
    ("GET", "/m/sw.js"),
    *(("GET", path) for prefix in pages.ENTRIES for path in (prefix, f"{prefix}/{{rest}}")),
}
# Whoever opens another door to everybody writes it here, and says why in his commit.
PUBLIC_ACTS = {
    ("POST", "/api/owner/login"),
    ("POST", "/public/door/{code}"),  # opened by the code that an inspector shows at the door
    ("POST", "/public/room/{number}/enter"),  # opened by an observer's code, once
    ("POST", "/public/room/{number}/bundle"),  # opened by an observer's code
    ("POST", "/public/proof"),  # opened by an enterprise's code
}
PUBLIC_READS = re.compile(r"/public(/.*)?|/auth/wecom(/callback)?|/api/demo/where")
READS = {"GET", "HEAD", "OPTIONS"}
SIGN_IN = {"/auth/wecom", "/auth/wecom/callback"}  # a sign-in's own state is the one thing that a GET writes
HEADS = {"/api/phone/visits/{id}/uploads/{file}"}  # of every other path HEAD is GET without the body
RAW_BODIES = {
    "/api/console/imports/{kind}",
    "/api/console/imported-archives",  # a file
    "/api/console/forms/read",  # a file
    "/api/phone/visits/{id}/uploads",  # a file, in pieces
    "/api/phone/visits/{id}/uploads/{file}",
    "/api/console/clues/table",  # a file
    "/api/phone/visits/{id}/evidence/{digest}",  # a photo
    "/api/console/corrections/evidence/{digest}",  # a file
    "/api/owner/visits/{id}/recusals/files/{digest}",  # a file
    "/api/phone/certificates/renewals/{id}/photo/{digest}",  # a photo
    "/api/owner/rectifications/{id}/photos/{digest}",  # a photo
    "/api/phone/visits/{id}/papers/files/{digest}",  # a file
    "/api/auth/logout",  # nothing
    "/public/door/{code}",  # a button
    "/api/owner/bind-phone",  # JSON, checked once it is known that an owner asks
    "/public/room/{number}/enter",  # forms, as browsers without a script send them
    "/public/room/{number}/bundle",
    "/public/proof",
}


async def test_every_door_is_in_a_list(tmp_path: Path, clock: Clock) -> None:
    """T4: what the server answers to is what the lists hold, each once, and nothing else but those named here."""
    settings = settings_of(
        f"sqlite+aiosqlite:///{tmp_path / 'x.db'}", tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:1"
    )
    parts = build(settings, clock)
    doors = Counter(
        (route.method, re.sub(r"\{(\w+):[^{}]*\}", r"{\1}", route.resource.canonical))
        for route in build_app(parts).router.routes()
        if route.resource is not None and (route.method != hdrs.METH_HEAD or route.resource.canonical in HEADS)
    )
    await parts.close()
    listed = {
        (one.method, re.sub(r"\{(\w+):[^{}]*\}", r"{\1}", one.path)) for one in ROUTES if one not in demo.routes.found
    }
    assert set(doors) == listed | BESIDE
    assert max(doors.values()) == 1


def test_every_route_names_roles() -> None:
    """T4: a set of roles, or one of the two words."""
    for route in ROUTES:
        if isinstance(route.roles, frozenset):
            assert route.roles
            assert route.roles <= set(Role)
        else:
            assert route.roles in {"public", "signed-in"}


def test_only_these_doors_are_open_to_everybody() -> None:
    """T4: reading what is published, and signing in."""
    for route in ROUTES:
        if route.roles == "public":
            reads = route.method == "GET" and PUBLIC_READS.fullmatch(route.path)
            assert reads or (route.method, route.path) in PUBLIC_ACTS, route.path


def test_a_get_reads_and_nothing_else_does() -> None:
    """House rule: nothing is drawn, sent, submitted or published by a GET."""
    for route in ROUTES:
        if route.method in READS:
            assert route.transaction in {"read", "read-if-needed"} or route.path in SIGN_IN, route.path
        else:
            assert route.method in {"POST", "PUT", "PATCH"}
            assert route.transaction in {"write", "own", "read-first"}, route.path


def test_every_body_is_checked() -> None:
    """2.2.1: what comes as JSON has a model; what does not is one of three, each with its own check."""
    for route in ROUTES:
        if route.method not in READS:
            assert (route.body is None) == (route.path in RAW_BODIES), route.path


def test_every_handler_says_what_it_does() -> None:
    names = Counter(route.handler.__name__ for route in ROUTES if not route.path.startswith("/public"))
    assert max(names.values()) == 1
    assert all((route.handler.__doc__ or "").strip() for route in ROUTES if not route.path.startswith("/public"))


def test_owners_come_in_by_their_own_doors_only() -> None:
    """F1: no door is open to owners and to the office alike."""
    for route in ROUTES:
        if isinstance(route.roles, frozenset) and Role.OWNER in route.roles:
            assert route.roles == {Role.OWNER}
            assert route.path.startswith("/api/owner/")
