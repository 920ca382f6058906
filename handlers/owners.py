"""The owners' API (mini-program and its pages at /o/), and what a visit's group does towards its enterprise.

owner: me -> bind | bind by phone -> visits -> one visit -> confirm, ask, rate, notice as PDF ; scan at the door
group: door (show, reason), notices given otherwise, answers      Nothing here tells of an unannounced visit (F2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from pydantic import AwareDatetime, Field

from handlers import attached
from handlers.console import Body, Empty
from handlers.edge import UPLOAD, Call, Routes, parse_body, roles
from inspection.actors import Role
from inspection.reasons import DOOR_REASONS, OWNER_GROUNDS
from services.drawing import recusal_requests
from services.field import chat_evidence, doors
from services.people import notice_paper, owner_talk, owners

OWNER = roles(Role.OWNER)
INSPECTOR = roles(Role.INSPECTOR)
DESK = roles(Role.COORDINATOR, Role.APPROVER)
PHONE_OF: web.AppKey[Callable[[str], Awaitable[str]]] = web.AppKey("phone_of")
TEMPLATE = web.AppKey("template", str)
routes = Routes()


class PhoneBody(Body):
    """The enterprise's code, and the one-time code of WeChat's phone number button."""

    target_code: str = Field(min_length=1, max_length=32)
    phone_code: str = Field(min_length=1, max_length=512)


class SubscriptionBody(Body):
    """What the owner allowed when WeChat asked."""

    kind: Literal["once", "for-ever", "refused"]


class WordsBody(Body):
    """A question, or its answer."""

    words: str = Field(min_length=1, max_length=1000)


class RecusalRequestBody(Body):
    """Who of the group should stay away, and why."""

    person: str = Field(max_length=32)
    ground: str = Field(max_length=32)
    words: str = Field(min_length=1, max_length=500)
    evidence: list[str] = Field(default=[], max_length=recusal_requests.MAX_EVIDENCE)


class RatingBody(Body):
    """What the enterprise thought."""

    stars: int = Field(ge=1, le=5)
    comment: str = Field(default="", max_length=500)


class DoorReasonBody(Body):
    """Why nobody scanned."""

    reason: str
    note: str = Field(default="", max_length=500)


class RecordBody(Body):
    """A notice given by phone, by fax or on paper."""

    way: str
    receiver: str = Field(max_length=500)
    note: str = Field(default="", max_length=500)
    at: AwareDatetime | None = None


@routes.get("/api/owner/me", roles=OWNER)
async def get_owner(call: Call) -> Any:
    """The bound targets, and how many messages may still be sent."""
    return await owners.me(call.act, call.request.app[TEMPLATE])


@routes.add("POST", "/api/owner/bind-phone", roles=OWNER, transaction="own")
async def owner_bind_phone(call: Call) -> Any:
    """Bind by the number that WeChat vouches for; WeChat is asked while no transaction is open."""
    body: PhoneBody = parse_body(PhoneBody, call.raw)
    phone = await call.request.app[PHONE_OF](body.phone_code)
    async with call.writing() as act:
        return await owners.bind_by_phone(act, body.target_code, phone)


@routes.post("/api/owner/subscriptions", roles=OWNER, body=SubscriptionBody)
async def post_subscription(call: Call) -> Any:
    """Note what the owner allowed; the next messages count on it."""
    await owners.allowed(call.act, call.request.app[TEMPLATE], call.body.kind)
    return await owners.me(call.act, call.request.app[TEMPLATE])


@routes.get("/api/owner/visits", roles=OWNER)
async def get_owner_visits(call: Call) -> Any:
    """The owner's visits that he may know of."""
    return {"visits": await owners.visits(call.act)}


@routes.get("/api/owner/visits/{id}", roles=OWNER)
async def get_owner_visit(call: Call) -> Any:
    """One of them with all that the notice says."""
    return await owners.visit(call.act, call.path["id"])


@routes.get("/api/owner/visits/{id}/notice.pdf", roles=OWNER)
async def get_owner_notice(call: Call) -> Any:
    """The notice as it would come on paper."""
    return _pdf(await notice_paper.for_owner(call.act, call.path["id"]))


@routes.post("/api/owner/visits/{id}/confirm", roles=OWNER, body=Empty)
async def post_owner_confirm(call: Call) -> Any:
    """Confirm that the notice was received."""
    return {"new": await owners.confirm(call.act, call.path["id"])}


@routes.post("/api/owner/visits/{id}/questions", roles=OWNER, body=WordsBody)
async def post_owner_question(call: Call) -> Any:
    """Ask the leader."""
    await owner_talk.ask(call.act, call.path["id"], call.body.words)
    return {}


