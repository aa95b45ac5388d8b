"""new-api's ratios: its shape, exact numbers, and nothing where ratios would bill something else."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from webtest import TestApp

from tests.commands import commands_on
from tests.conftest import running_app
from tests.functional.addresses import FEEDS
from tests.functional.test_held_book import wait_for

ADDRESS = FEEDS["ratio_config"]
BEFORE, AFTER = "2026-02-28", "2026-03-01"  # acme-dated costs less from March on


def ratios(app: TestApp, at: str) -> dict[str, Any]:
    answer = json.loads(app.get(ADDRESS, {"at": at}).body, parse_float=Decimal)
    assert answer.keys() == {"success", "data"}
    assert answer["success"] is True
    found: dict[str, Any] = answer["data"]
    return found


def test_ratios_are_exact_multiples_of_two_dollars_and_of_input(testapp: TestApp) -> None:
    assert ratios(testapp, BEFORE) == {
        "model_ratio": {
            "acme-dated": 4,
            "acme-embed": Decimal("0.01"),
            "acme-large": Decimal("1.25"),
            "acme-long": Decimal("0.5"),
            "acme-small": Decimal("0.00125"),
            "acme/acme-large": Decimal("1.25"),
        },
        "completion_ratio": {"acme-dated": 3, "acme-large": 4, "acme-long": 4, "acme-small": 4, "acme/acme-large": 4},
        "cache_ratio": {
            "acme-dated": 1,
            "acme-large": Decimal("0.5"),
            "acme-long": 1,
            "acme-small": 1,
            "acme/acme-large": Decimal("0.5"),
        },
        "create_cache_ratio": dict.fromkeys(
            ("acme-dated", "acme-large", "acme-long", "acme-small", "acme/acme-large"), 1
        ),
        "model_price": {},
    }


def test_a_price_that_nobody_knows_is_left_out_and_never_0(testapp: TestApp) -> None:
    for numbers in ratios(testapp, BEFORE).values():
        assert "acme-mystery" not in numbers
        assert 0 not in numbers.values()


def test_the_report_says_which_names_have_no_ratios_and_why(testapp: TestApp) -> None:
    report = testapp.get(FEEDS["ratio_config_report"], {"at": BEFORE}).json
    assert "refuses" in report["meta"]["lacking"]
    unknown = "no price of it is known, or the first one waits for a person"
    assert report["data"] == [
        {"name": "acme-mystery", "field": None, "reason": unknown},
        {"name": "acme/acme-tiny:free", "field": None, "reason": "by itself it means no single offering"},
    ]
    listed = {name for numbers in ratios(testapp, BEFORE).values() for name in numbers}
    assert not listed & {one["name"] for one in report["data"]}


def test_ratios_change_at_the_announced_moment(testapp: TestApp) -> None:
    asked = [ratios(testapp, at) for at in (BEFORE, AFTER)]
    assert [found["model_ratio"]["acme-dated"] for found in asked] == [4, 2]
    assert [found["completion_ratio"]["acme-dated"] for found in asked] == [3, 3]


def test_who_has_the_bytes_is_told_so(testapp: TestApp) -> None:
    tag = testapp.get(ADDRESS).headers["ETag"]
    again = testapp.get(ADDRESS, headers={"If-None-Match": tag}, status=304)
    assert again.body == b""


def test_the_command_writes_the_same_bytes_and_the_book_in_memory_gives_them(
    tmp_path: Path, book_url: str, redis_url: str, testapp: TestApp
) -> None:
    out, served = tmp_path / "ratio_config.json", testapp.get(ADDRESS, {"at": AFTER}).body
    commands = commands_on(tmp_path, book_url, redis_url)
    done = commands.run("feed export ratio-config", "--out", str(out), "--at", AFTER)
    assert done.exit_code == 0, done.output
    assert done.output == f"Written: {out}, {len(served):,} bytes\n"
    assert out.read_bytes() == served
    with running_app(book_url, redis_url, book_dir=tmp_path / "books") as held:
        wait_for(held, lambda answer: answer["book"] is not None)
        assert held.get(ADDRESS, {"at": AFTER}).body == served
