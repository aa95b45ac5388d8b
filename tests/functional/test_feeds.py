"""Feeds: a list as it came, with what is published laid over it, the same bytes by address and by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from genai_prices import Usage
from genai_prices.update_prices import UpdatePrices
from pyarrow import parquet
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.catalogue.steps import StablePeriod
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.imports.undoing import readings, undo
from llmpricing.sources.registry import SOURCES
from tests.commands import commands_on
from tests.conftest import NOW, running_app
from tests.functional.addresses import FEEDS
from tests.functional.test_access import TOKENS, WORDS, bearing
from tests.functional.test_held_book import wait_for
from tests.plain_server import fetch, file_server

FEED, REPORT = FEEDS["feed_litellm"], FEEDS["feed_litellm_report"]
BEFORE, AFTER = "2026-02-28", "2026-03-01"  # acme-dated costs less from March on
_CHAT = {"litellm_provider": "acme", "mode": "chat"}
MAP: dict[str, Any] = {
    "sample_spec": {"input_cost_per_token": 0.0, "max_tokens": "a number"},
    "acme/acme-large": {
        **_CHAT,
        "input_cost_per_token": 2.6e-06,
        "output_cost_per_token": 1e-05,
        "max_input_tokens": 128000,
        "supports_vision": True,
        "source": "https://acme.example/prices?a=1.50",
        "something_new": [1, {"of": 0.30000000000000004}],
    },
    "acme/acme-dated": {**_CHAT, "input_cost_per_token": 8e-06, "output_cost_per_token": 2.4e-05},
    "acme/acme-long": {**_CHAT, "input_cost_per_token": 1e-06, "output_cost_per_token": 4e-06},
    "acme/acme-own": {**_CHAT, "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07},
    "acme/acme-slip": {**_CHAT, "input_cost_per_token": 0.9, "output_cost_per_token": 0.9},
}
OWN = MAP["acme/acme-own"] | dict.fromkeys(("cache_read_input_token_cost", "cache_creation_input_token_cost"), 1.5e-07)


def bring(url: str, listed: dict[str, Any], day: int = 12) -> None:
    """Import a LiteLLM map that was published on that day of November."""
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(listed).encode(), datetime(2026, 11, day, tzinfo=UTC), NOW, "a test")
        import_lists(session, [(SOURCES["litellm"], reading)])
    engine.dispose()


@pytest.fixture
def fed_url(book_url: str) -> str:
    """The small price book after an import of the map above."""
    bring(book_url, MAP)
    return book_url


@pytest.fixture
def app(fed_url: str, redis_url: str) -> Iterator[TestApp]:
    with running_app(fed_url, redis_url) as found:
        yield found


def test_before_a_map_was_imported_the_answer_names_the_command(testapp: TestApp) -> None:
    for path in (FEED, REPORT, FEEDS["feed_litellm_sha256"]):
        error = testapp.get(path, status=503).json["error"]
        assert error["message"].endswith("Next: llmpricing import litellm")


def test_published_prices_stand_in_the_map_and_all_else_is_as_it_came(app: TestApp) -> None:
    found = app.get(FEED, {"at": BEFORE}).json
    assert list(found) == list(MAP)
    large = found["acme/acme-large"]
    assert large["input_cost_per_token"] == 2.5e-06  # published is what genai-prices says
    assert large["cache_read_input_token_cost"] == 1.25e-06  # which the map does not know
    kept = {"input_cost_per_token": 2.6e-06} | {n: v for n, v in large.items() if n in MAP["acme/acme-large"]}
    assert kept | {"input_cost_per_token": 2.6e-06} == MAP["acme/acme-large"]
    assert found["sample_spec"] == MAP["sample_spec"]
    assert found["acme/acme-own"] == _CHAT  # whose price nobody knows before the map was published
    assert app.get(FEED).json["acme/acme-own"] == OWN


def test_cached_tokens_that_nobody_prices_apart_cost_what_input_does(app: TestApp) -> None:
    found = app.get(FEED).json["acme/acme-own"]
    assert found.items() - MAP["acme/acme-own"].items() == {
        ("cache_read_input_token_cost", 1.5e-07),
        ("cache_creation_input_token_cost", 1.5e-07),
    }  # without such a key LiteLLM bills nothing for them


def test_a_step_that_the_map_has_no_key_for_gets_one(app: TestApp) -> None:
    assert app.get(FEED).json["acme/acme-long"] == MAP["acme/acme-long"] | {
        "input_cost_per_token_above_200k_tokens": 2e-06,
        **dict.fromkeys(("cache_read_input_token_cost", "cache_creation_input_token_cost"), 1e-06),
        "cache_read_input_token_cost_above_200k_tokens": 2e-06,
        "cache_creation_input_token_cost_above_200k_tokens": 2e-06,
        "output_cost_per_token_above_200k_tokens": 6e-06,
    }


def test_the_map_changes_at_the_announced_moment(app: TestApp) -> None:
    asked = {at: app.get(FEED, {"at": at}).json["acme/acme-dated"] for at in (BEFORE, AFTER)}
    assert [asked[at]["input_cost_per_token"] for at in (BEFORE, AFTER)] == [8e-06, 4e-06]
    assert [asked[at]["output_cost_per_token"] for at in (BEFORE, AFTER)] == [2.4e-05, 1.2e-05]
    assert asked[BEFORE]["input_cost_per_token_batches"] == asked[AFTER]["input_cost_per_token_batches"] == 2e-06


def test_prices_are_exact_numbers(app: TestApp) -> None:
    found = json.loads(app.get(FEED).body, parse_float=Decimal)
    large = found["acme/acme-large"]
    assert large["input_cost_per_token"] == Decimal("0.0000025")
    assert large["something_new"][1]["of"] == Decimal("0.30000000000000004")


def test_a_price_that_waits_for_a_person_is_left_out_and_reported(app: TestApp) -> None:
    assert app.get(FEED).json["acme/acme-slip"] == _CHAT
    report = app.get(REPORT).json
    assert report["meta"]["lacking"] == "LiteLLM bills 0 for what it finds no price of."
    told = {(one["name"], one["field"]): one for one in report["data"]}
    assert told["acme/acme-slip", "input_cost_per_token"]["change"] == "without_price"
    large = told["acme/acme-large", "input_cost_per_token"]
    assert (large["change"], large["listed"], large["exported"]) == ("changed", "0.0000026", "0.0000025")
    assert ("acme/acme-own", "input_cost_per_token") not in told
    assert told["acme/acme-own", "cache_read_input_token_cost"]["change"] == "added"


def test_the_last_good_price_goes_on_while_a_newer_one_waits(fed_url: str, redis_url: str) -> None:
    own = MAP["acme/acme-own"]
    bring(fed_url, MAP | {"acme/acme-own": own | {"input_cost_per_token": 1.5e-02}}, day=13)
    with running_app(fed_url, redis_url) as app:
        assert app.get(FEED).json["acme/acme-own"] == OWN


def test_of_several_maps_the_newest_that_stands_counts(fed_url: str, redis_url: str) -> None:
    bring(fed_url, MAP | {"acme/acme-later": MAP["acme/acme-own"]}, day=13)
    bring(fed_url, MAP | {"acme/acme-older": MAP["acme/acme-own"]}, day=11)
    with running_app(fed_url, redis_url) as app:
        assert list(app.get(FEED).json) == [*MAP, "acme/acme-later"]
        engine = create_engine(fed_url, poolclass=NullPool)
        with Session(engine) as session, session.begin():
            newest = max(readings(session, "litellm"), key=lambda reading: reading.published_at)
            undo(session, newest.id, "me", datetime.now(UTC), None)
        engine.dispose()
        assert list(app.get(FEED).json) == list(MAP)


def test_the_answer_bears_a_strong_etag_and_is_a_304_when_asked_with_it(app: TestApp) -> None:
    plain = app.get(FEED)
    packed = app.get(FEED, headers={"Accept-Encoding": "gzip"})
    assert packed.body == plain.body  # which the client unpacks
    assert plain.headers["ETag"].startswith('"')
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert "max-age=" in plain.headers["Cache-Control"]
    for answer, accepted in ((plain, "identity"), (packed, "gzip")):
        again = app.get(FEED, headers={"If-None-Match": answer.headers["ETag"], "Accept-Encoding": accepted})
        assert (again.status_int, again.body) == (304, b"")


def test_the_digest_is_that_of_the_bytes_as_sha256sum_writes_it(app: TestApp) -> None:
    for query in ({}, {"at": BEFORE}):
        digest = sha256(app.get(FEED, query).body).hexdigest()
        answer = app.get(FEEDS["feed_litellm_sha256"], query)
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.body == f"{digest}  litellm.json\n".encode()


def test_a_token_of_scope_feed_opens_feeds_and_nothing_else(fed_url: str, redis_url: str) -> None:
    with running_app(fed_url, redis_url, **{"auth.tokens": WORDS}) as app:
        for path in FEEDS.values():
            app.get(path, status=401)
            assert app.get(path, headers=bearing("feed"), status="*").status_int in (200, 503)  # one was not imported
        assert "private" in app.get(FEED, headers=bearing("feed")).headers["Cache-Control"]
        app.authorization = ("Basic", ("any", TOKENS["feed"]))  # as a URL brings it
        app.get(FEED)
        app.get("/api/v1/models", status=403)


def test_the_command_writes_the_same_bytes_and_the_book_in_memory_gives_them(
    tmp_path: Path, fed_url: str, redis_url: str, app: TestApp
) -> None:
    commands = commands_on(tmp_path, fed_url, redis_url)
    for at in (BEFORE, AFTER):
        out = tmp_path / "litellm.json"
        done = commands.run("feed export litellm", "--out", str(out), "--at", at)
        assert done.exit_code == 0, done.output
        assert out.read_bytes() == app.get(FEED, {"at": at}).body
    assert commands.run("book export", str(tmp_path / "a.book")).exit_code == 0
    with running_app(fed_url, redis_url, book_dir=tmp_path / "books") as held:
        wait_for(held, lambda answer: answer["book"] is not None)
        assert held.get(FEED, {"at": AFTER}).body == out.read_bytes()
    done = commands.run("feed export litellm", "--out", str(out), "--at", BEFORE, "--book", str(tmp_path / "a.book"))
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == app.get(FEED, {"at": BEFORE}).body


def test_a_map_imported_into_an_empty_book_is_exported_as_it_came(
    empty_book_url: str, redis_url: str, app: TestApp
) -> None:
    first = app.get(FEED, {"at": AFTER}).body
    bring(empty_book_url, json.loads(first), day=20)
    with running_app(empty_book_url, redis_url) as other:
        again = other.get(FEED).body
        assert json.loads(again) == json.loads(first)
        bring(empty_book_url, json.loads(again), day=21)
        assert other.get(FEED).body == again


def test_genai_prices_data_imported_into_an_empty_book_is_exported_as_it_came(
    empty_book_url: str, redis_url: str, app: TestApp
) -> None:
    path = FEEDS["feed_genai_prices"]
    first = app.get(path, {"at": AFTER}).body
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        reading = ReadList(first, datetime(2026, 11, 20, tzinfo=UTC), NOW, "a test")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
    engine.dispose()
    with running_app(empty_book_url, redis_url) as other:
        assert other.get(path).json == json.loads(first)


def test_no_feed_is_fresh_beyond_a_known_step(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    period = StablePeriod(now - timedelta(hours=1), now + timedelta(seconds=40))
    monkeypatch.setattr("llmpricing.web.conditional.stable_period", lambda *_, **__: period)
    for name, path in FEEDS.items():
        if name.startswith("feed_models_dev"):
            continue  # which nobody imported
        parts = app.get(path).headers["Cache-Control"].split(",")
        seconds = [int(part.partition("=")[2]) for part in parts if "=" in part]
        assert len(seconds) == 2, name
        assert sum(seconds) <= 40, name


def test_all_feeds_are_published_as_files_for_a_plain_server(
    tmp_path: Path, fed_url: str, redis_url: str, app: TestApp
) -> None:
    folder = tmp_path / "feeds" / "v1"
    done = commands_on(tmp_path, fed_url, redis_url).run("feed publish", str(folder), "--at", AFTER)
    assert done.exit_code == 0, done.output
    assert "Left out models.dev/api.json" in done.output  # which nobody imported
    names = ("litellm.json", "genai-prices.json")
    notice = "NOTICE.txt"
    of_all = ("ratio_config.json", "ccusage.json", "prices.csv", "prices.parquet", "changes.json", "changes.atom")
    written = (*names, *of_all)
    assert {file.name for file in folder.iterdir()} == {*written, *(f"{name}.sha256" for name in written), notice}
    for name in written:
        digest = sha256((folder / name).read_bytes()).hexdigest()
        assert (folder / f"{name}.sha256").read_text() == f"{digest}  {name}\n"
    for name in names:
        data = (folder / name).read_bytes()
        assert data == app.get(f"/api/v1/export/{name}", {"at": AFTER}).body
    assert (folder / "ratio_config.json").read_bytes() == app.get("/api/ratio_config", {"at": AFTER}).body
    overrides = json.loads((folder / "ccusage.json").read_bytes())["defaults"]["pricingOverrides"]
    assert overrides["acme-dated"]["inputCostPerToken"] == 4e-06
    for name in ("prices.csv", "prices.parquet"):
        assert (folder / name).read_bytes() == app.get(f"/api/v1/{name}").body
    lines = [line for line in (folder / notice).read_text().splitlines() if line]
    assert [line.partition(":")[0] for line in lines] == [*names, ", ".join(of_all)]
    assert all("licence MIT" in line and "2026-03-01" in line for line in lines)
    with file_server(folder) as address:
        fetched = UpdatePrices(url=f"{address}/genai-prices.json").fetch()
        atom, rates = (fetch(address, name) for name in ("changes.atom", "prices.parquet"))
        table = parquet.read_table(pa.BufferReader(rates))
    assert b'<feed xmlns="http://www.w3.org/2005/Atom">' in atom
    assert table.num_rows > 0
    assert fetched is not None
    found = fetched.calc(Usage(input_tokens=1_000_000), "acme-dated", "acme", None, datetime(2026, 3, 2, tzinfo=UTC))
    assert found.total_price == 4


def test_a_book_without_lists_publishes_nothing_and_says_what_comes_first(
    tmp_path: Path, empty_book_url: str, redis_url: str
) -> None:
    done = commands_on(tmp_path, empty_book_url, redis_url).run("feed publish", str(tmp_path / "feeds"))
    assert done.exit_code == 1
    assert done.output.splitlines()[-1].endswith("Next: llmpricing import --all")
    assert not (tmp_path / "feeds").exists()


def test_a_name_that_stands_on_another_has_its_own_price_from_its_day_on(fed_url: str, redis_url: str) -> None:
    twin = {**_CHAT, "input_cost_per_token": 3e-06, "output_cost_per_token": 1.1e-05}
    bring(fed_url, MAP | {"acme/Acme-Large": twin}, day=13)
    with running_app(fed_url, redis_url) as app:
        item = {"model": "acme/Acme-Large", "usage": {"input_tokens": 1_000_000, "output_tokens": 1_000_000}}
        quote = app.post_json("/api/v1/quotes", item).json["data"]
        assert (quote["model"]["id"], quote["total"]) == ("acme/Acme-Large", "14")
        entry = app.get(FEED).json["acme/Acme-Large"]
        assert (entry["input_cost_per_token"], entry["output_cost_per_token"]) == (3e-06, 1.1e-05)
