"""Totals that a file tells of itself: laid beside its parts, and said where they are other sums."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests.usage_twins import DOCUMENTS, FOLDER

Json = dict[str, Any]
HAIKU, OPUS = "claude-haiku-4-5-20251001", "claude-opus-4-5-20251101"


def sums(times: int, cost: float, name: str = "totalCost") -> Json:
    counts = {"inputTokens": 10, "outputTokens": 20, "cacheCreationTokens": 200, "cacheReadTokens": 1000}
    return {**{field: count * times for field, count in counts.items()}, name: cost}


def of_model(model: str, times: int, cost: float) -> Json:
    return {"modelName": model, **sums(times, cost, "cost")}


def entry(models: list[Json], times: int, cost: float, *used: str, day: int = 20) -> Json:
    names = list(used) or [one["modelName"] for one in models]
    return {"date": f"2026-11-{day}", **sums(times, cost), "modelsUsed": names, "modelBreakdowns": models}


def read(folder: Path, *entries: Json, **more: Any) -> list[UsageRecord]:
    path = folder / "ccusage.json"
    path.write_text(json.dumps({"daily": list(entries), **more}))
    return list(UsageFiles([usage_file(path)]).records())


def counted(record: UsageRecord) -> int:
    assert record.usage is not None
    return int(record.usage.stated["output_tokens"])


def test_sums_of_floating_point_and_of_cents_are_no_others(tmp_path: Path) -> None:
    models = [of_model(HAIKU, 1, 0.1), of_model(OPUS, 2, 0.2)]
    for cost in (0.30000000000000004, 0.3, 0.30):
        found = read(tmp_path, entry(models, 3, cost), totals=sums(3, cost))
        assert [(one.model, one.charged, one.codes) for one in found] == [
            (HAIKU, Decimal("0.1"), ()),
            (OPUS, Decimal("0.2"), ()),
        ]
    assert [
        one.codes for one in read(tmp_path, entry([of_model(HAIKU, 1, 0.104)], 1, 0.1041), totals=sums(1, 0.10))
    ] == [()]


def test_what_an_entry_counts_beyond_its_models_is_of_the_one_other_that_it_names(tmp_path: Path) -> None:
    found = read(tmp_path, entry([of_model(HAIKU, 1, 0.1)], 3, 0.3, HAIKU, OPUS, "<synthetic>"))
    assert [(one.model, counted(one), one.charged) for one in found] == [
        (HAIKU, 20, Decimal("0.1")),
        (OPUS, 40, Decimal("0.2")),
    ]


@pytest.mark.parametrize("models", [[], None])
def test_an_entry_without_a_split_is_of_the_one_model_that_it_names(tmp_path: Path, models: Any) -> None:
    one = {**entry([], 3, 0.3, HAIKU), "modelBreakdowns": models}
    (found,) = read(tmp_path, one)
    assert (found.model, counted(found), found.charged) == (HAIKU, 60, Decimal("0.3"))


@pytest.mark.parametrize("used", [(HAIKU,), (HAIKU, OPUS, "claude-sonnet-4-6")])
def test_what_it_counts_beyond_them_of_no_model_or_of_several_has_no_price_and_keeps_its_charge(
    tmp_path: Path, used: tuple[str, ...]
) -> None:
    first, rest = read(tmp_path, entry([of_model(HAIKU, 1, 0.1)], 3, 0.3, *used))
    assert first.outcome.kind is OutcomeKind.BILLED
    assert (rest.outcome.kind, rest.charged) == (OutcomeKind.UNPRICED, Decimal("0.2"))
    assert "20 inputTokens, 40 outputTokens" in rest.outcome.reason


def test_an_entry_that_counts_less_than_its_models_says_so_of_them(tmp_path: Path) -> None:
    found = read(tmp_path, entry([of_model(HAIKU, 2, 0.1), of_model(OPUS, 1, 0.1)], 2, 0.2))
    assert [one.codes for one in found] == [("TOTALS_DIFFER",)] * 2
    assert "outputTokens 40, and 60; " in found[0].remark


def test_totals_of_the_whole_file_that_are_not_its_sums_are_said_of_all_records(tmp_path: Path) -> None:
    days = [entry([of_model(HAIKU, 1, 0.1)], 1, 0.1), entry([of_model(HAIKU, 2, 0.2)], 2, 0.2, day=21)]
    assert [one.codes for one in read(tmp_path, *days, totals=sums(3, 0.3))] == [(), ()]
    found = read(tmp_path, *days, totals=sums(4, 0.5))
    assert [one.codes for one in found] == [("TOTALS_DIFFER",)] * 2
    assert "totalCost 0.5, and 0.3" in found[0].remark
    assert [one.codes for one in read(tmp_path, *days, totals={"totalTokensPerDay": 7, "totalCost": None})] == [(), ()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_sample_denies_its_own_totals(name: str) -> None:
    assert not [one for one in UsageFiles([usage_file(FOLDER / name)]).records() if "TOTALS_DIFFER" in one.codes]
