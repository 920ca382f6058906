"""WeCom's encrypted callbacks: bytes in, values out.

query + XML -> signature (constant time) -> AES-256-CBC -> padding, length, corp id -> inner XML -> age -> InboundEvent

wechatpy gives the cipher and the signature. What it leaves open is closed here (reliability 4.2.1): it compares with
`!=`, checks neither age nor the whole padding, and fails with a dozen kinds of exceptions. Timestamp and nonce can be
re-split without breaking the signature, because the four strings are joined without separators; so age is read from
inside the ciphertext, and a replay is known by the ciphertext's own digest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import xmltodict  # type: ignore[import-untyped]
from wechatpy.crypto.base import WeChatCipher
from wechatpy.utils import WeChatSigner

from bot.wecom import WeComSettings

MOST_BYTES = 64 * 1024  # a text is at most 2 KiB; a card event is far below this
OLDEST = timedelta(minutes=5)
BLOCK = 32  # WeCom pads to 32, not to AES's 16
RANDOM_BYTES, LENGTH_BYTES = 16, 4
KIND_CHARACTERS = 48
_TIMESTAMP = re.compile(r"\d{10}", re.ASCII)
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)


class CallbackRefusedError(Exception):
    """Not a callback of ours; `reason` is one word for counting, never sent back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundEvent:
    """A genuine push: `digest` (64 hex) names the ciphertext, `event_key` what happened, `fields` the push."""

    digest: str
    event_key: str
    kind: str  # "text", "image" ..., or "event:template_card_event" ...
    userid: str  # lower case; "" where nobody in particular is meant
    created_at: datetime
    fields: Mapping[str, Any]


def open_callback(query: Mapping[str, str], body: bytes, settings: WeComSettings, now: datetime) -> InboundEvent:
    """Verify and decrypt a POST; CallbackRefusedError for whatever is not ours, not whole or not fresh."""
    if len(body) > MOST_BYTES:
        raise CallbackRefusedError("too-large")
    try:
        encrypted = str(_parse(body)["Encrypt"])
        plain = _open(query, encrypted, settings)
        return _event(encrypted, plain, now)
    except CallbackRefusedError:
        raise
    # The SDK, base64, expat and struct fail each in its own way; to the outside all of it is one refusal.
    except Exception as error:
        raise CallbackRefusedError("malformed") from error


def answer_verification(query: Mapping[str, str], settings: WeComSettings) -> bytes:
    """The plain echo that WeCom expects within one second when the address is registered (90930)."""
    try:
        return _open(query, query["echostr"], settings)
    except CallbackRefusedError:
        raise
    except Exception as error:
        raise CallbackRefusedError("malformed") from error


def _open(query: Mapping[str, str], encrypted: str, settings: WeComSettings) -> bytes:
    if not _TIMESTAMP.fullmatch(query["timestamp"]):
        raise CallbackRefusedError("timestamp")
    signer = WeChatSigner()
    signer.add_data(settings.token, query["timestamp"], query["nonce"], encrypted)
    if not hmac.compare_digest(signer.signature.encode(), query["msg_signature"].encode()):
        raise CallbackRefusedError("signature")
    return _decrypt(base64.b64decode(encrypted, validate=True), settings)


def _decrypt(data: bytes, settings: WeComSettings) -> bytes:
    key = base64.b64decode(settings.encoding_aes_key + "=")
    padded: bytes = WeChatCipher(key).decrypt(data)
    count = padded[-1]
    if not 1 <= count <= BLOCK or len(padded) % BLOCK or padded[-count:] != bytes([count]) * count:
        raise CallbackRefusedError("padding")
    rest = padded[RANDOM_BYTES:-count]
    length = int.from_bytes(rest[:LENGTH_BYTES], "big")
    end = LENGTH_BYTES + length
    if not hmac.compare_digest(rest[end:], settings.corp_id.encode()):
        raise CallbackRefusedError("corp")
    return rest[LENGTH_BYTES:end]


def _parse(raw: bytes) -> dict[str, Any]:
    text = raw.decode("utf-8")
    # Outside CDATA the only lawful "<!" would be a comment or a DTD; WeCom sends neither, and no DTD is ever parsed.
    if "<!" in _CDATA.sub("", text):
        raise CallbackRefusedError("dtd")
    found = xmltodict.parse(text)["xml"]
    if not isinstance(found, dict):
        raise CallbackRefusedError("malformed")
    return found


def _event(encrypted: str, plain: bytes, now: datetime) -> InboundEvent:
    fields = _parse(plain)
    created_at = datetime.fromtimestamp(int(fields["CreateTime"]), UTC)
    if abs(now - created_at) > OLDEST:
        raise CallbackRefusedError("stale")
    kind = str(fields["MsgType"])
    if kind == "event":
        kind = f"event:{fields['Event']}"
    return InboundEvent(
        digest=hashlib.sha256(encrypted.encode()).hexdigest(),
        event_key=_event_key(fields, plain),
        kind=kind[:KIND_CHARACTERS],
        userid=str(fields.get("FromUserName") or "").lower(),
        created_at=created_at,
        fields=fields,
    )


def _event_key(fields: Mapping[str, Any], plain: bytes) -> str:
    # WeCom's own retry carries another ciphertext of the same plaintext. Its advice for events, sender and second,
    # would lose one of two clicks within a second; the plaintext's digest tells them apart (wecom.md 2.3).
    if fields.get("MsgId"):
        return f"message:{fields['MsgId']}"
    return f"event:{hashlib.sha256(plain).hexdigest()}"
