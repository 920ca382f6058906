"""Callbacks: only what is ours, whole and fresh is opened; the rest is one kind of refusal (reliability 4.2.1)."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto.base import WeChatCipher
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

from bot.codec import MOST_BYTES, CallbackRefusedError, InboundEvent, answer_verification, open_callback
from bot.wecom import WeComSettings

AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
SETTINGS = WeComSettings(
    api_base="http://127.0.0.1:1",
    corp_id="ww0000000000000001",
    secret="secret",
    agent_id=1000002,
    token="QDG6eK",
    encoding_aes_key=AES_KEY,
)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CLICK = (
    "<xml><ToUserName><![CDATA[ww0000000000000001]]></ToUserName><FromUserName><![CDATA[ZhangSan]]></FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event>"
    "<EventKey><![CDATA[accept:1]]></EventKey><TaskId><![CDATA[{task}]]></TaskId>"
    "<ResponseCode><![CDATA[code]]></ResponseCode></xml>"
)


def click(*, at: datetime = NOW, task: str = "task") -> str:
    return CLICK.format(at=int(at.timestamp()), task=task)


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted((SETTINGS.token, *parts))).encode()).hexdigest()  # noqa: S324 - WeCom's scheme


def seal(
    plain: str, *, corp: str = SETTINGS.corp_id, ts: str = "1772413200", nonce: str = "nonce"
) -> tuple[dict[str, str], bytes]:
    """What WeCom would send, by the SDK's own writer."""
    xml = WeChatCrypto(SETTINGS.token, AES_KEY, corp).encrypt_message(plain, nonce, ts)
    encrypted = xml.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    return {"msg_signature": sign(ts, nonce, encrypted), "timestamp": ts, "nonce": nonce}, xml.encode()


def seal_raw(padded: bytes) -> tuple[dict[str, str], bytes]:
    """A validly signed ciphertext of any plaintext."""
    encrypted = base64.b64encode(WeChatCipher(bytes(range(32))).encrypt(padded)).decode()
    query = {"msg_signature": sign("1772413200", "n", encrypted), "timestamp": "1772413200", "nonce": "n"}
    return query, f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()


def reason(query: dict[str, str], body: bytes, now: datetime = NOW) -> str:
    with pytest.raises(CallbackRefusedError) as refusal:
        open_callback(query, body, SETTINGS, now)
    return refusal.value.reason


def test_a_genuine_click_is_opened() -> None:
    """Wecom.md 2.3: who pressed which button on which card, and the one-shot code."""
    query, body = seal(click())
    event = open_callback(query, body, SETTINGS, NOW)
    assert (event.kind, event.userid, event.created_at) == ("event:template_card_event", "zhangsan", NOW)
    assert (event.fields["EventKey"], event.fields["ResponseCode"]) == ("accept:1", "code")


def open_fresh(plain: str) -> InboundEvent:
    return open_callback(*seal(plain), SETTINGS, NOW)


def test_wecoms_own_retry_is_the_same_happening_and_two_clicks_are_two() -> None:
    """Wecom.md 2.3: a retry is encrypted anew; two cards pressed within one second are two events."""
    first, retry, other = open_fresh(click()), open_fresh(click()), open_fresh(click(task="task2"))
    assert first.digest != retry.digest
    assert first.event_key == retry.event_key
    assert first.event_key != other.event_key


def test_a_message_is_known_by_its_id() -> None:
    """Wecom.md 2.3: messages have a MsgId."""
    at = int(NOW.timestamp())
    xml = (
        f"<xml><FromUserName>LiSi</FromUserName><CreateTime>{at}</CreateTime><MsgType>text</MsgType>"
        "<Content><![CDATA[<!DOCTYPE 任务]]></Content><MsgId>123</MsgId></xml>"
    )
    event = open_fresh(xml)
    assert (event.event_key, event.kind, event.fields["Content"]) == ("message:123", "text", "<!DOCTYPE 任务")


def accepted_splits(encrypted: str, signature: str) -> list[tuple[str, str]]:
    """All (timestamp, nonce) that the SDK accepts for one captured signature."""
    digits = "17000000001712345678"
    pairs = {(digits[:n], digits[n:]) for n in range(21)} | {(digits[n:], digits[:n]) for n in range(21)}
    crypto, accepted = WeChatCrypto(SETTINGS.token, AES_KEY, SETTINGS.corp_id), []
    for ts, nonce in pairs:
        try:
            crypto.check_signature(signature, ts, nonce, encrypted)
        except InvalidSignatureException:
            continue
        accepted.append((ts, nonce))
    return accepted


def test_a_captured_callback_gains_nothing_by_being_split_anew() -> None:
    """Reliability 4.2.1: the 19 other splits are refused or known as the same ciphertext; never fresh."""
    encrypted = ""
    while not encrypted[:1].isalpha():  # it sorts behind the digits, so that they join: where most splits are possible
        query, body = seal(click(), ts="1700000000", nonce="1712345678")
        encrypted = body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    others = [
        pair for pair in accepted_splits(encrypted, query["msg_signature"]) if pair != ("1700000000", "1712345678")
    ]
    assert len(others) >= 19
    genuine = open_callback(query, body, SETTINGS, NOW)
    for ts, nonce in others:
        again = {**query, "timestamp": ts, "nonce": nonce}
        if len(ts) == 10:
            assert open_callback(again, body, SETTINGS, NOW) == genuine
            assert reason(again, body, NOW + timedelta(minutes=6)) == "stale"
        else:
            assert reason(again, body) == "timestamp"


