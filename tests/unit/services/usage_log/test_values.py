"""What a value of a usage file says, whoever wrote it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from llmpricing.domain.times import InstantError
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.unread import Unread
from llmpricing.services.usage_log.formats.values import as_instant


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("11/20/2026", "2026-11-20T00:00:00+00:00"),
        ("11/20/2026 13:45", "2026-11-20T13:45:00+00:00"),
        ("1/2/2026 9:05:07", "2026-01-02T09:05:07+00:00"),
        ("20.11.2026", "2026-11-20T00:00:00+00:00"),
        ("2.1.2026 9:05", "2026-01-02T09:05:00+00:00"),
        ("20.11.2026 13:45:10", "2026-11-20T13:45:10+00:00"),
    ],
)
def test_a_time_that_a_spreadsheet_wrote_keeps_its_hour(written: str, at: str) -> None:
    """Prices may differ by the hour, and change within a day."""
    assert as_instant(written).isoformat() == at


@pytest.mark.parametrize("written", ["20/11/2026 13:45", "11/20/2026 25:00", "11/20/26 13:45", "11/20/2026 13:45 PM"])
def test_a_time_that_means_no_moment_is_refused(written: str) -> None:
    with pytest.raises(InstantError):
        as_instant(written)


@pytest.mark.parametrize("word", ["true", "T", "yes", "Y", "on", "1", "1.0", 1, 1.0, True])
def test_words_for_what_is_so(word: object) -> None:
    assert Row({"is_byok": word}, Unread()).truth("is_byok")


@pytest.mark.parametrize("word", ["false", "F", "no", "N", "off", "0", "0.0", 0, 0.0, False, "", None, "None"])
def test_words_for_what_is_not(word: object) -> None:
    assert not Row({"is_byok": word}, Unread()).truth("is_byok")


@pytest.mark.parametrize("word", ["maybe", "2", "byok"])
def test_any_other_word_is_neither_and_is_told(word: object) -> None:
    with pytest.raises(UsageError, match="neither true nor false"):
        Row({"is_byok": word}, Unread()).truth("is_byok")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("11/20/2026 9:05 AM", 9),
        ("11/20/2026, 9:05:00 PM", 21),
        ("11/20/2026 12:05:00\u202fAM", 0),
        ("11/20/2026 12:05 PM", 12),
        ("20.11.2026, 21:05", 21),
        ("2026-11-20 21:05:00 GMT", 21),
    ],
)
def test_hours_of_a_spreadsheet_or_a_browser_are_read(text: str, hour: int) -> None:
    assert as_instant(text) == datetime(2026, 11, 20, hour, 5, tzinfo=UTC)


def test_no_clock_of_twelve_has_a_thirteenth_hour() -> None:
    with pytest.raises(InstantError):
        as_instant("11/20/2026 13:05 PM")
