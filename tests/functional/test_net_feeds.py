"""Feeds less what was agreed with sellers: what a client of them bills is what our quotes do, and a secret."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.update_prices import UpdatePrices
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.book.file import open_book
from llmpricing.services.catalogue.steps import stable_period
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.folder import keep_book
from llmpricing.web.feed_building import built
from tests.commands import Commands, commands_on
from tests.conftest import NOW, running_app
from tests.functional.addresses import FEEDS
from tests.functional.test_access import WORDS, bearing
from tests.functional.test_feeds import MAP, bring
from tests.plain_server import file_server

OF_PRICES = tuple(path for name, path in FEEDS.items() if not name.startswith("changes_"))
LITELLM = FEEDS["feed_litellm"]
BEGINS = datetime(2026, 12, 24, 18, tzinfo=UTC)  # of the second rate, within a day
BEFORE, AFTER = "2026-12-24T17:59:59Z", "2026-12-24T18:00:00Z"
NAMES = ("acme-large", "acme-dated", "acme-long")  # of which each list has an entry


@pytest.fixture
def agreed_url(book_url: str) -> str:
    """The small price book with LiteLLM's map; a fifth off acme, and amounts for one from Christmas on."""
    bring(book_url, MAP)
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        by = Decider("me", datetime.now(UTC))
        off = RateValue(discount=Decimal("0.2"))
        add_contract_rates(session, by, "acme", "*", [off], datetime(2026, 1, 1, tzinfo=UTC))
        amounts = [
            RateValue(meter=meter, amount=Decimal(amount), per=1_000_000)
            for meter, amount in (("input_tokens", "1.5"), ("output_tokens", "5"))
        ]
        add_contract_rates(session, by, "acme", "acme-large", amounts, BEGINS)
    engine.dispose()
    return book_url


@pytest.fixture
def app(agreed_url: str, redis_url: str) -> Iterator[TestApp]:
    """The application with a token of each scope; it bears the one that sees rates."""
    with running_app(agreed_url, redis_url, **{"auth.tokens": WORDS}) as found:
        found.authorization = ("Bearer", bearing("rates")["Authorization"].removeprefix("Bearer "))
        yield found


@pytest.fixture
def commands(tmp_path: Path, agreed_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, agreed_url, redis_url)


def net(app: TestApp, path: str, at: str) -> Any:
    return json.loads(app.get(path, {"rates": "net", "at": at}).body, parse_float=Decimal)


def quoted(app: TestApp, name: str, at: str) -> Decimal:
    """What a million tokens in and a million out cost by our quote, at the base price."""
    items = [
        {"model": f"acme/{name}", "at": at, "usage": {meter: 100_000}} for meter in ("input_tokens", "output_tokens")
    ]
    answers = app.post_json("/api/v1/quotes", {"items": items}).json["data"]["items"]
    assert all(one["total"] != one["list_total"] for one in answers)
    return 10 * sum(Decimal(one["total"]) for one in answers)


@pytest.mark.parametrize("at", [BEFORE, AFTER])
def test_each_feed_bills_what_our_quotes_do_before_and_after_a_rate_begins(app: TestApp, at: str) -> None:
    expected = {name: quoted(app, name, at) for name in NAMES}
    entries = net(app, LITELLM, at)
    fields = ("input_cost_per_token", "output_cost_per_token")
    assert {name: sum(entries[f"acme/{name}"][one] for one in fields) * 10**6 for name in NAMES} == expected
    ratios = net(app, FEEDS["ratio_config"], at)["data"]
    found = {name: ratios["model_ratio"][name] * 2 * (1 + ratios["completion_ratio"][name]) for name in NAMES}
    assert {name: round(cost, 20) for name, cost in found.items()} == expected
    for asked in ({"at": at}, {}):
        answer = app.get(FEEDS["prices_csv"], {"rates": "net", **asked})
        rows = [row for row in csv.DictReader(io.StringIO(answer.text)) if _holds(row, at)]
        table = {
            row["offering"]: Decimal(row["input_per_mtok"] or 0) + Decimal(row["output_per_mtok"] or 0) for row in rows
        }
        assert {name: table[f"acme/{name}"] for name in NAMES} == expected
    assert app.get(FEEDS["prices_parquet"], {"rates": "net", "at": at}).body.startswith(b"PAR1")


def _holds(row: dict[str, str], at: str) -> bool:
    return row["valid_from"] <= at and (not row["valid_until"] or at < row["valid_until"])


@pytest.mark.parametrize("at", [BEFORE, AFTER])
def test_the_real_client_of_genai_prices_bills_what_our_quotes_do(
    app: TestApp, commands: Commands, tmp_path: Path, at: str
) -> None:
    out = tmp_path / "files" / "genai-prices.json"
    out.parent.mkdir()
    done = commands.run("feed export genai-prices --rates net", "--out", str(out), "--at", at)
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == app.get(FEEDS["feed_genai_prices"], {"rates": "net", "at": at}).body
    with file_server(out.parent) as address:
        loaded = UpdatePrices(url=f"{address}/{out.name}").fetch()
    assert isinstance(loaded, DataSnapshot)
    for name in NAMES:
        usage = Usage(input_tokens=100_000, output_tokens=100_000)
        cost = loaded.calc(usage, name, "acme", None, datetime.fromisoformat(at)).total_price
        assert cost * 10 == quoted(app, name, at)


