"""`llmpricing audit`, as people run it: on files as their tools write them."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from llmpricing.charts.figures import minute
from tests import usage_twins as twins
from tests.commands import Commands, commands_on
from tests.example_log import EXAMPLE, example_log
from tests.usage_twins import FOLDER

README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")

CHARGED = ("litellm-spendlogs.csv", "openrouter-activity.csv", "langfuse-observations.json", "aws-focus.csv")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, full_book_of_module: str, redis_url: str) -> Commands:
    """Commands on the bundled price lists."""
    return commands_on(tmp_path_factory.mktemp("commands"), full_book_of_module, redis_url)


def spend_log(path: Path, *rows: dict[str, Any]) -> Path:
    """A file of LiteLLM's spend logs with these rows, gpt-4.1-mini where they name no other model."""
    path.write_text("".join(json.dumps(spend(number, **row)) + "\n" for number, row in enumerate(rows)))
    return path


def spend(number: int, taken: int, made: int, cached: int, spend: float, **more: Any) -> dict[str, Any]:
    usage = {
        "prompt_tokens": taken,
        "completion_tokens": made,
        "total_tokens": taken + made,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    return {
        "request_id": f"req-{number}",
        "call_type": "acompletion",
        "spend": spend,
        "startTime": "2026-11-20T10:00:00Z",
        "model": "gpt-4.1-mini",
        "custom_llm_provider": "openai",
        "status": "success",
        "team_id": "team-a" if number % 2 else "team-b",
        "user": "=cmd|' /C calc'!A0",
        "metadata": {"usage_object": usage},
        **more,
    }


# At 0.4 a million, 0.1 cached and 1.6 for output: 2,000 x 0.4 + 8,000 x 0.1 + 500 x 1.6 = 2,400 millionths.
RIGHT, FULL_PRICE = 0.0024, 0.0048
ROW = {"taken": 10_000, "made": 500, "cached": 8_000}


def test_a_log_with_a_mistake_is_explained_with_its_arithmetic(commands: Commands, tmp_path: Path) -> None:
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT}, {**ROW, "spend": FULL_PRICE})
    done = commands.run("audit", str(log))
    assert done.exit_code == 3
    said = done.output.splitlines()
    assert "Logged: USD 0.0072; recomputed: USD 0.0048" in said
    assert "Difference: USD 0.0024 (+50.00 %): the log says too much" in said
    assert "  USD 0.0024 (100.0 %), 1 record: cached tokens at the full input price" in said
    place = said.index("    such as req-1 openai/gpt-4.1-mini at 2026-11-20 10:00: logged 0.0048, right is 0.0024")
    products = [re.sub(r"price \d+", "price N", line) for line in said[place + 1 : place + 4]]
    assert products == [
        "      = 2,000 input_tokens x 0.4 / 1,000,000 (price N, genai-prices)",
        "      + 8,000 cache_read_tokens x 0.1 / 1,000,000 (price N, genai-prices)",
        "      + 500 output_tokens x 1.6 / 1,000,000 (price N, genai-prices)",
    ]


