"""Calls that several instruments tell, one span within the other: the innermost is billed, whatever comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from llmpricing.domain.usage.quantities import count
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.nested_calls import NestedCalls
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests.usage_twins import lines
from tests.usage_world import AT, document, resources, span

Row = dict[str, Any]
DIFFER = "NESTED_CALLS_DIFFER"
CACHED = "gen_ai.usage.cache_read.input_tokens"


def flat(number: str, parent: str = "", trace: str = "t", **more: Any) -> Row:
    """A span of one object, as the readers of columns take it."""
    row = {"timestamp": AT, "trace_id": trace, "span_id": number, "gen_ai.operation.name": "chat"}
    row |= {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 100_000, "gen_ai.usage.output_tokens": 1000}
    return {**row, **({"parent_span_id": parent} if parent else {}), **more}


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
    return sorted(str(one.record_id).split(":")[1] + "?" * (DIFFER in one.codes) for one in found)


CHAIN = [("1", ""), ("2", "1"), ("3", "2")]
TREES = [
    ("a chain of three", CHAIN, ["3"]),
    ("a chain of four", [*CHAIN, ("4", "3")], ["4"]),
    ("a child with two of its own", [("1", ""), ("2", "1"), ("3", "2"), ("4", "2")], ["3", "4"]),
    ("two within one", [("1", "0"), ("2", "1"), ("3", "1")], ["2", "3"]),
    ("a chain whose middle is gone", [("1", ""), ("3", "2"), ("4", "3")], ["1", "4"]),
    ("one within itself", [("1", "1"), ("2", "")], ["1", "2"]),
    ("two within each other", [("1", "2"), ("2", "1"), ("3", "")], ["1", "2", "3"]),
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
        nested.add(batch)
    nested.settle()
    assert billed([record for batch in batches for _, record in nested.marked(batch).others]) == ["2"] * size
