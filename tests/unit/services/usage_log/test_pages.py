"""Pages of an API's answer: a file that says that others follow is never taken for the whole without a word."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import click
import pytest

from llmpricing.scripts.file_shapes import told_apart
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.missing_pages import MISSING
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests.usage_world import OBSERVED, of_api

Json = dict[str, Any]
DAY_S, FIRST = 86400, 1795132800


def bucket(day: int, **result: Any) -> Json:
    """A day of OpenAI's usage API."""
    kind = {"object": "organization.usage.completions.result", "model": "gpt-4.1-mini", "num_model_requests": 1}
    counts = {"input_tokens": 10 + day, "output_tokens": 2, "batch": False, "service_tier": None, **result}
    start = FIRST + DAY_S * day
    return {"object": "bucket", "start_time": start, "end_time": start + DAY_S, "results": [{**kind, **counts}]}


def page(*days: int, more: str | None = None, **result: Any) -> Json:
    found = [bucket(day, **result) for day in days]
    return {"object": "page", "data": found, "has_more": more is not None, "next_page": more}


def report(*days: int, more: str | None = None) -> Json:
    """A page of Anthropic's usage report."""
    result = {"uncached_input_tokens": 10, "output_tokens": 2, "model": "claude-haiku-4-5", "context_window": "0-200k"}
    found = [
        {
            "starting_at": f"2026-11-{day:02}T00:00:00Z",
            "ending_at": f"2026-11-{day + 1:02}T00:00:00Z",
            "results": [result],
        }
        for day in days
    ]
    return {"has_more": more is not None, "next_page": more, "data": found}


def observations(number: int, numbers: int, *, start: int = 0) -> Json:
    found = [of_api({**OBSERVED, "id": f"o{start + number}-{one}"}) for one in range(2)]
    return {"data": found, "meta": {"page": number, "limit": 2, "totalItems": numbers * 2, "totalPages": numbers}}


def by_cursor(name: str, cursor: str | None) -> Json:
    return {"data": [of_api({**OBSERVED, "id": name})], "meta": {"cursor": cursor}}


def analytics(day: int, who: str, more: str | None = None) -> Json:
    tokens = {"input": 1, "output": 1, "cache_read": 0, "cache_creation": 0}
    cost = {"amount": 1, "currency": "USD"}
    model = {"model": "claude-haiku-4-5", "tokens": tokens, "estimated_cost": cost}
    one = {
        "date": f"2026-11-{day}",
        "actor": {"email_address": who},
        "customer_type": "api",
        "model_breakdown": [model],
    }
    return {"data": [one], "has_more": more is not None, "next_page": more}


def spend(name: str, number: int, pages: int) -> Json:
    row = {"request_id": name, "call_type": "acompletion", "spend": 0.1, "startTime": "2026-11-20T10:00:00Z"}
    row |= {"model": "gpt-4.1-mini", "prompt_tokens": 10, "completion_tokens": 1, "status": "success", "metadata": {}}
    return {"data": [row], "total": pages, "page": number, "page_size": 1, "total_pages": pages}


def events(name: str, token: str | None) -> Json:
    """An answer of CloudWatch's filter-log-events."""
    said = {"eventId": name, "timestamp": 1, "message": json.dumps({**OBSERVED, "id": name})}
    return {"events": [said], "searchedLogStreams": [], **({"nextToken": token} if token else {})}


