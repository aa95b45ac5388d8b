"""`llmpricing week`: all that waits for the keeper of a price book, each line with a command that runs."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Commands, commands_on
from tests.lists import price_list

NOW = datetime.now(UTC)


def day(days: int) -> str:
    return f"{NOW + timedelta(days=days):%Y-%m-%d}"


def load(commands: Commands, data: bytes, published: str) -> None:
    path = commands.ini.with_name("list.json")
    path.write_bytes(data)
    result = commands.run("import genai-prices", str(path), "--published", published)
    assert result.exit_code == 0, result.output


def coming_list(retired: bool = False, **prices: float) -> bytes:
    """The list of these prices, with one of acme that changes in ten days, and one that may be deprecated."""
    (acme,) = json.loads(price_list(**prices))
    dated = [
        {"prices": {"input_mtok": 8}},
        {"constraint": {"start_date": day(10)}, "prices": {"input_mtok": 4}},
    ]
    acme["models"].append({"id": "dated", "match": {"equals": "dated"}, "prices": dated})
    acme["models"].append({"id": "old", "match": {"equals": "old"}, "prices": {"input_mtok": 1}, "deprecated": retired})
    return json.dumps([acme]).encode()


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, empty_book_url, redis_url)


def chores(commands: Commands, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = commands.json("week", *words)["chores"]
    return found


def kinds(commands: Commands) -> list[str]:
    return [one["kind"] for one in chores(commands)]


def test_where_nothing_is_to_do_it_says_so(commands: Commands) -> None:
    load(commands, price_list(a=2), day(-1))
    result = commands.run("week")
    assert (result.exit_code, result.output.strip()) == (0, "Nothing to do.")


def test_each_kind_of_chore_is_told_with_a_command_that_runs(commands: Commands) -> None:
    load(commands, coming_list(a=2, b=5), day(-40))
    for words in ("pin acme/b input_tokens 4", "alias add mine acme/old"):
        assert commands.run(words).exit_code == 0
    assert kinds(commands) == ["late_source", "coming_price"]
    load(commands, coming_list(retired=True, a=2000, b=6), day(-10))
    found = {one["kind"]: one for one in chores(commands)}
    assert sorted(found) == ["coming_price", "drifted_pin", "late_source", "retired_alias", "review_group"]
    assert (
        f"acme/dated input_tokens: 8 USD per 1,000,000 -> 4 USD per 1,000,000 from {day(10)}"
        in (found["coming_price"]["what"])
    )
    assert "genai-prices said 5 USD per 1,000,000 when it was pinned, now 6" in found["drifted_pin"]["what"]
    assert found["late_source"]["command"] == "llmpricing import genai-prices"  # from the list's own address
    for kind in found.keys() - {"late_source"}:
        result = commands.run(shlex.join(shlex.split(found[kind]["command"])[1:]))
        assert result.exit_code == 0, (kind, result.output)
    told = commands.run("week").output
    assert "4 to look at." in told  # the alias has ended


def test_what_concerns_most_of_ones_own_money_comes_first(commands: Commands, tmp_path: Path) -> None:
    load(commands, price_list(a=2, b=5), day(-3))
    for name in ("a", "b"):
        assert commands.run(f"pin acme/{name} input_tokens 1").exit_code == 0
    load(commands, price_list(a=2.2, b=5.5), day(-1))
    assert [one["offerings"] for one in chores(commands)] == [["acme/a"], ["acme/b"]]
    usage = tmp_path / "usage.csv"
    usage.write_text("model,input_tokens,output_tokens\nacme/b,3000000,0\nacme/a,1000000,0\n")
    found = chores(commands, "--usage", str(usage))
    assert [(one["offerings"], one["usd"]) for one in found] == [(["acme/b"], "3"), (["acme/a"], "1")]
    assert "(USD 3 of your log)" in commands.run("week --usage", str(usage)).output


def test_reviews_and_changes_are_sorted_by_it_too(commands: Commands, tmp_path: Path) -> None:
    usage = tmp_path / "usage.csv"
    usage.write_text("model,input_tokens,output_tokens\nacme/b,3000000,0\nacme/a,1000000,0\n")
    load(commands, price_list(a=2, b=5), day(-3))
    began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    load(commands, price_list(a=2.2, b=5.5), day(-2))
    for words, first in (([], "acme/a"), (["--usage", str(usage)], "acme/b")):
        assert commands.json("changes --since", began, *words)["changes"][0]["offering"] == first
        assert "drifted_pins" in commands.json("review list", *words)


def test_a_usage_file_that_cannot_be_read_is_refused(commands: Commands, tmp_path: Path) -> None:
    load(commands, price_list(a=2), day(-1))
    broken = tmp_path / "usage.csv"
    broken.write_text("colour\nred\n")
    result = commands.run("week --usage", str(broken))
    assert result.exit_code == 1
    assert "cannot be read as usage" in result.output
    assert commands.run("week --usage", "no-such-file").exit_code == 2