@pytest.mark.parametrize("age", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1)])
def test_age_is_read_from_inside(age: timedelta) -> None:
    """Reliability 4.2.1: a fresh-looking timestamp outside does not make an old push young."""
    now = NOW + age
    assert reason(*seal(click(), ts=str(int(now.timestamp()))), now) == "stale"


@given(st.data())
def test_a_flipped_bit_anywhere_is_refused(data: st.DataObject) -> None:
    """Reliability 5 (18): bit flips in the body are refused or change nothing that is read."""
    query, body = seal(click())
    place = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[place // 8] ^= 1 << (place % 8)
    genuine = open_callback(query, body, SETTINGS, NOW)
    try:
        # The signature covers Encrypt; a flip in the wrapping that leaves it whole leaves the event whole.
        assert open_callback(query, bytes(flipped), SETTINGS, NOW) == genuine
    except CallbackRefusedError as refusal:
        assert refusal.reason  # noqa: PT017 - one of the two must hold


@given(st.sampled_from(["msg_signature", "timestamp", "nonce"]), st.text(max_size=12))
def test_a_changed_query_is_refused(name: str, value: str) -> None:
    """Reliability 5 (18): signature, timestamp and nonce as they came, or nothing; also for what is not ASCII."""
    query, body = seal(click())
    assert reason({**query, name: value}, body) in {"signature", "timestamp", "malformed"}


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce"])
def test_a_missing_field_is_refused(missing: str) -> None:
    """Wecom.md 1.4 (12): one kind of refusal, whatever is missing."""
    query, body = seal(click())
    del query[missing]
    assert reason(query, body) == "malformed"


def test_another_corp_is_refused() -> None:
    """Reliability 4.2.1: the receiver inside the ciphertext is ours."""
    assert reason(*seal(click(), corp="ww0000000000000002")) == "corp"


@pytest.mark.parametrize("tail", [b"\x01\x02\x03", b"\x00" * 32, b"\x05" * 4 + b"\x21"])
def test_the_whole_padding_is_checked(tail: bytes) -> None:
    """Reliability 4.2.1: full PKCS#7 to 32, of which the SDK looks at one byte."""
    message = click().encode()
    plain = bytes(16) + len(message).to_bytes(4, "big") + message + SETTINGS.corp_id.encode()
    filler = b"x" * (-(len(plain) + len(tail)) % 32)
    assert reason(*seal_raw(plain + filler + tail)) == "padding"


def test_a_padding_to_16_is_refused() -> None:
    """Wecom.md 2.3: the block is 32; a plaintext padded to AES's own 16 was made by somebody else."""
    assert reason(*seal_raw(bytes(32) + b"\x10" * 16)) == "padding"


LAUGHS = '<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize("dtd", ["<!DOCTYPE xml>", LAUGHS, '<!DOCTYPE xml SYSTEM "file:///etc/hostname">'])
def test_no_dtd_is_ever_parsed(dtd: str) -> None:
    """ASVS 1.5.1, reliability 5 (18): refused outside the ciphertext and, even validly signed, inside it."""
    query, body = seal(click())
    assert reason(query, dtd.encode() + body) == "dtd"
    assert reason(*seal(dtd + click())) == "dtd"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"<xml/>",
        b"<xml>text</xml>",
        b"<other/>",
        b"{}",
        b"<xml><Encrypt>AA==</Encrypt></xml>",
        b"<xml>",
    ],
)
def test_malformed_bodies_are_refused_and_never_raise_anything_else(body: bytes) -> None:
    """Wecom.md 1.4 (12): ValueError, ExpatError, KeyError and struct.error come out as one refusal."""
    query, _ = seal(click())
    assert reason(query, body) in {"malformed", "signature"}


@pytest.mark.parametrize("plain", ["", "no xml", "<xml/>", "<xml><InfoType>suite_ticket</InfoType></xml>"])
def test_signed_nonsense_is_survived(plain: str) -> None:
    """Issue 5: unknown and malformed pushes are survived; the SDK's parser raises KeyError here (wecom.md 1.4, 8)."""
    assert reason(*seal(plain)) == "malformed"


def test_size_is_limited() -> None:
    """Reliability 4.2.1: size limit before anything is parsed."""
    assert reason({}, b"x" * (MOST_BYTES + 1)) == "too-large"


def test_the_address_is_verified_by_echo() -> None:
    """Wecom.md 2.3: the plain message, no quotes, no newline; not for a wrong signature or another corp."""
    _, body = seal("1234567890")
    echo = body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    query = {"msg_signature": sign("1772413200", "n", echo), "timestamp": "1772413200", "nonce": "n", "echostr": echo}
    assert answer_verification(query, SETTINGS) == b"1234567890"
    for wrong in ({**query, "nonce": "m"}, {}, {**query, "echostr": "%%"}):
        with pytest.raises(CallbackRefusedError):
            answer_verification(wrong, SETTINGS)