def test_programs_read_the_same_and_every_group_and_cause_sums_up(commands: Commands, tmp_path: Path) -> None:
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT}, {**ROW, "spend": FULL_PRICE})
    found = commands.json("audit", str(log), "--by", "team,model", "--by", "day", exit_code=3)
    assert {name: found[name] for name in ("rows", "priced", "not_billed", "repeated", "unpriced", "right")} == {
        "rows": 2,
        "priced": 2,
        "not_billed": 0,
        "repeated": 0,
        "unpriced": 0,
        "right": 1,
    }
    assert (found["logged"], found["recomputed"], found["difference"]) == ("0.0072", "0.0048", "0.0024")
    (cause,) = found["causes"]
    assert (cause["name"], cause["money"], cause["share"]) == ("cached_at_full_price", "0.0024", "100")
    assert sum(Decimal(line["amount"]) for line in cause["example"]["lines"]) == Decimal(cause["example"]["right"])
    assert found["by"] == [
        {"team": team, "model": "openai/gpt-4.1-mini", "day": "2026-11-20", "records": 1, **sums}
        for team, sums in (
            ("team-a", {"logged": "0.0048", "recomputed": "0.0024", "difference": "0.0024"}),
            ("team-b", {"logged": "0.0024", "recomputed": "0.0024", "difference": "0"}),
        )
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**ROW, "model": "no-such-model", "spend": 0}, "no record has a price; mend what stands under 'Without"),
        ({**ROW, "cache_hit": "True", "spend": 0}, "no record is to be billed."),
    ],
)
def test_a_log_of_which_nothing_has_a_price_is_not_called_right(
    commands: Commands, tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    done = commands.run("audit", str(spend_log(tmp_path / "log.ndjson", row)))
    assert f"Nothing could be compared: {said}" in done.output
    assert "The log is right" not in done.output


def test_the_exit_code_says_whether_the_log_is_right_within_a_tolerance(commands: Commands, tmp_path: Path) -> None:
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT}, {**ROW, "spend": 0.00242})
    assert commands.run("audit", str(log)).exit_code == 0  # 0.02 of 4.8, which is 0.42 %
    assert commands.run("audit", str(log), "--tolerance", "0.4%").exit_code == 3
    assert commands.run("audit", str(log), "--tolerance", "much").exit_code == 2
    assert commands.run("audit", str(log), "--by", "moon").exit_code == 2
    broken = commands.run("audit", str(tmp_path / "none.csv"))
    assert broken.exit_code == 2
    (tmp_path / "torn.json").write_text('{"request_id": [')
    assert commands.run("audit", str(tmp_path / "torn.json"), "--format", "litellm-spend-logs").exit_code == 1


@pytest.mark.parametrize("name", CHARGED)
def test_sums_of_the_written_rows_are_those_of_the_audit_and_of_price(
    commands: Commands, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "rows.csv"
    found = json.loads(commands.run("audit", str(FOLDER / name), "-o", str(out), "--json").stdout)
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    total = sum(Decimal(row["cost_usd"]) for row in rows if row["cost_usd"])
    assert total == Decimal(found["recomputed"]) == Decimal(commands.json("price", str(FOLDER / name))["totals"]["USD"])
    assert sum(Decimal(row["difference_usd"]) for row in rows) == Decimal(found["difference"])
    assert sum(Decimal(cause["money"]) for cause in found["causes"]) == Decimal(found["difference"])
    assert Decimal(found["logged"]) - Decimal(found["recomputed"]) == Decimal(found["difference"])


def test_rows_are_written_whole_without_formulas_and_on_request_without_names(
    commands: Commands, tmp_path: Path
) -> None:
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT}, {**ROW, "spend": FULL_PRICE})
    out = tmp_path / "rows.csv"
    assert commands.run("audit", str(log), "-o", str(out)).exit_code == 3
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["causes"] for row in rows] == ["", "cached_at_full_price"]
    assert not any(cell.startswith(("=", "@", "+")) for row in rows for cell in row.values())
    again = commands.run("audit", str(log), "-o", str(out))
    assert (again.exit_code, "replace it with --force" in again.output) == (2, True)
    hidden = tmp_path / "hidden.parquet"
    done = commands.run("audit", str(log), "-o", str(hidden), "--redact", "--by", "team")
    shown, _, named = done.output.partition("Each record with its causes: ")
    assert (str(tmp_path) in shown, shown.startswith("file 1: litellm-spend-logs"), named.strip()) == (
        False,
        True,
        str(hidden),
    )
    told = shown + str(parquet.read_table(hidden).to_pylist())
    assert not [name for name in ("team-a", "team-b", "req-1", "calc") if name in told]
    (first, second) = parquet.read_table(hidden).column("labels").to_pylist()
    assert json.loads(first)["user"] == json.loads(second)["user"] != json.loads(first)["team"]


