"""Encrypted pushes to the app, as WeCom sends them.

Push -> sealed anew for every try -> POST, 5 s -> 200? done : up to three tries -> Delivery in the log

Every try is encrypted afresh: a receiver must know the push by what is inside it. Pages disagree whether a status other
than 200 is tried again (90930 and its older copies), so it is: the stricter reading.
All deliveries live in one TaskGroup.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from bot.sandbox.cipher import CallbackCipher
from bot.sandbox.events import Push, to_xml
from bot.sandbox.faults import FaultKind
from bot.sandbox.state import Sandbox

MOST_TRIES = 3
VERIFY_SECONDS = 1.0
OK = 200
UNHEARD = "unheard"  # answered, and the answer was lost
ANYWHERE = "/callback"  # faults for pushes are matched against this path


@dataclass(kw_only=True, slots=True)
class Delivery:
    """One push and what became of it. `outcome`: pending, delivered, failed, lost or nowhere."""

    id: int
    push: Push
    at: str
    outcome: str = "pending"
    tries: list[dict[str, object]] = field(default_factory=list)

    def shown(self) -> dict[str, object]:
        """Show it as JSON."""
        return {
            "id": self.id,
            "name": self.push.name,
            "member": self.push.member,
            "at": self.at,
            "outcome": self.outcome,
            "tries": list(self.tries),
            "xml": self.push.xml,
        }


class Courier:
    """Carries pushes from the sandbox to the app's callback URL."""

    def __init__(self, state: Sandbox) -> None:
        settings = state.settings
        self._state = state
        self._cipher = CallbackCipher(settings.token, settings.encoding_aes_key, settings.corp_id)
        self._pending: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._http: aiohttp.ClientSession | None = None
        self.deliveries: list[Delivery] = []

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Be able to deliver; what is still on its way at the end is cancelled."""
        timeout = aiohttp.ClientTimeout(total=self._state.settings.callback_timeout)
        async with aiohttp.ClientSession(timeout=timeout) as self._http, asyncio.TaskGroup() as group:
            self._group = group
            self._state.on_push = self.send
            try:
                yield
            finally:
                self._group = None
                for task in self._pending:
                    task.cancel()

    def send(self, push: Push) -> None:
        """Send a push off; its outcome appears in `deliveries`."""
        at = self._state.now().isoformat()
        delivery = Delivery(id=len(self.deliveries) + 1, push=push, at=at)
        self.deliveries.append(delivery)
        if self._group is None or not self._state.settings.callback_url:
            delivery.outcome = "nowhere"
        elif self._state.faults.take(FaultKind.PUSH_LOST, path=ANYWHERE):
            delivery.outcome = "lost"
        else:
            task = self._group.create_task(self._deliver(delivery))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._pending:
            await asyncio.wait(self._pending)

    async def verify(self) -> dict[str, object]:
        """Do what saving the callback URL does in WeCom's console; returns ok and the reason if not."""
        echo = secrets.token_urlsafe(16)
        sealed = self._cipher.seal(echo, self._timestamp())
        try:
            url = self._url({**sealed.query, "echostr": sealed.encrypt})
            async with asyncio.timeout(VERIFY_SECONDS), self._session().get(url, allow_redirects=False) as response:
                body = await response.text()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return {"ok": False, "why": type(error).__name__}
        if response.status != OK or body != echo:
            return {"ok": False, "why": f"status {response.status}, echo {'same' if body == echo else 'differs'}"}
        return {"ok": True, "why": ""}

    async def _deliver(self, delivery: Delivery) -> None:
        if late := self._state.faults.take(FaultKind.PUSH_LATE, path=ANYWHERE):
            await asyncio.sleep(late.seconds)
        for _ in range(MOST_TRIES):
            if await self._try(delivery):
                delivery.outcome = "delivered"
                break
        else:
            delivery.outcome = "failed"
        if delivery.outcome == "delivered" and self._state.faults.take(FaultKind.PUSH_TWICE, path=ANYWHERE):
            await self._try(delivery)
        self._state.feed.publish("delivery", delivery=str(delivery.id), outcome=delivery.outcome)

    async def _try(self, delivery: Delivery) -> bool:
        sealed = self._cipher.seal(delivery.push.xml, self._timestamp())
        settings = self._state.settings
        envelope = {"ToUserName": settings.corp_id, "Encrypt": sealed.encrypt, "AgentID": str(settings.agent_id)}
        began = asyncio.get_running_loop().time()
        try:
            async with self._session().post(
                self._url(sealed.query),
                data=to_xml("xml", envelope).encode(),
                headers={"Content-Type": "text/xml"},
                allow_redirects=False,
            ) as response:
                await response.read()
                unheard = self._state.faults.take(FaultKind.PUSH_UNHEARD, path=ANYWHERE)
                result = UNHEARD if unheard else str(response.status)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:  # ValueError: no address at all
            result = type(error).__name__
        spent = asyncio.get_running_loop().time() - began
        delivery.tries.append({"result": result, "ms": round(spent * 1000, 1)})
        return result == str(OK)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("the courier is not working yet")
        return self._http

    def _url(self, query: dict[str, str]) -> URL:
        return URL(self._state.settings.callback_url).update_query(query)

    def _timestamp(self) -> int:
        return int(self._state.now().timestamp())
