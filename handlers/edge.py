"""The HTTP edge: one wrapper owns who is calling, the transaction, errors and JSON.

request -> origin check -> size limit -> transaction -> who -> role -> body checked -> handler -> JSON (or problem+json)

A handler is `async def name(call: Call) -> value` under `@routes.get/post/put(path, roles=...)`. GET runs in a database
transaction that cannot write; the others in one that can. `transaction="own"` leaves it to the handler (`writing()`
or `reading()`), for work that must not hold the database while it reads or computes; "read-if-needed" the same for
a GET that may do without; "read-first" begins in one that cannot write and gives it back with `let_go()`. A route
without roles stops start-up. Of `crowd` routes a few at a time hold the database, so that others find it (ADR 0024).
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from aiohttp import web
from pydantic import BaseModel, ValidationError

from handlers.page_cache import PageCache
from handlers.problems import problem_of, reason_of, unexpected
from inspection.actors import PUBLIC, Actor, Role
from inspection.errors import ForbiddenError, InvalidInputError, NotSignedInError, TooLargeError
from models.database import Database
from services.act import Act, House
from services.drawing.progress import Progress
from services.people.signin import actor_of

SESSION_COOKIE, OWNER_COOKIE = "suicha_session", "suicha_owner"
JSON_LIMIT = 1 << 20
AT_ONCE = 4  # transactions of `crowd` routes; the pool has fifteen connections
UPLOAD: Literal["upload"] = "upload"  # the limit of files that the settings name
STREAM: Literal["stream"] = "stream"  # the same, and the handler takes the body itself with call.spooled()
Handler = Callable[["Call"], Awaitable[Any]]
Everyone = Literal["public", "signed-in"]
Roles = frozenset[Role] | Everyone
Transaction = Literal["read", "read-first", "read-if-needed", "write", "own"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """What every request finds in the application."""

    database: Database
    house: House
    clock: Callable[[], datetime]
    upload_limit: int = 64 << 20  # bytes of a file that a route with limit=UPLOAD takes
    running: dict[object, dict[str, Any]] = field(default_factory=dict)  # imports under way, for their progress
    drawing: dict[str, Progress] = field(default_factory=dict)  # freezes and draws under way, by task
    pages: PageCache = field(default_factory=PageCache)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def __post_init__(self) -> None:
        self.database.on_public.append(self.pages.forget)


EDGE = web.AppKey("edge", Edge)


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One door: method, path, who may come in, what the body must be."""

    method: str
    path: str
    roles: Roles
    handler: Handler
    body: type[BaseModel] | None
    limit: int | Literal["upload", "stream"]
    transaction: Transaction
    crowd: bool


@dataclass(slots=True)
class Call:
    """One request as a handler sees it: `act` (its transaction), path words, query, checked body or raw bytes."""

    request: web.Request
    edge: Edge
    route: Route
    raw: bytes = b""
    body: Any = None
    _act: Act | None = field(default=None)
    _first: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def act(self) -> Act:
        """The act of this request's transaction."""
        if self._act is None:
            raise RuntimeError("a route with transaction='own' opens call.writing() or call.reading() itself")
        return self._act

    @property
    def path(self) -> dict[str, str]:
        """The words of the path, by name."""
        return dict(self.request.match_info)

    def query(self, name: str, default: str = "") -> str:
        """A word of the query string."""
        return self.request.query.get(name, default)

    def number(self, name: str, default: int, *, at_least: int = 1, at_most: int = 100_000) -> int:
        """A whole number of the query string within bounds."""
        text = self.query(name, str(default))
        short = len(text) <= len(str(at_most))  # int() of thousands of digits is an error of its own
        if not (short and text.isascii() and text.isdigit() and at_least <= int(text) <= at_most):
            raise InvalidInputError(what=f"参数 {name}", why=f"应当是 {at_least} 到 {at_most} 之间的整数。")
        return int(text)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Act]:
        """Open a transaction that cannot write, as the caller, if his role may come in."""
        async with self._turn(), self.edge.database.read() as db:
            yield await self._admit(db)

    async def let_go(self) -> None:
        """End the transaction that a "read-first" route begins in; what follows opens its own."""
        self._act = None
        await self._first.aclose()

    @asynccontextmanager
    async def within_reading(self) -> AsyncIterator[None]:
        """Open such a transaction for whatever reads `call.act` inside."""
        async with self.reading() as self._act:
            yield

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Act]:
        """Open a transaction that commits at the end, as the caller, if his role may come in."""
        if self.route.transaction in {"read", "read-if-needed"}:
            raise RuntimeError("a route that reads opens no transaction that writes")
        async with self._turn(), self.edge.database.write() as db:
            yield await self._admit(db)

    def _turn(self) -> AbstractAsyncContextManager[object]:
        return self.edge.turns if self.route.crowd else nullcontext()

    @asynccontextmanager
    async def spooled(self, progress: Callable[[int], None] = lambda _: None) -> AsyncIterator[Path]:
        """Take the body into a temporary file, never into memory; `progress` hears how many bytes are here.

        The file is gone afterwards.
        """
        with tempfile.NamedTemporaryFile() as file:
            async for piece in pieces_of(self.request, self.edge.upload_limit):
                await asyncio.to_thread(file.write, piece)
                progress(file.tell())
            file.flush()
            yield Path(file.name)

    async def _admit(self, db: Any) -> Act:
        now = self.edge.clock()
        actor = await actor_of(db, token_of(self.request), now, self.edge.house.clock.liaison_post) or PUBLIC
        admit(actor, self.route.roles)
        return Act(db=db, actor=actor, now=now, house=self.edge.house)