def test_who_asks_for_a_tolerance_is_not_answered_well_where_nothing_could_be_compared(
    commands: Commands, tmp_path: Path
) -> None:
    """A log that lost its costs, an empty one and one without a price are nothing that a job in CI may pass on."""
    unpriced = {**ROW, "spend": 0, "model": "nobodys-own-model", "custom_llm_provider": "nobody"}
    lost = {**ROW, "spend": None}
    for rows in ([lost], [], [unpriced]):
        log = spend_log(tmp_path / "log.ndjson", *rows)
        asked = ("audit", str(log), "--format", "litellm-spend-logs")
        assert commands.json(*asked)["compared"] == 0
        strict = commands.run(*asked, "--tolerance", "0.5")
        assert (strict.exit_code, "Nothing was compared, as --tolerance asks" in strict.stderr) == (1, True)
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT}, lost)
    assert commands.json("audit", str(log), "--tolerance", "60")["compared"] == 1


@pytest.mark.parametrize("name", ["anthropic-console-cost.csv", "anthropic-cost-report.json"])
def test_a_file_of_costs_alone_is_nothing_compared_where_a_tolerance_is_asked_for(
    commands: Commands, name: str
) -> None:
    """It says what was charged and no usage: there is nothing that it could be wrong by."""
    done = commands.run("audit", str(FOLDER / name), "--tolerance", "1")
    assert (done.exit_code, "Nothing was compared, as --tolerance asks" in done.stderr) == (1, True), done.output


@pytest.mark.parametrize(
    "data", [b'{"x', b"a,b\n1,2\n", b"\xff\xfea", b"request_created_at,prompt_tokens,more_tokens\n1,2,3"]
)
@pytest.mark.parametrize("command", ["audit", "price", "outlook", "elsewhere"])
def test_standard_input_is_named_as_it_was_given_whatever_is_wrong_with_it(
    commands: Commands, command: str, data: bytes
) -> None:
    done = commands.run(command, "-", data=data)
    assert done.exit_code in (1, 2)
    assert "standard-input" not in done.output
    assert "llmpricing-" not in done.output
    log = json.dumps(spend(1, 10, 5, 0, 0.1)).encode()
    found = json.loads(commands.run(command, "-", "--json", data=log).stdout)
    assert found["files"][0]["path"] == "-"


def test_a_file_without_costs_is_answered_with_its_bill_and_no_exit_code(commands: Commands) -> None:
    done = commands.run("audit", str(FOLDER / "codex-session.jsonl"), "--by", "model")
    assert done.exit_code == 0, done.output
    assert "Total: USD 0.0521685; the files state no cost, so nothing is compared" in done.output
    assert "  openai/gpt-5.3-codex: USD 0.0362705 (2 records)" in done.output
    found = commands.json("audit", str(FOLDER / "codex-session.jsonl"))
    assert (found["logged"], found["difference"], found["causes"]) == (None, None, [])
    assert found["recomputed"] == "0.0521685"


def test_costs_without_quantities_compare_nothing_and_are_not_wrong(commands: Commands) -> None:
    """What is charged has no figure beside it; who wants one says --tolerance, and is told that there is none."""
    costs = str(FOLDER / "anthropic-console-cost.csv")
    done = commands.run("audit", costs)
    assert (done.exit_code, "Nothing could be compared" in done.output) == (0, True), done.output
    assert "llmpricing audit LOG --charged FILES" in done.output
    assert commands.run("audit", costs, "--tolerance", "1").exit_code == 1


def test_a_row_has_the_cause_that_the_report_has(commands: Commands, tmp_path: Path) -> None:
    """0.00244 is 0.0024 rounded, unless another figure of the file is written more finely."""
    for name, other in (("rounding", 0.0024), ("unexplained", 0.0024400007)):
        coarse = {**ROW, "taken": 10_100, "spend": 0.0024}
        log = spend_log(tmp_path / f"{name}.ndjson", coarse, {**ROW, "taken": 10_100, "spend": other})
        out = tmp_path / f"{name}.csv"
        found = commands.run("audit", str(log), "-o", str(out), "--json")
        with out.open(encoding="utf-8", newline="") as file:
            rows = [row["causes"] for row in csv.DictReader(file)]
        told = {row["name"]: row["records"] for row in json.loads(found.stdout)["causes"]}
        assert (dict(Counter(rows)), rows[0]) == (told, name)