def test_contract_rates_need_their_scope_and_the_refusal_tells_the_next_step(app: TestApp) -> None:
    for path in OF_PRICES:
        _needs_the_scope(app, path)


def _needs_the_scope(app: TestApp, path: str) -> None:
    for scope in ("feed", "read"):
        error = app.get(path, {"rates": "net"}, headers=bearing(scope), status=403).json["error"]
        assert error["message"].startswith("This needs the scope rates: ask whoever runs this service")
        app.get(path, {"rates": "list"}, headers=bearing(scope), status="*")
    app.get(path, {"rates": "net"}, headers={"Authorization": "Bearer nobody"}, status=401)
    error = app.get(path, {"rates": "gross"}, status=400).json["error"]
    assert error["details"]["known"] == ["list", "net"]


def test_no_shared_cache_keeps_them_and_no_list_feed_is_made_of_them(app: TestApp) -> None:
    for path in (LITELLM, FEEDS["ratio_config"], FEEDS["prices_csv"], FEEDS["feed_litellm_report"]):
        own, listed = (app.get(path, {"rates": rates}) for rates in ("net", "list"))
        assert own.headers["Cache-Control"].startswith("private")
        assert "Authorization" in own.headers["Vary"]
        assert own.headers["ETag"] != listed.headers["ETag"]
        assert own.body != listed.body
        of_feed = app.get(path, headers=bearing("feed"), status="*") if path != FEEDS["feed_litellm_report"] else None
        assert of_feed is None or of_feed.body == listed.body == app.get(path).body
        app.get(path, {"rates": "list"}, headers={"If-None-Match": own.headers["ETag"]}, status=200)
        app.get(path, {"rates": "net"}, headers={"If-None-Match": own.headers["ETag"]}, status=304)
    digests = {app.get(FEEDS["feed_litellm_sha256"], {"rates": rates}).body for rates in ("net", "list")}
    assert len(digests) == 2


def test_the_report_tells_which_fields_were_agreed(app: TestApp) -> None:
    fields = app.get(FEEDS["feed_litellm_report"], {"rates": "net", "at": AFTER}).json["data"]
    told = {(one["name"], one["field"]): one["exported"] for one in fields}
    assert told["acme/acme-large", "input_cost_per_token"] == "0.0000015"
    assert told["acme/acme-dated", "input_cost_per_token"] == "0.0000032"


def test_where_nobody_must_bear_a_token_only_who_develops_on_this_machine_sees_them(
    agreed_url: str, redis_url: str
) -> None:
    with running_app(agreed_url, redis_url) as app:
        answer = app.get(LITELLM, {"rates": "net"})
        assert answer.headers["Cache-Control"].startswith("private")
        app.get(LITELLM, {"rates": "net"}, extra_environ={"REMOTE_ADDR": "192.0.2.1"}, status=401)


def test_files_with_contract_rates_are_for_their_owner_alone(commands: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    done = commands.run("feed publish --rates net", str(folder), "--at", AFTER)
    assert done.exit_code == 0, done.output
    assert "only you may read it (mode 0600)" in done.output
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in folder.iterdir())
    assert json.loads((folder / "litellm.json").read_bytes())["acme/acme-large"]["input_cost_per_token"] == 1.5e-06
    overrides = json.loads((folder / "ccusage.json").read_bytes())["defaults"]["pricingOverrides"]
    assert overrides["acme-dated"]["inputCostPerToken"] == 3.2e-06
    out = tmp_path / "prices.csv"
    done = commands.run("feed export prices.csv --rates net", "--out", str(out))
    assert (done.exit_code, out.stat().st_mode & 0o777) == (0, 0o600), done.output
    assert "only you may read it (mode 0600)" in done.output


def test_a_book_file_without_contract_rates_is_refused_and_one_with_them_answers(
    commands: Commands, tmp_path: Path
) -> None:
    book, out = tmp_path / "a.book", tmp_path / "litellm.json"
    export = ("feed export litellm --rates net", "--out", str(out), "--at", AFTER, "--book", str(book))
    assert commands.run("book export", str(book)).exit_code == 0
    done = commands.run(*export)
    assert (done.exit_code, out.exists()) == (1, False)
    assert f"{book} holds no contract rates. Write it with them" in done.output
    assert commands.run("book export --with-contract-rates --force", str(book)).exit_code == 0
    done = commands.run(*export)
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_bytes())["acme/acme-large"]["input_cost_per_token"] == 1.5e-06


def test_the_beginning_of_a_rate_is_a_known_step_and_its_feeds_are_ready(agreed_url: str, tmp_path: Path) -> None:
    engine = create_engine(agreed_url, poolclass=NullPool)
    path = keep_book(engine, tmp_path)
    assert path is not None
    book = open_book(path).price_book
    with Session(engine) as session:
        for reads in (session, book):
            assert stable_period(reads, book_state(reads), datetime.fromisoformat(BEFORE)).until == BEGINS
    engine.dispose()
    assert {"litellm", "litellm:net", "ratio-config:net", "prices.csv:net"} <= built(book, NOW).keys()
