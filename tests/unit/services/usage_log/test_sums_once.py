"""Sums that overlapping exports tell: each is billed once, and what differs is said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import BILLED, RETOLD, OutcomeKind, UsageRecord
from tests import usage_twins as twins
from tests.unit.services.usage_log.test_pages import Json, bucket, page, report

DIFFER, TWICE, TOTALS = "TELLINGS_DIFFER", "SUM_TOLD_TWICE", "TOTALS_DIFFER"


def read(folder: Path, *documents: Any) -> list[UsageRecord]:
    """The records of files with these documents; of several in one file where it is a tuple."""
    paths = [folder / f"file-{number}.json" for number in range(len(documents))]
    for path, found in zip(paths, documents, strict=True):
        some = found if isinstance(found, tuple) else (found,)
        path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one, default=str) for one in some))
    return list(UsageFiles([usage_file(path) for path in paths]).records())


def billed(records: Sequence[UsageRecord]) -> int:
    """The input that is billed."""
    return sum(
        int(one.usage.stated.get("input_tokens", 0))
        for one in records
        if one.usage and one.outcome.kind is not OutcomeKind.REPEATED
    )


def codes(records: Sequence[UsageRecord]) -> set[str]:
    billed_ones = [one for one in records if one.outcome.kind is not OutcomeKind.REPEATED]
    return {code for one in billed_ones for code in one.codes} & {DIFFER, TWICE, TOTALS}


def buckets(**counts: int) -> Json:
    """A page of days, named d0, d1 and so on, that count these inputs."""
    found = [bucket(int(day[1:]), input_tokens=number) for day, number in counts.items()]
    return {"object": "page", "data": found, "has_more": False, "next_page": None}


OVERLAPS: list[tuple[str, list[Any], int, set[str]]] = [
    ("nothing in common", [buckets(d0=10, d1=20), buckets(d2=30)], 60, set()),
    ("a day in common", [buckets(d0=10, d1=20), buckets(d1=20, d2=30)], 60, set()),
    ("all in common and more", [buckets(d1=20), buckets(d0=10, d1=20, d2=30)], 60, set()),
    ("three that overlap", [buckets(d0=10, d1=20), buckets(d1=20, d2=30), buckets(d2=30, d3=40)], 100, set()),
    ("a day that still ran", [buckets(d0=10, d1=7), buckets(d1=20, d2=30)], 60, {DIFFER}),
    ("a day that still ran, told alone", [buckets(d1=7), buckets(d1=20)], 20, {DIFFER}),
    ("days told late", [buckets(d0=10, d1=20, d2=25, d3=1), buckets(d0=10, d1=20, d2=30, d3=1)], 61, {DIFFER}),
    ("two accounts", [buckets(d0=10, d1=20, d2=30), buckets(d0=11, d1=21, d2=31)], 123, {DIFFER}),
    ("Anthropic's", [report(1, 2, 3), report(3, 4)], 40, set()),
    ("pages in one file", [(page(0, 1), page(1, 2))], 33, set()),
    ("buckets in one list", [[*page(0, 1)["data"], *page(1, 2)["data"]]], 33, set()),
    ("buckets from the last to the first", [[*page(2, 1)["data"], *page(1, 0)["data"]]], 33, set()),
]


@pytest.mark.parametrize(
    ("documents", "total", "said"), [one[1:] for one in OVERLAPS], ids=[one[0] for one in OVERLAPS]
)
def test_a_bucket_that_exports_tell_again_is_billed_once_in_any_order(
    tmp_path: Path, documents: list[Any], total: int, said: set[str]
) -> None:
    for some in permutations(documents):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (total, said)
        assert {one.outcome for one in found} <= {BILLED, RETOLD}  # what it charges is not charged again


def test_equal_results_of_one_bucket_are_two(tmp_path: Path) -> None:
    one = bucket(0)
    twice = {**one, "results": one["results"] * 2}
    assert billed(read(tmp_path, page_of(twice))) == 20
    assert billed(read(tmp_path, page_of(twice), page_of(twice, bucket(1)))) == 31


def page_of(*found: Json) -> Json:
    return {"object": "page", "data": list(found), "has_more": False, "next_page": None}


def owned(day: int, **owners: int) -> Json:
    found = bucket(day)
    results = [{**found["results"][0], "project_id": name, "input_tokens": count} for name, count in owners.items()]
    return {**found, "results": results}


def test_an_export_by_model_beside_one_by_project_counts_once_where_both_come_to_the_same(tmp_path: Path) -> None:
    whole = bucket(0, input_tokens=30, output_tokens=4, num_model_requests=2)
    for some in permutations([page_of(whole), page_of(owned(0, shop=10, api=20))]):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (30, set())
        assert {one.labels.get("project") for one in found if one.outcome.kind is OutcomeKind.BILLED} == {"shop", "api"}


def test_exports_that_group_otherwise_and_come_to_other_sums_say_so(tmp_path: Path) -> None:
    found = read(tmp_path, page_of(bucket(0, input_tokens=31)), page_of(owned(0, shop=10, api=20)))
    assert (billed(found), codes(found)) == (61, {TWICE})


def test_exports_of_different_projects_have_nothing_in_common(tmp_path: Path) -> None:
    found = read(tmp_path, page_of(owned(0, shop=10)), page_of(owned(0, api=20)))
    assert (billed(found), codes(found)) == (30, set())


def activity(*days: tuple[int, int], number: int = 1, numbers: int = 1, told: int | None = None) -> Json:
    """A page of LiteLLM's activity: days with their input, from the last to the first."""
    (document,) = twins.documents("litellm-daily-activity.json")
    (day,) = document["results"]
    found = []
    for date, count in days:
        one = deepcopy(day)
        models = one["breakdown"]["models"]
        name = "gpt-4.1-mini"
        metrics = {"spend": count, "prompt_tokens": count, "completion_tokens": 0, "total_tokens": count}
        metrics |= {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "api_requests": 1}
        metrics |= {"successful_requests": 1, "failed_requests": 0}
        models.clear()
        models[name] = {"metrics": metrics, "api_key_breakdown": {}}
        found.append({**one, "date": f"2026-11-{date}", "metrics": metrics})
    total = sum(count for _, count in days) if told is None else told
    metadata = {"total_spend": total, "total_prompt_tokens": total, "page": number, "total_pages": numbers}
    return {"results": found, "metadata": {**metadata, "has_more": number < numbers}}


