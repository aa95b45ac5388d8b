"""genai-prices: each trap of its format on a sample, the bundled list whole, and mutated input."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmpricing.domain.conditions import BASE
from llmpricing.domain.meters import METERS
from llmpricing.domain.money import snap
from llmpricing.domain.names.index import IndexedOffering, build_index
from llmpricing.domain.observations import Basis, State
from llmpricing.sources import genai_prices
from llmpricing.sources.bundled import bundled
from llmpricing.sources.errors import SourceError
from llmpricing.sources.genai_prices.rules import meter_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def prices(sample):
    return genai_prices.parse(sample("genai-prices"))


@pytest.fixture(scope="module")
def amount(prices, offering, price_at):
    def find(api_id, meter, at=NOON, *args, **context):
        segment = price_at(offering(prices, f"acme/{api_id}"), meter, at, *args, **context)
        return segment and segment.amount

    return find


def test_a_step_counts_beyond_its_bound_and_keeps_the_base_below(amount):
    assert amount("steps", "input_tokens", NOON, 272_000) == Decimal("1.25")
    assert amount("steps", "input_tokens", NOON, 272_001) == Decimal("2.5")
    assert amount("steps", "output_tokens", NOON, 272_001) == 15
    assert amount("steps", "cache_read_tokens", NOON, 272_001) == Decimal("0.125")


def test_a_bound_of_199999_is_an_inclusive_step_at_200000(amount, prices, offering):
    assert amount("inclusive-step", "input_tokens", NOON, 199_999) == 3
    assert amount("inclusive-step", "input_tokens", NOON, 200_000) == 6
    keys = {said.conditions.key for said in offering(prices, "acme/inclusive-step").statements}
    assert keys == {"", "from=200000"}


def test_prices_are_stated_for_the_quantity_the_source_uses(prices, offering):
    per = {said.meter: said.segments[0].per for said in offering(prices, "acme/steps").statements}
    assert per["input_tokens"] == 1_000_000
    assert per["web_searches"] == 1000


def test_dates_become_segments_and_only_the_first_is_undated(prices, offering):
    (said,) = [s for s in offering(prices, "acme/dated").statements if s.meter == "input_tokens"]
    midnight = [datetime(2026, 8, 17, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)]
    assert [(s.amount, s.valid_from, s.valid_until) for s in said.segments] == [
        (5, None, midnight[0]),
        (4, midnight[0], midnight[1]),
        (3, midnight[1], None),
    ]
    assert [s.basis for s in said.segments] == [Basis.UNDATED, Basis.DOCUMENTED, Basis.DOCUMENTED]


def test_an_unchanged_price_is_one_segment_across_dates(prices, offering):
    (said,) = [s for s in offering(prices, "acme/dated").statements if s.meter == "output_tokens"]
    assert len(said.segments) == 1


def test_a_meter_that_a_later_price_leaves_out_ends_there(prices, offering):
    (said,) = [s for s in offering(prices, "acme/dated").statements if s.meter == "cache_read_tokens"]
    assert [(s.valid_from, s.valid_until) for s in said.segments] == [
        (datetime(2026, 8, 17, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    ]


def test_two_windows_of_one_price_are_one_schedule_beside_dated_prices(amount, prices, offering):
    schedules = {said.conditions.schedule for said in offering(prices, "acme/clock").statements} - {None}
    assert [schedule.windows for schedule in schedules] == [((60, 240), (360, 600))]
    day = datetime(2026, 9, 20, tzinfo=UTC)
    found = [amount("clock", "input_tokens", day + timedelta(hours=hour)) for hour in (0, 1, 4, 6, 10)]
    assert found == [Decimal(text) for text in ("0.15", "0.3", "0.15", "0.3", "0.15")]
    assert amount("clock", "input_tokens", datetime(2026, 1, 1, 2, tzinfo=UTC)) == Decimal("0.3")


def test_a_window_crosses_midnight(amount):
    day = datetime(2026, 9, 20, tzinfo=UTC)
    found = [amount("night", "input_tokens", day + timedelta(minutes=m)) for m in (0, 29, 30, 989, 990)]
    assert found == [1, 1, 2, 2, 1]


def test_a_meter_that_a_window_leaves_out_has_no_price_inside_it(amount):
    day = datetime(2026, 9, 20, tzinfo=UTC)
    assert amount("night", "cache_read_tokens", day + timedelta(hours=12)) == Decimal("0.2")
    assert amount("night", "cache_read_tokens", day + timedelta(hours=20)) is None


def test_variants_become_service_tiers_and_further_conditions(amount):
    assert amount("tiers", "input_tokens") == 2
    assert amount("tiers", "input_tokens", tier="batch") == 1
    assert amount("tiers", "input_tokens", tier="flex") == Decimal("1.5")
    assert amount("tiers", "output_tokens", tier="flex") == 8
    assert amount("tiers", "input_tokens", tier="fast") == 12
    assert amount("tiers", "input_tokens", route="acme/eu") == Decimal("2.2")


def test_a_variant_starts_on_its_date_and_the_first_one_wins(amount):
    before = datetime(2026, 10, 13, 23, 59, tzinfo=UTC)
    assert amount("tiers", "input_tokens", before, tier="batch") == 2
    assert amount("tiers", "input_tokens", before, route="acme/eu") == Decimal("2.1")


def test_the_tier_called_default_is_the_standard_one(prices, offering):
    tiers = {said.conditions.service_tier for said in offering(prices, "acme/tiers").statements}
    assert tiers == {"standard", "batch", "flex", "fast"}


def test_input_without_output_means_output_is_not_offered(prices, offering):
    embedding = offering(prices, "acme/text-embed")
    states = {said.meter: said.segments[0].state for said in embedding.statements}
    assert states == {"input_tokens": State.PRICED, "output_tokens": State.NOT_OFFERED}
    assert embedding.mode == "embedding"


def test_no_price_key_is_free_where_the_id_says_so_and_unknown_elsewhere(prices, offering):
    states = {said.meter: said.segments[0].state for said in offering(prices, "acme/gift:free").statements}
    assert states == {"input_tokens": State.FREE, "output_tokens": State.FREE}
    assert offering(prices, "acme/unpriced").statements == ()
    assert offering(prices, "acme/unpriced").status == "deprecated"


def test_zero_is_free(prices, offering):
    assert {s.segments[0].state for s in offering(prices, "acme/zero").statements} == {State.FREE}


def test_a_floats_residue_is_taken_off_and_its_text_kept(prices, offering):
    segment = next(s.segments[0] for s in offering(prices, "acme/residue").statements if s.meter == "input_tokens")
    assert str(segment.amount) == "0.3"
    assert segment.raw == "0.30000000000000004"


def test_groqs_whisper_bills_ten_seconds_at_least(prices, offering):
    said = offering(prices, "groq/whisper-large-v3").statements
    assert {(s.meter, s.segments[0].minimum_quantity, s.segments[0].per) for s in said} == {
        ("audio_seconds", Decimal(10), 3600),
        ("input_audio_seconds", Decimal(10), 3600),
    }


def test_an_unknown_price_key_is_counted_and_the_model_kept(prices, offering):
    assert prices.unknown_keys == {"dreams_kcount": 1}
    assert len(offering(prices, "acme/novel").statements) == 2


def test_broken_entries_are_reported_by_name_and_the_others_count(prices):
    assert {problem.key for problem in prices.problems} == {
        "broken/negative",
        "broken/words",
        "broken/operator",
        "broken/regex",
        "broken/day",
        "broken/model 6",
        "broken/whole",
    }
    # A clause that cannot be read takes no price away.
    assert [o.api_id for o in prices.offerings if o.provider == "broken"] == ["operator", "regex", "whole"]
    assert prices.entries == 21


@pytest.mark.parametrize(("name", "value"), [("context_window", "much"), ("name", 7)])
def test_a_fact_that_cannot_be_read_is_reported_and_leaves_the_prices(name, value):
    model = {"id": "a", "match": {"equals": "a"}, "prices": {"input_mtok": 1, "output_mtok": 2}, name: value}
    found = genai_prices.parse(json.dumps([{"id": "acme", "name": "Acme", "models": [model]}]).encode())
    assert len(found.offerings[0].statements) == 2
    assert [(p.key, p.reason.split()[0]) for p in found.problems] == [("acme/a", name)]


def test_providers_and_match_clauses_are_kept_as_trees(prices, offering):
    acme = prices.providers[0]
    assert acme.name == "Acme AI"
    assert acme.provider_match == {"or": [{"equals": "acme"}, {"starts_with": "acme-"}]}
    assert acme.fallback_providers == ("other",)
    steps = offering(prices, "acme/steps")
    assert steps.match == {"or": [{"equals": "steps"}, {"and": [{"starts_with": "steps-"}, {"regex": "\\d{4}$"}]}]}
    assert steps.context_window == 1_000_000


def _deep(levels):
    return {"equals": "a"} if levels == 0 else {"or": [_deep(levels - 1)]}


@pytest.mark.parametrize(
    ("owner", "field", "value"),
    [
        ("acme", "api_pattern", "("),
        ("acme", "api_pattern", "(?<!x)y"),  # no linear-time engine knows it
        ("acme", "provider_match", {"or": []}),
        ("acme", "model_match", {"regex": "["}),
        ("acme/a", "match", {"or": []}),
        ("acme/a", "match", _deep(21)),
        ("acme/a", "match", {"contains": ""}),  # every name
        ("acme/a", "match", {"equals": "a\x00"}),
    ],
)
def test_what_the_index_of_names_cannot_read_is_a_problem_and_the_prices_land(owner, field, value):
    model = {"id": "a", "prices": {"input_mtok": 1, "output_mtok": 2}}
    provider = {"id": "acme", "name": "Acme", "models": [model]}
    (provider if owner == "acme" else model)[field] = value
    found = genai_prices.parse(json.dumps([provider]).encode())
    ((key, reason),) = [(problem.key, problem.reason) for problem in found.problems]
    assert key == owner
    assert reason.startswith(field)
    assert [offering.slug for offering in found.offerings] == ["acme/a"]
    sold = [IndexedOffering(o.slug, o.provider, o.api_id, (o.match,) if o.match else ()) for o in found.offerings]
    assert build_index(sold, found.providers).problems == ()


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"[{", b"null", b'[{"id": "a", "models": []}]', b"\xff\xfe"])
def test_a_list_without_anything_readable_is_refused(data):
    with pytest.raises(SourceError):
        genai_prices.parse(data)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_input_is_reported_and_never_crashes(data, sample, mutated, invariants):
    try:
        found = genai_prices.parse(data.draw(mutated(sample("genai-prices"))))
    except SourceError:
        return
    invariants(found)


@pytest.fixture(scope="module")
def whole():
    return bundled(genai_prices.SOURCE)


def test_the_bundled_list_reads_back_as_the_library_has_it(whole):
    from genai_prices.data import providers
    from genai_prices.types import _providers_from_raw

    assert _providers_from_raw(json.loads(whole.data)) == providers
    assert whole.data == bundled(genai_prices.SOURCE).data


def test_the_bundled_list_is_read_whole(whole):
    found = genai_prices.parse(whole.data)
    assert (len(found.providers), len(found.offerings), found.entries) == (47, 2330, 2330)
    assert found.problems == []
    assert not found.unknown_keys


def test_every_unit_of_the_library_has_its_meter():
    from genai_prices.units import _get_registry

    for unit in _get_registry().units.values():
        meter = METERS[meter_of(unit.price_key)]
        assert (meter.slug, meter.per, dict(meter.dimensions)) == (unit.usage_key, unit.per, dict(unit.dimensions))


def test_every_bundled_price_is_the_one_the_library_finds_at_every_bound(whole, price_at):
    from genai_prices.data import providers

    found = {offering.slug: offering for offering in genai_prices.parse(whole.data).offerings}
    for provider in providers:
        for model in provider.models:
            if vars(model.get_prices(NOON)):
                _compare(found[f"{provider.id}/{model.id}"], model, price_at)


def _compare(offering, model, price_at):
    for at in _instants(model):
        for when in [{}, *(variant.when for variant in model.price_variants or ())]:
            theirs = {
                meter_of(key): price for key, price in vars(model.get_prices(at, when)).items() if price is not None
            }
            for meter in theirs.keys() | {said.meter for said in offering.statements}:
                for tokens in _request_inputs(theirs.get(meter)):
                    ours = price_at(offering, meter, at, tokens, **_context(when))
                    expected = _library_price(theirs.get(meter), tokens)
                    if offering.provider == "openrouter" and meter == "cache_write_tokens" and expected:
                        plain = theirs.get("input_tokens")
                        if expected < _library_price(plain, 1):  # it comes on top of the input
                            expected += _library_price(plain, tokens)
                    assert (ours and ours.amount) == expected, (offering.slug, at, when)


def _instants(model):
    yield NOON
    rules = [*(model.prices if isinstance(model.prices, list) else []), *(model.price_variants or ())]
    for rule in rules:
        start, window = getattr(rule.constraint, "start_date", None), getattr(rule.constraint, "start_time", None)
        if isinstance(start, date):
            midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
            yield from (midnight, midnight - timedelta(seconds=1))
        if window:
            for bound in (window, rule.constraint.end_time):
                at = datetime.combine(date(2026, 10, 1), bound)
                yield from (at, at - timedelta(seconds=1))


def _request_inputs(price):
    return [0, *(start + more for tier in getattr(price, "tiers", ()) for start in [tier.start] for more in (0, 1))]


def _library_price(price, tokens):
    for tier in reversed(getattr(price, "tiers", ())):
        if tokens > tier.start:
            return snap(tier.price)
    base = getattr(price, "base", price)
    return base if base is None else snap(base)


def _context(when):
    tier = next((value for key, value in when.items() if key in ("processing", "service_tier", "speed")), "standard")
    return {"tier": tier, **{key: value for key, value in when.items() if key in ("route", "search_type")}}


def test_the_base_price_has_an_empty_condition_key(prices, offering):
    assert any(said.conditions == BASE for said in offering(prices, "acme/steps").statements)


def test_openrouters_cache_writes_below_input_come_on_top_of_it():
    """Its Gemini writes ask five minutes of storage beside the input: 1.25 + 0.375 was 1.625 in its older list."""
    prices = {
        "input_mtok": {"base": 1.25, "tiers": [{"start": 200000, "price": 2.5}]},
        "cache_write_mtok": 0.375,
        "output_mtok": 10,
    }
    dear = {"input_mtok": 3, "cache_write_mtok": 3.75, "output_mtok": 15}

    def writes(provider, prices):
        model = {"id": "m-9", "match": {"equals": "m-9"}, "prices": prices}
        found = genai_prices.parse(json.dumps([{"id": provider, "name": "A seller", "models": [model]}]).encode())
        return {
            s.conditions.key: str(s.segments[0].amount)
            for s in found.offerings[0].statements
            if s.meter == "cache_write_tokens"
        }

    assert writes("openrouter", prices) == {"": "1.625", "above=200000": "2.875"}
    assert writes("openrouter", dear) == {"": "3.75"}
    assert writes("acme", prices) == {"": "0.375"}
