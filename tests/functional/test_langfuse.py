"""Langfuse on our prices: a recording server holds requests to Langfuse's rules, and keeps rows."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.components import ComponentKey
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from tests.commands import Commands, commands_on
from tests.conftest import NOW

KEYS = ("pk-lf-test", "sk-lf-test")
MODELS = "/api/public/models"
_FIELDS = {"modelName", "matchPattern", "startDate", "unit", "pricingTiers"}
_OPERATORS = {"gt", "gte", "lt", "lte", "eq", "neq"}
MANAGED = {
    "id": "managed-1",
    "modelName": "acme-large",
    "matchPattern": "(?i)^acme-large$",
    "startDate": None,
    "isLangfuseManaged": True,
    "pricingTiers": [
        {"name": "Standard", "isDefault": True, "priority": 0, "conditions": [], "prices": {"input": 1e-6}}
    ],
}
PEOPLES = MANAGED | {"id": "peoples-1", "modelName": "acme-dated", "isLangfuseManaged": False}


class Recorder(ThreadingHTTPServer):
    """Model definitions as Langfuse keeps them; ``asked`` are the requests that changed something."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.rows: list[dict[str, Any]] = [MANAGED, PEOPLES]
        self.asked: list[str] = []
        self.made = 0


class Handler(BaseHTTPRequestHandler):
    server: Recorder
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _is_let_in(self) -> bool:
        told = self.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(told).decode() == ":".join(KEYS):
            return True
        self._answer(401, {"message": "Invalid credentials"})
        return False

    def do_GET(self) -> None:
        if self._is_let_in():
            url = urlsplit(self.path)
            assert url.path == MODELS
            query = {name: int(value) for name, (value,) in parse_qs(url.query).items()}
            size = min(query["limit"], 3)  # so that there are several pages
            rows, start = self.server.rows, (query["page"] - 1) * size
            self._answer(200, {"data": rows[start : start + size], "meta": {"totalPages": -(-len(rows) // size)}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._is_let_in():
            return
        if wrong := what_is_wrong(body):
            self._answer(400, {"message": wrong})
            return
        self.server.made += 1
        row = {"startDate": None, **body, "id": f"row-{self.server.made}", "isLangfuseManaged": False}
        self.server.rows.append(row)
        self.server.asked.append(f"POST {body['modelName']}")
        self._answer(200, row)

    def do_DELETE(self) -> None:
        if self._is_let_in():
            number = urlsplit(self.path).path.removeprefix(f"{MODELS}/")
            (row,) = (row for row in self.server.rows if row["id"] == number)
            assert not row["isLangfuseManaged"]
            self.server.rows.remove(row)
            self.server.asked.append(f"DELETE {row['modelName']}")
            self._answer(200, {"message": "Model deleted"})


def what_is_wrong(body: dict[str, Any]) -> str:
    """By Langfuse's rules for a new definition; nothing where all is well."""
    tiers = body.get("pricingTiers", [])
    defaults = [tier for tier in tiers if tier["isDefault"]]
    rules = {
        "unknown field": body.keys() <= _FIELDS,
        "pattern": 0 < len(body["matchPattern"]) <= 200 and bool(re.compile(body["matchPattern"])),
        "unit": body["unit"] == "TOKENS",
        "date": "startDate" not in body or datetime.fromisoformat(body["startDate"]).tzinfo is not None,
        "one default tier": len(defaults) == 1 and defaults[0]["priority"] == 0 and not defaults[0]["conditions"],
        "names and priorities": all(len({tier[key] for tier in tiers}) == len(tiers) for key in ("name", "priority")),
        "keys": all(tier["prices"].keys() == defaults[0]["prices"].keys() for tier in tiers) if defaults else False,
        "prices": all(
            isinstance(price, int | float) and price >= 0 for tier in tiers for price in tier["prices"].values()
        ),
        "conditions": all(
            condition["operator"] in _OPERATORS and re.compile(condition["usageDetailPattern"]) and condition["value"]
            for tier in tiers
            if not tier["isDefault"]
            for condition in tier["conditions"] or [None]
        ),
    }
    return ", ".join(name for name, holds in rules.items() if not holds)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """The recording server, whose address and keys stand in the environment."""
    with Recorder() as found:
        thread = Thread(target=found.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("LANGFUSE_BASE_URL", f"http://127.0.0.1:{found.server_port}")
        monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", KEYS[0])
        monkeypatch.setenv("LANGFUSE_SECRET_KEY", KEYS[1])
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, book_url, redis_url)


def push(commands: Commands, *words: str) -> str:
    done = commands.run("feed push langfuse", *words)
    assert done.exit_code == 0, done.output
    return str(done.output.strip().splitlines()[-1])


def ours(server: Recorder, name: str) -> list[dict[str, Any]]:
    rows = [row for row in server.rows if row["modelName"] == name and row["id"].startswith("row-")]
    return sorted(rows, key=lambda row: row["startDate"] or "")


def test_rows_bear_the_dates_and_prices_of_the_book(server: Recorder, commands: Commands) -> None:
    push(commands)
    dated = ours(server, "acme-dated")
    assert dated[-1]["matchPattern"] == "(?i)^acme-dated$"
    assert dated[-1]["startDate"] == "2026-03-01T00:00:00+00:00"
    assert [row["pricingTiers"][0]["prices"]["input"] for row in dated[-2:]] == [8e-06, 4e-06]
    prices = dated[-1]["pricingTiers"][0]["prices"]
    assert prices["output"] == prices["output_reasoning_tokens"] == 1.2e-05
    assert prices["input_cached_tokens"] == prices["cache_read_input_tokens"] == 4e-06  # nobody prices them apart


def test_a_step_is_a_tier_of_its_own_by_all_that_is_input(server: Recorder, commands: Commands) -> None:
    push(commands, "--model", "acme-long")
    usual, step = ours(server, "acme-long")[-1]["pricingTiers"]
    assert (usual["prices"]["input"], step["prices"]["input"]) == (1e-06, 2e-06)
    (condition,) = step["conditions"]
    assert (condition["operator"], condition["value"]) == ("gt", 200_000)
    for key in usual["prices"]:
        assert bool(re.search(condition["usageDetailPattern"], key)) == (not key.startswith("output")), key


def test_run_again_it_changes_nothing_and_rows_of_others_are_never_touched(
    server: Recorder, commands: Commands
) -> None:
    assert push(commands, "--dry-run").startswith("To do: ")
    assert server.asked == []
    first = push(commands)
    assert first.startswith("Done: ")
    server.asked.clear()
    assert push(commands).startswith("Done: 0 rows new, 0 replaced, 0 deleted; ")
    assert server.asked == []
    assert server.rows[:2] == [MANAGED, PEOPLES]


def test_a_price_that_changed_is_deleted_and_made_anew_and_what_is_gone_is_deleted(
    server: Recorder, commands: Commands, book_url: str
) -> None:
    push(commands)
    gone = ours(server, "acme-large")[0] | {"modelName": "acme-gone", "id": "row-gone"}
    server.rows.append(gone)
    dated = ours(server, "acme-dated")[-1]
    dated["pricingTiers"][0]["prices"]["input"] = 1.0
    announced = datetime(2027, 1, 1, tzinfo=UTC)
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        price = HeldPrice("acme/acme-large", ComponentKey("input_tokens", ""), Decimal(1), 1_000_000, since=announced)
        hold_price(session, price, Decider("a test", NOW, None))
    engine.dispose()
    server.asked.clear()
    push(commands)
    assert sorted(server.asked) == [
        "DELETE acme-dated",
        "DELETE acme-gone",
        "POST acme-dated",
        "POST acme-large",
        "POST acme/acme-large",
    ]
    newest = ours(server, "acme-large")[-1]
    assert newest["startDate"] == "2027-01-01T00:00:00+00:00"
    assert newest["pricingTiers"][0]["prices"]["input"] == 1e-06


def test_with_a_name_the_rows_of_other_names_stay(server: Recorder, commands: Commands) -> None:
    push(commands)
    server.asked.clear()
    for row in list(server.rows):
        if row["id"].startswith("row-"):
            row["matchPattern"] = "another"
    push(commands, "--model", "acme-dated")
    assert {word.split()[1] for word in server.asked} == {"acme-dated"}


def test_what_keeps_it_from_its_work_is_told_with_the_next_step(
    server: Recorder, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "another")
    assert "look at LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY" in commands.run("feed push langfuse").output
    monkeypatch.setenv("LANGFUSE_BASE_URL", "http://prices.example")
    assert "is no https address" in commands.run("feed push langfuse").output
    monkeypatch.delenv("LANGFUSE_PUBLIC_KEY")
    done = commands.run("feed push langfuse")
    assert (done.exit_code, "Not set: LANGFUSE_PUBLIC_KEY." in done.output) == (1, True)