ACTIVITIES: list[tuple[str, list[Any], int, set[str]]] = [
    ("two windows", [activity((11, 20), (10, 10)), activity((12, 30), (11, 20))], 60, set()),
    ("a day that still ran", [activity((11, 7), (10, 10)), activity((12, 30), (11, 20))], 60, {DIFFER}),
    (
        "a day on two pages",
        [activity((11, 7), number=1, numbers=2), activity((11, 20), number=2, numbers=2)],
        27,
        set(),
    ),
    ("a page twice", [(activity((11, 20), (10, 10)), activity((11, 20), (10, 10)))], 30, set()),
    ("a day twice on a page, which its totals deny", [activity((11, 20), (11, 20), told=20)], 20, set()),
    ("a day lost, which the totals tell", [activity((11, 20), told=50)], 20, {TOTALS}),
    ("a day in two parts without a word why", [activity((11, 20), (11, 7))["results"]], 27, {DIFFER}),
]


@pytest.mark.parametrize(
    ("documents", "total", "said"), [one[1:] for one in ACTIVITIES], ids=[one[0] for one in ACTIVITIES]
)
def test_a_day_of_litellms_activity_is_billed_once(
    tmp_path: Path, documents: list[Any], total: int, said: set[str]
) -> None:
    for some in permutations(documents):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (total, said)


def test_the_pages_of_one_activity_in_one_file_are_read_as_such(tmp_path: Path) -> None:
    pages = activity((11, 7), number=1, numbers=2), activity((11, 20), (10, 5), number=2, numbers=2)
    found = read(tmp_path, pages)
    assert (billed(found), codes(found)) == (32, set())


TABLES = [
    "openai-usage-dashboard.csv",
    "anthropic-console-usage.csv",
    "anthropic-console-cost.csv",
    "litellm-ui-usage.csv",
    "azure-cost.csv",
    "gcp-billing.ndjson",
    "aws-focus.csv",
    "ccusage-daily.json",
    "vercel-gateway-report.json",
    "anthropic-claude-code-analytics.json",
    "openai-costs.json",
    "anthropic-cost-report.json",
]


@pytest.mark.parametrize("name", TABLES)
def test_an_export_given_again_with_one_row_more_counts_as_itself(tmp_path: Path, name: str) -> None:
    once = list(UsageFiles([usage_file(twins.FOLDER / name)]).records())
    (again := tmp_path / f"again-{name}").write_bytes(twins.content(name).rstrip() + b"\n\n")
    files = [usage_file(path) for path in (twins.FOLDER / name, again)]
    assert sum(charged(one) for one in UsageFiles(files).records()) == sum(map(charged, once))
    assert billed(list(UsageFiles(files).records())) == billed(once)


def charged(one: UsageRecord) -> Any:
    return one.charged or 0 if one.outcome.kind is not OutcomeKind.REPEATED and not one.outcome.beside else 0