def test_the_prices_of_another_day_are_taken_on_request(commands: Commands, tmp_path: Path) -> None:
    """gpt-5.6-sol cost 5 and 30 a million until August, 4 and 20 now."""
    row = {"taken": 10_000, "made": 500, "cached": 0, "spend": 0.05, "model": "gpt-5.6-sol"}
    log = spend_log(tmp_path / "log.ndjson", row)
    assert commands.json("audit", str(log), exit_code=0)["recomputed"] == "0.05"
    then = commands.json("audit", str(log), "--at-prices-of", "2026-08-10", "--by", "day", exit_code=3)
    assert (then["recomputed"], then["by"][0]["day"]) == ("0.065", "2026-11-20")


def test_a_bill_is_told_by_day_model_project_and_session_with_what_caching_saved(
    commands: Commands, tmp_path: Path
) -> None:
    """Of 8,000 cached tokens each costs 0.3 millionths less: 0.0024; 0.0024 in a month are less than 1."""
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": None, "session_id": "s-1"})
    done = commands.run("audit", str(log), "--flat", "1/month")
    assert done.exit_code == 0, done.output
    said = done.output.splitlines()
    assert "Total: USD 0.0024; the files state no cost, so nothing is compared" in said
    assert "Caching saved USD 0.0024" in said
    days = "from 2026-11-20 to 2026-11-20, which is all that the log tells of the month"
    assert f"  2026-11: USD 0.0024 used {days}, paying by use saves USD 0.9976" in said
    assert "one subscription for all of" not in done.output
    assert [line for line in said if line.startswith("By ")] == ["By day:", "By model:", "By session:"]
    found = commands.json("audit", str(log), "--flat", "0.001/month")
    (month,) = found["flat"]
    sums = {"used": "0.0024", "flat": "0.001", "flat_saves": "0.0014"}
    assert month == {"month": "2026-11", **sums, "log_begins": "2026-11-20", "log_ends": "2026-11-20"}
    assert commands.run("audit", str(log), "--flat", "free").exit_code == 2
    twice = commands.run("audit", str(log), "--flat", "20/month", "--flat", "200/month")
    assert (twice.exit_code, "is said 2 times" in twice.output) == (2, True)


def test_months_within_a_log_are_whole_and_a_plan_beside_two_tools_says_so(commands: Commands, tmp_path: Path) -> None:
    days = ("2026-09-01", "2026-10-05", "2026-11-29")
    log = spend_log(tmp_path / "log.ndjson", *({**ROW, "spend": None, "startTime": f"{day}T10:00:00Z"} for day in days))
    other = tmp_path / "ccusage.csv"
    other.write_bytes(twins.content("helicone.csv"))
    found = commands.json("audit", str(log), "--flat", "1")["flat"]
    assert [(one["month"], one["log_begins"], one["log_ends"]) for one in found] == [
        ("2026-09", None, None),
        ("2026-10", None, None),
        ("2026-11", None, "2026-11-29"),
    ]
    said = commands.run("audit", str(log), str(other), "--flat", "1").output
    assert "one subscription for all of" in said


def test_the_dearest_twenty_groups_are_told_and_the_rest_is_summed(commands: Commands, tmp_path: Path) -> None:
    row = {**ROW, "spend": None}
    log = spend_log(tmp_path / "log.ndjson", *({**row, "session_id": f"s-{number}"} for number in range(23)))
    said = commands.run("audit", str(log), "--by", "session").output.splitlines()
    sessions = said[said.index("By session:") + 1 :]
    assert sum(line.startswith("  s-") for line in sessions) == 20
    assert "  and 3 more: USD 0.0072 (3 records); --json tells all" in sessions
    assert len(commands.json("audit", str(log), "--by", "session")["by"]) == 23


