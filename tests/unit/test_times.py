"""One grammar of times: the web, the command line and both ways of reading a log take and refuse the same texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import click
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmpricing.domain.times import YEARS, InstantError, OffsetMissing, micros, not_ahead, read_instant, within_calendar
from llmpricing.scripts.options import instant, known_by, used_at
from llmpricing.services.usage_log.times import read_cell, read_column
from llmpricing.web.errors import Refused
from llmpricing.web.parameters import read_known, read_time, read_use

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FORMS = (
    "2026-01-31T12:00:00Z",
    "2026-01-31 12:00:00.123456+00",
    "2026-01-31t12:00:00.5z",
    "2026-01-31T12:00-05:30",
    "2026-01-31T12:00:00.123456789+05:30",
    "2026-01-31T12:00:00",
    "2026-01-31",
    "1970-01-01T00:00:00+00:01",
    "2999-12-31T23:59:59.999999Z",
    "2024-02-29",
)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31t12:00:00z", NOON),
        ("2026-01-31 12:00:00Z", NOON),
        ("2026-01-31T12:00Z", NOON),
        ("2026-01-31T07:00:00-05:00", NOON),
        ("2026-01-31 12:00:00+00", NOON),
        ("2026-01-31T12:00:00-00:00", NOON),
        (" 2026-01-31T12:00:00Z\n", NOON),
        ("2026-01-31T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-01-31T12:00:00.1234569Z", NOON + timedelta(microseconds=123456)),
    ],
)
def test_times_are_read_in_utc(text: str, at: datetime) -> None:
    assert read_instant(text) == (at, True)


def test_of_the_future_nothing_is_known_but_clocks_and_places_differ_by_a_day() -> None:
    assert not_ahead(NOON + timedelta(days=1), NOON) == NOON + timedelta(days=1)
    with pytest.raises(InstantError, match="lies in the future: leave it out for what is known now"):
        not_ahead(NOON + timedelta(days=1, microseconds=1), NOON)
    with pytest.raises(click.BadParameter, match="'2999-01-01' lies in the future"):
        known_by("2999-01-01")
    with pytest.raises(Refused) as refused:
        read_known("known_at", "2999-01-01")
    assert refused.value.message == "known_at lies in the future: leave it out for what is known now."
    assert known_by("2026-01-31T12:00:00Z") == read_known("known_at", "2026-01-31T12:00:00Z") == NOON


def test_a_bare_date_is_midnight_in_utc_of_an_hour_that_was_not_stated() -> None:
    assert read_instant("2026-01-31") == (datetime(2026, 1, 31, tzinfo=UTC), False)


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026", "2026-01", "2026-W01-1", "2026-031", "20260131", "20260131T120000Z", "2026-1-31",
        "2026-02-30", "2026-02-29T12:00:00Z", "2026-01-31T12Z", "2026-01-31T120000Z", "2026-01-31T12:00:00+0000",
        "2026-01-31T12:00:60Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00+05:60", "2026-01-31T12:00:00,5Z", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00 Z",
        "2026-01-31_12:00:00Z", "2026-01-31Z", "2026-01-31+01:00", "2026-01-31T12:00:00Z[UTC]", "1769860800",
        "٢٠٢٦-٠١-٣١", "2026-01-31T12:00:00Ⓩ", "2026-W05-6T12:00:00Z", "+2026-01-31", "2026-01-31T12:00:00Z\0",
    ],
)  # fmt: skip
def test_other_texts_are_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(InstantError, match="is not a time such as 2026-01-31T12:00:00Z, or a date such as 2026-01-31"):
        read_instant(text)


def test_a_time_needs_an_offset_unless_utc_is_assumed() -> None:
    with pytest.raises(OffsetMissing, match="end it with Z for UTC"):
        read_instant("2026-01-31T12:00:00")
    assert read_instant("2026-01-31T12:00:00", assume_utc=True) == (NOON, True)


@pytest.mark.parametrize(
    "text",
    ["1969-12-31", "3000-01-01", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "1970-01-01T00:00:00+01:00"],
)
def test_years_in_which_nothing_was_sold_are_told(text: str) -> None:
    with pytest.raises(InstantError, match="lies outside the years 1970 to 2999"):
        read_instant(text)


@given(past=st.timedeltas(-timedelta(days=20_000), timedelta(days=300_000)), minutes=st.integers(-1439, 1439))
def test_every_time_that_python_writes_is_read_back(past: timedelta, minutes: int) -> None:
    written = (NOON + past).astimezone(timezone(timedelta(minutes=minutes)))
    assert read_instant(written.isoformat()) == (written, True)
    assert read_instant(written.isoformat(" ")) == (written, True)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A form of time in which a few characters were left out, doubled or replaced."""
    text = draw(st.sampled_from(FORMS))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        new = draw(st.sampled_from([*"0123456789-+:.,TtZzW /", "", "\0", "é", "٣", "\n"]))
        text = text[:place] + new + text[place + draw(st.integers(0, 2)) :]
    return text


def outcome(read, *words):
    """What a way of reading says: the time and whether its hour was stated, or None."""
    try:
        return read(*words)
    except (InstantError, Refused, click.BadParameter):
        return None


def of_column(text: str, assume_utc: bool = False):
    at, bare, bad = read_column(pa.chunked_array([pa.array([text, FORMS[0]])]), assume_utc)
    assert not bad[1]
    alone = read_column(pa.chunked_array([pa.array([text])]), assume_utc)  # Arrow reads all cells, or none
    assert [list(part) for part in alone] == [[at[0]], [bare[0]], [bad[0]]]
    return None if bad[0] else (int(at[0]), not bare[0])


@given(text=st.text(max_size=30) | mutated())
@example("2026-W01-1")
@example("2026-001")
@example("2026-01-31T12Z")
@example("2026-01-31T12:00:00+0530")
@example("2026-01-31T12:00:00Z\n")
@example("2026-01-31T12:00:00Z\u00a0")
def test_all_ways_read_every_text_alike(text: str) -> None:
    expected = outcome(read_instant, text)
    assert outcome(read_use, "at", text) == outcome(used_at, text) == outcome(read_cell, text, False) == expected
    assert outcome(read_time, "at", text) == outcome(instant, text) == (expected and expected[0])
    assert of_column(text) == (expected and (micros(expected[0]), expected[1]))
    if expected:
        assert expected[0].year in YEARS
        assert expected[0].tzinfo is UTC


@given(text=st.text(max_size=30) | mutated())
def test_logs_whose_times_are_utc_read_alike_too(text: str) -> None:
    expected = outcome(lambda: read_instant(text, assume_utc=True))
    assert outcome(read_cell, text, True) == expected
    assert of_column(text, True) == (expected and (micros(expected[0]), expected[1]))


@given(at=st.datetimes(timezones=st.just(UTC)), days=st.integers(0, 400))
def test_a_time_within_the_calendar_has_so_many_days_around_it(at: datetime, days: int) -> None:
    inside = within_calendar(at, days)
    assert inside - timedelta(days) <= inside <= inside + timedelta(days)  # no OverflowError