def of_gcp(*amounts: int, hour: int = 10) -> str:
    """Lines of one bill of Google's, all of one SKU and hour."""
    (line, *_) = twins.documents("gcp-billing.ndjson")
    times = {"usage_start_time": f"2026-11-20T{hour}:00:00Z", "usage_end_time": f"2026-11-20T{hour + 1}:00:00Z"}
    return "\n".join(
        json.dumps({**line, **times, "usage": {**line["usage"], "amount": amount}}, default=str) for amount in amounts
    )


def test_the_parts_of_one_bill_are_added_up_though_their_lines_are_of_one_thing(tmp_path: Path) -> None:
    for some in permutations([of_gcp(10, 20), of_gcp(7), of_gcp(30)]):
        assert billed(read(tmp_path, *some)) == 67


def test_bills_that_overlap_count_the_lines_of_both_once(tmp_path: Path) -> None:
    hours = [of_gcp(10 + hour, 20, hour=hour) for hour in (10, 11, 12, 13)]
    for some in permutations(["\n".join(hours[:3]), "\n".join(hours[1:])]):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (166, set())


def test_a_bill_that_is_parted_by_what_no_reader_asks_for_is_added_up(tmp_path: Path) -> None:
    """The same hours and amounts of two teams: in one file they are two, and in two as well."""
    teams = [
        [
            {**json.loads(line), "labels": [{"key": "team", "value": team}]}
            for hour in (10, 11, 12)
            for line in [of_gcp(10, hour=hour)]
        ]
        for team in ("a", "b")
    ]
    files = ["\n".join(map(json.dumps, rows)) for rows in teams]
    for some in (files, files[::-1], ["\n".join(files)]):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (60, set())


HOUR = 3600


def hours(day: int, *counts: int) -> Json:
    """The buckets of a day by the hour, of gpt-4.1-mini with these inputs."""
    begin = bucket(day)["start_time"]
    found = [bucket(day, input_tokens=count, output_tokens=0, num_model_requests=1) for count in counts]
    for number, one in enumerate(found):
        one |= {"start_time": begin + number * HOUR, "end_time": begin + (number + 1) * HOUR}
    return page_of(*found)


def whole(day: int, count: int, requests: int, **more: Any) -> Json:
    return bucket(day, input_tokens=count, output_tokens=0, num_model_requests=requests, **more)


CUT_OTHERWISE: list[tuple[str, list[Any], int, set[str]]] = [
    ("hours and their day", [hours(0, 10, 20), page_of(whole(0, 30, 2))], 30, set()),
    ("hours of one day, and days", [hours(0, 10, 20), page_of(whole(0, 30, 2), whole(1, 7, 1))], 37, set()),
    ("hours that lack some", [hours(0, 10, 19), page_of(whole(0, 30, 2))], 59, {TWICE}),
    ("hours of another day", [hours(1, 10, 20), page_of(whole(0, 30, 2))], 60, set()),
]


@pytest.mark.parametrize(
    ("documents", "total", "said"), [one[1:] for one in CUT_OTHERWISE], ids=[one[0] for one in CUT_OTHERWISE]
)
def test_sums_of_shorter_times_are_billed_where_they_come_to_a_longer_one(
    tmp_path: Path, documents: list[Any], total: int, said: set[str]
) -> None:
    for some in permutations(documents):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (total, said)


def test_hours_of_all_projects_beside_the_day_of_one_are_compared_by_project(tmp_path: Path) -> None:
    by_hour = hours(0, 10)
    by_hour["data"][0]["results"] = [
        {**by_hour["data"][0]["results"][0], "project_id": name, "input_tokens": count}
        for name, count in (("shop", 10), ("api", 20))
    ]
    day = whole(0, 10, 1)
    day["results"][0]["project_id"] = "shop"
    for some in permutations([by_hour, page_of(day)]):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (30, set())


def entry(count: int, **when: str) -> Json:
    """An entry of ccusage that counts so much input of one model, and nothing else."""
    counts = {"inputTokens": count, "outputTokens": 0, "cacheCreationTokens": 0, "cacheReadTokens": 0}
    model = {"modelName": "claude-haiku-4-5-20251001", **counts, "cost": 0}
    return {**when, **counts, "totalTokens": count, "totalCost": 0, "modelBreakdowns": [model]}


def daily(**counts: int) -> Json:
    return {"daily": [entry(count, date=f"2026-11-{day[1:]}") for day, count in counts.items()]}


def sessions(**told: tuple[int, int]) -> Json:
    """Sessions by name, each with its last day and what it counts."""
    found = [entry(count, sessionId=name, lastActivity=f"2026-11-{day}") for name, (day, count) in told.items()]
    return {"sessions": found}


