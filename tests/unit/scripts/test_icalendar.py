"""iCalendar files as RFC 5545 has them: folded lines, escaped texts, ids that stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from llmpricing.scripts.icalendar import CalendarEvent, icalendar

SAID = datetime(2026, 11, 10, 8, 30, tzinfo=UTC)
EVENT = CalendarEvent(date(2026, 12, 1), "acme/large", "acme/large: new prices", "input: 4 -> 5", SAID)


def unfolded(data: bytes) -> list[str]:
    """The lines as a reader joins them (3.1)."""
    assert data.endswith(b"\r\n")
    return data.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def value(lines: list[str], name: str) -> str:
    """The text of a property, its escapes undone (3.3.11)."""
    (found,) = (line.partition(":")[2] for line in lines if line.startswith(f"{name}:"))
    signs, out = iter(found), []
    for sign in signs:
        out.append({"n": "\n"}.get(after := next(signs), after) if sign == "\\" else sign)
    return "".join(out)


def test_an_event_of_a_day_lasts_that_day_and_says_when_it_was_announced():
    assert unfolded(icalendar([EVENT], "Prices, announced")) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//llmpricing//announced prices//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Prices\\, announced",
        "BEGIN:VEVENT",
        "UID:4e611f5a-8f80-5feb-9ca4-3066642c50b8@llmpricing",
        "DTSTAMP:20261110T083000Z",
        "DTSTART;VALUE=DATE:20261201",
        "DTEND;VALUE=DATE:20261202",
        "SUMMARY:acme/large: new prices",
        "DESCRIPTION:input: 4 -> 5",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_an_event_keeps_its_id_whatever_is_said_of_it_and_shares_it_with_no_other():
    again = replace(EVENT, summary="acme/large: other prices", description="input: 4 -> 6", stated=SAID.replace(day=12))
    assert again.uid == EVENT.uid
    assert len({EVENT.uid, replace(EVENT, subject="acme/small").uid, replace(EVENT, day=date(2026, 12, 2)).uid}) == 3


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=400))
def test_any_text_comes_back_from_lines_of_75_octets(text):
    data = icalendar([replace(EVENT, description=text)], "Prices")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    for line in data.split(b"\r\n"):
        line.decode()  # no sign is cut in two
    assert value(unfolded(data), "DESCRIPTION") == "".join(sign for sign in text if sign >= " " or sign == "\n")
