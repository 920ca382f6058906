"""The sandbox's phones in a test: what members say and send, what the app answers, worked at once."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image
from sqlalchemy import select

from models.people import Member
from models.tasks import Visit, VisitMember
from tests.api.conftest import Building

SOMEWHERE = (36.65123, 117.01234)


@dataclass
class Chat:
    """The members' phones of a house."""

    house: Building

    async def settle(self) -> None:
        """Let everything that is on its way arrive: messages, pushes, answers, errands."""
        parts = self.house.parts
        await self.house.sandbox.settled()
        await parts.inbox.work()
        await parts.sender.drain()
        if await parts.errands.work():
            await parts.sender.drain()  # receipts for what was fetched
        await self.house.sandbox.settled()

    def bubbles(self, userid: str) -> list[Any]:
        return list(self.house.sandbox.state.chats.inbox(userid).bubbles.values())

    def from_app(self, userid: str) -> list[Any]:
        return [one for one in self.bubbles(userid) if not one.message.sender]

    async def say(self, userid: str, text: str) -> str:
        """Say something; gives the app's answer: its text, or its card's title."""
        before = len(self.from_app(userid))
        self.house.sandbox.state.say(userid, text)
        await self.settle()
        answers = self.from_app(userid)[before:]
        assert answers, text
        content = answers[0].message.content
        return str(content.get("content") or content["main_title"]["title"])

    async def send_photo(self, userid: str, data: bytes, kind: str = "image") -> None:
        state = self.house.sandbox.state
        state.say_media(userid, state.media.put(kind, kind, data), "/nowhere")
        await self.settle()

    async def send_place(self, userid: str, label: str = "") -> None:
        self.house.sandbox.state.say_where(userid, *SOMEWHERE, label)
        await self.settle()

    def card(self, userid: str, words: str = "") -> Any:
        """The newest card with these words on it."""
        for bubble in reversed(self.from_app(userid)):
            if bubble.message.msgtype == "template_card" and words in str(bubble.message.content):
                return bubble
        raise LookupError(words)

    async def press(self, userid: str, bubble: Any, key: str, chosen: dict[str, list[str]] | None = None) -> None:
        self.house.sandbox.state.click(userid, bubble.message.id, key, chosen or {})
        await self.settle()

    async def drawn(self, **order: Any) -> list[Visit]:
        """Draw, and let the cards arrive."""
        await self.house.office.drawn(**order)
        await self.settle()
        return list(await self.house.office.all(select(Visit).order_by(Visit.position)))

    async def people(self, visit: Visit) -> list[tuple[str, bool]]:
        """The group of a visit: (userid, leads), the leader first."""
        query = (
            select(Member.userid, VisitMember.leads)
            .join(VisitMember, VisitMember.member_id == Member.id)
            .where(VisitMember.visit_id == visit.id)
            .order_by(VisitMember.leads.desc(), Member.userid)
        )
        async with self.house.parts.database.read() as db:
            return [(userid, leads) for userid, leads in await db.execute(query)]

    async def leader(self, visit: Visit) -> str:
        return (await self.people(visit))[0][0]


def jpeg(colour: int = 90) -> bytes:
    """A small photo; of another colour, other bytes."""
    encoded = io.BytesIO()
    Image.new("RGB", (640, 480), (colour, 120, 130)).save(encoded, "JPEG")
    return encoded.getvalue()
