"""D2: nobody chooses the seed: values are entered once, in order, and the server's was committed to."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.draw.announcement import Source, SourceKind
from inspection.draw.refusals import BundleError, SeedValueError
from inspection.draw.seed import check_entry, clean_value, read_seed, seed_bytes, seed_json

SECRET = "0f" * 32
SERVER = Source(name="server", kind=SourceKind.SYSTEM, commitment=sha256(bytes.fromhex(SECRET)).hexdigest())
ROOM = Source(name="监督员", kind=SourceKind.DICE)
WORLD = Source(name="彩票", kind=SourceKind.PUBLIC, note="下一期")
SOURCES = (SERVER, ROOM, WORLD)
VALUES = {"server": SECRET, "监督员": "12345", "彩票": "07 08"}


def test_the_seed_is_protocol_fingerprint_and_values_in_announced_order():
    """D2: the exact bytes, written out; the order of entry does not matter to them."""
    expected = f"suicha-draw/1\n{sha256(b'{}').hexdigest()}\nserver={SECRET}\n监督员=12345\n彩票=07 08\n"
    assert seed_bytes(b"{}", SOURCES, dict(reversed(VALUES.items()))) == expected.encode()
    found = json.loads(seed_json(b"{}", SOURCES, VALUES))
    assert found == {"values": VALUES, "seed": sha256(expected.encode()).hexdigest()}
    assert read_seed(seed_json(b"{}", SOURCES, VALUES), b"{}", SOURCES) == found["seed"]


def test_values_are_entered_once_and_in_order():
    """D2: each once; the world's value only after everybody in the room; only announced sources."""
    with pytest.raises(SeedValueError, match="监督员"):
        check_entry(SOURCES, {"server": SECRET}, "彩票", "07 08")
    with pytest.raises(SeedValueError, match="一次"):
        check_entry(SOURCES, {"监督员": "1"}, "监督员", "2")
    with pytest.raises(SeedValueError, match="没有这个来源"):
        check_entry(SOURCES, {}, "经办人", "1")
    assert check_entry(SOURCES, {}, "监督员", " 12345\n") == "12345"
    assert check_entry(SOURCES, {"server": SECRET, "监督员": "1"}, "彩票", "07 08") == "07 08"


@pytest.mark.parametrize("value", ["1f" * 32, SECRET.upper(), SECRET[:-1], "猜"])
def test_the_server_reveals_what_it_committed_to(value):
    """D2: any other value than the committed one is refused."""
    with pytest.raises(SeedValueError, match="承诺"):
        check_entry(SOURCES, {}, "server", value)
    assert check_entry(SOURCES, {}, "server", SECRET) == SECRET


@pytest.mark.parametrize("value", ["", " \n", "1\n2", "a\tb", "a\x85b", "\ud800"])
def test_values_that_could_be_read_in_two_ways_are_refused(value):
    """D2: no empty value, no control character inside."""
    with pytest.raises(SeedValueError):
        clean_value("x", value)


@given(st.text())
def test_cleaning_twice_changes_nothing(value):
    """D2: a cleaned value is clean."""
    try:
        cleaned = clean_value("x", value)
    except SeedValueError:
        return
    assert clean_value("x", cleaned) == cleaned == cleaned.strip()


@pytest.mark.parametrize(
    "values",
    [
        {"server": SECRET, "监督员": "12345"},
        VALUES | {"经办人": "1"},
        VALUES | {"监督员": " 12345"},
        VALUES | {"server": "00" * 32},
    ],
)
def test_an_incomplete_or_altered_seed_is_refused(values):
    """D2: missing, unannounced, unclean and uncommitted values make no seed."""
    with pytest.raises(SeedValueError):
        seed_bytes(b"{}", SOURCES, values)


@pytest.mark.parametrize("data", [b"[]", b'{"seed": "x"}', b'{"values": {"server": 1}}'])
def test_a_seed_file_of_another_form_is_refused(data):
    """D2: seed.json holds texts by name."""
    with pytest.raises(BundleError):
        read_seed(data, b"{}", SOURCES)


def test_a_seed_that_does_not_follow_is_refused():
    """D2, D4: with another announcement the same values give another seed."""
    data = seed_json(b"{}", SOURCES, VALUES)
    with pytest.raises(BundleError, match="不符"):
        read_seed(data, b"{ }", SOURCES)
