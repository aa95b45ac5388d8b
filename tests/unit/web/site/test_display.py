"""How the pages write amounts, counts, days and found words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from llmpricing.web.site import display


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.8666666666667", "0.866666…"),
        ("0.091666666667", "0.0916666…"),
        ("0.285714285714", "0.285714…"),
        ("12.333333333333", "12.3333…"),
        ("1234.33333333", "1,234.33…"),
        ("0.123456789", "0.123456789"),
        ("49.2012345678", "49.2012345678"),
    ],
)
def test_a_quotient_that_does_not_end_is_told_by_its_first_digits(value: str, text: str) -> None:
    assert display.amount(Decimal(value)) == text
    assert display.is_cut(Decimal(value)) is text.endswith("…")


@pytest.mark.parametrize(
    ("value", "text", "missing"),
    [
        ("2.5", "2.50", 2),
        ("10", "10.00", 2),
        ("0.075", "0.075", 1),
        ("0.0025", "0.0025", 0),
        ("0.00000001", "0.00000001", 0),
        ("1250", "1,250.00", 2),
        ("2.500000", "2.50", 2),
        ("0.011703125", "0.011703125", 0),
    ],
)
def test_amount_keeps_every_digit_and_knows_what_aligns_its_point(value: str, text: str, missing: int) -> None:
    assert display.amount(Decimal(value)) == text
    assert display.missing_places(Decimal(value)) == missing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.07", "$0.07"),
        ("0.0825", "$0.0825"),
        ("0.123456", "$0.1235"),
        ("0.00001", "$0.00001"),
        ("0.99999", "$1.00"),
        ("1250.4", "$1,250.40"),
        ("20", "$20.00"),
        ("0", "free"),
    ],
)
def test_a_sum_is_written_to_four_digits_without_empty_ones(value: str, text: str) -> None:
    assert display.total(Decimal(value), "USD") == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(512, "512"), (8000, "8K"), (128_000, "128K"), (131_072, "131K"), (999_999, "1M"), (1_048_576, "1.05M")],
)
def test_token_counts_take_three_digits(count: int, text: str) -> None:
    assert display.tokens(count) == text


def test_days_are_written_in_utc() -> None:
    assert display.long_day(datetime.fromisoformat("2026-11-10T23:30:00-05:00")) == "11 Nov 2026"
    assert display.long_day(datetime(2026, 1, 2, tzinfo=UTC)) == "2 Jan 2026"


def test_age_is_told_in_days() -> None:
    assert [display.age(days) for days in (0, 1, 31)] == ["less than a day old", "1 day old", "31 days old"]


@pytest.mark.parametrize(
    ("text", "searched", "html"),
    [
        ("GPT-4o", "gpt", "<mark>GPT</mark>-4o"),
        ("gpt-4o mini", "mini gpt", "<mark>gpt</mark>-4o <mark>mini</mark>"),
        ("a<b>c", "<b>", "a<mark>&lt;b&gt;</mark>c"),
        ("amp & co", "amp", "<mark>amp</mark> &amp; co"),
        ("x.y", ".", "x<mark>.</mark>y"),
        ("sonnet 4", "son sonnet", "<mark>sonnet</mark> 4"),
        ("<i>", "", "&lt;i&gt;"),
    ],
)
def test_found_words_are_marked_in_text_that_stays_text(text: str, searched: str, html: str) -> None:
    assert str(display.highlight(text, searched)) == html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "https://", "http://[", None])
def test_only_addresses_of_the_web_become_links(url: str | None) -> None:
    assert display.web_link(url) is None


def test_web_addresses_are_kept_as_they_are() -> None:
    assert display.web_link("https://acme.example/pricing?a=b") == "https://acme.example/pricing?a=b"


@pytest.mark.parametrize(
    ("meter", "quantity", "text"),
    [
        ("input_tokens", 1_000_000, "per million tokens"),
        ("cache_read_tokens", 1_000, "per 1,000 tokens"),
        ("web_searches", 1_000, "per 1,000 web searches"),
        ("input_images", 1, "per image"),
        ("audio_seconds", 3_600, "per hour"),
        ("audio_seconds", 60, "per minute"),
        ("audio_seconds", 1, "per second"),
        ("audio_seconds", 90, "per 90 seconds"),
    ],
)
def test_what_an_amount_buys_is_said_in_words(meter: str, quantity: int, text: str) -> None:
    assert display.per(meter, quantity) == text


def test_conditions_are_said_in_words() -> None:
    assert display.condition("service_tier", "batch") == "service tier: batch"
    assert display.condition("input_tokens_above", 200_000) == "more than 200,000 input tokens"
    assert display.condition("input_tokens_from", 200_000) == "200,000 input tokens or more"
    assert display.condition("applies_to", "the whole request") == "charged for the whole request"
    hours = {"time_zone": "UTC", "weekdays": [], "windows": ["16:30-00:30"], "not_on": []}
    assert display.condition("schedule", hours) == "daily 16:30-00:30 UTC"
    hours = hours | {"weekdays": [1, 5], "not_on": [datetime(2026, 1, 1, tzinfo=UTC).date()]}
    assert display.condition("schedule", hours) == "Mon, Fri 16:30-00:30 UTC, not on 1 Jan 2026"
    hours["not_on"] = [date(2026, 1, day) for day in (1, 2, 3, 15)]
    told = "Mon, Fri 16:30-00:30 UTC, not on 4 holidays from 1 Jan 2026 to 15 Jan 2026"
    assert display.condition("schedule", hours) == told


def test_another_currency_is_named() -> None:
    assert (display.sign("USD"), display.sign("CNY"), display.sign(None)) == ("$", "CNY\N{NO-BREAK SPACE}", "$")


@pytest.mark.parametrize(
    ("part", "text"),
    [(Decimal("0.6"), "60%"), (Decimal(0), "0%"), (Fraction(1, 3), "33.33%"), (Fraction(1, 8), "12.5%")],
)
def test_a_share_is_written_as_a_field_takes_it(part: Decimal | Fraction, text: str) -> None:
    assert display.share(part) == text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("tier=batch", "service tier: batch"),
        ("region=eu;from=200000", "region: eu, 200,000 input tokens or more, charged for the whole request"),
        (
            "tier=flex;above=128000;marginal",
            "service tier: flex, more than 128,000 input tokens, charged for tokens beyond the bound",
        ),
        ("schedule=0123456789abcdef;resolution:1080p", "resolution: 1080p, at certain hours"),
    ],
)
def test_conditions_are_written_in_words_not_as_their_key(key: str, text: str) -> None:
    assert display.conditions(key) == text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("base", "base"),
        ("tier=batch", "service tier: batch"),
        (
            "base; counts cache_read_tokens too, without a price of its own",
            "base; counts cache read tokens too, without a price of its own",
        ),
        (
            "region=eu;schedule=0123456789abcdef; counts cache_read_tokens too",
            "region: eu, at certain hours; counts cache read tokens too",
        ),
    ],
)
def test_the_rule_of_a_line_is_written_in_words(rule: str, text: str) -> None:
    assert display.rule(rule) == text