COMPLETE: list[tuple[str, list[Json]]] = [
    ("one page", [page(0, 1)]),
    ("three pages", [page(0, more="a"), page(1, more="b"), page(2)]),
    ("Anthropic's pages", [report(1, 2, more="a"), report(3)]),
    ("an export of the whole beside a page", [page(0, more="a"), page(0, 1, 2)]),
    ("Langfuse's pages by number", [observations(1, 3), observations(2, 3), observations(3, 3)]),
    ("pages by number that grew meanwhile", [observations(1, 2), observations(2, 2), observations(3, 3)]),
    ("Langfuse's pages by cursor", [by_cursor("a", "x"), by_cursor("b", "y"), by_cursor("c", None)]),
    ("LiteLLM's pages", [spend("a", 1, 2), spend("b", 2, 2)]),
    ("days that are asked for one by one", [analytics(20, "a", "x"), analytics(20, "b"), analytics(21, "a")]),
    ("a last page without a word", [events("a", "x"), events("b", None)]),
    (
        "pages that say their own names",
        [{**by_cursor("a", None), "next_page": "p2"}, {**by_cursor("b", None), "page": "p2"}],
    ),
]
INCOMPLETE: list[tuple[str, list[Json], str]] = [
    ("the first page", [page(0, more="a")], "more pages follow"),
    ("without the last", [page(0, more="a"), page(1, more="b")], "more pages follow"),
    ("without that in the middle", [page(0, more="a"), page(2)], "more pages follow"),
    ("the same page twice", [page(0, more="a"), page(0, more="a")], "more pages follow"),
    (
        "the next page of another kind",
        [page(0, more="a"), page(1, object="organization.usage.embeddings.result", output_tokens=0)],
        "more",
    ),
    ("Anthropic's first page", [report(1, more="a")], "more pages follow"),
    ("Langfuse's first page", [observations(1, 3)], "there are 3 pages, and pages 2, 3 are not among the files"),
    ("Langfuse's last page", [observations(3, 3)], "there are 3 pages, and pages 1, 2 are not among the files"),
    (
        "two answers, one of them whole",
        [observations(1, 2), observations(1, 3, start=9), observations(2, 3, start=9)],
        "page",
    ),
    ("Langfuse's cursor", [by_cursor("a", "x"), by_cursor("b", "y")], "more pages follow"),
    ("LiteLLM's first page", [spend("a", 1, 2)], "there are 2 pages, and page 2 is not among the files"),
    ("one day's rest", [analytics(20, "a", "x"), analytics(21, "a")], "more pages follow"),
    ("events", [events("a", "x")], "more pages follow"),
    ("LangSmith's cursor", [{"data": [of_api(OBSERVED)], "cursors": {"next": "x", "prev": None}}], "more pages follow"),
    ("a next page by its own name", [{**by_cursor("a", None), "nextPageToken": "x"}], "more pages follow"),
]


