"""LiteLLM's reports: a day by model and key where these make the whole, and amounts without counts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests import usage_twins as twins


def records(folder: Path, document: Any) -> list[UsageRecord]:
    path = folder / "upload"
    path.write_bytes(twins.lines([document]))
    return list(UsageFiles([usage_file(path)]).records())


def activity() -> dict[str, Any]:
    (found,) = twins.documents("litellm-daily-activity.json")
    return dict(found)


def test_a_day_is_told_by_model_and_key(tmp_path: Path) -> None:
    haiku, *_ = records(tmp_path, activity())
    assert haiku.usage is not None
    assert (haiku.model, haiku.labels) == ("claude-haiku-4-5", {"key": "shop", "team": "t-1"})
    assert (haiku.usage.stated["input_tokens"], haiku.usage.stated["requests"]) == (900000, 50)


def test_keys_that_do_not_make_the_whole_are_left_out(tmp_path: Path) -> None:
    document = activity()
    (day,) = document["results"]
    key = day["breakdown"]["models"]["claude-haiku-4-5"]["api_key_breakdown"]["k1"]
    key["metrics"] = {**key["metrics"], "prompt_tokens": 5}
    haiku, *_ = records(tmp_path, document)
    assert haiku.usage is not None
    assert (haiku.labels, haiku.usage.stated["input_tokens"]) == ({}, 900000)


def test_what_a_day_counts_beyond_its_models_is_said(tmp_path: Path) -> None:
    document = activity()
    (day,) = document["results"]
    del day["breakdown"]["models"]["gpt-4.1-mini"]
    *_, rest = records(tmp_path, document)
    assert (rest.outcome.kind, rest.charged) == (OutcomeKind.UNPRICED, Decimal("0.289"))
    assert "750000 prompt_tokens" in rest.outcome.reason


def test_a_page_of_several_says_that_others_are_missing(tmp_path: Path) -> None:
    document = activity()
    document["metadata"] |= {"total_pages": 3, "has_more": True}
    assert all("PAGES_MISSING" in one.codes for one in records(tmp_path, document) if one.usage)


def test_spend_of_a_day_is_an_amount_by_model(tmp_path: Path) -> None:
    day = {"startTime": "2026-11-20", "spend": 0.5, "users": {"u": 0.5}, "models": {"gpt-5": 0.3, "o3": 0.2}}
    found = records(tmp_path, [day])
    assert [(one.model, one.charged) for one in found] == [("gpt-5", Decimal("0.3")), ("o3", Decimal("0.2"))]
    assert all(one.outcome.reason.startswith("cost only") for one in found)


def by_owners(**spends: float) -> dict[str, Any]:
    """A day of spend by one model, as several views tell it."""
    groups = {"teams": "team_name", "customers": "customer", "api_keys": "api_key"}
    found: dict[str, Any] = {"group_by_day": "2026-11-20", "total_spend": 0.5}
    for group, spend in spends.items():
        lines = [{"model": "gpt-5", "spend": spend}]
        found[group] = [{groups[group]: "a", "total_spend": spend, "metadata": lines}]
    return found


def test_views_of_one_spend_beside_one_another_count_once(tmp_path: Path) -> None:
    (one,) = records(tmp_path, [by_owners(teams=0.5, api_keys=0.5)])
    assert (one.charged, one.labels) == (Decimal("0.5"), {"team": "a"})


def test_views_of_one_spend_that_differ_have_no_price_and_say_the_next_step(tmp_path: Path) -> None:
    (one,) = records(tmp_path, [by_owners(teams=0.5, api_keys=0.7)])
    assert one.outcome.kind is OutcomeKind.UNPRICED
    assert "0.5 and 0.7: keep one" in one.outcome.reason
