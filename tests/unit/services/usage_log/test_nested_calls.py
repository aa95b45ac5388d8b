"""Calls that several instruments tell, one span within the other: the innermost is billed, whatever comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from time import process_time
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from llmpricing.domain.usage.quantities import count
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.nested_calls import NestedCalls
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.registry import BY_NAME
from llmpricing.services.usage_log.formats.span_calls import span_number
from tests.usage_twins import lines, table
from tests.usage_world import AT, document, resources, span, without

Row = dict[str, Any]
DIFFER, CUT = "NESTED_CALLS_DIFFER", "COLUMN_MISSING"
NESTING = BY_NAME["otel-spans"].nesting
assert NESTING is not None
CACHED = "gen_ai.usage.cache_read.input_tokens"


def flat(number: str, parent: str = "", trace: str = "t", **more: Any) -> Row:
    """A span of one object, as the readers of columns take it."""
    row = {"timestamp": AT, "trace_id": trace, "span_id": number, "gen_ai.operation.name": "chat"}
    row |= {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 100_000, "gen_ai.usage.output_tokens": 1000}
    return {**row, **({"parent_span_id": parent} if parent else {}), **more}


def printed(number: str, parent: str = "", taken: int = 1000, made: int = 100, **more: Any) -> Row:
    """A span of one object of a call, or with ``kind`` of anything else."""
    kind = more.get("kind", "chat")
    row = flat(number, parent, **{"gen_ai.usage.input_tokens": taken, "gen_ai.usage.output_tokens": made})
    return row if kind == "chat" else {"timestamp": AT, "trace_id": "t", "span_id": number, "parent_span_id": parent}


def packed(number: str, parent: str = "", taken: int = 1000, made: int = 100, **more: Any) -> Row:
    """The same in OTLP."""
    counts = {"gen_ai.usage.input_tokens": taken, "gen_ai.usage.output_tokens": made}
    found = span(number, parent, **counts)
    return resources(found if more.get("kind", "chat") == "chat" else {**found, "attributes": []})


def observed(number: str, parent: str = "", taken: int = 1000, made: int = 100, kind: str = "GENERATION") -> Row:
    """An observation as Langfuse's API gives it; its model is told by those of calls alone."""
    row = {"id": number, "traceId": "t", "type": {"chat": "GENERATION", "chain": "SPAN"}.get(kind, kind)}
    row |= {"startTime": AT, "parentObservationId": parent or None, "level": "DEFAULT", "model": None}
    row["usageDetails"] = {}
    if row["type"] == "GENERATION":
        row |= {"model": "gpt-4o", "usageDetails": {"input": taken, "output": made, "total": taken + made}}
    return row


def exported(number: str, parent: str = "", taken: int = 1000, made: int = 100, kind: str = "chat") -> Row:
    """The same out of Langfuse's blob storage."""
    row = observed(number, parent, taken, made, kind)
    row |= {"trace_id": "t", "start_time": AT, "usage_details": row["usageDetails"]}
    row |= {"provided_model_name": row["model"], "parent_observation_id": row["parentObservationId"]}
    return without(row, "traceId", "startTime", "usageDetails", "model", "parentObservationId")


def ran(number: str, parent: str = "", taken: int = 1000, made: int = 100, kind: str = "chat") -> Row:
    """A run of LangSmith, whose chains repeat the counts of their calls."""
    row: Row = {"id": number, "trace_id": "t", "parent_run_id": parent or None, "status": "success", "extra": {}}
    row |= {"run_type": "llm" if kind == "chat" else "chain", "start_time": AT, "prompt_token_details": {}}
    row |= {"prompt_tokens": taken, "completion_tokens": made, "total_tokens": taken + made, "total_cost": "0.1"}
    row["extra"] = {"metadata": {"ls_provider": "openai", "ls_model_name": "gpt-4o"}} if kind == "chat" else {}
    return row


