"""The whole sandbox in memory: its parts, wired once. No I/O and no clock of its own.

Sandbox(settings, now) -> contacts, chats, cards, media, codes, owners, faults ; what must go out -> on_push
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.sandbox.contacts import Contacts, Department, Member
from bot.sandbox.errors import RefusedError
from bot.sandbox.events import EventWriter, Push
from bot.sandbox.faults import Faults
from bot.sandbox.feed import Feed
from bot.sandbox.gateway import Gateway
from bot.sandbox.interaction import CardDesk, ResponseCodes, Selected
from bot.sandbox.media import Media, MediaShelf
from bot.sandbox.menu import Menu
from bot.sandbox.messages import Chats, Surroundings
from bot.sandbox.oauth import CodeDesk
from bot.sandbox.platform import Platform
from bot.sandbox.settings import SandboxSettings
from bot.sandbox.team_chats import TeamChats
from bot.sandbox.tokens import TokenDesk
from bot.sandbox.wechat import Owners
from inspection.errors import NotFoundError

RENEW_BEFORE = timedelta(minutes=5)  # stable_token brings a new token in the last five minutes


class Sandbox:
    """One simulated corp with its app and mini-program. `now` is asked at every step, so a test may move it."""

    def __init__(self, settings: SandboxSettings, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.now = now
        self.counters: Counter[str] = Counter()
        self.feed = Feed()
        self.faults = Faults()
        self.tokens = TokenDesk(now)
        self.mini_tokens = TokenDesk(now, renew_before=RENEW_BEFORE)
        self.codes = CodeDesk(now)
        self.js_codes = CodeDesk(now)
        self.phone_codes = CodeDesk(now)
        self.team_chats = TeamChats(now)
        self.media = MediaShelf(now)
        self.menu = Menu()
        self.sms = Gateway(secret=settings.sms_secret)
        self.province = Platform(secret=settings.province_secret)
        self.owners = Owners(now, self.feed)
        self.contacts = Contacts("沙箱企业", self._contact_changed)
        self.writer = EventWriter(settings.corp_id, settings.agent_id, now)
        self.on_push: Callable[[Push], None] = _nobody_listens
        response_codes = ResponseCodes(now)
        self.chats = Chats(
            Surroundings(
                agent_id=settings.agent_id,
                now=now,
                contacts=self.contacts,
                media=self.media,
                faults=self.faults,
                feed=self.feed,
                counters=self.counters,
                new_response_code=response_codes.new,
            )
        )
        self.cards = CardDesk(
            agent_id=settings.agent_id,
            contacts=self.contacts,
            inbox=self.chats.inbox,
            codes=response_codes,
            writer=self.writer,
            feed=self.feed,
        )

    def connect(self, *, callback_url: str, trusted_origin: str) -> None:
        """Name the app's own addresses once they are known (both sides may start on free ports)."""
        self.settings = replace(self.settings, callback_url=callback_url, trusted_origin=trusted_origin)

    def member(self, userid: str) -> Member:
        """Return a member (NotFoundError for the page)."""
        member = self.contacts.find(userid)
        if member is None:
            raise NotFoundError(what="成员")
        return member

    def credentials(self, corp_id: str, secret: str) -> tuple[str, int]:
        """Handle gettoken: the current token and its seconds; 40013 and 40001 for strangers."""
        if corp_id != self.settings.corp_id:
            raise RefusedError(40013, "invalid corpid")
        if secret != self.settings.secret:
            raise RefusedError(40001, "invalid credential")
        return self.tokens.fetch()

    def mini_credentials(self, appid: str, secret: str) -> None:
        """Check the mini-program's id and secret; 40013 and 40125 for strangers."""
        if appid != self.settings.mini_appid:
            raise RefusedError(40013, "invalid appid")
        if secret != self.settings.mini_secret:
            raise RefusedError(40125, "invalid appsecret")

    def click(self, userid: str, message_id: str, key: str, selected: Selected) -> None:
        """A member clicks a card."""
        self.on_push(self.cards.click(self.member(userid).userid, message_id, key, selected))

    def say(self, userid: str, content: str) -> None:
        """A member writes to the app."""
        member = self.member(userid)
        self.chats.say(member.userid, "text", {"content": content})
        self.on_push(self.writer.message(member.userid, "text", Content=content))

    def say_media(self, userid: str, media: Media, url: str) -> None:
        """A member sends a photo, a voice note, a video or a file; `url` is where the picture can be seen."""
        member = self.member(userid)
        self.chats.say(member.userid, media.kind, {"media_id": media.id, "url": url, "filename": media.filename})
        more = {"image": {"PicUrl": url}, "voice": {"Format": "amr"}, "file": {"FileName": media.filename}}
        self.on_push(self.writer.message(member.userid, media.kind, MediaId=media.id, **more.get(media.kind, {})))

    def say_where(self, userid: str, latitude: float, longitude: float, label: str) -> None:
        """A member sends a place."""
        member = self.member(userid)
        place = {"latitude": latitude, "longitude": longitude, "label": label}
        self.chats.say(member.userid, "location", place)
        fields = {"Location_X": latitude, "Location_Y": longitude, "Scale": 16, "Label": label, "AppType": "wxwork"}
        self.on_push(self.writer.message(member.userid, "location", **fields))

    def act(self, userid: str, event: str, key: str = "") -> None:
        """A member enters the app (enter_agent), is let in or out (subscribe), or taps its menu (click, view)."""
        self.on_push(self.writer.event(self.member(userid).userid, event, EventKey=key))

    def _contact_changed(self, change: str, what: Member | Department) -> None:
        if isinstance(what, Department):
            fields = {"Id": what.id, "Name": what.name, "ParentId": what.parentid, "Order": what.order}
            self._push_contact(change, {"Id": what.id} if change == "delete_party" else fields)
            return
        details = {} if change == "delete_user" else _details(what)
        self._push_contact(change, {"UserID": what.userid, **details})
        if change == "create_user":
            self.act(what.userid, "subscribe")

    def _push_contact(self, change: str, fields: dict[str, object]) -> None:
        self.feed.publish("contact", change=change)
        self.on_push(self.writer.contact(change, **fields))


def _details(member: Member) -> dict[str, object]:
    return {
        "Name": member.name,
        "Department": ",".join(map(str, member.department)),
        "MainDepartment": member.department[0],
        "Position": member.position,
        "Status": 1,
    }


def _nobody_listens(push: Push) -> None:
    """Let a push fall: no server stands around this sandbox."""
