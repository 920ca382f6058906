"""The provincial platform over HTTP: records out with receipts, its records and lists in; an errand beside the sender.

due -> claim -> (tried before? ask whether it is there) -> POST the stored bytes -> settle
lost answer -> unknown: asked about before it is ever sent again    refused -> for a person    busy, away -> again later

The interface is the one of docs/exchange.md; a platform that speaks otherwise gets a few lines of relay before it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.reactions import Failure, back_off
from bot.sms import SIGNATURE, signature
from bot.tokens import Answer
from bot.transport import LostAnswerError, NotSentError, Transport
from inspection.errors import UnavailableError
from models.database import Database
from models.province import ProvinceRecord
from models.store import province as store
from models.store.province import Settlement

HTTP_OK = 200
OK, BUSY, BAD_RECORD, WRONG_SECRET, OTHER_CONTENT = range(5)  # the platform's few words
AT_ONCE, PAGE, MOST_PAGES = 20, 1_000, 10_000
MOST_LIST = 256 << 20  # bytes of a list
WRONG_SECRET_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvinceSettings:
    """A platform: where its interface begins, our shared secret."""

    url: str
    secret: str = field(repr=False)
    timeout_s: float = 10.0


class ProvinceClient:
    """The interface over HTTP; every request is signed."""

    def __init__(self, settings: ProvinceSettings) -> None:
        """Call nobody yet."""
        self._settings = settings
        self._transport = Transport(timeout_s=settings.timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def post(self, row: ProvinceRecord) -> Answer:
        """Hand a record in; the same key again is answered as before."""
        return await self._call("POST", "/records", {"key": row.key}, row.body)

    async def ask(self, key: str) -> Answer:
        """Ask for the record of a key: data["record"] with digest and receipt, or None."""
        return await self._call("GET", "/record", {"key": key})

    async def records(self) -> dict[str, tuple[str, str]]:
        """Everything that the platform has of ours: key -> (digest, receipt); UnavailableError."""
        found: dict[str, tuple[str, str]] = {}
        after = ""
        for _ in range(MOST_PAGES):
            answer = await self._call("GET", "/records", {"after": after, "limit": str(PAGE)})
            if answer.code != OK:
                raise UnavailableError(what="省平台")
            rows = answer.data["records"]
            found |= {one["key"]: (one["digest"], one["receipt"]) for one in rows}
            if len(rows) < PAGE:
                return found
            after = rows[-1]["key"]
        raise UnavailableError(what="省平台")

    async def list_file(self, kind: str) -> bytes:
        """A list of the platform as a CSV file in the columns that our import reads; UnavailableError."""
        path = f"/lists/{kind}.csv"
        try:
            status, _, data = await self._transport.fetch(
                "GET", f"{self._settings.url}{path}", headers=self._signed(path.encode()), most_bytes=MOST_LIST
            )
        except (NotSentError, LostAnswerError) as error:
            raise UnavailableError(what="省平台") from error
        if status != HTTP_OK or data is None:
            raise UnavailableError(what="省平台")
        return data

    async def _call(self, method: str, path: str, query: Mapping[str, str], body: bytes | None = None) -> Answer:
        asked = f"{path}?{urlencode(query)}"
        headers = self._signed(asked.encode() + b"\n" + (body or b""))
        try:
            status, raw = await self._transport.exchange(
                method, f"{self._settings.url}{path}", params=query, data=body, headers=headers
            )
        except NotSentError:
            return Answer(code=Failure.NOT_SENT)
        except LostAnswerError:
            return Answer(code=Failure.LOST)
        try:
            data: Any = json.loads(raw)
        except ValueError:
            return Answer(code=Failure.LOST)
        if status != HTTP_OK or not isinstance(data, dict) or not isinstance(data.get("code"), int):
            return Answer(code=Failure.LOST)
        return Answer(code=data["code"], data=data)

    def _signed(self, what: bytes) -> dict[str, str]:
        return {SIGNATURE: signature(self._settings.secret, what)}


class ProvinceCourier:
    """Delivers what is due; several may run."""

    def __init__(self, *, database: Database, client: ProvinceClient, clock: Callable[[], datetime]) -> None:
        """Deliver nothing yet."""
        self._database = database
        self._client = client
        self._clock = clock

    async def work(self) -> int:
        """Deliver what is due; returns how many records were tried."""
        now = self._clock()
        async with self._database.read() as db:
            if not await store.is_due(db, now):
                return 0
        async with self._database.write() as db:
            rows = await store.claim(db, now, AT_ONCE)
        for row in rows:
            how = await self._deliver(row)
            async with self._database.write() as db:
                await store.settle(db, row, how, self._clock())
        return len(rows)

    async def _deliver(self, row: ProvinceRecord) -> Settlement:
        if row.attempts > 1:
            asked = await self._client.ask(row.key)
            record = asked.data.get("record") if asked.code == OK else None
            if asked.code != OK or record is not None:
                return self._judged(row, asked, record)
        return self._judged(row, *_told(await self._client.post(row)))

    def _judged(self, row: ProvinceRecord, answer: Answer, record: Mapping[str, Any] | None) -> Settlement:
        now = self._clock()
        later = now + back_off(row.attempts)
        if answer.code == OK and record is not None:
            if record["digest"] == row.digest:
                return Settlement(status="accepted", not_before=now, receipt=str(record["receipt"])[:64])
            return Settlement(status="refused", not_before=now, error="省平台上这个编号的内容与本系统不一致")
        if answer.code in {BAD_RECORD, OTHER_CONTENT}:
            return Settlement(status="refused", not_before=now, error=str(answer.data.get("why", ""))[:256])
        if answer.code == WRONG_SECRET:
            return Settlement(
                status="waiting", not_before=now + WRONG_SECRET_PAUSE, error="省平台不认签名，请核对 [province] secret"
            )
        if answer.code in {BUSY, Failure.NOT_SENT}:
            return Settlement(status="waiting", not_before=later, error="省平台繁忙或连接不上，稍后自动重试")
        return Settlement(status="unknown", not_before=later, error="没有收到省平台的答复，先核实再决定是否重报")


def _told(answer: Answer) -> tuple[Answer, Mapping[str, Any] | None]:
    """What the answer to a POST says of the record."""
    return answer, answer.data if answer.code == OK else None