def test_days_stand_in_calendar_order_whatever_each_cost(commands: Commands, tmp_path: Path) -> None:
    days = ("2026-11-20", "2026-11-18", "2026-11-19")
    rows = [
        {**ROW, "taken": 10_000 * number, "spend": None, "startTime": f"{day}T10:00:00Z"}
        for number, day in enumerate(days, 1)
    ]
    log = spend_log(tmp_path / "log.ndjson", *rows)
    assert [row["day"] for row in commands.json("audit", str(log), "--by", "day")["by"]] == sorted(days)


def test_readme_shows_ten_lines_of_what_the_audit_of_the_example_says(commands: Commands) -> None:
    """Price ids are those of each installation."""
    block = re.search(r"audit examples/litellm-spendlogs.ndjson\n```\n\n```\n(.*?)\n```", README, re.DOTALL)
    assert block is not None
    assert len(block[1].splitlines()) == 10
    done = commands.run("audit", str(EXAMPLE))
    assert done.exit_code == 3
    said = iter(re.sub(r"price \d+", "price N", done.output).splitlines())
    missing = [line for line in re.sub(r"price \d+", "price N", block[1]).splitlines() if line not in said]
    assert missing == []


def test_the_example_is_the_log_that_its_generator_makes() -> None:
    assert EXAMPLE.read_text("utf-8") == example_log(), "python -m tests.example_log writes it anew"


def test_an_invoice_is_bridged_from_the_log(commands: Commands, tmp_path: Path) -> None:
    """The log's 0.0024 for three kinds beside OpenAI's costs of input, of which one line is of another model."""
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT})
    results = [
        {"object": "organization.costs.result", "amount": {"value": value, "currency": "usd"}, "line_item": item}
        for value, item in ((0.003, "gpt-4.1-mini, input"), (0.5, "gpt-4.1, input"))
    ]
    bucket = {"object": "bucket", "start_time": 1795132800, "end_time": 1795219200, "results": results}
    costs = tmp_path / "costs.json"
    costs.write_text(json.dumps({"object": "page", "data": [bucket]}))
    found = commands.json("audit", str(log), "--charged", str(costs), exit_code=3)["bridge"]
    assert {row["name"]: row["money"] for row in found["causes"]} == {
        "charged_not_in_log": "0.5",
        "quantity_or_price": "0.0022",
        "in_log_not_charged": "-0.0016",
    }
    assert [[one["kind"] for one in row["kinds"]] for row in found["causes"]] == [
        ["input_tokens"],
        ["input_tokens"],
        ["cache_read_tokens", "output_tokens"],
    ]
    assert found["covers"] == [{"provider": "openai", "first": "2026-11-20", "last": "2026-11-20"}]
    assert (found["log_outside"], found["seller_quantities"]) == ("0", None)
    page = tmp_path / "report.html"
    said = commands.run("audit", str(log), "--charged", str(costs), "--html", str(page)).output
    assert "USD 0.5: charged, but not in the log (input); on 2026-11-20, gpt-4.1\n" in said
    assert "  the invoice covers openai from 2026-11-20 to 2026-11-20\n" in said
    assert "The invoice covers openai from 20 Nov 2026 to 20 Nov 2026." in page.read_text("utf-8")
    assert "<td>20 Nov 2026, gpt-4.1</td>" in page.read_text("utf-8")
    assert "  charged are USD 0.503: USD 0.5006 more than the log" in said
    assert "USD 0.0022: the invoice states no quantities: whether quantity or price differs cannot be told" in said
    results[1]["amount"] = {"value": -0.503, "currency": "usd"}
    costs.write_text(json.dumps({"object": "page", "data": [bucket]}))
    said = commands.run("audit", str(log), "--charged", str(costs)).output
    assert "  charged are USD -0.5: USD 0.5024 less than the log" in said


