"""Records whose id is told more than once: what is billed, and what is said, hangs on no order and no split."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.own_columns import own_shape
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.told_once import DIFFER
from tests.usage_twins import DAY, NAMES, content, lines, table

Row = dict[str, Any]
AT, LATER = "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"


def generation(name: str, taken: int, at: str = AT, **more: Any) -> Row:
    row = {"id": name, "model": "openai/gpt-4.1-mini", "created_at": at, "total_cost": 0.1, "is_byok": False}
    row |= {"native_tokens_prompt": taken, "native_tokens_completion": 10, "native_tokens_cached": 0}
    return {**row, "native_tokens_reasoning": 0, "provider_name": "OpenAI", **more}


def activity(name: str, taken: int, at: str = AT, **more: Any) -> Row:
    row = {"generation_id": name, "created_at": at, "tokens_prompt": taken, "tokens_completion": 10, "cost_total": 0.1}
    row |= {"tokens_cached": 0, "tokens_reasoning": 0, "byok_usage_inference": 0, "cost_web_search": 0, "variant": ""}
    return {**row, "cost_file_processing": 0, "model_permaslug": "openai/gpt-4.1-mini", **more}


def spent(name: str, taken: int, at: str = AT, **more: Any) -> Row:
    usage = {"prompt_tokens": taken, "completion_tokens": 10, "total_tokens": taken + 10}
    row = {"request_id": name, "call_type": "acompletion", "spend": 0.1, "startTime": at, "model": "gpt-4.1-mini"}
    row |= {"custom_llm_provider": "openai", "status": "success", "cache_hit": "False"}
    return {**row, "metadata": {"usage_object": usage}, **more}


def helicone(name: str, taken: int, at: str = AT, **more: Any) -> Row:
    row = {"request_id": name, "request_created_at": at, "prompt_tokens": taken, "completion_tokens": 10, "status": 200}
    row |= {"prompt_cache_read_tokens": 0, "prompt_cache_write_tokens": 0, "model": "gpt-4.1-mini"}
    return {**row, "cache_reference_id": "00000000-0000-0000-0000-000000000000", **more}


def portkey(name: str, taken: int, at: str = AT, **more: Any) -> Row:
    body = {"model": "gpt-4.1-mini", "usage": {"prompt_tokens": taken, "completion_tokens": 10}}
    row = {"id": name, "created_at": at, "ai_org": "openai", "ai_model": "gpt-4.1-mini", "is_success": True}
    return {**row, "response": {"body": body}, "cost": 1, "response_status_code": 200, **more}


WRITERS = [generation, activity, spent, helicone, portkey]
MODEL = {generation: "model", activity: "model_permaslug", spent: "model", helicone: "model", portkey: "ai_model"}


def read(folder: Path, files: list[bytes]) -> list[UsageRecord]:
    paths = [folder / f"{number}" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return list(UsageFiles([usage_file(path) for path in paths]).records())


def told(records: list[UsageRecord]) -> list[tuple[int, str]]:
    """What billed records take, with a question mark where their tellings differ, and two where it may be a repeat."""
    found = [one for one in records if one.outcome.kind is OutcomeKind.BILLED]
    return sorted(
        (int(one.usage.stated["input_tokens"]), "?" * (DIFFER in one.codes) + "?" * ("repeat" in one.untold))
        for one in found
        if one.usage
    )


def arrangements(rows: list[Row]) -> list[list[bytes]]:
    """In every order: in one file, each in its own, and the first beside the rest; so few that each is read by itself
    and, with twenty more of the kind, in columns.
    """
    found: list[list[bytes]] = []
    for order in permutations(rows):
        some = list(order)
        found += [[lines(some)], [lines([one]) for one in some], [lines(some[:1]), lines(some[1:])]]
    return found


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("beside", [0, 20])
def test_the_fullest_of_tellings_of_one_time_is_billed_and_says_so(tmp_path: Path, write: Any, beside: int) -> None:
    others = [write(f"o{number}", 7) for number in range(beside)]
    for files in arrangements([write("a", 100), write("a", 120), write("a", 100)]):
        assert told(read(tmp_path, [*files, lines(others)] if others else files)) == [(7, "")] * beside + [(120, "?")]
    assert told(read(tmp_path, [lines([*others, write("a", 100), write("a", 120)])]))[-1] == (120, "?")


@pytest.mark.parametrize("write", WRITERS)
def test_an_id_of_several_times_is_of_calls_of_their_own_which_say_so(tmp_path: Path, write: Any) -> None:
    for files in arrangements([write("a", 100), write("a", 120, LATER), write("a", 100)]):
        assert told(read(tmp_path, files)) == [(100, "??"), (120, "?")]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("at", [AT, LATER])
def test_the_same_counts_of_one_id_are_one_record_without_a_word(tmp_path: Path, write: Any, at: str) -> None:
    for files in arrangements([write("a", 100), write("a", 100, at), write("b", 90)]):
        records = read(tmp_path, files)
        assert told(records) == [(90, ""), (100, "")]
        assert Counter(one.outcome.kind for one in records)[OutcomeKind.REPEATED] == 1


@pytest.mark.parametrize("write", WRITERS)
def test_one_id_with_the_same_counts_of_another_model_is_no_repeat_without_a_word(tmp_path: Path, write: Any) -> None:
    other = write("a", 100, **{MODEL[write]: "gpt-4.1-nano"})
    found = {tuple(told(read(tmp_path, files))) for files in arrangements([write("a", 100), other])}
    assert found == {((100, "?"),)}


def test_a_failed_call_may_bear_the_id_of_the_one_after_it(tmp_path: Path) -> None:
    for files in arrangements([spent("a", 50, status="failure"), spent("a", 100)]):
        assert told(read(tmp_path, files)) == [(100, "")]


def test_tellings_without_counts_deny_none(tmp_path: Path) -> None:
    empty = portkey("a", 0, response={"body": {"model": "gpt-4.1-mini"}})
    for files in arrangements([portkey("a", 100), empty]):
        assert told(read(tmp_path, files))[-1] == (100, "")


def test_lines_of_one_bill_that_bear_one_id_are_billed_each_and_say_so(tmp_path: Path) -> None:
    """AWS: an id is that of one part of a report."""
    row = {"identity_line_item_id": "l", "line_item_line_item_type": "Usage", "line_item_usage_type": "USE1-Nova"}
    row |= {"line_item_usage_start_date": AT, "line_item_usage_end_date": LATER, "pricing_unit": "1K tokens"}
    row |= {"line_item_usage_type": "USE1-NovaPro-input-tokens", "product_servicecode": "AmazonBedrock"}
    row |= {"line_item_unblended_cost": "0.1", "line_item_currency_code": "USD", "product_region_code": "us-east-1"}
    row |= {"line_item_resource_id": "", "line_item_line_item_description": "", "line_item_usage_account_id": "1"}
    rows = [{**row, "line_item_usage_amount": amount} for amount in ("1", "2")]
    for order in permutations(rows):
        assert told(read(tmp_path, [table([*order])])) == [(1000, "??"), (2000, "?")]


MAP = """
model = "model"
at = "time"
id = "id"
[counts]
input_tokens = "in"
output_tokens = "out"
"""


@pytest.mark.parametrize("is_large", [True, False])
@pytest.mark.parametrize("times", [(0, 0), (0, 3_600_000_000)])
def test_a_table_too_large_to_be_kept_tells_the_same(tmp_path: Path, is_large: bool, times: tuple[int, int]) -> None:
    size = 100_100 if is_large else 500
    (tmp_path / "map.toml").write_text(MAP)
    columns = {"id": [f"r{n}" for n in range(size)] + ["r3", "r4"], "model": ["gpt-4.1-mini"] * (size + 2)}
    at = pa.array([*[0] * size, *times], pa.timestamp("us", "UTC"))
    counts = {"in": [10] * size + [11, 10], "out": [5] * (size + 2)}
    parquet.write_table(pa.table({**columns, "time": at, **counts}), tmp_path / "t.parquet")
    shape = own_shape(tmp_path / "map.toml")
    found = Counter[tuple[OutcomeKind, str]]()
    for batch in UsageFiles([usage_file(tmp_path / "t.parquet", shape)]).batches():
        found.update((one.outcome.kind, " ".join(one.codes)) for one in batch.in_order())
    assert found == {
        (OutcomeKind.BILLED, ""): size - 1,
        (OutcomeKind.BILLED, DIFFER): 1,
        (OutcomeKind.REPEATED, ""): 2,
    }


def test_no_id_of_a_large_table_is_looked_for_further_where_none_is_told_twice(
    tmp_path: Path,
) -> None:
    (tmp_path / "map.toml").write_text(MAP)
    size = 200_000
    columns = {
        "id": [f"r{n}" for n in range(size)],
        "model": ["gpt-4.1-mini"] * size,
        "in": [1] * size,
        "out": [1] * size,
    }
    at = pa.array([0] * size, pa.timestamp("us", "UTC"))
    parquet.write_table(pa.table({**columns, "time": at}), tmp_path / "t.parquet")
    rows = Counter[str]()
    files = UsageFiles(
        [usage_file(tmp_path / "t.parquet", own_shape(tmp_path / "map.toml"))], each_row=lambda: rows.update(["read"])
    )
    assert sum(len(batch.columns or ()) + len(batch.others) for batch in files.batches()) == size
    assert rows["read"] < size * 2.6  # the ids, the records, and what was kept before there was no more room


@pytest.mark.parametrize("name", NAMES)
def test_a_shape_whose_records_have_ids_says_so(tmp_path: Path, name: str) -> None:
    """Else none of its records would be looked at before they are told, and repeats billed."""
    (path := tmp_path / name).write_bytes(content(name))
    file = usage_file(path, now=DAY)
    if any(one.record_id is not None for one in UsageFiles([file]).records()):
        assert file.shape.tells_ids
