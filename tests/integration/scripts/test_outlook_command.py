"""`llmpricing outlook`, `llmpricing calendar` and `llmpricing elsewhere`, as people run them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmpricing.scripts.commands.outlook_lines import outlook_lines
from llmpricing.scripts.usage_shapes import FoundFiles
from llmpricing.services.usage_log.bill import Bill
from llmpricing.services.usage_log.sums.outlook import Outlook
from llmpricing.services.usage_log.sums.outlook_months import MonthCost, WithoutPrice
from tests.commands import Commands, commands_on
from tests.lists import dated_list

NOW = datetime.now(UTC)
RISE = NOW + timedelta(days=40)


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    """Commands on a book in which acme-large costs 4 and 12 now, and 5 and 15 in forty days."""
    found = commands_on(tmp_path, empty_book_url, redis_url)
    path = tmp_path / "list.json"
    path.write_bytes(dated_list((4, 12), {f"{RISE:%Y-%m-%d}": (5, 15)}))
    result = found.run("import genai-prices", str(path), "--published", f"{NOW - timedelta(days=20):%Y-%m-%d}")
    assert result.exit_code == 0, result.output
    return found


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two requests of 1,000,000 and 100,000 tokens each: 5.2 each now."""
    path = tmp_path / "log.ndjson"
    path.write_text("".join(json.dumps(_spend(number)) + "\n" for number in range(2)))
    return path


def _spend(number: int) -> dict[str, Any]:
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 100_000, "total_tokens": 1_100_000}
    return {
        "request_id": f"r{number}",
        "call_type": "acompletion",
        "spend": 5.2,
        "startTime": f"{NOW - timedelta(days=2):%Y-%m-%dT10:00:00Z}",
        "model": "acme-large",
        "custom_llm_provider": "acme",
        "status": "success",
        "team_id": "red",
        "api_key": "sk-1",
        "metadata": {"usage_object": usage},
    }


def test_a_coming_rise_beyond_the_tolerance_ends_with_exit_code_3(commands: Commands, log: Path) -> None:
    found = commands.json("outlook", str(log), exit_code=3)
    (step,) = found["steps"]
    assert (found["today"], step["difference"], step["difference_percent"]) == ("10.4", "2.6", "25")
    assert step["from"].startswith(f"{RISE:%Y-%m-%d}")
    assert (found["by"], step["by"]) == ("team", {"red": "2.6"})
    assert [one["new"] for one in step["models"][0]["prices"]] == ["5 USD per 1,000,000", "15 USD per 1,000,000"]
    assert found["files"][0]["shape"] == "litellm-spend-logs"
    assert (found["days"], found["thirty_such_days"]) == (1, "312")
    assert [one["thirty_such_days"] for one in found["months"]][-1] == "390"  # 13 a day
    said = commands.run("outlook", str(log), "--tolerance", "30")
    assert said.exit_code == 0
    assert f"  {RISE:%Y-%m-%d}: USD +2.6 (+25.00 %)" in said.output.splitlines()
    assert "    by team: red USD +2.6" in said.output.splitlines()
    (by_key,) = commands.json("outlook", str(log), "--by", "key", exit_code=3)["steps"]
    assert by_key["by"] == {"sk-1": "2.6"}
    wrong = commands.run("outlook", str(log), "--by", "colour")
    assert (wrong.exit_code, "'project'" in wrong.output) == (2, True)


def test_a_redacted_outlook_tells_neither_teams_nor_files(commands: Commands, log: Path) -> None:
    done = commands.run("outlook", str(log), "--redact", "--json")
    found = json.loads(done.stdout)
    assert found["files"] == [{"path": "file 1", "shape": "litellm-spend-logs"}]
    ((team, difference),) = found["steps"][0]["by"].items()
    assert (len(team), difference) == (12, "2.6")
    assert not [one for one in ("red", str(log.parent), log.name) if f'"{one}' in done.output]


