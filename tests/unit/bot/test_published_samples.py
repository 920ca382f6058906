"""The callbacks that WeCom and the SDK have published, opened by us: ciphertexts word for word, events by their fields.

Ciphertexts: the SDK's own samples (wechatpy, tests/test_crypto.py), which are those of WeCom's sample code.
Events: WeCom's pages of messages and events (90239, 90240), sealed here with the same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.codec import CallbackRefusedError, InboundEvent, answer_verification, open_callback
from bot.replies import selections, subject_of
from bot.sandbox.events import to_xml
from bot.wecom import WeComSettings

TOKEN, KEY, CORP = "123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a"
SETTINGS = WeComSettings(
    api_base="http://127.0.0.1:1", corp_id=CORP, secret="s", agent_id=1, token=TOKEN, encoding_aes_key=KEY
)
ECHO = {
    "msg_signature": "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
    "timestamp": "1411443780",
    "nonce": "437374425",
    "echostr": "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
}
SEALED = (
    "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6y"
    "dJRvZsryDyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/T"
    "ywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5"
    "t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0="
)
QUERY = {
    "msg_signature": "74d92dfeb87ba7c714f89d98870ae5eb62dff26d",
    "timestamp": "1411525903",
    "nonce": "461056294",
}
SENT_AT = datetime.fromtimestamp(1411525903, UTC)


def body(sealed: str = SEALED) -> bytes:
    """The envelope as the SDK's sample has it."""
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName>\n<Encrypt><![CDATA[{sealed}]]></Encrypt>\n"
        "<AgentID><![CDATA[1]]></AgentID>\n</xml>"
    ).encode()


def opened(**fields: Any) -> InboundEvent:
    """A published event, sealed with the published key and opened by us."""
    at = int(fields.get("CreateTime", 1348831860))
    event = {"ToUserName": "toUser", "FromUserName": "FromUser", "CreateTime": at, "AgentID": 1, **fields}
    stamp, nonce = str(at), "461056294"
    sealed = WeChatCrypto(TOKEN, KEY, CORP).encrypt_message(to_xml("xml", event), nonce, stamp)
    encrypted = sealed.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    signature = hashlib.sha1("".join(sorted((TOKEN, stamp, nonce, encrypted))).encode()).hexdigest()  # noqa: S324
    query = {"msg_signature": signature, "timestamp": stamp, "nonce": nonce}
    return open_callback(query, body(encrypted), SETTINGS, datetime.fromtimestamp(at, UTC))


def test_the_published_echo_is_answered() -> None:
    """Issue 5, callbacks: what WeCom's console asks of an address, the SDK's sample; another nonce is refused."""
    sdk = WeChatCrypto(TOKEN, KEY, CORP)
    asked = sdk.check_signature(ECHO["msg_signature"], ECHO["timestamp"], ECHO["nonce"], ECHO["echostr"])
    assert answer_verification(ECHO, SETTINGS).decode() == asked
    with pytest.raises(CallbackRefusedError):
        answer_verification({**ECHO, "nonce": "437374424"}, SETTINGS)


def test_the_published_message_is_opened() -> None:
    """Issue 5, callbacks: the SDK's own sealed message: who wrote what; to another corp, later or altered: refused."""
    event = open_callback(QUERY, body(), SETTINGS, SENT_AT)
    assert (event.kind, event.userid, event.fields["Content"]) == ("text", "messense", "test")
    late = SENT_AT + timedelta(minutes=6)
    wrong = (
        (QUERY, body(), SETTINGS, late),
        (QUERY, body(), replace(SETTINGS, corp_id="wx49f0ab532d5d035b"), SENT_AT),
        (QUERY, body(SEALED.replace("R", "S", 1)), SETTINGS, SENT_AT),
        ({**QUERY, "msg_signature": "0" * 40}, body(), SETTINGS, SENT_AT),
    )
    for one in wrong:
        with pytest.raises(CallbackRefusedError):
            open_callback(*one)


def test_what_the_sdk_sealed_for_its_own_sample_we_open() -> None:
    """Issue 5, callbacks: the SDK's sample answer, read back: the two ends of one wire."""
    sealed = (
        "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURnAtObvesE"
        "l5nZ+uBE8bviY0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oyKQmpB6o8NRrrNrsD"
        "f03oxI1p9FxUgMnwKKZeOA/uu+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkdQ39xn1vWwi1O5oazPoQJz0nT"
        "YjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNMpatF9XiKzHo3"
    )
    query = {**QUERY, "msg_signature": "407518b7649e86ef23978113f92d27afa9296533"}
    event = open_callback(query, body(sealed), SETTINGS, SENT_AT)
    assert (event.kind, event.userid, event.fields["Content"]) == ("text", CORP, "test")