@routes.post("/api/owner/visits/{id}/recusals", roles=OWNER, body=RecusalRequestBody)
async def post_owner_recusal(call: Call) -> Any:
    """Ask that somebody of the group stay away."""
    body: RecusalRequestBody = call.body
    row = await recusal_requests.ask(call.act, call.path["id"], body.person, body.ground, body.words, body.evidence)
    return {"status_text": recusal_requests.WORDS[row.status]}


@routes.add("PUT", "/api/owner/visits/{id}/recusals/files/{digest}", roles=OWNER, limit=UPLOAD, transaction="own")
async def put_owner_recusal_file(call: Call) -> Any:
    """Store what a request is to be proved with, under its digest: PDF, JPEG or PNG."""
    async with call.reading() as act:
        await owners.visit(act, call.path["id"])  # only whose visit it is may store
    digest = await attached.stored(call, recusal_requests.EVIDENCE)
    async with call.writing() as act:
        await recusal_requests.keep_file(act, call.path["id"], digest)
    return {"digest": digest}


@routes.get("/api/owner/recusal-grounds", roles=OWNER)
async def get_owner_grounds(call: Call) -> Any:  # noqa: ARG001 every handler takes the call
    """The grounds that an enterprise may name."""
    return {"grounds": [{"code": code, "text": text} for code, text in OWNER_GROUNDS.items()]}


@routes.post("/api/owner/visits/{id}/rating", roles=OWNER, body=RatingBody)
async def post_owner_rating(call: Call) -> Any:
    """Rate a visit that has ended; nobody sees by whom."""
    return {"new": await owners.rate(call.act, call.path["id"], call.body.stars, call.body.comment)}


@routes.post("/api/owner/doors/{code}", roles=OWNER, body=Empty)
async def post_owner_door(call: Call) -> Any:
    """Scan the code at the door; from now on the visit is known."""
    return {"visit_id": await doors.scan(call.act, call.path["code"])}


@routes.get("/api/phone/visits/{id}/owner", roles=INSPECTOR)
async def get_visit_owner(call: Call) -> Any:
    """What the group sees of its enterprise: the door, how it was told, what it asks, what came by chat."""
    return {
        **await owner_talk.for_group(call.act, call.path["id"]),
        "door": await doors.state(call.act, call.path["id"]),
        "door_reasons": [{"value": one, "text": words} for one, words in DOOR_REASONS.items()],
        "from_chat": await chat_evidence.listing(call.act, call.path["id"]),
    }


@routes.post("/api/phone/visits/{id}/door", roles=INSPECTOR, body=Empty)
async def post_door(call: Call) -> Any:
    """Show the code at the door."""
    return await doors.show(call.act, call.path["id"])


@routes.post("/api/phone/visits/{id}/door-reason", roles=INSPECTOR, body=DoorReasonBody)
async def post_door_reason(call: Call) -> Any:
    """Say why nobody scanned."""
    return await doors.name_reason(call.act, call.path["id"], call.body.reason, call.body.note)


@routes.post("/api/phone/visits/{id}/notice-records", roles=INSPECTOR, body=RecordBody)
async def post_notice_record(call: Call) -> Any:
    """Note that the enterprise was told by phone, by fax or on paper."""
    body, at = call.body, call.body.at
    when: datetime | None = at
    await owner_talk.record_notice(call.act, call.path["id"], body.way, body.receiver, body.note, when)
    return {}


@routes.post("/api/phone/visits/{id}/questions/{question}/answer", roles=INSPECTOR, body=WordsBody)
async def post_answer(call: Call) -> Any:
    """Answer the enterprise, as the leader."""
    await owner_talk.answer(call.act, call.path["id"], call.path["question"], call.body.words)
    return {}


@routes.get("/api/phone/visits/{id}/notice.pdf", roles=INSPECTOR)
async def get_group_notice(call: Call) -> Any:
    """The notice on paper, for an enterprise without WeChat."""
    return _pdf(await notice_paper.for_group(call.act, call.path["id"]))


@routes.get("/api/console/ratings", roles=DESK)
async def get_ratings(call: Call) -> Any:
    """How enterprises thought of departments; nobody's name, and no single rating."""
    whole = call.act.actor.has(Role.COORDINATOR)
    rows = await owners.ratings(call.act, whole_office=whole)
    return {"ratings": rows, "at_least": call.act.house.rules.ratings_at_least}


def _pdf(data: bytes) -> web.Response:
    headers = {"Content-Disposition": 'inline; filename="notice.pdf"', "X-Content-Type-Options": "nosniff"}
    return web.Response(body=data, content_type="application/pdf", headers=headers)
