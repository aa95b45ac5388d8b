"""What a value of a usage file says, whoever wrote it."""

from __future__ import annotations

import pytest

from llmpricing.domain.times import InstantError
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
