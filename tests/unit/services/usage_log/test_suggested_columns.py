"""A first map of a table's columns: what may be wrong in it is asked, never said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from llmpricing.domain.usage.wording import in_words
from llmpricing.scripts.commands.audit import audit
from llmpricing.scripts.option_words import option_words
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.suggested_columns import suggested

ROW = {"model": "gpt-4o", "at": "2026-11-20T10:00:00Z", "input_tokens": 10, "output_tokens": 5}


@pytest.mark.parametrize(
    ("names", "charged"),
    [
        (["cost"], "cost"),
        (["total_cost_usd", "cost_input"], "total_cost_usd"),
        (["discount_amount", "response_cost"], "response_cost"),
        (["service_fee", "spend"], "spend"),
        (["unit_price", "charge"], "charge"),
        *(
            ([name], None)
            for name in ("surcharge", "service_fee", "budget", "cost_limit", "price", "amount", "tax_amount")
        ),
        (["input_cost", "output_cost"], None),
        (["cost", "spend"], None),
        (["estimated_cost"], None),
    ],
)
def test_only_a_column_of_what_a_row_cost_is_taken_for_the_charge(names: Sequence[str], charged: str | None) -> None:
    lines = list(suggested([{**ROW, **dict.fromkeys(names, 1.5)}]))
    said = [line for line in lines if line.startswith("charged = ")]
    assert said == ([f'charged = "{charged}"'] if charged else [])
    asked = [line for line in lines if line.startswith("# charged = ")]
    assert len(asked) == len([name for name in names if name != charged])
    assert all("what each row cost in all?" in line for line in asked)


def test_a_cost_center_is_a_label() -> None:
    lines = list(suggested([{**ROW, "cost_center": "4711"}]))
    assert 'cost_center = "cost_center"' in lines
    assert not [line for line in lines if "charged" in line]


_USAGE = (
    ("tokens_cached", "cached_tok", "cache_read", "reasoning_toks", "thinking_tokens", "audio_in_tokens", "prompt_tok"),
    ("output_tok", "images_generated", "prompt_chars", "video_seconds", "audio_minutes", "input_tok", "searches_web"),
    ("ktok_in", "mtok_out", "input_ktok", "jetons_entree", "eingabe_tokens", "tokens_salida", "zeichen", "caracteres"),
)


@pytest.mark.parametrize("name", [name for names in _USAGE for name in names])
def test_a_column_that_may_be_usage_stops_a_plain_table_and_no_flag_is_proposed_that_bills_too_little(
    tmp_path: Path, name: str
) -> None:
    (path := tmp_path / "own.ndjson").write_text(json.dumps({**ROW, name: 7}))
    with pytest.raises(LogError) as refused:
        list(UsageFiles([usage_file(path)]).records())
    with click.Context(audit):
        said = in_words(refused.value, option_words())
    assert "--ignore-column" not in said
    assert "--columns" in said
    assert "formats --suggest" in said