def test_a_cause_names_every_model_that_is_charged(commands: Commands, tmp_path: Path) -> None:
    """What eleven lines ask for nothing of the log is told by line, the smallest ones counted."""
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT})
    names = ["gpt-4.1", *(f"unheard-{number}" for number in range(10))]
    results = [
        {
            "object": "organization.costs.result",
            "amount": {"value": 100 - number, "currency": "usd"},
            "line_item": name,
        }
        for number, name in enumerate(names)
    ]
    bucket = {"object": "bucket", "start_time": 1795132800, "end_time": 1795219200, "results": results}
    costs, page = tmp_path / "costs.json", tmp_path / "report.html"
    costs.write_text(json.dumps({"object": "page", "data": [bucket]}))
    asked = ("audit", str(log), "--charged", str(costs))
    found = commands.json(*asked, exit_code=3)["bridge"]["causes"]
    (row,) = [one for one in found if one["name"] == "charged_not_in_log"]
    assert sum(Decimal(one["money"]) for one in row["models"]) == Decimal(row["money"]) == sum(range(90, 101))
    said = commands.run(*asked, "--html", str(page)).output
    words = "gpt-4.1 100, unheard-0 99, unheard-1 98, unheard-2 97, unheard-3 96, unheard-4 95, unheard-5 94, "
    words += "unheard-6 93, 3 others 273"
    assert f"charged, but not in the log, of {words}; most of it on 2026-11-20, gpt-4.1\n" in said
    assert words in page.read_text("utf-8")


def test_the_key_of_a_cause_is_told_and_hashed_where_it_is_to_be_redacted(commands: Commands, tmp_path: Path) -> None:
    line = {"usage_date_utc": "2026-11-20", "model": "Claude Haiku 4.5", "workspace": "Default", "api_key": "our-key"}
    line |= {"usage_type": "message", "context_window": "", "token_type": "output", "cost_usd": "3"}
    line |= {"list_price_usd": "3", "cost_type": "token", "inference_geo": "", "speed": ""}
    used = {"usage_date_utc": "2026-11-20", "model_version": "claude-haiku-4-5", "api_key": "our-key"}
    used |= {"workspace": "Default", "usage_type": "standard", "context_window": "≤ 200k", "web_search_count": "0"}
    used |= {
        f"usage_input_tokens_{name}": "0" for name in ("no_cache", "cache_write_5m", "cache_write_1h", "cache_read")
    }
    used |= {"usage_output_tokens": "1000", "inference_geo": "", "speed": ""}
    costs, log, page = tmp_path / "costs.csv", tmp_path / "log.csv", tmp_path / "report.html"
    for path, row in ((costs, line), (log, used)):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
    asked = ("audit", str(log), "--charged", str(costs), "--html", str(page), "--force")
    assert "on 2026-11-20, anthropic/claude-haiku-4-5, key our-key, project Default\n" in commands.run(*asked).output
    assert "anthropic/claude-haiku-4-5, key our-key, project Default</td>" in page.read_text("utf-8")
    said = commands.run(*asked, "--redact").output
    assert re.search("on 2026-11-20, anthropic/claude-haiku-4-5, key [0-9a-f]{12}, project [0-9a-f]{12}\n", said)
    assert "our-key" not in said + page.read_text("utf-8")


def test_an_audit_names_its_price_book_and_when_it_was_known(commands: Commands, tmp_path: Path) -> None:
    log, page = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT}), tmp_path / "report.html"
    asked = ("audit", str(log), "--html", str(page), "--force")
    found = commands.json(*asked)
    assert found["known_at"] == found["price_book"]["last_change"]
    text = page.read_text("utf-8")
    assert f"Price book {found['price_book']['book']}, " in text
    assert f"as known at {minute(datetime.fromisoformat(found['known_at']))}." in text
    assert f"--known-at {found['known_at']}</code>" in text
    again = commands.json(*asked, "--known-at", found["known_at"])
    assert again["known_at"] == found["known_at"]
    assert again["recomputed"] == found["recomputed"]


