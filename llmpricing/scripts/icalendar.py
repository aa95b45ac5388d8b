"""Events as an iCalendar file (RFC 5545): one a day of one thing, with an id that stays the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

_MOST_OCTETS = 75  # of one line, without its end
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True)
class CalendarEvent:
    """What happens on a day in UTC: ``subject`` is what it happens to, and tells it apart from others of that day.
    ``stated`` is when that was said.
    """

    day: date
    subject: str
    summary: str
    description: str
    stated: datetime

    @property
    def uid(self) -> str:
        """The same for the same subject and day, whatever is said of it."""
        return f"{uuid5(NAMESPACE_URL, f'llmpricing:{self.subject}:{self.day:%Y-%m-%d}')}@llmpricing"


def icalendar(events: Iterable[CalendarEvent], name: str) -> bytes:
    """The calendar of these events, as programs subscribe to it."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//llmpricing//announced prices//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return b"".join(folded for line in lines for folded in _folded(line))


def _event(event: CalendarEvent) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{event.stated.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(event.summary)}"
    yield f"DESCRIPTION:{_text(event.description)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(text: str) -> str:
    """Text as a value; of signs that no line may hold only ends of lines are kept."""
    return "".join(sign for sign in text if sign >= " " or sign == "\n").translate(_ESCAPED)


def _folded(line: str) -> Iterator[bytes]:
    """The line in parts of at most 75 octets, none of which ends within a sign; each but the first begins with a
    space.
    """
    part = b""
    for sign in line:
        octets = sign.encode("utf-8", "replace")
        if len(part) + len(octets) > _MOST_OCTETS:
            yield part + b"\r\n"
            part = b" "
        part += octets
    yield part + b"\r\n"
