"""`llmpricing price` and `llmpricing formats` on files as their tools write them, as people run them."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyarrow import parquet

from llmpricing.scripts.cli import main
from tests.commands import Commands, commands_on
from tests.usage_twins import FOLDER, content, documents, table


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, full_book_of_module: str, redis_url: str) -> Commands:
    """Commands on the bundled price lists."""
    return commands_on(tmp_path_factory.mktemp("commands"), full_book_of_module, redis_url)


@pytest.mark.parametrize(
    "name", ["anthropic-cost-report.json", "github-copilot-premium.csv", "openai-usage-images.json"]
)
def test_a_file_that_counts_nothing_with_a_price_is_no_failure(commands: Commands, name: str) -> None:
    answer = commands.json("price", str(FOLDER / name))
    assert (answer["priced"], answer["totals"], answer["unpriced"] > 0) == (0, {}, True)


def test_a_file_of_no_known_shape_is_refused_with_what_to_do(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text('{"rows": [{"name": "gpt-4o", "used": 3}]}', "utf-8")
    done = commands.run("price", str(tmp_path / "log.json"))
    assert (done.exit_code, "formats --suggest FILE > map.toml" in done.output) == (2, True)


def test_a_file_is_answered_with_its_bill(commands: Commands) -> None:
    done = commands.run("price", str(FOLDER / "litellm-spendlogs.json"))
    assert done.exit_code == 0, done.output
    said = done.output.splitlines()
    assert "litellm-spendlogs.json: litellm-spend-logs, LiteLLM's table of spend logs" in said[0]
    assert "; spend = charged; " in said[1]
    assert "  Not counted: " in said[2]
    assert said[3] == "Records: 6; priced: 4; not billed: 1; repeated: 0; without a price: 1"
    assert "  1: a tool's call, without a model" in said
    assert "  1: usage_object is missing: the record does not say how much was used" in said
    assert "Total of the priced records: USD 0.02669" in said
    assert "The files themselves say: USD 0.01969" in said
    assert "  USD 0.009: openai/whisper-1 (1)" in said


def test_programs_read_the_same_as_json(commands: Commands) -> None:
    found = commands.json("price", str(FOLDER / "codex-session.jsonl"))
    assert {name: found[name] for name in ("rows", "priced", "not_billed", "repeated", "unpriced")} == {
        "rows": 5,
        "priced": 3,
        "not_billed": 0,
        "repeated": 2,
        "unpriced": 0,
    }
    assert found["totals"] == {"USD": "0.0521685"}
    assert found["files"][0]["shape"] == "codex-sessions"
    counts = found["columns"]["codex-sessions"]["read"]
    assert counts["payload.info.last_token_usage.cached_input_tokens"] == ["cache_read_tokens"]


@pytest.mark.parametrize("command", ["price", "audit"])
def test_a_file_that_was_cut_by_a_column_says_so_in_its_summary(
    commands: Commands, tmp_path: Path, command: str
) -> None:
    """Of the two calls that are billed: without their output they have no price, without their caches one too low."""
    cut = tmp_path / "helicone.csv"
    lacks = "the file has no field for that, which its tool always writes; export it anew, whole"
    said = f"no output tokens: {lacks}"
    rows = documents("helicone.csv")

    def without(column: str) -> Mapping[str, Any]:
        cut.write_bytes(table([{name: one for name, one in row.items() if name != column} for row in rows]))
        return commands.json(command, str(cut), exit_code=commands.run(command, str(cut)).exit_code)

    found = without("prompt_cache_read_tokens")
    assert found["remarks"] == {f"no cache read tokens: {lacks}": 2}
    assert found["warnings"]["COLUMN_MISSING"] == 2
    assert f"Priced, but:\n  2: no cache read tokens: {lacks}\n" in commands.run(command, str(cut)).output
    found = without("completion_tokens")
    assert (found["priced"], found["totals"]) == (0, {})
    reasons = [one["reason"] for one in found["unpriced_reasons"]]
    assert sorted(reasons, reverse=True) == [
        "total is 1800 tokens, and all that the record counts are 1500: export it anew, whole",
        said,
    ]


def test_folders_globs_and_standard_input_are_read_and_what_is_no_usage_is_said(
    commands: Commands, tmp_path: Path
) -> None:
    for name in ("claude-code-session.jsonl", "codex-session.jsonl"):
        (tmp_path / name.split("-")[0]).mkdir()
        shutil.copy(FOLDER / name, tmp_path / name.split("-")[0])
    (tmp_path / "notes.json").write_text('{"hello": "world"}')
    (tmp_path / "torn.json").write_text('{"hello": [1,')
    found = commands.json("price", str(tmp_path))
    assert found["rows"] == 13
    assert [Path(path).name for path in found["not_recognised"]] == ["notes.json", "torn.json"]
    torn = commands.run("price", str(tmp_path / "torn.json"))
    assert (torn.exit_code, f"{tmp_path / 'torn.json'}: The file is no JSON" in torn.output) == (1, True)
    assert commands.json("price", str(tmp_path / "*" / "*.jsonl"))["totals"] == found["totals"]
    piped = commands.run("price", "-", "--json", data=content("codex-session.jsonl"))
    assert json.loads(piped.stdout)["totals"] == {"USD": "0.0521685"}


def test_what_may_mean_money_stops_the_file_before_anything_is_priced(commands: Commands, tmp_path: Path) -> None:
    row = json.loads(content("portkey.jsonl").splitlines()[0])
    row["response"]["body"]["usage"]["prompt_tokens_details"]["cached_video_tokens"] = 500
    (tmp_path / "log.jsonl").write_text(json.dumps(row))
    done = commands.run("price", str(tmp_path / "log.jsonl"))
    assert done.exit_code == 2
    assert "Nothing was priced" in done.output
    assert "prompt_tokens_details.cached_video_tokens" in done.output
    assert "Total" not in done.output
    going_on = commands.run("price", str(tmp_path / "log.jsonl"), "--ignore-column", "cached_video_tokens")
    assert "Total: USD 0.0102" in going_on.output


def test_the_shape_may_be_named_and_an_unknown_one_is_refused(commands: Commands, tmp_path: Path) -> None:
    done = commands.run("price", str(FOLDER / "helicone.csv"), "--format", "helicone")
    assert "Total: USD 0.012505" in done.output
    refused = commands.run("price", str(FOLDER / "helicone.csv"), "--format", "heliconia")
    assert (refused.exit_code, "llmpricing formats lists" in refused.output) == (2, True)
    (tmp_path / "plain.csv").write_text("name,at,words\n")
    two = commands.run("price", str(FOLDER / "helicone.csv"), str(tmp_path / "plain.csv"))
    assert (two.exit_code, "of no shape that is known" in two.output) == (1, True)
    gone = commands.run("price", str(tmp_path / "nowhere.csv"))
    assert (gone.exit_code, "does not exist" in gone.output) == (2, True)


def test_the_shapes_are_listed_one_a_line() -> None:
    listed = json.loads(CliRunner().invoke(main, ["formats", "--json"]).stdout)
    said = CliRunner().invoke(main, ["formats"]).output.splitlines()
    assert len(said) == len(listed) > 30
    assert all(line.startswith(one["name"]) and one["title"] in line for line, one in zip(said, listed, strict=True))


@pytest.mark.parametrize("ending", [".csv", ".ndjson", ".parquet"])
def test_each_record_is_written_with_its_price_and_the_sum_is_the_bill(
    commands: Commands, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"rows{ending}"
    files = [str(FOLDER / name) for name in ("litellm-spendlogs.json", "codex-session.jsonl")]
    found = commands.json("price", *files, "-o", str(out))
    rows = rows_of(out)
    assert len(rows) == found["rows"]
    assert sum(Decimal(row["cost"]) for row in rows if row["cost"]) == Decimal(found["totals"]["USD"])
    assert sum(Decimal(row["charged"]) for row in rows if row["charged"]) == Decimal(found["charged"]["USD"])
    assert Counter(row["outcome"] for row in rows) == {"billed": 7, "not_billed": 1, "unpriced": 1, "repeated": 2}
    assert all(row["reason"] for row in rows if row["outcome"] in ("not_billed", "unpriced"))
    again = commands.run("price", *files, "-o", str(out))
    assert (again.exit_code, "replace it with --force" in again.output) == (2, True)


def rows_of(out: Path) -> list[dict[str, str]]:
    if out.suffix == ".parquet":
        return parquet.read_table(out).to_pylist()
    if out.suffix == ".csv":
        return list(csv.DictReader(out.read_text("utf-8").splitlines()))
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_names_of_ones_own_and_an_unsaid_seller_can_be_stated(commands: Commands, tmp_path: Path) -> None:
    row = json.loads(content("litellm-spendlogs.ndjson").splitlines()[0])
    row["model"], row["custom_llm_provider"] = "prod-chat", ""
    row["metadata"]["model_map_information"] = None
    (tmp_path / "log.ndjson").write_text(json.dumps(row))
    assert commands.json("price", str(tmp_path / "log.ndjson"), exit_code=1)["unpriced"] == 1
    mapped = commands.json("price", str(tmp_path / "log.ndjson"), "--map", "prod-chat=anthropic/claude-haiku-4-5")
    assert mapped["totals"] == {"USD": "0.01025"}
    row["model"] = "claude-haiku-4-5"
    (tmp_path / "log.ndjson").write_text(json.dumps(row))
    sold = commands.json("price", str(tmp_path / "log.ndjson"), "--provider", "anthropic")
    assert sold["totals"] == {"USD": "0.01025"}
    odd = commands.run("price", str(tmp_path / "log.ndjson"), "--map", "prod-chat")
    assert (odd.exit_code, "is no NAME=OFFERING" in odd.output) == (2, True)