def ordered(number: str, parent: str = "", taken: int = 1000, made: int = 100, kind: str = "chat") -> Row:
    """The same, told by where it stands in the order of its trace."""
    order = ".".join(f"20261120T100000000000Z{one}" for one in (parent, number) if one)
    return {**without(ran(number, parent, taken, made, kind), "parent_run_id"), "dotted_order": order}


def below(number: str, parent: str = "", taken: int = 1000, made: int = 100, kind: str = "chat") -> Row:
    """The same, told by the list of all around it."""
    above = ["root", parent] if parent else []
    return {**without(ran(number, parent, taken, made, kind), "parent_run_id"), "parent_run_ids": above}


def splits(rows: Sequence[Row], *, all_of_them: bool = True) -> Iterator[list[Sequence[Row]]]:
    """The rows in every order, cut into files in every way, or all together and each by itself."""
    ways = 2 ** (len(rows) - 1)
    for order in permutations(rows):
        for cuts in range(ways) if all_of_them else (0, ways - 1):
            files: list[list[Row]] = [[]]
            for place, row in enumerate(order):
                files[-1].append(row)
                if cuts >> place & 1:
                    files.append([])
            yield [one for one in files if one]


def read(folder: Path, files: Sequence[bytes]) -> list[UsageRecord]:
    paths = [folder / f"{number}" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return list(UsageFiles([usage_file(path) for path in paths]).records())


def billed(records: Sequence[UsageRecord]) -> list[str]:
    """The ids of spans that are billed, those that are doubted with a question mark."""
    found = [one for one in records if one.outcome.kind is OutcomeKind.BILLED]
    return sorted([*str(one.record_id).split(":"), ""][":" in str(one.record_id)] + _doubts(one) for one in found)


def _doubts(record: UsageRecord) -> str:
    return "?" * (DIFFER in record.codes) + "!" * ("which call lies within which" in record.remark)


CHAIN = [("1", ""), ("2", "1"), ("3", "2")]
TREES = [
    ("a chain of three", CHAIN, ["3"]),
    ("a chain of four", [*CHAIN, ("4", "3")], ["4"]),
    ("a child with two of its own", [("1", ""), ("2", "1"), ("3", "2"), ("4", "2")], ["3", "4"]),
    ("two within one", [("1", "0"), ("2", "1"), ("3", "1")], ["2", "3"]),
    ("a chain whose middle is gone", [("1", ""), ("3", "2"), ("4", "3")], ["1", "4"]),
    ("one within itself", [("1", "1"), ("2", "")], ["1", "2"]),
    ("two within each other", [("1", "2"), ("2", "1"), ("3", "")], ["1?", "2?", "3"]),
]


@pytest.mark.parametrize(("spans", "stay"), [tree[1:] for tree in TREES], ids=[tree[0] for tree in TREES])
@pytest.mark.parametrize("is_flat", [True, False])
def test_the_innermost_stay_in_any_order_and_any_files(
    tmp_path: Path, spans: list[tuple[str, str]], stay: list[str], is_flat: bool
) -> None:
    rows = [flat(*one) if is_flat else span(*one) for one in spans]
    for files in splits(rows, all_of_them=not is_flat):
        written = [lines([*some]) if is_flat else document(resources(*some)) for some in files]
        assert billed(read(tmp_path, written)) == stay


@pytest.mark.parametrize(
    "more",
    [
        {CACHED: 90_000},
        {"gen_ai.request.model": "gpt-4o-mini"},
        {"gen_ai.provider.name": "azure.ai.openai"},
        {"openai.response.service_tier": "priority"},
    ],
)
@pytest.mark.parametrize("other", ["1", "2", "3"])
def test_what_is_told_at_several_prices_says_so_in_any_order(tmp_path: Path, more: Row, other: str) -> None:
    rows = [flat(own, around, **(more if own == other else {})) for own, around in CHAIN]
    for files in splits(rows, all_of_them=False):
        records = read(tmp_path, [lines([*some]) for some in files])
        assert billed(records) == ["3?"]
        (stays,) = (one for one in records if DIFFER in one.codes)
        wanted = more if other == "3" else {}
        assert stays.usage is not None
        assert stays.usage.stated.get("cache_read_tokens", 0) == wanted.get(CACHED, 0)
        assert stays.model == wanted.get("gen_ai.request.model", "gpt-4o")


def test_other_calls_beside_a_doubted_one_are_not_doubted(tmp_path: Path) -> None:
    mini = {"gen_ai.request.model": "gpt-4o-mini"}
    rows = [flat("1"), flat("2", "1", **mini), *(flat("1", trace=f"u{n}", **mini) for n in range(3))]
    assert billed(read(tmp_path, [lines(rows)])) == ["1", "1", "1", "2?"]


def test_thoughts_that_one_instrument_tells_make_no_doubt(tmp_path: Path) -> None:
    rows = [flat("1"), flat("2", "1", **{"gen_ai.usage.reasoning.output_tokens": 10})]
    assert billed(read(tmp_path, [lines(rows)])) == ["2"]


WRITERS = [printed, packed, observed, exported, ran, ordered, below]


@pytest.mark.parametrize("write", WRITERS)
def test_every_writer_of_spans_is_understood_alike(tmp_path: Path, write: Any) -> None:
    for files in splits([write("1"), write("2", "1"), write("3", "2"), write("4", "", 7, 7)], all_of_them=False):
        assert billed(read(tmp_path, [lines([*some]) for some in files])) == ["3", "4"]


@pytest.mark.parametrize("write", WRITERS)
def test_calls_within_each_other_are_found_through_what_is_no_call(tmp_path: Path, write: Any) -> None:
    rows = [write("1"), write("2", "1", kind="chain"), write("3", "2", kind="chain"), write("4", "3")]
    for order in permutations(rows):
        assert billed(read(tmp_path, [lines([*order])])) == ["4"]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("size", [2, 3, 5])
def test_calls_that_lie_within_one_another_in_a_ring_say_so(tmp_path: Path, write: Any, size: int) -> None:
    rows = [write(str(n), str(10 + (n - 9) % size)) for n in range(10, 10 + size)]
    for files in ([rows], [rows[:1], rows[1:]]):
        found = billed(read(tmp_path, [lines([*some]) for some in [*files, [write("1", "", 7, 7)]]]))
        assert found == ["1", *(f"{n}?" for n in range(10, 10 + size))]


@pytest.mark.parametrize("write", WRITERS)
def test_a_call_that_sums_up_those_within_it_is_told_by_them(tmp_path: Path, write: Any) -> None:
    rows = [write("1", "", 1500, 120), write("2", "1", 1000, 100), write("3", "1", 500, 20)]
    for files in splits(rows, all_of_them=False):
        assert billed(read(tmp_path, [lines([*some]) for some in files])) == ["2", "3"]


@pytest.mark.parametrize("write", WRITERS)
def test_a_call_that_holds_others_of_other_counts_says_so(tmp_path: Path, write: Any) -> None:
    rows = [write("1", "", 1500, 121), write("2", "1", 1000, 100), write("3", "1", 500, 20)]
    assert billed(read(tmp_path, [lines(rows)])) == ["1?", "2", "3"]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(("made", "stay"), [(120, ["3", "5"]), (121, ["1?", "3", "5"])])
def test_a_sum_is_told_by_calls_within_what_is_no_call_too(
    tmp_path: Path, write: Any, made: int, stay: list[str]
) -> None:
    rows = [write("1", "", 1500, made), write("2", "1", kind="chain"), write("3", "2", 1000, 100)]
    rows += [write("4", "2", kind="chain"), write("5", "4", 500, 20)]
    for order in permutations(rows):
        assert billed(read(tmp_path, [lines([*order])])) == stay


def test_calls_that_stand_alone_in_their_traces_are_not_looked_for_again() -> None:
    """Most traces hold one call below other spans: to read their files once more would tell nothing."""
    usage = count({"input_tokens": 10, "output_tokens": 5})
    told = [
        (n, UsageRecord("m", usage=usage, labels={"parent": "0", "trace": f"t{n}"}, record_id=f"t{n}:1:now"))
        for n in range(3)
    ]
    nested = NestedCalls()
    nested.add(ReadBatch(None, told), NESTING)
    nested.settle(lambda: pytest.fail("the links were asked for"))


@pytest.mark.parametrize("write", [printed, observed, exported, ran])
def test_a_file_whose_parents_were_cut_says_so_of_calls_that_count_alike(tmp_path: Path, write: Any) -> None:
    parents = ("parent_span_id", "parentObservationId", "parent_observation_id", "parent_run_id")
    rows = [without(one, *parents) for one in (write("1"), write("2", "1"), write("3", "2", 7, 7))]
    assert billed(read(tmp_path, [lines(rows)])) == ["1!", "2!", "3"]


@pytest.mark.parametrize("size", [1, 200])
def test_a_sum_whose_trace_holds_no_call_has_no_price(tmp_path: Path, size: int) -> None:
    chains = [{**ran(f"c{n}", kind="chain"), "trace_id": f"t{n}"} for n in range(size)]
    calls = [{**ran(f"r{n}", f"c{n}"), "trace_id": f"t{n}"} for n in range(0, size, 2)]
    found = [one for one in read(tmp_path, [lines(chains), lines(calls)]) if one.record_id in {c["id"] for c in chains}]
    lost = [one for one in found if one.outcome.kind is OutcomeKind.UNPRICED]
    assert {one.record_id for one in lost} == {f"c{n}" for n in range(1, size, 2)}
    assert {one.outcome.kind for one in found if one not in lost} == {OutcomeKind.NOT_BILLED}


def test_a_table_of_runs_is_read_as_its_lines_are(tmp_path: Path) -> None:
    rows = [ran("1"), ran("2", "1"), ran("3", "2", kind="chain"), ran("4", "3"), ran("5", "", 7, 7)]
    cells = [{**one, "extra": str(one["extra"]).replace("'", '"'), "prompt_token_details": "{}"} for one in rows]
    assert billed(read(tmp_path, [table(cells)])) == ["4", "5"]


def test_runs_within_runs_need_not_name_the_one_around_them(tmp_path: Path) -> None:
    inner = without(ran("3"), "parent_run_id")
    whole = {**ran("1"), "child_runs": [{**without(ran("2", kind="chain"), "parent_run_id"), "child_runs": [inner]}]}
    assert billed(read(tmp_path, [document([whole])])) == ["3"]


def test_a_block_of_observations_is_marked_as_single_ones_are(tmp_path: Path) -> None:
    pairs = [one for n in range(200) for one in (observed(f"o{n}", "", n, 5), observed(f"i{n}", f"o{n}", n, 5))]
    assert billed(read(tmp_path, [lines(pairs)])) == sorted(f"i{n}" for n in range(200))


@pytest.mark.parametrize("kind", [pa.uuid(), pa.binary(16), pa.json_(), pa.bool8(), pa.binary()], ids=str)
def test_a_table_may_have_columns_of_any_kind_beside_those_that_count(tmp_path: Path, kind: pa.DataType) -> None:
    rows = [printed("1"), printed("2"), printed("3", "", 7, 7)]
    stored = {pa.bool8(): [1, 0, 1], pa.json_(): ["{}"] * 3}.get(kind, [b"parent_span_i 16"] * 3)
    beside = pa.array(stored, getattr(kind, "storage_type", kind))
    beside = pa.ExtensionArray.from_storage(kind, beside) if isinstance(kind, pa.BaseExtensionType) else beside
    parquet.write_table(pa.Table.from_pylist(rows).append_column("beside", beside), tmp_path / "calls.parquet")
    assert billed(read(tmp_path, [(tmp_path / "calls.parquet").read_bytes()])) == ["1!", "2!", "3"]


def test_as_many_calls_as_there_are_stand_any_distance_apart() -> None:
    """More than were remembered once."""
    size, usage = 60_000, count({"input_tokens": 10, "output_tokens": 5})
    outer, inner = (
        [
            UsageRecord("m", usage=usage, labels={"parent": around} if around else {}, record_id=f"{n}:{own}:now")
            for n in range(size)
        ]
        for own, around in (("1", ""), ("2", "1"))
    )
    batches = [ReadBatch(None, list(enumerate(some))) for some in (outer, inner)]
    nested = NestedCalls()
    for batch in batches:
        nested.add(batch, NESTING)
    nested.settle()
    assert billed([record for batch in batches for _, record in nested.marked(batch, NESTING).others]) == ["2"] * size


def test_many_calls_below_a_long_stretch_of_other_spans_walk_it_once() -> None:
    """What no call lies around is as long as a file may make it, and so are the calls below it."""
    size, usage = 20_000, count({"input_tokens": 10, "output_tokens": 5})
    facts = {"parent": "span 0", "trace": "t"}
    batch = ReadBatch(
        None, [(n, UsageRecord("m", usage=usage, labels=facts, record_id=f"t:{n}:now")) for n in range(size)]
    )
    links = [(span_number("t", f"span {n}"), span_number("t", f"span {n + 1}")) for n in range(size)]
    nested = NestedCalls()
    nested.add(batch, NESTING)
    begun = process_time()
    nested.settle(lambda: links)
    assert process_time() - begun < 8
    assert len(billed([record for _, record in nested.marked(batch, NESTING).others])) == size


@pytest.mark.parametrize("make", [printed, packed, observed, exported, ran])
@pytest.mark.parametrize("is_early_first", [True, False])
@pytest.mark.parametrize(("taken", "made"), [(0, 0), (1000, 7)])
def test_of_a_call_that_was_exported_while_it_ran_the_fullest_telling_is_billed(
    tmp_path: Path, make: Any, is_early_first: bool, taken: int, made: int
) -> None:
    """In two files, as exports of two days: the first telling has no counts yet, or some."""
    tellings = [lines([make("a", "b", taken, made)]), lines([make("a", "b"), make("b", "", kind="chain")])]
    records = read(tmp_path, tellings if is_early_first else tellings[::-1])
    found = [one.usage.stated for one in records if one.outcome.kind is OutcomeKind.BILLED and one.usage]
    assert [(one["input_tokens"], one["output_tokens"]) for one in found] == [(1000, 100)]
    assert billed(records) == ["a"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("grown", ["a", "b"])
def test_a_telling_without_what_was_cached_makes_no_doubt_of_the_fullest(
    tmp_path: Path, grown: str, order: tuple[int, ...]
) -> None:
    rows = [flat(grown), flat("a", **{CACHED: 400}), flat("b", "a", **{CACHED: 400})]
    rows[0] |= {"parent_span_id": "a"} if grown == "b" else {}
    records = read(tmp_path, [lines([rows[place] for place in order])])
    assert billed(records) == ["b"]


@pytest.mark.parametrize("is_packed_first", [True, False])
def test_a_span_in_files_of_two_shapes_is_billed_once(tmp_path: Path, is_packed_first: bool) -> None:
    tellings = [lines([packed("a")]), lines([{**printed("a"), "timestamp": "2026-11-20T10:00:00Z"}])]
    assert billed(read(tmp_path, tellings if is_packed_first else tellings[::-1])) == ["a"]


def agent(number: str, parent: str = "", taken: int = 1500, made: int = 120, **more: Any) -> Row:
    """A span of one object that sums up an agent's calls."""
    return {**printed(number, parent, taken, made), "gen_ai.operation.name": "invoke_agent", **more}


def watched(number: str, parent: str = "", taken: int = 1500, made: int = 120) -> Row:
    """The same as Langfuse's API gives it."""
    return {**observed(number, parent, taken, made), "type": "AGENT"}


def chained(number: str, parent: str = "", taken: int = 1500, made: int = 120) -> Row:
    """The same as LangSmith has it, without a model."""
    return ran(number, parent, taken, made, "chain")


FAMILIES = [(agent, printed), (watched, observed), (chained, ran)]


@pytest.mark.parametrize(("summing", "write"), FAMILIES)
@pytest.mark.parametrize("is_deep", [True, False])
def test_a_sum_that_repeats_its_calls_is_not_billed(tmp_path: Path, summing: Any, write: Any, is_deep: bool) -> None:
    rows = [summing("1"), write("2", "9" if is_deep else "1"), write("3", "9" if is_deep else "1", 500, 20)]
    rows += [summing("9", "1")] if is_deep else []
    for order in permutations(rows):
        assert billed(read(tmp_path, [lines([*order])])) == ["2", "3"]
    assert billed(read(tmp_path, [lines([one]) for one in rows])) == ["2", "3"]


@pytest.mark.parametrize(("summing", "write"), FAMILIES)
@pytest.mark.parametrize("more", [0, 30])
def test_what_a_sum_counts_and_none_of_its_calls_is_told_with_its_cost(
    tmp_path: Path, summing: Any, write: Any, more: int
) -> None:
    """One call of two was lost: the rest is billed by the model that the sum names, and has no price without one."""
    rows = [summing("1"), summing("9", "1"), write("2", "9")]
    rows += [
        {**one, **_trace(number)} for number in range(more) for one in (summing(f"s{number}"), write(f"c{number}"))
    ]
    for order in [rows, rows[::-1]]:
        found = [one for one in read(tmp_path, [lines(order)]) if "CALLS_LOST" in one.codes or one.outcome.reason]
        (lost,) = (one for one in found if "export all calls" in one.remark + one.outcome.reason)
        assert "9" in str(lost.record_id).split(":")[:2]
        if summing is chained:
            assert lost.outcome.kind is OutcomeKind.UNPRICED
        else:
            assert lost.usage is not None
            assert dict(lost.usage.stated) == {"input_tokens": 500, "output_tokens": 20}
            assert lost.untold == ("cache_read_tokens", "repeat")


def _trace(number: int) -> Row:
    return {"trace_id": f"u{number}", "traceId": f"u{number}"}


@pytest.mark.parametrize(("summing", "write"), FAMILIES)
@pytest.mark.parametrize(
    "rows",
    [
        [("1", "", 500, 20), ("2", "1", 1000, 100), ("3", "1", 500, 20)],
        [("1", "", 1500, 120), ("2", "1", 1000, 100), ("3", "gone", 500, 20)],
        [("1", "", 1500, 120), ("2", "", 1000, 100)],
    ],
    ids=["a sum of the last call alone", "what lies around a call is gone", "nothing tells what lies within what"],
)
def test_a_sum_that_may_be_told_by_other_calls_of_its_trace_is_not_billed(
    tmp_path: Path, summing: Any, write: Any, rows: list[tuple[str, str, int, int]]
) -> None:
    found = [(summing if place == 0 else write)(*one) for place, one in enumerate(rows)]
    for order in permutations(found):
        assert billed(read(tmp_path, [lines([*order])])) == [one[0] for one in rows[1:]]


@pytest.mark.parametrize("write", WRITERS)
def test_a_call_that_counts_what_some_of_those_within_it_do_is_told_by_them(tmp_path: Path, write: Any) -> None:
    rows = [write("1", "", 1500, 120), write("2", "1", 1000, 100), write("3", "1", 500, 20), write("4", "1", 70, 7)]
    for order in permutations(rows):
        assert billed(read(tmp_path, [lines([*order])])) == ["2", "3", "4"]


def test_of_a_call_around_others_an_audit_can_tell_what_it_costs_if_it_repeats_them(tmp_path: Path) -> None:
    rows = [printed("1", "", 1500, 121), printed("2", "1", 1000, 100), printed("3", "1", 500, 20)]
    assert ["repeat" in one.untold for one in read(tmp_path, [lines(rows)])] == [True, False, False]


def test_sums_that_lie_within_one_another_in_a_ring_are_not_billed(tmp_path: Path) -> None:
    rows = [agent("1", "2"), agent("2", "1"), printed("3", "2")]
    for order in permutations(rows):
        assert billed(read(tmp_path, [lines([*order])])) == ["3"]
