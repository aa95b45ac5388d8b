"""Files of scores: valid rows in, the others with their reason; what is not known stays unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.scores.score_file import (
    ScoreFileError,
    ScoreFileShape,
    StatedScore,
    read_scores,
)

HEAD = "model,benchmark,score,measured_on,source_url\n"
URL = "https://example.com/scores"


def test_a_row_is_read_and_a_missing_date_stays_unknown() -> None:
    text = f"\ufeff{HEAD}gpt-4o,mmlu,88.7,2024-05-13,{URL}\ngpt-4o,gsm8k,90,,{URL}\n"
    assert [stated for _, stated in read_scores(text)] == [
        StatedScore("gpt-4o", "mmlu", Decimal("88.7"), date(2024, 5, 13), URL),
        StatedScore("gpt-4o", "gsm8k", Decimal(90), None, URL),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f",mmlu,1,,{URL}", "model takes"),
        (f"m,nope,1,,{URL}", "no benchmark is called 'nope'"),
        (f"m,mmlu,high,,{URL}", "score 'high' is no number"),
        (f"m,mmlu,nan,,{URL}", "score 'nan' is no number"),
        (f"m,mmlu,1,31.1.2026,{URL}", "measured_on '31.1.2026' is no date"),
        ("m,mmlu,1,,", "source_url takes"),
        ("m,mmlu,1,,javascript:alert(1)", "source_url takes"),
        ("m,mmlu,1,,http://[", "source_url takes"),
        (f"m,mmlu,1,,{URL},more", "more cells"),
        (f"first,mmlu,1,,{URL}", "an earlier row"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_the_others_come_in(row: str, reason: str) -> None:
    found = list(read_scores(f"{HEAD}first,mmlu,2,,{URL}\n{row}\nlast,mmlu,3,,{URL}\n"))
    assert [stated.model if stated else None for _, stated in found] == ["first", None, "last"]
    assert found[1][0].line == 3
    assert reason in found[1][0].reason


def test_a_file_of_another_shape_is_read_by_its_own_columns() -> None:
    shape = ScoreFileShape(
        {"model": "Model version", "score": "mean_score", "measured_on": "Started at"},
        {"benchmark": "gpqa_diamond", "source_url": URL},
        Decimal(100),
    )
    text = "id,Model version,mean_score,Started at\n1,gpt-4o,0.488,2024-12-01T10:00:00Z\n"
    assert [stated for _, stated in read_scores(text, shape)] == [
        StatedScore("gpt-4o", "gpqa_diamond", Decimal("48.8"), date(2024, 12, 1), URL)
    ]


def test_beyond_the_range_is_read_and_flagged() -> None:
    ((_, stated),) = read_scores(f"{HEAD}m,mmlu,101,,{URL}\n")
    assert stated is not None
    assert stated.is_out_of_range


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'model,benchmark,score\n"m,mmlu,1\n'])
def test_a_file_without_the_columns_or_that_is_no_csv_is_refused(text: str) -> None:
    with pytest.raises(ScoreFileError):
        list(read_scores(text))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        for row, stated in read_scores(HEAD + text, needs_source=False):
            assert (stated is None) == bool(row.reason)
    except ScoreFileError:
        pass
