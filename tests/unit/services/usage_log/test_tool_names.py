"""Tables whose columns a warehouse, a data frame or a spreadsheet gave other names than their tool did."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UnknownShape, UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind
from llmpricing.services.usage_log.formats.registry import BY_NAME, recognised
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.tool_columns import COLUMNS, QUOTE_TABLE
from tests import usage_twins as twins
from tests.usage_reads import read, told

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[./ ]")
TABLES = sorted(
    name
    for name in twins.NAMES
    if (shape := recognised(one for one in twins.documents(name) if isinstance(one, Mapping))) and shape.name in COLUMNS
)


def in_capitals(name: str) -> str:
    """As Snowflake has names that nobody quoted."""
    return re.sub(r"\W", "_", name).upper()


def in_lower_case(name: str) -> str:
    """As PostgreSQL, Redshift and Athena have them."""
    return re.sub(r"\W", "_", name).lower()


def in_snake_case(name: str) -> str:
    """As dbt has them."""
    return re.sub(r"__+", "_", _WORDS.sub("_", name)).lower()


def in_capital_words(name: str) -> str:
    """As a spreadsheet for people has them."""
    return f" {in_snake_case(name).replace('_', ' ').title()} "


WAYS = [in_capitals, in_lower_case, in_snake_case, in_capital_words]
Way = Callable[[str], str]


def rewritten(way: Way, rows: list[Any]) -> list[dict[str, Any]]:
    """The rows by other names, numbered by a data frame."""
    return [{"Unnamed: 0": place, **{way(name): cell for name, cell in row.items()}} for place, row in enumerate(rows)]


def written(form: str, rows: list[dict[str, Any]]) -> bytes:
    return {"csv": twins.table, "ndjson": twins.lines, "parquet": twins.as_parquet}[form](rows)


def forms_of(name: str) -> list[str]:
    return ["csv", "ndjson", "parquet"] if name.endswith(".csv") else ["ndjson"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(("name", "form"), [(name, form) for name in TABLES for form in forms_of(name)])
def test_a_table_says_the_same_under_other_names(tmp_path: Path, name: str, form: str, way: Way) -> None:
    data = written(form, rewritten(way, twins.documents(name)))
    # Amazon's two reports are told apart by nothing but the signs between the words.
    assert read(tmp_path, data)[1] == read(tmp_path, twins.content(name))[1]


@pytest.mark.parametrize("name", TABLES)
def test_many_rows_under_other_names_are_read_together_as_one_by_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(written(forms_of(name)[0], rewritten(in_capitals, twins.documents(name) * 20)))
    together, alone = (list(UsageFiles([usage_file(path)], one_by_one=one).records()) for one in (False, True))
    assert list(map(told, together)) == list(map(told, alone))


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_of_a_shape_are_all_that_its_reader_asks_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    asked: set[str] = set()
    for way in ("value", "text", "known"):
        plain = getattr(Row, way)

        def noting(row: Row, *names: str, plain: Callable[..., Any] = plain) -> Any:
            if row.raw.keys() >= wanted:
                asked.update(names)
            return plain(row, *names)

        monkeypatch.setattr(Row, way, noting)
    path = tmp_path / "upload"
    rows = twins.documents(name)
    wanted = set(rows[0]).intersection(*rows)
    path.write_bytes(twins.content(name))
    file = usage_file(path)
    list(UsageFiles([file], one_by_one=True).records())
    known = {re.sub(r"\W|_", "", column).lower() for column in COLUMNS[file.shape.name]}
    assert {column for column in asked if re.sub(r"\W|_", "", column).lower() not in known} <= {""}


@pytest.mark.parametrize("shape", sorted({*COLUMNS} - {QUOTE_TABLE}))
def test_columns_are_those_of_a_shape_that_is_known_by_some_of_them(shape: str) -> None:
    assert any(sign <= {*COLUMNS[shape]} for sign in BY_NAME[shape].signs)


HELICONE = twins.documents("helicone.csv")


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_two_columns_of_one_name_that_say_different_things_are_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / "upload"
    named = [{in_capital_words(name).strip(): cell for name, cell in row.items()} for row in HELICONE]
    path.write_bytes(written(form, [{**row, "mODEL": "gpt-4o"} for row in named]))
    with pytest.raises(LogError, match=r"Model and mODEL are both model .* different things.*: take one"):
        list(UsageFiles([usage_file(path)]).records())


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_two_columns_of_one_name_that_say_the_same_are_one(tmp_path: Path, form: str) -> None:
    named = [{in_capital_words(name).strip(): cell for name, cell in row.items()} for row in HELICONE]
    twice = [
        {**row, "MODEL": row["Model"], "PROMPT_TOKENS": f"{row['Prompt Tokens']}.0", "STATUS": ""} for row in named
    ]
    assert read(tmp_path, written(form, twice)) == read(tmp_path, twins.content("helicone.csv"))


def test_a_column_beside_the_one_that_the_tool_writes_is_another(tmp_path: Path) -> None:
    both = [{**row, "MODEL": "a label"} for row in HELICONE]
    assert read(tmp_path, twins.table(both)) == read(tmp_path, twins.content("helicone.csv"))
    path = tmp_path / "upload"
    path.write_bytes(twins.table([{**row, "PROMPT_TOKENS": "7"} for row in HELICONE]))
    with pytest.raises(LogError, match="PROMPT_TOKENS"):
        list(UsageFiles([usage_file(path)]).records())


def test_a_count_in_capitals_that_no_reader_knows_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    rows = [{**{in_capitals(name): cell for name, cell in row.items()}, "VIDEO_TOKENS": "7"} for row in HELICONE]
    path.write_bytes(twins.table(rows))
    with pytest.raises(LogError, match="VIDEO_TOKENS"):
        list(UsageFiles([usage_file(path)]).records())


def test_a_table_of_ones_own_whose_columns_are_called_alike_is_of_no_tool(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    row = {"date": "2026-11-20", "model": "m", "spend": 1, "prompt_tokens": 5, "completion_tokens": 1}
    path.write_bytes(twins.table([row]))
    with pytest.raises(UnknownShape):
        usage_file(path)


def test_a_cache_that_a_column_in_capitals_tells_of_is_told(tmp_path: Path) -> None:
    spans = [{in_capitals(name): value for name, value in one.items()} for one in twins.documents("otel-flat.ndjson")]
    names = dict.fromkeys(name for one in spans for name in one)
    path = tmp_path / "upload"
    path.write_bytes(twins.table([{**dict.fromkeys(names), **one} for one in spans]))
    remarks = {one.remark for one in UsageFiles([usage_file(path)]).records() if one.outcome.kind is OutcomeKind.BILLED}
    assert not any("cache" in one for one in remarks)
