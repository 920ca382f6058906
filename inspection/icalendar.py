"""iCalendar as RFC 5545 writes it: whole days and appointments, escaped text, lines folded at 75 octets.

CalendarEvent, Invitation values -> calendar_text(name, events, stamp, timed) | invitation_text -> an .ics file's bytes

A page of our own instead of the library `icalendar`: a feed needs two shapes of event and nothing else of the RFC.
"""

from __future__ import annotations

import re
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """An appointment at an hour: a higher `sequence` moves or cancels the entry with the same `uid` (RFC 5546)."""

    uid: str
    sequence: int
    title: str
    starts_at: datetime  # aware, as is the end
    ends_at: datetime
    place: str
    note: str
    url: str
    organizer: str  # its name; the address is the url, for the house has no mail
    cancelled: bool = False


def invitation_text(invitation: Invitation, stamp: datetime) -> bytes:
    """Write one invitation as a file that a calendar opens: METHOD REQUEST, or CANCEL."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Suicha//Suicha//ZH",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if invitation.cancelled else 'REQUEST'}",
        *_appointment(invitation, stamp),
        "END:VCALENDAR",
    ]
    return "".join(map(folded, lines)).encode()


def calendar_text(
    name: str, events: Iterable[CalendarEvent], stamp: datetime, timed: Iterable[Invitation] = ()
) -> bytes:
    """Write a calendar of whole days and of hours; `stamp` (aware) is when it was made."""
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
    for one in timed:
        lines += _appointment(one, stamp)
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


def _appointment(one: Invitation, stamp: datetime) -> list[str]:
    name = re.sub(r'["\x00-\x1f\x7f]', "", one.organizer)
    return [
        "BEGIN:VEVENT",
        f"UID:{escaped(one.uid)}",
        f"SEQUENCE:{one.sequence}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(one.starts_at)}",
        f"DTEND:{_utc(one.ends_at)}",
        f"SUMMARY:{escaped(one.title)}",
        f"STATUS:{'CANCELLED' if one.cancelled else 'CONFIRMED'}",
        f'ORGANIZER;CN="{name}":{one.url}',
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:{one.url}",
        *([f"LOCATION:{escaped(one.place)}"] if one.place else []),
        f"DESCRIPTION:{escaped(one.note)}",
        f"URL:{one.url}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{escaped(one.title)}",
        "TRIGGER:-PT1H",
        "END:VALARM",
        "END:VEVENT",
    ]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _event(event: CalendarEvent, stamp: datetime) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{escaped(event.uid)}",
        f"DTSTAMP:{_utc(stamp)}",
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