MONTH = {"monthly": [entry(60, month="2026-11")]}
WEEK = {"weekly": [entry(60, week="2026-11-09")]}
CCUSAGE: list[tuple[str, list[Any], int, set[str]]] = [
    ("two windows of days", [daily(d10=10, d11=20), daily(d11=20, d12=30)], 60, set()),
    ("days and their month", [daily(d10=10, d11=20, d12=30), MONTH], 60, set()),
    ("days, their week and their month", [daily(d10=10, d11=20, d12=30), WEEK, MONTH], 60, set()),
    ("days that are not all of a month", [daily(d10=10, d11=20), MONTH], 90, {TWICE}),
    ("a session twice", [sessions(a=(10, 10), b=(12, 20)), sessions(b=(12, 20), c=(13, 5))], 35, set()),
    ("a session that went on", [sessions(a=(10, 10), b=(12, 20)), sessions(a=(10, 10), b=(14, 50))], 60, {DIFFER}),
    ("a session that counts less later", [sessions(a=(10, 10)), sessions(a=(11, 7))], 17, {DIFFER}),
    ("sessions and days", [sessions(a=(11, 30), b=(12, 30)), daily(d10=10, d11=20, d12=30)], 60, set()),
    ("sessions and a day more", [sessions(a=(11, 30), b=(12, 30)), daily(d10=10, d11=20, d12=31)], 121, {TWICE}),
    ("sessions and days of another time", [sessions(a=(11, 30)), daily(d20=10)], 40, set()),
]


@pytest.mark.parametrize(("documents", "total", "said"), [one[1:] for one in CCUSAGE], ids=[one[0] for one in CCUSAGE])
def test_what_two_reports_of_ccusage_tell_is_billed_once_or_said(
    tmp_path: Path, documents: list[Any], total: int, said: set[str]
) -> None:
    for some in permutations(documents):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (total, said)


def test_the_lines_of_a_bill_by_day_beside_those_by_hour_count_once(tmp_path: Path) -> None:
    by_hour = "\n".join(of_gcp(10 + hour, hour=hour) for hour in (10, 11, 12))
    (line,) = (json.loads(one) for one in of_gcp(63).splitlines())
    times = {"usage_start_time": "2026-11-20T00:00:00Z", "usage_end_time": "2026-11-21T00:00:00Z"}
    by_day = json.dumps({**line, **times})
    for some in permutations([by_hour, by_day]):
        found = read(tmp_path, *some)
        assert (billed(found), codes(found)) == (63, set())
    found = read(tmp_path, by_hour, by_day.replace(": 63", ": 93"))
    assert (billed(found), codes(found)) == (156, {TWICE})


def test_the_lines_of_one_bill_of_several_lengths_are_added_up(tmp_path: Path) -> None:
    by_hour = of_gcp(10, hour=10)
    (line,) = (json.loads(one) for one in of_gcp(10).splitlines())
    times = {"usage_start_time": "2026-11-20T00:00:00Z", "usage_end_time": "2026-11-21T00:00:00Z"}
    found = read(tmp_path, "\n".join([by_hour, json.dumps({**line, **times})]))
    assert (billed(found), codes(found)) == (20, set())


def of_cur(*hours: int, span: int = 1, name: str = "line") -> str:
    """Lines of Amazon's bill as a table: an hour, or so many, with the hour's number of thousands of tokens."""
    row = twins.documents("aws-cur2.csv")[0]
    rows: list[Mapping[str, Any]] = [
        {
            **row,
            "identity_line_item_id": f"{name}{hour}",
            "line_item_usage_start_date": f"2026-11-20T{hour:02}:00:00.000Z",
            "line_item_usage_end_date": f"2026-11-20T{hour + span:02}:00:00.000Z",
            "line_item_usage_amount": str(sum(range(hour, hour + span))),
        }
        for hour in hours
    ]
    return twins.table(rows).decode()


def test_a_line_of_amazons_bill_that_two_reports_tell_by_other_ids_is_said(tmp_path: Path) -> None:
    apart, again = read(tmp_path, of_cur(8, 9)), read(tmp_path, of_cur(8, 9), of_cur(9, 10, name="other"))
    assert codes(apart) == set()
    assert codes(again) == {TWICE}
    assert len([one for one in again if TWICE in one.codes]) == 1
    assert codes(read(tmp_path, of_cur(8, 9), of_cur(9, 10))) == set()  # by its id it is told once


def test_amazons_bill_by_two_hours_beside_its_hours_counts_once(tmp_path: Path) -> None:
    once = read(tmp_path, of_cur(8, 9, 10, 11))
    for some in permutations([of_cur(8, 9, 10, 11), of_cur(8, 10, span=2, name="two")]):
        found = read(tmp_path, *some)
        assert (spent(found), codes(found)) == (spent(once), set())


def spent(records: Sequence[UsageRecord]) -> int:
    kept = [one for one in records if one.usage and one.outcome.kind is OutcomeKind.BILLED]
    return sum(max(map(int, one.usage.stated.values())) for one in kept if one.usage)