def told(folder: Path, files: list[bytes]) -> list[UsageRecord]:
    paths = [folder / f"page-{number}.json" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return list(UsageFiles([usage_file(path) for path in paths]).records())


def arrangements(pages: list[Json]) -> list[list[bytes]]:
    """The pages as files in every order, and in one file: one after the other, a line each, as an array."""
    found = [[json.dumps(one, indent=1).encode() for one in some] for some in permutations(pages)]
    for some in (pages, pages[::-1]):
        found += [[b"\n".join(json.dumps(one, indent=1).encode() for one in some)]]
        found += [[b"\n".join(json.dumps(one).encode() for one in some)], [json.dumps(some).encode()]]
    return found


@pytest.mark.parametrize("pages", [one[1] for one in COMPLETE], ids=[one[0] for one in COMPLETE])
def test_where_all_pages_are_there_nothing_is_said(tmp_path: Path, pages: list[Json]) -> None:
    for files in arrangements(pages):
        assert not [one for one in told(tmp_path, files) if MISSING in one.codes or "page" in one.outcome.reason]


@pytest.mark.parametrize(("pages", "said"), [one[1:] for one in INCOMPLETE], ids=[one[0] for one in INCOMPLETE])
def test_where_a_page_is_missing_the_records_say_so(tmp_path: Path, pages: list[Json], said: str) -> None:
    for files in arrangements(pages):
        records = [one for one in told(tmp_path, files) if one.outcome.kind is OutcomeKind.BILLED]
        doubted = [one for one in records if MISSING in one.codes]
        assert doubted
        assert all(said in one.remark and "fetch them too" in one.remark for one in doubted)


def test_a_page_without_records_says_it_by_one_without_a_price(tmp_path: Path) -> None:
    empty = {"object": "page", "data": [{**bucket(0), "results": []}], "has_more": True, "next_page": "a"}
    (record,) = told(tmp_path, [json.dumps(empty).encode()])
    assert record.outcome.kind is OutcomeKind.UNPRICED
    assert "more pages follow" in record.outcome.reason


def test_lines_of_records_that_speak_of_pages_are_not_taken_for_pages(tmp_path: Path) -> None:
    rows = [{**OBSERVED, "id": f"o{number}", "metadata": {"has_more": True, "next_page": "x"}} for number in range(3)]
    assert not [
        one for one in told(tmp_path, [b"\n".join(json.dumps(row).encode() for row in rows)]) if MISSING in one.codes
    ]


@pytest.mark.parametrize("joined", [json.dumps, lambda pages: "\n".join(map(json.dumps, pages))], ids=["list", "lines"])
def test_a_page_of_sums_that_stands_in_a_file_twice_is_counted_once(tmp_path: Path, joined: Any) -> None:
    path, some = tmp_path / "p.json", [page(0, 1, more="p2"), page(2, 3)]
    for pages, repeated in ((some, 0), ([*some, some[0]], 2)):
        path.write_text(joined(pages))
        found = list(UsageFiles([usage_file(path)]).records())
        assert [one.outcome.kind for one in found] == [OutcomeKind.BILLED] * 4 + [OutcomeKind.REPEATED] * repeated
        assert not [one for one in found if "SUM_TOLD_TWICE" in one.codes]


def test_a_page_twice_of_records_with_names_of_their_own_counts_once(tmp_path: Path) -> None:
    (path := tmp_path / "p.json").write_text(json.dumps([observations(1, 2), observations(2, 2), observations(1, 2)]))
    found = list(UsageFiles([usage_file(path)]).records())
    assert [one.outcome.kind for one in found] == [OutcomeKind.BILLED] * 4 + [OutcomeKind.REPEATED] * 2
    assert not [one for one in found if "SUM_TOLD_TWICE" in one.codes]


LAST: list[tuple[list[Json], Json, str]] = [
    ([page(0, more="a")], {"data": [], "has_more": False}, ""),
    ([page(0, more="a")], {**page(), "next_page": "b", "has_more": True}, MISSING),
    ([observations(1, 2)], {**observations(2, 2), "data": []}, ""),
    ([{"runs": [of_api(OBSERVED)], "cursors": {"next": "x"}}], {"runs": [], "cursors": {"next": None}}, ""),
    ([page(0), report(1, more="a")], {"data": [], "has_more": False, "next_page": None}, ""),
]


@pytest.mark.parametrize(("full", "empty", "code"), LAST)
def test_a_page_without_records_counts_as_nothing_and_tells_what_follows(
    tmp_path: Path, full: list[Json], empty: Json, code: str
) -> None:
    for some in {tuple(map(json.dumps, one)) for one in ([*full, empty], [empty, *full[::-1]])}:
        paths = [tmp_path / f"{number}.json" for number in range(len(some))]
        for path, text in zip(paths, some, strict=True):
            path.write_text(text)
        known, unknown = told_apart(paths, None, is_many=False)
        found = [one for one in UsageFiles(known).records() if one.outcome.kind is OutcomeKind.BILLED]
        assert (len(known), len(unknown), len(found)) == (len(paths), 0, len(full) + (full[0] == observations(1, 2)))
        assert {code for one in found for code in one.codes if code == MISSING} == {code} - {""}


@pytest.mark.parametrize("text", ["[]", '{"data": [], "has_more": false}', '{"runs": []}'])
def test_answers_without_records_alone_are_refused_with_the_next_step(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "p.json").write_text(text)
    told_by_name = pytest.raises(click.ClickException, match=r"without any records.*give the other pages")
    with click.Context(click.Command("price")), told_by_name:
        told_apart([path], None, is_many=False)
    assert told_apart([path], None, is_many=True) == ([], [path])