# What the pages show of each kind: fields of the push -> (kind, fields that we read).
MESSAGE = {"MsgId": 1234567890123456}
PUBLISHED: dict[str, tuple[Mapping[str, Any], str, Mapping[str, str]]] = {
    "text": ({"MsgType": "text", "Content": "this is a test", **MESSAGE}, "text", {"Content": "this is a test"}),
    "image": (
        {"MsgType": "image", "PicUrl": "this is a url", "MediaId": "media_id", **MESSAGE},
        "image",
        {"MediaId": "media_id"},
    ),
    "voice": (
        {"MsgType": "voice", "MediaId": "media_id", "Format": "Format", **MESSAGE},
        "voice",
        {"Format": "Format"},
    ),
    "video": (
        {"MsgType": "video", "MediaId": "media_id", "ThumbMediaId": "thumb_media_id", **MESSAGE},
        "video",
        {"MediaId": "media_id"},
    ),
    "location": (
        {"MsgType": "location", "Location_X": 23.134521, "Location_Y": 113.358803, "Scale": 20, "Label": "位置信息"}
        | MESSAGE,
        "location",
        {"Location_X": "23.134521", "Location_Y": "113.358803", "Label": "位置信息"},
    ),
    "link": (
        {
            "MsgType": "link",
            "Title": "this is a title!",
            "Description": "this is a description!",
            "PicUrl": "this is a url",
        }
        | MESSAGE,
        "link",
        {"Title": "this is a title!"},
    ),
    "subscribe": ({"MsgType": "event", "Event": "subscribe"}, "event:subscribe", {}),
    "enter": ({"MsgType": "event", "Event": "enter_agent", "EventKey": ""}, "event:enter_agent", {}),
    "position": (
        {
            "MsgType": "event",
            "Event": "LOCATION",
            "Latitude": 23.137466,
            "Longitude": 113.352425,
            "Precision": 119.38504,
        },
        "event:LOCATION",
        {"Latitude": "23.137466"},
    ),
    "job": (
        {
            "MsgType": "event",
            "Event": "batch_job_result",
            "BatchJob": {"JobId": "S0MrnndvRG5fadSlLwiBqiDDbM143UqTmKP3152FZk4", "JobType": "sync_user", "ErrCode": 0},
        },
        "event:batch_job_result",
        {},
    ),
    "click": ({"MsgType": "event", "Event": "click", "EventKey": "EVENTKEY"}, "event:click", {"EventKey": "EVENTKEY"}),
    "view": ({"MsgType": "event", "Event": "view", "EventKey": "URL"}, "event:view", {"EventKey": "URL"}),
    "scan": (
        {
            "MsgType": "event",
            "Event": "scancode_waitmsg",
            "EventKey": "6",
            "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "2"},
        },
        "event:scancode_waitmsg",
        {"EventKey": "6"},
    ),
    "member gone": (
        {"MsgType": "event", "Event": "change_contact", "ChangeType": "delete_user", "UserID": "zhangsan"},
        "event:change_contact",
        {"ChangeType": "delete_user", "UserID": "zhangsan"},
    ),
    "department": (
        {"MsgType": "event", "Event": "change_contact", "ChangeType": "update_party", "Id": 2, "ParentId": 1},
        "event:change_contact",
        {"ChangeType": "update_party", "Id": "2"},
    ),
    "idle": ({"MsgType": "event", "Event": "inactive_alert", "EffectTime": 1660000000}, "event:inactive_alert", {}),
    "unheard of": ({"MsgType": "notsure", **MESSAGE}, "notsure", {}),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_published_push_is_read(name: str) -> None:
    """Issue 5, callbacks: each kind of the pages comes through with what is asked of it; unknown ones are no crash."""
    fields, kind, wanted = PUBLISHED[name]
    event = opened(**fields)
    assert (event.kind, event.userid) == (kind, "fromuser")
    assert {one: event.fields[one] for one in wanted} == wanted
    assert event.event_key.startswith("message:" if "MsgId" in fields else "event:")


CARD = {"MsgType": "event", "Event": "template_card_event", "EventKey": "key111", "TaskId": "taskid111"}
ANSWERED = {
    "SelectedItem": [
        {"QuestionKey": "QuestionKey1", "OptionIds": {"OptionId": ["OptionId1", "OptionId2"]}},
        {"QuestionKey": "QuestionKey2", "OptionIds": {"OptionId": ["OptionId3", "OptionId4"]}},
    ]
}
ONE = {"SelectedItem": {"QuestionKey": "QuestionKey1", "OptionIds": {"OptionId": "OptionId1"}}}


@pytest.mark.parametrize(
    ("items", "subject", "chosen"),
    [
        (ANSWERED, "OptionId1,OptionId2:OptionId3,OptionId4", {"QuestionKey1": ["OptionId1", "OptionId2"]}),
        (ONE, "OptionId1", {"QuestionKey1": ["OptionId1"]}),
        (None, "", {}),
    ],
)
def test_the_published_card_event_is_read(items: Any, subject: str, chosen: dict[str, list[str]]) -> None:
    """Wecom.md 1.4 (8), 2.3: several answers, one (which comes bare out of the XML), none (a button, or the menu)."""
    more = {"CardType": "vote_interaction", "ResponseCode": "ResponseCode"} | (
        {"SelectedItems": items} if items else {}
    )
    event = opened(**CARD, **more)
    assert subject_of(event.fields) == ("key111", subject)
    assert chosen.items() <= selections(event.fields).items()
    assert (event.fields["TaskId"], event.fields["ResponseCode"]) == ("taskid111", "ResponseCode")
    menu = opened(**{**CARD, "Event": "template_card_menu_event"}, CardType="text_notice", ResponseCode="ResponseCode")
    assert subject_of(menu.fields) == ("key111", "")
