"""Whole lists that must not land: prices that change by one and the same factor, or too many at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Commands, commands_on
from tests.lists import cost_map


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, empty_book_url, redis_url)


def asking(count: int = 25, times: float = 1, of: int = 25) -> dict[str, float]:
    """Input prices of ``count`` offerings; those of the first ``of`` are so many times as high."""
    return {f"m{n}": (n + 1) * (times if n < of else 1) for n in range(count)}


def load(commands: Commands, folder: Path, prices: dict[str, float], published: str, *words: str, code: int = 0) -> Any:
    (folder / "map.json").write_bytes(cost_map(**prices))
    result = commands.run("import litellm", str(folder / "map.json"), "--published", published, "--json", *words)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(("times", "named"), [(10, "exactly x10"), (0.001, "exactly 1/1000"), (1.25, "about x1.25")])
def test_a_list_whose_prices_changed_by_one_factor_is_refused(
    commands: Commands, tmp_path: Path, times: float, named: str
) -> None:
    load(commands, tmp_path, asking(), "2025-10-01")
    said = load(commands, tmp_path, asking(times=times, of=6), "2026-10-01", code=1)
    assert said["error"] == (
        f"In map.json 12 of 50 known prices changed by {named}: another unit? Nothing was changed. "
        "If the source means it: llmpricing import --allow-changes"
    )
    assert commands.json("review list")["reviews"] == []
    assert load(commands, tmp_path, asking(times=times, of=6), "2026-10-01", "--allow-changes")["changed"] == 12


def test_a_fifth_of_the_prices_may_change_by_one_factor(commands: Commands, tmp_path: Path) -> None:
    load(commands, tmp_path, asking(), "2026-09-01")
    assert load(commands, tmp_path, asking(times=10, of=5), "2026-10-01")["changed"] == 10


def raised(count: int, of: int) -> dict[str, float]:
    return {
        name: amount * (1 + (n + 1) / 20 if n < of else 1) for n, (name, amount) in enumerate(asking(count).items())
    }


@pytest.mark.parametrize(("before", "is_refused"), [("2026-08-20", True), ("2026-08-10", False)])
def test_many_prices_change_only_between_lists_that_lie_apart(
    commands: Commands, tmp_path: Path, before: str, is_refused: bool
) -> None:
    load(commands, tmp_path, asking(), before)
    said = load(commands, tmp_path, raised(25, 10), "2026-10-01", code=int(is_refused))
    if is_refused:
        assert "20 of 50 known prices differ from the list 42 days before" in said["error"]
    else:
        assert said["changed"] == 20


def test_an_older_list_is_compared_with_the_nearest_earlier_one(commands: Commands, tmp_path: Path) -> None:
    load(commands, tmp_path, asking(), "2026-06-01")
    load(commands, tmp_path, raised(25, 25), "2026-10-01")
    assert "another unit" in load(commands, tmp_path, asking(times=10), "2026-07-01", code=1)["error"]
    assert load(commands, tmp_path, raised(25, 5), "2026-07-01")["changed"] == 10
    assert load(commands, tmp_path, asking(times=10), "2026-05-01")["outcome"] == "imported"  # nothing lies before it


def test_a_list_of_too_many_entries_is_refused(tmp_path: Path, empty_book_url: str, redis_url: str) -> None:
    plain = commands_on(tmp_path, empty_book_url, redis_url)
    small = replace(plain, environ=plain.environ | {"LLMPRICING_IMPORT_MAX_ENTRIES": "3"})
    said = load(small, tmp_path, asking(4), "2026-10-01", code=1)
    assert "map.json holds 4 entries, and a list of more than 3" in said["error"]
    assert "raise llmpricing.import_max_entries" in said["error"]
    load(small, tmp_path, asking(3), "2026-10-01")
