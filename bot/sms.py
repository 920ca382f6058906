"""SMS through a gateway, the last way that a machine goes: pluggable, for every office has its own.

SmsClient.send(number, text, key) -> POST JSON {"to", "text", "sign", "key"}, signed (HMAC-SHA256) -> Answer

The gateway is any HTTP service that takes this one request and answers {"code": 0}; the sandbox is one, and an office
whose provider speaks otherwise puts a few lines of relay before it. `key` names the message: a gateway that knows it
already answers as before and sends nothing. Nobody promises that of every provider, so a lost answer is never repeated.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.reactions import Failure
from bot.tokens import Answer
from bot.transport import LostAnswerError, NotSentError, Transport

HTTP_OK = 200
SIGNATURE = "X-Suicha-Signature"


@dataclass(frozen=True, kw_only=True, slots=True)
class SmsSettings:
    """A gateway: its whole address, our shared secret, the name that every message begins with (签名)."""

    url: str
    secret: str = field(repr=False)
    sign: str
    timeout_s: float = 8.0


class SmsGateway(Protocol):
    """What the sender needs of a gateway."""

    settings: SmsSettings

    async def send(self, number: str, text: str, *, key: str) -> Answer:
        """Send one message; Answer 0, a gateway's own code, or how the call failed."""


class SmsClient:
    """The gateway over HTTP."""

    def __init__(self, settings: SmsSettings) -> None:
        """Call nobody yet."""
        self.settings = settings
        self._transport = Transport(timeout_s=settings.timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def send(self, number: str, text: str, *, key: str) -> Answer:
        """Send one message to `number`; `key` (32 hex digits) names it for ever."""
        body = json.dumps(
            {"to": number, "text": text, "sign": self.settings.sign, "key": key}, ensure_ascii=False, sort_keys=True
        ).encode()
        headers = {SIGNATURE: signature(self.settings.secret, body)}
        try:
            status, raw = await self._transport.exchange("POST", self.settings.url, data=body, headers=headers)
        except NotSentError:
            return Answer(code=Failure.NOT_SENT)
        except LostAnswerError:
            return Answer(code=Failure.LOST)
        return _read(status, raw)


def signature(secret: str, body: bytes) -> str:
    """HMAC-SHA256 of the body, as hex: the gateway knows by it that we are we."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _read(status: int, raw: bytes) -> Answer:
    try:
        data: Any = json.loads(raw)
    except ValueError:
        return Answer(code=Failure.LOST)
    if status != HTTP_OK or not isinstance(data, dict) or not isinstance(data.get("code"), int):
        return Answer(code=Failure.LOST)
    return Answer(code=data["code"], data=data)
