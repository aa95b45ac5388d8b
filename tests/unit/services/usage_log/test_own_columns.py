"""A table of one's own says where, when and at whom it was used, by names that quotes know or by a TOML file."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.own_columns import own_shape
from tests import usage_twins as twins

TOLD = {
    "model": "claude-opus-4-6",
    "at": "2026-11-20T10:00:00Z",
    "input_tokens": "1000",
    "output_tokens": "10",
    "provider": "anthropic",
    "service_tier": "batch",
    "region": "us",
    "charged": "0.5",
    "currency": "eur",
    "request_id": "r1",
}
COLUMNS = "".join(f'{name.removeprefix("request_")} = "{name}"\n' for name in TOLD if not name.endswith("_tokens"))
COUNTS = '[counts]\ninput_tokens = "input_tokens"\noutput_tokens = "output_tokens"\n'


@pytest.mark.parametrize("by_file", [False, True])
def test_every_column_that_a_table_may_have_is_read(tmp_path: Path, by_file: bool) -> None:
    log, columns = tmp_path / "log.csv", tmp_path / "columns.toml"
    log.write_bytes(twins.table([TOLD]))
    columns.write_text(COLUMNS + COUNTS)
    file = usage_file(log, shape=own_shape(columns)) if by_file else usage_file(log)
    (record,) = UsageFiles([file], one_by_one=True).records()
    assert (record.model, record.provider, record.record_id) == ("claude-opus-4-6", "anthropic", "r1")
    assert (record.at, record.charged, record.currency) == (
        datetime(2026, 11, 20, 10, tzinfo=UTC),
        Decimal("0.5"),
        "EUR",
    )
    assert (record.context.service_tier, record.context.region) == ("batch", "us")
