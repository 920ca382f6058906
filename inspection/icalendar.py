"""iCalendar as RFC 5545 writes it: whole days, escaped text, lines folded at 75 octets.

CalendarEvent values -> calendar_text(name, events, stamp) -> the bytes of an .ics file

Thirty lines of our own instead of the library `icalendar`: a feed needs whole-day events and nothing else of the RFC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_OCTETS = 75  # RFC 5545, 3.1


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarEvent:
    """One entry over whole days; `last` is included. `uid` never changes, so that a moved day moves the entry."""

    uid: str
    title: str
    first: date
    last: date
    note: str = ""
    url: str = ""
    alarm: bool = False  # at nine on the first day


def calendar_text(name: str, events: Iterable[CalendarEvent], stamp: datetime) -> bytes:
    """Write a calendar; `stamp` (aware) is when it was made."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Suicha//Suicha//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        "X-WR-TIMEZONE:Asia/Shanghai",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for event in events:
        lines += _event(event, stamp)
    return "".join(folded(line) for line in (*lines, "END:VCALENDAR")).encode()


def escaped(text: str) -> str:
    """A TEXT value (3.3.11): backslash, semicolon, comma and line ends escaped; other control characters left out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in ("\\", ";", ","):
        text = text.replace(character, f"\\{character}")
    return "".join(one for one in text.replace("\n", "\\n") if one >= " " and one != "\x7f")


def folded(line: str) -> str:
    """A content line with its CRLF: at most 75 octets a line, no character cut in two (3.1)."""
    pieces, piece, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + character, size + width
    return "\r\n".join([*pieces, piece]) + "\r\n"


def _event(event: CalendarEvent, stamp: datetime) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{escaped(event.uid)}",
        f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{event.first:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.last + timedelta(days=1):%Y%m%d}",  # the first day after it
        f"SUMMARY:{escaped(event.title)}",
        "TRANSP:TRANSPARENT",
    ]
    lines += [f"DESCRIPTION:{escaped(event.note)}"] if event.note else []
    lines += [f"URL:{event.url}"] if event.url else []
    if event.alarm:
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{escaped(event.title)}", "TRIGGER:PT9H", "END:VALARM"]
    return [*lines, "END:VEVENT"]