class Page(HTMLParser):
    """What a page refers to and runs, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "data", "action")]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_a_group_without_a_price_costs_nothing_known_instead_of_0(commands: Commands, tmp_path: Path) -> None:
    strange = {**ROW, "spend": RIGHT, "model": "no-such-model", "request_id": "req-2"}
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT}, strange)
    page = tmp_path / "report.html"
    by = {one["model"]: one for one in commands.json("audit", str(log), "--by", "model", exit_code=3)["by"]}
    assert by["no-such-model"]["recomputed"] is None
    assert by["no-such-model"]["difference"] == by["no-such-model"]["logged"]
    told = commands.run("audit", str(log), "--by", "model", "--html", str(page)).output
    assert f"  no-such-model: nothing priced, logged {RIGHT}" in told
    assert '<td class="n">nothing priced</td>' in page.read_text("utf-8")


def test_the_report_is_one_page_complete_in_itself_that_runs_nothing(commands: Commands, tmp_path: Path) -> None:
    wrong = {**ROW, "spend": FULL_PRICE, "team_id": "<script>alert(1)</script>", "request_id": "<img src=x>"}
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT}, wrong)
    page = tmp_path / "report.html"
    assert commands.run("audit", str(log), "--by", "team", "--html", str(page)).exit_code == 3
    found = Page(page.read_text("utf-8"))
    assert found.links == []
    assert not {"script", "img", "link", "iframe", "object"} & found.tags
    assert {"svg", "table"} <= found.tags
    assert "+$0.0024: cached tokens at the full input price" in found.said
    said = " ".join("".join(found.said).split())
    assert "Logged $0.0072, recomputed $0.0048: a difference of $0.0024 (+50 %)." in said
    assert "cached tokens at the full input price" in said
    assert "spend charged" in " ".join(found.said)
    assert "<script>alert(1)</script>" in said
    again = commands.run("audit", str(log), "--html", str(page))
    assert (again.exit_code, "replace it with --force" in again.output) == (2, True)
    hidden = tmp_path / "hidden.html"
    commands.run("audit", str(log), "--by", "team", "--html", str(hidden), "--redact")
    assert not [name for name in ("team-b", "req-0", "alert", str(tmp_path)) if name in hidden.read_text("utf-8")]


def test_two_invoices_that_tell_the_same_are_named_with_what_is_counted_once(
    commands: Commands, tmp_path: Path
) -> None:
    log = spend_log(tmp_path / "log.ndjson", {**ROW, "spend": RIGHT})
    files = []
    for number in range(2):
        line = {"object": "organization.costs.result", "line_item": "gpt-4.1-mini, input", "project_id": f"p{number}"}
        results = [
            {**line, "project_id": "p", "amount": {"value": 0.003, "currency": "usd"}},
            {**line, "amount": {"value": 0.25, "currency": "usd"}, "line_item": "gpt-4.1, input"},
        ]
        bucket = {"object": "bucket", "start_time": 1795132800, "end_time": 1795219200, "results": results}
        files.append(tmp_path / f"costs{number} 2026-11-20.json")
        files[-1].write_text(json.dumps({"object": "page", "data": [bucket]}, indent=number or None))
    asked = ("audit", str(log), "--charged", str(files[0]), "--charged", str(files[1]))
    found = commands.json(*asked, exit_code=3)["bridge"]
    assert found["charged"] == "0.503"
    (one,) = found["told_twice"]
    assert (one["code"], one["files"], one["money"]) == ("CHARGES_TOLD_TWICE", [*map(str, files)], "0.003")
    page = tmp_path / "report.html"
    words = (
        f"1 line of {files[1]} (of openai, 2026-11-20) tells the same charges as {files[0]}: USD 0.003, counted once"
    )
    assert words in commands.run(*asked, "--html", str(page)).output
    of_a_page = words.replace(", 2026-11-20)", ", 20 Nov 2026)").replace("USD 0.003", "$0.003")  # names as they are
    assert of_a_page in page.read_text("utf-8")
    redacted = commands.run(*asked, "--redact", "--html", str(page), "--force").output
    assert "1 line of invoice file 2 (of openai, 2026-11-20) tells the same" in redacted
    assert "costs1" not in redacted + page.read_text("utf-8")
