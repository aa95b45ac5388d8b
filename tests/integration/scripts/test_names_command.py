"""`llmpricing names` and `alias import`, on a real price book."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from llmpricing.services.names.coverage import NamedAt
from llmpricing.services.names.name_files import read_aliases, read_names
from tests.commands import Commands, commands_on


@pytest.fixture
def book(book_url: str, redis_url: str, tmp_path: Path) -> Commands:
    return commands_on(tmp_path, book_url, redis_url)


def test_a_teams_own_names_are_done_in_one_sitting(book: Commands, tmp_path: Path) -> None:
    log, out = tmp_path / "log.ndjson", tmp_path / "aliases.csv"
    rows = [{"model": "acme-small"}, {"model": "our-chat"}, {"model": "our-chat"}, {"model": "acme-larger"}]
    log.write_text("\n".join(json.dumps(row) for row in rows))
    told = book.run("names", str(log), "--aliases", str(out))
    assert told.exit_code == 0, told.output
    assert "3 names: 1 priced, 0 known without a price, 2 not known." in told.output
    assert "seller acme: 1" in told.output
    assert [line.split(",")[:2] for line in out.read_text().splitlines()] == [
        ["name", "offering"],
        ["our-chat", ""],
        ["acme-larger", ""],
    ]
    out.write_text(out.read_text().replace("our-chat,", "our-chat,acme/acme-large"))
    assert "1 names were given" in book.run("alias import", str(out)).output
    assert "3 names: 2 priced" in book.run("names", str(log)).output


def test_a_file_of_aliases_is_taken_whole_or_not_at_all(book: Commands, tmp_path: Path) -> None:
    out = tmp_path / "aliases.csv"
    out.write_text("name,offering\nour-chat,acme/acme-large\nour-code,nobody/nothing\n")
    assert book.run("alias import", str(out)).exit_code == 1
    assert "There are none." in book.run("alias list").output
    out.write_text("first,second\na,b\n")
    failed = book.run("alias import", str(out))
    assert failed.exit_code == 1
    assert "no columns name and offering" in failed.output


def test_the_names_of_a_parquet_or_packed_log_are_those_of_its_text(book: Commands, tmp_path: Path) -> None:
    """A column of names, and objects in cells that hold them."""
    rows = [{"model": name, "input_tokens": 5} for name in ("acme-small", "our-chat", "acme-small")]
    told = []
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "log.parquet")
    parquet.write_table(pa.Table.from_pylist([{"id": 1, "call": row} for row in rows]), tmp_path / "calls.parquet")
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (tmp_path / "log.ndjson.gz").write_bytes(gzip.compress(text))
    (tmp_path / "log.ndjson").write_bytes(text)
    for name in ("log.ndjson", "log.parquet", "calls.parquet", "log.ndjson.gz"):
        done = book.run("names", str(tmp_path / name))
        assert done.exit_code == 0, done.output
        told.append(done.output)
    assert told == [told[0]] * 4
    assert "2 names: 1 priced, 0 known without a price, 1 not known." in told[0]


def test_a_parquet_log_without_names_says_which_columns_it_has(book: Commands, tmp_path: Path) -> None:
    log = tmp_path / "log.parquet"
    parquet.write_table(pa.table({"what": ["a"], "input_tokens": [5]}), log)
    assert (
        "has no column model. Name it with --model-column; it has: what, input_tokens."
        in book.run("names", str(log)).output
    )
    assert "1 names" in book.run("names", str(log), "--model-column", "what").output
    log.write_bytes(log.read_bytes()[:-5])
    failed = book.run("names", str(log))
    assert (failed.exit_code, "get it anew" in failed.output) == (1, True)


OPENROUTERS = NamedAt("anthropic/claude-4.5-haiku-20251001", "openrouter")
SPAN = {
    "name": "chat",
    "attributes": [
        {"key": "gen_ai.provider.name", "value": {"stringValue": "anthropic"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "a"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "10"}},
    ],
}
LANGSMITH = '"{""metadata"": {""ls_provider"": ""anthropic"", ""ls_model_name"": ""a""}}"'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gpt-4o\n\nclaude\ngpt-4o\n", [NamedAt("gpt-4o"), NamedAt("claude")]),
        ("time,model,provider\n1,gpt-4o,azure\n2,gpt-4o,\n", [NamedAt("gpt-4o", "azure"), NamedAt("gpt-4o")]),
        ('{"gen_ai.request.model": "a", "gen_ai.system": "xai"}\n{"other": 1}\n', [NamedAt("a", "xai")]),
        ("", []),
        ("name,offering,suggestions\nour-chat,,openai/gpt-4o\n", [NamedAt("our-chat")]),
        (
            "id,name,model,provider\n1,answer,,\n2,answer,gpt-4o,OPENAI\n",
            [NamedAt("gpt-4o", "OPENAI")],
        ),  # Langfuse, Helicone
        ("id,model_permaslug\n1,anthropic/claude-4.5-haiku-20251001\n", [OPENROUTERS]),
        (
            '[\n {"model": "a", "custom_llm_provider": "azure"},\n {"model": "a"}\n]',
            [NamedAt("a", "azure"), NamedAt("a")],
        ),
        ('{"data": [{"results": [{"model": "a", "input_tokens": 1}]}]}', [NamedAt("a")]),  # OpenAI's usage
        (
            '{"ai_org": "openai", "ai_model": "a", "request": {"body": {"model": "b"}}}',
            [NamedAt("a", "openai")],
        ),  # Portkey
        ('{"type": "summary"}\n{"message": {"model": "a"}}\n', [NamedAt("a")]),  # Claude Code
        (json.dumps({"resourceSpans": [{"spans": [SPAN]}]}, indent=1), [NamedAt("a", "anthropic")]),
        (f"id,name,extra\n1,ChatModel,{LANGSMITH}\n", [NamedAt("a", "anthropic")]),
    ],
)
def test_names_are_read_out_of_logs_and_lists(text: str, found: list[NamedAt]) -> None:
    assert read_names(text) == found


def test_only_what_was_filled_in_is_an_alias() -> None:
    assert list(read_aliases("name,offering,suggestions\na,openai/gpt-4o,x\nb,,y\n")) == [("a", "openai/gpt-4o")]


def test_a_log_without_a_column_of_names_is_refused_and_told_how_to_name_one(book: Commands, tmp_path: Path) -> None:
    log = tmp_path / "usage.csv"
    log.write_text("used_at,deployment,input_tokens\n2026-11-20,acme-small,10\n")
    failed = book.run("names", str(log))
    assert failed.exit_code == 1
    assert "has no column model. Name it with --model-column; it has: used_at, deployment, input_tokens." in (
        failed.output
    )
    assert "1 names: 1 priced" in book.run("names", str(log), "--model-column", "deployment").output
    log.with_suffix(".ndjson").write_text('{"used_at": "2026-11-20", "deployment": "acme-small"}\n')
    assert "has no column model" in book.run("names", str(log.with_suffix(".ndjson"))).output