def test_a_month_says_what_it_leaves_out_and_between_what_all_of_it_lies() -> None:
    """Of 20 with a price and 5.2 today without one then: at least 20 where nobody says, between 23 and 25 else."""
    gap = WithoutPrice("acme/acme-large", 3, "nobody says", Decimal("5.2"), None, None)
    bounded = gap._replace(low=Decimal(3), high=Decimal(5))
    months = [
        MonthCost("2026-12", Decimal(20), Decimal(20), None, (gap,)),
        MonthCost("2027-01", Decimal(20), Decimal(23), Decimal(25), (bounded,)),
        MonthCost("2027-02", Decimal(20), Decimal(20), Decimal(20)),
    ]
    said = list(
        outlook_lines(FoundFiles([], [], has_folder=False), Outlook(Bill(), "team", NOW, NOW, 30, 3, months=months))
    )
    left_out = "    not counted: 3 records of acme/acme-large, which cost USD 5.2 today; then: nobody says"
    assert said[-5:] == [
        "  2026-12: USD 20 for what has a price; all of it at least 20, nobody says how much at most",
        left_out,
        "  2027-01: USD 20 for what has a price; all of it at least 23, at most 25",
        f"{left_out} (between USD 3 and 5)",
        "  2027-02: USD 20",
    ]


def test_a_book_file_gives_the_same_outlook_and_calendar_without_a_database(
    commands: Commands, log: Path, tmp_path: Path
) -> None:
    book = tmp_path / "acme.book"
    assert commands.run("book export", str(book)).exit_code == 0
    for command, words, code in (("outlook", [str(log)], 3), ("calendar", [], 0)):
        with_file = commands.run(command, *words, "--json", "--book", str(book))
        by_database = commands.run(command, *words, "--json")
        assert with_file.exit_code == by_database.exit_code == code
        mine, theirs = json.loads(with_file.stdout), json.loads(by_database.stdout)
        assert {**mine, "now": None} == {**theirs, "now": None}


def test_the_calendar_lists_what_is_announced_and_writes_one_event_a_day_and_model(
    commands: Commands, tmp_path: Path
) -> None:
    found = commands.json("calendar")["changes"]
    assert [(one["offering"], one["meter"], one["old"], one["new"]) for one in found] == [
        ("acme/acme-large", "input_tokens", "4 USD per 1,000,000", "5 USD per 1,000,000"),
        ("acme/acme-large", "output_tokens", "12 USD per 1,000,000", "15 USD per 1,000,000"),
    ]
    ics = tmp_path / "prices.ics"
    assert commands.run("calendar", "--ics", str(ics)).exit_code == 0
    first = ics.read_bytes()
    assert first.count(b"BEGIN:VEVENT") == 1
    assert f"DTSTART;VALUE=DATE:{RISE:%Y%m%d}\r\n".encode() in first
    refused = commands.run("calendar", "--ics", str(ics))
    assert (refused.exit_code, "--force" in refused.output) == (2, True)
    assert commands.run("calendar", "--ics", str(ics), "--force").exit_code == 0
    assert ics.read_bytes() == first  # nothing in it hangs on when it is written


def test_the_calendar_of_some_models_leaves_out_all_others(commands: Commands, tmp_path: Path) -> None:
    ours = tmp_path / "ours.txt"
    ours.write_text("# none of ours\n")
    assert commands.run("calendar", "--models", str(ours)).output == "No price is announced.\n"
    ours.write_text("acme-large # ours\n")
    assert len(commands.json("calendar", "--models", str(ours))["changes"]) == 2
    assert commands.json("calendar", "--days", "38")["changes"] == []
    ours.write_text("nobody-sells-this\n")
    refused = commands.run("calendar", "--models", str(ours))
    assert (refused.exit_code, "Write ids" in refused.output) == (1, True)


def test_elsewhere_ranks_by_the_prices_of_the_book_and_says_what_it_cannot_rank(commands: Commands, log: Path) -> None:
    """Two requests of 1,000,000 x 4 + 100,000 x 12 are 10.4, and no other offering is known."""
    found = commands.json("elsewhere", str(log))
    assert [(one["offering"], one["total"]) for one in found["costs"]] == [("acme/acme-large", "10.4")]
    assert (found["records"], found["today"]["total"]) == (2, "10.4")
    said = commands.run("elsewhere", str(log)).output.splitlines()
    assert "2 records, where they ran, at today's prices: USD 10.4" in said
    assert "  USD 10.4 (+0.0 %): acme/acme-large, no list says how long its context is" in said
    own = commands.json("elsewhere", str(log), "--at", "own")
    assert (found["at"], own["at"], own["records"]) == ("today", "own", found["records"])
    assert own["today"]["total"] == own["totals"]["USD"]
    none = commands.json("elsewhere", str(log), "--like", "tools")
    assert [(one["reason"], one["records"]) for one in none["cannot_serve"]] == [
        ("no list says that it has tool call", 2)
    ]
    wrong = commands.run("elsewhere", str(log), "--like", "telepathy")
    assert (wrong.exit_code, "128k" in wrong.output) == (1, True)
