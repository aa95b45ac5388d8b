"""A pin whose source moved comes up again, in `review list`, until it is pinned anew or let go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.commands import Commands, commands_on
from tests.lists import price_list


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    found = commands_on(tmp_path, empty_book_url, redis_url)
    load(found, "2026-10-01", a=2, b=5)
    assert found.run("pin acme/a input_tokens 1.5 --as ada").exit_code == 0
    return found


def load(commands: Commands, published: str, **prices: float) -> None:
    path = commands.ini.with_name("list.json")
    path.write_bytes(price_list(**prices))
    result = commands.run("import genai-prices", str(path), "--published", published)
    assert result.exit_code == 0, result.output


def drifted(commands: Commands, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = commands.json("review list", *words)["drifted_pins"]
    return found


def test_a_pin_whose_source_says_the_same_is_silent(commands: Commands) -> None:
    load(commands, "2026-11-01", a=2, b=6)
    assert drifted(commands) == []
    assert "drifted" not in commands.run("review list").output


def test_a_pin_whose_source_moved_is_told_with_both_values_and_the_commands(commands: Commands) -> None:
    load(commands, "2026-11-01", a=3, b=5)
    (one,) = drifted(commands)
    assert one | {"pinned_at": ""} == {
        "offering": "acme/a",
        "meter": "input_tokens",
        "conditions": "",
        "held": {"state": "priced", "amount": "1.5", "currency": "USD", "per": 1_000_000},
        "pinned_by": "ada",
        "pinned_at": "",
        "source": "genai-prices",
        "then": {"state": "priced", "amount": "2", "currency": "USD", "per": 1_000_000},
        "now": {"state": "priced", "amount": "3", "currency": "USD", "per": 1_000_000},
        "published_at": "2026-11-01T00:00:00Z",
    }
    told = commands.run("review list").output
    assert "acme/a input_tokens is held at 1.5 USD per 1,000,000 by ada; genai-prices said 2 USD" in told
    assert "and says 3 USD per 1,000,000 since 2026-11-01" in told
    assert "let it go: llmpricing unpin acme/a input_tokens" in told
    assert drifted(commands, "--source", "litellm") == drifted(commands, "--rule", "jump") == []


def test_the_command_that_keeps_it_settles_it(commands: Commands) -> None:
    load(commands, "2026-11-01", a=3, b=5)
    line = next(line for line in commands.run("review list").output.splitlines() if "keep it:" in line)
    kept = commands.run(line.partition("llmpricing ")[2])
    assert kept.exit_code == 0, kept.output
    assert drifted(commands) == []


def test_a_source_that_takes_the_price_back_has_moved_too(commands: Commands) -> None:
    path = commands.ini.with_name("list.json")
    path.write_bytes(price_list(a=2, b=5).replace(b'"input_mtok": 2.0, ', b"").replace(b'"input_mtok": 2, ', b""))
    result = commands.run("import genai-prices", str(path), "--published", "2026-11-01", "--allow-drop")
    assert result.exit_code == 0, result.output
    assert [one["now"] for one in drifted(commands)] == [None]
    assert "no longer states it since 2026-11-01" in commands.run("review list").output
