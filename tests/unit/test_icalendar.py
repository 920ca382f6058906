"""iCalendar by RFC 5545: folding, escaping, whole days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from inspection.icalendar import CalendarEvent, calendar_text, escaped, folded

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
VISIT = CalendarEvent(
    uid="visit-1@suicha", title="检查：演示店", first=date(2026, 3, 2), last=date(2026, 3, 31), alarm=True
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


@given(words)
def test_lines_are_folded_at_75_octets_and_unfold_to_what_they_were(text: str) -> None:
    """RFC 5545, 3.1: no character is cut in two."""
    line = "SUMMARY:" + escaped(text)
    raw = folded(line).encode()
    assert raw.endswith(b"\r\n")
    assert all(len(one) <= 75 for one in raw.split(b"\r\n"))
    assert raw.decode().replace("\r\n ", "").removesuffix("\r\n") == line


@given(words)
def test_text_is_escaped_and_can_be_read_back(text: str) -> None:
    """RFC 5545, 3.3.11: no line end and no control character gets through."""
    found = escaped(text)
    assert "\n" not in found
    assert "\r" not in found
    plain = re.sub(r"\r\n?", "\n", text)
    assert unescaped(found) == "".join(one for one in plain if (one >= " " and one != "\x7f") or one == "\n")


def test_a_whole_day_ends_on_the_day_after() -> None:
    """RFC 5545, 3.6.1: DTEND is the first day that no longer belongs to it."""
    lines = calendar_text("我的,检查", [VISIT], NOW).decode().split("\r\n")
    assert "DTSTART;VALUE=DATE:20260302" in lines
    assert "DTEND;VALUE=DATE:20260401" in lines
    assert "DTSTAMP:20260302T010000Z" in lines
    assert "X-WR-CALNAME:我的\\,检查" in lines
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert lines.count("BEGIN:VALARM") == lines.count("END:VALARM") == 1
