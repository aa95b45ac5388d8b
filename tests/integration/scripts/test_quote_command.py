"""`llmpricing quote`, `alias` and `rate`, as people run them, over a real price book."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from llmpricing.models import AuditEvent
from tests.commands import Commands, commands_on

AT = "2026-11-20"
USAGE = ("--input", "1000", "--cache-read", "200", "--output", "500")


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    """Commands on the small price book."""
    return commands_on(tmp_path, book_url, redis_url)


def said(commands: Commands, command: str, *words: str, exit_code: int = 0) -> str:
    result = commands.run(command, *words)
    assert result.exit_code == exit_code, result.output
    return result.output


def test_a_bill_shows_what_a_person_needs_to_check_it(commands: Commands) -> None:
    bill = said(commands, "quote", "acme/acme-large", *USAGE, "--at", AT).splitlines()
    assert bill[0] == "acme/acme-large (by id), used 2026-11-20"
    assert bill[1] == "by what was known 2026-11-22T12:00:00Z"
    assert bill[3].split() == ["meter", "quantity", "rate", "per", "amount", "price", "source", "since", "rule"]
    rows = [line.split() for line in bill[4:7]]
    assert [row[:7] for row in rows] == [
        ["input_tokens", "800", "USD", "2.5", "1000000", "USD", "0.002"],
        ["cache_read_tokens", "200", "USD", "1.25", "1000000", "USD", "0.00025"],
        ["output_tokens", "500", "USD", "10", "1000000", "USD", "0.005"],
    ]
    assert all(
        row[7].isdigit() and row[8:] == ["genai-prices", "the", "beginning", "(undated)", "base"] for row in rows
    )
    assert bill[-1] == "total: USD 0.00725"


def test_a_bill_says_by_its_code_why_it_may_be_wrong(commands: Commands) -> None:
    bill = said(commands, "quote", "acme/acme-large", "--input", "1", "--at", "2025-01-01").splitlines()
    (warning,) = [line for line in bill if line.startswith("warning: ")]
    assert warning.startswith("warning: DATE_UNKNOWN: no list near that time states the price of input_tokens: ")


def test_a_bill_without_a_total_says_what_it_costs_at_least(commands: Commands) -> None:
    bill = said(commands, "quote", "acme/acme-large", "--input", "1000000", "--meter", "input_audio_tokens=400000")
    assert "not priced: 400000 input_audio_tokens: no list prices input_audio_tokens of this offering" in bill
    assert "total: at least USD 1.5\n" in bill


def test_tier_and_date_choose_the_price(commands: Commands) -> None:
    dated = ("acme/acme-dated", "--input", "1000000")
    assert "total: USD 2\n" in said(commands, "quote", *dated, "--tier", "batch", "--at", AT)
    assert "total: USD 8\n" in said(commands, "quote", *dated, "--at", "2026-02-28T23:59:59Z")
    flex = said(commands, "quote", *dated, "--tier", "flex", "--at", AT)
    assert "total: unknown\n" in flex
    assert "no list names tier flex of this offering" in flex


def test_unknown_is_never_shown_as_zero(commands: Commands) -> None:
    bill = said(commands, "quote", "acme/acme-mystery", "--input", "10", "--meter", "web_searches=3")
    assert "not priced: 10 input_tokens: " in bill
    assert "not priced: 3 web_searches: " in bill
    assert bill.endswith("\ntotal: unknown\n")


def test_a_usage_object_is_read_as_its_provider_means_it(commands: Commands) -> None:
    usage = '{"inputTokens": 800, "cacheReadInputTokens": 200, "outputTokens": 500, "hostedSearchCalls": 2}'
    bill = said(commands, "quote", "acme/acme-large", "--usage", usage, "--at", AT)
    assert "usage read as bedrock\n" in bill
    assert "warning: NOT_UNDERSTOOD: hostedSearchCalls was not read and may mean money" in bill
    assert bill.endswith("\ntotal: USD 0.00725\n")
    named = said(commands, "quote", "acme/acme-large", "--usage", usage, "--usage-format", "bedrock", "--at", AT)
    assert "usage read as" not in named


def test_json_is_what_the_api_answers(commands: Commands) -> None:
    data = json.loads(said(commands, "quote", "acme/acme-large", *USAGE, "--at", AT, "--json"))
    assert (data["total"], data["model"]) == ("0.00725", {"id": "acme/acme-large", "matched_by": "id"})
    assert data["lines"][0]["quantity"] == 800
    assert data["at"] == AT


def test_an_unknown_name_ends_with_exit_code_1_and_what_is_near(commands: Commands) -> None:
    output = said(commands, "quote", "acme/large-acme-dated", "--input", "1", exit_code=1)
    assert "No offering is called acme/large-acme-dated" in output
    assert "acme/acme-dated" in output
    early = said(commands, "quote", "acme/acme-large", *USAGE, "--known-at", "2026-11-01", exit_code=1)
    assert "Nothing called acme/acme-large was known yet" in early
    nobody = said(commands, "quote", "acme-large", *USAGE, "--provider", "nobody", exit_code=1)
    assert "No seller is called nobody" in nobody


@pytest.mark.parametrize(
    "words",
    [
        ("acme/acme-large",),
        ("acme/acme-large", "--input", "-1"),
        ("acme/acme-large", "--input", "1.5"),
        ("acme/acme-large", "--input", "many"),
        ("acme/acme-large", "--input", "5", "--cache-read", "6"),
        ("acme/acme-large", "--meter", "colours=1"),
        ("acme/acme-large", "--meter", "web_searches"),
        ("acme/acme-large", "--input", "1", "--meter", "input_tokens=5"),
        ("acme/acme-large", "--meter", "input_tokens=5", "--meter", "input_tokens=5"),
        ("acme/acme-large", "--input", "1", "--tier", "gold"),
        ("acme/acme-large", "--input", "1", "--at", "soon"),
        ("acme/acme-large", "--input", "1", "--at", "9999-12-31"),
        ("acme/acme-large", "--input", "1", "--known-at", "0001-01-01"),
        ("acme/acme-large", "--input", "1", "--context", "mood=good"),
        ("acme/acme-large", "--usage", "{"),
        ("acme/acme-large", "--usage", "[1]"),
        ("acme/acme-large", "--usage", '{"smell": 1}'),
        ("acme/acme-large", "--usage", '{"input_tokens": 1}', "--input", "1"),
    ],
)
def test_misuse_ends_with_exit_code_2(commands: Commands, words: tuple[str, ...]) -> None:
    assert "Error: " in said(commands, "quote", *words, exit_code=2)


def test_an_own_name_is_given_shown_used_and_ended(commands: Commands) -> None:
    added = said(commands, "alias add", "my-bot", "acme-large", "--from", "2026-01-01")
    assert added == "my-bot means acme/acme-large, from 2026-01-01 on.\n"
    assert said(commands, "alias list") == "my-bot  acme/acme-large  from 2026-01-01 on\n"
    bill = said(commands, "quote", "my-bot", "--input", "1000000", "--at", AT)
    assert bill.startswith("acme/acme-large (by own alias)")
    assert "alias end MY-BOT" in said(commands, "alias add", "MY-BOT", "acme-small", exit_code=1)
    assert said(commands, "alias end", "my-bot", "--at", "2026-11-01") == "my-bot means nothing from 2026-11-01 on.\n"
    assert said(commands, "alias list") == "my-bot  acme/acme-large  from 2026-01-01 until 2026-11-01\n"
    assert commands.json("alias list") == {
        "aliases": [
            {
                "name": "my-bot",
                "offering": "acme/acme-large",
                "valid_from": "2026-01-01T00:00:00Z",
                "valid_until": "2026-11-01T00:00:00Z",
            }
        ]
    }
    said(commands, "quote", "my-bot", "--input", "1", "--at", AT, exit_code=1)
    said(commands, "alias end", "my-bot", "--at", "2026-11-01", exit_code=1)
    said(commands, "alias add", "x", "y", "--from", "2026-02-01", "--until", "2026-01-01", exit_code=1)


def test_a_rate_is_agreed_shown_billed_and_ended(commands: Commands) -> None:
    added = said(
        commands, "rate add", "acme/acme-l*", "--discount", "12.5%", "--from", "2026-01-01", "--note", "deal 7"
    )
    assert added == "12.5 % off for acme/acme-l*, from 2026-01-01 on.\nThat is 2 offerings now.\n"
    said(
        commands,
        "rate add",
        "acme",
        "--price",
        "output_tokens=4/1000000",
        "--price",
        "requests=0",
        "--from",
        "2026-01-01",
    )
    assert said(commands, "rate list").splitlines() == [
        "2  acme/*  output_tokens at USD 4 per 1000000  from 2026-01-01 on",
        "3  acme/*  requests at USD 0 per 1000  from 2026-01-01 on",
        "1  acme/acme-l*  12.5 % off  from 2026-01-01 on  (deal 7)",
    ]
    times = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": None}
    price, _, off = commands.json("rate list")["rates"]
    agreed = {"meter": "output_tokens", "amount": "4", "per": 1_000_000, "currency": "USD"}
    assert price == {"id": 2, "provider": "acme", "glob": "*", **agreed, **times, "note": None}
    assert off == {"id": 1, "provider": "acme", "glob": "acme-l*", "discount": "0.125", **times, "note": "deal 7"}
    bill = said(commands, "quote", "acme/acme-large", "--input", "1000000", "--output", "1000000", "--at", AT)
    assert "base; contract rate 1\n" in bill
    assert "  contract rate 2\n" in bill
    assert "list total: USD 12.5\ntotal: USD 6.1875\n" in bill
    assert said(commands, "rate end", "1", "--at", "2026-06-01") == "Rate 1 ends on 2026-06-01.\n"
    assert "rate list" in said(commands, "rate end", "1", exit_code=1)
    assert "12.5 % off  from 2026-01-01 until 2026-06-01  (deal 7)" in said(commands, "rate list")


def test_nothing_of_ones_own_is_said_so(commands: Commands) -> None:
    assert said(commands, "alias list") == said(commands, "rate list") == "There are none.\n"
    assert commands.json("alias list") | commands.json("rate list") == {"aliases": [], "rates": []}


@pytest.mark.parametrize(
    "words",
    [
        ("acme", "--discount", "12.5", "--from", "2026-01-01"),
        ("acme", "--discount", "101%", "--from", "2026-01-01"),
        ("acme", "--discount", "x%", "--from", "2026-01-01"),
        ("acme", "--discount", "5%"),
        ("acme", "--from", "2026-01-01"),
        ("acme", "--discount", "5%", "--price", "input_tokens=1", "--from", "2026-01-01"),
        ("acme", "--price", "colours=1", "--from", "2026-01-01"),
        ("acme", "--price", "input_tokens=x", "--from", "2026-01-01"),
        ("acme", "--price", "input_tokens=-1", "--from", "2026-01-01"),
        ("acme", "--price", "input_tokens=1/0", "--from", "2026-01-01"),
        ("acme", "--price", "input_tokens=1", "--currency", "euro", "--from", "2026-01-01"),
    ],
)
def test_a_rate_that_cannot_be_read_ends_with_exit_code_2(commands: Commands, words: tuple[str, ...]) -> None:
    said(commands, "rate add", *words, exit_code=2)
    assert said(commands, "rate list") == "There are none.\n"


def test_every_decision_is_logged_with_who_made_it(commands: Commands, engine: Engine) -> None:
    said(commands, "alias add", "bot", "acme/acme-large", "--as", "Ann")
    said(commands, "rate add", "acme", "--discount", "5%", "--from", "2026-01-01")
    said(commands, "rate end", "1", "--as", "Ben")
    with Session(engine) as session:
        log = session.execute(select(AuditEvent.actor, AuditEvent.action, AuditEvent.subject).order_by(AuditEvent.id))
        assert log.all() == [
            ("Ann", "alias_added", "bot"),
            (getpass.getuser(), "rate_added", "acme/*"),
            ("Ben", "rate_ended", "acme/*"),
        ]


def test_a_price_book_that_is_not_there_tells_the_next_step(tmp_path: Path, redis_url: str) -> None:
    away = commands_on(tmp_path, "postgresql+psycopg2://nobody:none@127.0.0.1:1/none", redis_url)
    output = said(away, "quote", "acme/acme-large", "--input", "1", exit_code=1)
    assert "cannot be reached" in output
    assert "none@" not in output


def test_what_is_wrong_with_a_quantity_is_told_by_the_name_of_its_option(commands: Commands) -> None:
    result = commands.run("quote acme/acme-large --input 10 --cache-read 20")
    assert result.exit_code == 2
    assert "--input" in result.stderr
    assert "--cache-read" in result.stderr
    assert "_tokens" not in result.stderr