class Routes:
    """A list of routes that a handler module fills; a `crowd` of people may come to them at once."""

    def __init__(self, *, crowd: bool = False) -> None:
        self._crowd = crowd
        self.found: list[Route] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        roles: Roles,
        body: type[BaseModel] | None = None,
        limit: int | Literal["upload", "stream"] = JSON_LIMIT,
        transaction: Transaction = "write",
    ) -> Callable[[Handler], Handler]:
        """Register a handler; refuses a route that lets nobody in, or that was not told whom."""
        if not roles:
            raise ValueError(f"{method} {path} has no role")

        def keep(handler: Handler) -> Handler:
            self.found.append(
                Route(
                    method=method,
                    path=path,
                    roles=roles,
                    handler=handler,
                    body=body,
                    limit=limit,
                    transaction=transaction,
                    crowd=self._crowd,
                )
            )
            return handler

        return keep

    def get(self, path: str, *, roles: Roles) -> Callable[[Handler], Handler]:
        """A page or value that is read; the database refuses it any write."""
        return self.add("GET", path, roles=roles, transaction="read")

    def post(self, path: str, *, roles: Roles, body: type[BaseModel] | None = None) -> Callable[[Handler], Handler]:
        """An act with a JSON body."""
        return self.add("POST", path, roles=roles, body=body)


def roles(*some: Role) -> frozenset[Role]:
    """Name the roles that may come in."""
    return frozenset(some)


def admit(actor: Actor, allowed: Roles) -> None:
    """Let the actor in, or say why not: NotSignedInError or ForbiddenError."""
    if allowed == "public":
        return
    if actor is PUBLIC:
        raise NotSignedInError
    if isinstance(allowed, frozenset) and not actor.has(*allowed):
        raise ForbiddenError


def token_of(request: web.Request) -> str:
    """The session's token: the cookie of a browser, or the bearer of the mini-program.

    Owners' pages have a cookie of their own: an owner's is never taken at an inspector's door.
    """
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    own = request.cookies.get(OWNER_COOKIE, "") if request.path.startswith("/api/owner/") else ""
    # Who says who he is means it; a cookie only comes along. A member at an owner's door is told that it is not his.
    return bearer or own or request.cookies.get(SESSION_COOKIE, "")


def install(app: web.Application, edge: Edge, *lists: Routes) -> None:
    """Hang every route of these lists into the application."""
    app[EDGE] = edge
    for routes in lists:
        for route in routes.found:
            app.router.add_route(route.method, route.path, _serve(route))


def _serve(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return _answer(await _call(route, request))
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 the one place where every error becomes an answer
            return problem_of(error) or unexpected(error, request.method, route.path)

    return serve


async def _call(route: Route, request: web.Request) -> Any:
    edge = request.app[EDGE]
    call = Call(request=request, edge=edge, route=route)
    refuse_nul(request.path + unquote(request.query_string))
    if request.method not in {"GET", "HEAD"}:
        check_origin(request, edge.house.origin)
        if route.roles != "public" and not token_of(request):
            raise NotSignedInError  # nobody makes us read a large body
        if route.limit != "stream":
            call.raw = await read_limited(request, edge.upload_limit if route.limit == "upload" else route.limit)
    if route.transaction in {"own", "read-if-needed"}:
        if route.roles != "public":
            async with call.reading():  # whoever may not come in learns nothing of the body's fields
                pass
        call.body = parse_body(route.body, call.raw)
        return await route.handler(call)
    if route.transaction == "read-first":
        async with call._first:  # noqa: SLF001 the edge fills what the handler reads
            call._act = await call._first.enter_async_context(call.reading())  # noqa: SLF001
            call.body = parse_body(route.body, call.raw)
            return await route.handler(call)
    async with call.reading() if route.transaction == "read" else call.writing() as act:
        call._act = act  # noqa: SLF001 the edge fills what the handler reads
        call.body = parse_body(route.body, call.raw)
        return await route.handler(call)


def check_origin(request: web.Request, origin: str) -> None:
    """Refuse an act that another site's page sends in the caller's name (CSRF); no Origin: not a browser's page."""
    sent = request.headers.get("Origin")
    own = {urlsplit(origin).netloc, request.host}
    if sent is not None and urlsplit(sent).netloc not in own:
        raise ForbiddenError


def refuse_nul(text: str) -> None:
    """Refuse the one character that PostgreSQL takes in no text: the caller's mistake, not our defect."""
    if "\0" in text or "\\u0000" in text:
        raise InvalidInputError(what="请求内容", why="含有空字符。")


async def read_limited(request: web.Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes; what is longer is refused as soon as it is."""
    return b"".join([piece async for piece in pieces_of(request, limit)])


async def pieces_of(request: web.Request, limit: int) -> AsyncIterator[bytes]:
    """Give a body of at most `limit` bytes piece by piece; TooLargeError as soon as it is longer."""
    if request.content_length is not None and request.content_length > limit:
        raise TooLargeError(what="上传内容", limit=f"{limit >> 20} MB")
    size = 0
    async for piece in request.content.iter_chunked(1 << 18):
        size += len(piece)
        if size > limit:
            raise TooLargeError(what="上传内容", limit=f"{limit >> 20} MB")
        yield piece


def parse_body(model: type[BaseModel] | None, raw: bytes) -> Any:
    """Check a JSON body against its model; InvalidInputError says which field and why."""
    if model is None:
        return None
    refuse_nul(raw.decode(errors="replace"))
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "请求内容"
        raise InvalidInputError(what=where, why=reason_of(first)) from error


def _answer(value: Any) -> web.StreamResponse:
    if isinstance(value, web.StreamResponse):
        return value
    return web.json_response(value if value is not None else {}, dumps=_dumps)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
