"""A book in memory answers as the database does, byte for byte: any name, any two times, tiers, places and ids."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.book.file import open_book
from llmpricing.domain.components import ComponentKey
from llmpricing.domain.names.matching import Ambiguous
from llmpricing.domain.quotes.context import TIERS, context
from llmpricing.domain.scores.benchmarks import DEFAULT_WEIGHTS
from llmpricing.domain.scores.score_file import StatedScore
from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import Model, PriceRow, SourceFetch
from llmpricing.services.catalogue.disagreements import disagreements
from llmpricing.services.catalogue.filter_values import filter_values
from llmpricing.services.catalogue.freshness import source_ages
from llmpricing.services.catalogue.knowledge_cutoffs import knowledge_cutoff
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.catalogue.listing import (
    SORTABLE,
    OfferingFilter,
    get_offering,
    id_like,
    list_offerings,
)
from llmpricing.services.catalogue.news import NewsKind, news_since
from llmpricing.services.catalogue.offering_detail import details
from llmpricing.services.catalogue.positions import parse_position, position_text
from llmpricing.services.catalogue.price_changes import known_since, moves_since
from llmpricing.services.catalogue.price_history import price_history
from llmpricing.services.catalogue.same_model import model_of
from llmpricing.services.catalogue.sources import read_sources
from llmpricing.services.catalogue.steps import stable_period
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates, end_contract_rate
from llmpricing.services.decisions.exchange_rates import set_exchange_rate
from llmpricing.services.decisions.own_aliases import add_alias, end_alias
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price, release_price
from llmpricing.services.imports.undoing import undo
from llmpricing.services.names.candidates import told_apart
from llmpricing.services.names.coverage import NamedAt, cover
from llmpricing.services.names.resolving import names_of, resolve_name
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.export import export_book
from llmpricing.services.quotes.document import quote_document
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.services.scores.kept_scores import count_scores, scores_of
from llmpricing.services.scores.valuing import ValueQuestion, value_models

NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUESTIONS = 5_000
DAY = timedelta(days=1)
OTHER_BOOK = "f" * 32  # what is remembered of one price book must not answer for the other
USAGES = (
    {"input_tokens": 1_000, "output_tokens": 500},
    {"input_tokens": 250_001, "cache_read_tokens": 100_000, "output_tokens": 9},
    {"input_tokens": 10, "cache_write_tokens": 5, "output_tokens": 7, "output_reasoning_tokens": 3},
    {"input_tokens": 50, "input_audio_tokens": 20, "web_searches": 2},
    {"requests": 3, "output_images": 1},
)


def by(days: int) -> Decider:
    return Decider("Ada", NOW + days * DAY)


def decide(session: Session) -> None:
    """What an installation decides within a week: rates, names, currencies and held prices that come and go."""
    add_contract_rates(session, by(1), "openai", "gpt-4*", [RateValue(discount=Decimal("0.125"))], NOW - 9 * DAY)
    add_contract_rates(session, by(1), "anthropic", "*", [RateValue(discount=Decimal("0.5"))], NOW - 90 * DAY, NOW)
    set_exchange_rate(session, by(2), "EUR", Decimal("1.13"), "a bank", NOW - 400 * DAY)
    set_exchange_rate(session, by(3), "EUR", Decimal("1.1"), "a bank", NOW - 100 * DAY)
    add_alias(session, by(2), "our-model", "openai/gpt-4o", NOW - 30 * DAY)
    add_alias(session, by(2), "our-other", "anthropic/claude-sonnet-4-5")
    end_alias(session, by(4), "our-model", NOW - 5 * DAY)
    held = HeldPrice("openai/gpt-4o", ComponentKey("input_tokens", ""), Decimal("1.75"), 1_000_000, since=NOW - DAY)
    hold_price(session, held, by(4))
    release_price(session, "openai/gpt-4o", ComponentKey("input_tokens", ""), by(6))
    score(session)
    end_contract_rate(session, by(5), 1, NOW - 2 * DAY)
    newest = select(SourceFetch.id).where(SourceFetch.outcome == "imported").order_by(SourceFetch.published_at.desc())
    undo(session, session.scalars(newest).first(), "Ada", NOW + 7 * DAY, "to see it gone")


def score(session: Session) -> None:
    """Scores of every tenth model, that a later file corrects in part."""
    models = session.scalars(select(Model.slug).order_by(Model.slug)).all()[::10]
    chance = random.Random(3)  # noqa: S311 - the same every time
    for days, share in ((4, 1), (5, 0.3)):
        lines = [
            f"{model},{benchmark},{chance.randint(0, 1000) / 10},2026-11-0{days},https://example.com"
            for model in models
            for benchmark in ("mmlu", "gsm8k", "humaneval", "mmlu_pro")
            if chance.random() < share
        ]
        import_scores(session, by(days), "\n".join(["model,benchmark,score,measured_on,source_url", *lines]), "a.csv")


@pytest.fixture(scope="module")
def database(full_book_of_module):
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    with Session(engine) as session:
        decide(session)
        session.commit()
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def book(database, tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "full.book"
    export_book(database, path, own_terms=True)
    return replace(open_book(path).price_book, book=OTHER_BOOK)


@pytest.fixture(scope="module")
def questions(database):
    """Names as people write them, at times around every change, with what requests state."""
    chance = random.Random(5_000)  # noqa: S311 - the same questions every time
    offered = list(names_of(database, book_state(database)).offerings.values())
    known = [None, *database.scalars(select(func.lower(PriceRow.recorded)).distinct())]
    known += [NOW + days * DAY + timedelta(microseconds=off) for days in range(8) for off in (-1, 0, 1)]
    ids = dict(database.execute(select(PriceRow.id, PriceRow.offering_id)).all())
    of = {}
    for price, offering in ids.items():
        of.setdefault(offering, []).append(price)

    def one() -> Asked:
        sold = chance.choice(offered)
        spelt = sold.api_id.upper() if chance.random() < 0.3 else sold.api_id[: chance.randint(3, 40)]
        name = chance.choices([sold.slug, sold.api_id, spelt, "our-model", "our-other"], [8, 3, 3, 1, 1])[0]
        return Asked(
            name,
            read_usage(chance.choices(USAGES, [12, 2, 1, 1, 1])[0]),
            NOW - chance.randint(-20, chance.choice([30, 900])) * DAY + timedelta(minutes=chance.randint(0, 1439)),
            chance.choice(known),
            context(
                chance.choices([None, *TIERS], [12, *[1] * len(TIERS)])[0],
                chance.choices([None, "us-east-1", "eu", "global"], [12, 1, 1, 1])[0],
                {"resolution": "8k"} if chance.random() < 0.1 else {},
                time_known=chance.random() < 0.9,
            ),
            chance.choices([None, sold.provider, "azure", "https://api.openai.com/v1"], [8, 4, 1, 1])[0],
            chance.choice([None, None, None, "EUR", "USD"]),
            tuple(chance.sample(of[sold.id], 1)) if sold.id in of and chance.random() < 0.1 else (),
            chance.choices([None, (), (1,), (2,), (1, 2)], [12, 1, 1, 1, 1])[0],
        )

    return [one() for _ in range(QUESTIONS)]


def told(answer):
    """An answer as bytes, or the refusal with all that it names."""
    if isinstance(answer, Quoted):
        return msgspec.json.encode(quote_document(answer))
    facts = {name: value for name, value in vars(answer).items() if name != "differences"}
    differences = [asdict(one) for one in getattr(answer, "differences", ())]
    return msgspec.json.encode([type(answer).__name__, str(answer), facts, differences])


def test_quotes_are_those_of_the_database(database, book, questions):
    found, expected = [], []
    for first in range(0, QUESTIONS, 1_000):
        asked = questions[first : first + 1_000]
        expected += map(told, quote_many(database, asked))
        found += map(told, quote_many(book, asked))
    assert [one for one in zip(questions, found, expected, strict=True) if one[1] != one[2]] == []
    kinds = {name for line in expected if line.startswith(b"[") for name in [msgspec.json.decode(line)[0]]}
    assert kinds >= {"UnknownModel", "AmbiguousModel", "ContextError", "RateIdError"}
    priced = [line for line in expected if line.startswith(b'{"total":"')]
    assert len(priced) > QUESTIONS // 5
    assert sum(b'"rate_id":null' not in line for line in priced) > 20


def test_names_mean_what_they_mean_in_the_database(database, book, questions):
    known = book_state(database)
    for one in questions[:1_000]:
        clocks = known.clocks(one.at, one.known_at)
        found, expected = (resolve_name(reads, clocks, one.name, one.provider) for reads in (book, database))
        assert found == expected
        if isinstance(expected, Ambiguous):
            asked = [(expected.candidates, clocks)]
            assert told_apart(book, asked) == told_apart(database, asked)


def test_coverage_is_that_of_the_database(database, book, questions):
    names = [NamedAt(one.name, one.provider) for one in questions[:1_000]]
    for days in (0, 3, 8):
        clocks = Clocks(NOW - 30 * DAY, min(NOW + days * DAY, book.last_change))
        assert cover(book, clocks, names) == cover(database, clocks, names)


def test_a_book_changes_at_the_same_steps(database, book):
    known, other = book_state(database), book_state(book)
    assert (known.version, known.last_change) == (other.version, other.last_change)
    for at in (NOW - 500 * DAY, NOW, known.last_change + 10 * DAY):
        for rates in (True, False):
            assert stable_period(book, other, at, with_rates=rates) == stable_period(
                database, known, at, with_rates=rates
            )


def filters(chance, known):
    """A filter as somebody might set it, mostly one that leaves something."""
    maybe = lambda value, share=0.25: value() if chance.random() < share else None  # noqa: E731 - read once, below
    found = {
        "providers": maybe(lambda: tuple(chance.sample([one.id for one in known.providers], 3))),
        "words": maybe(lambda: chance.choice(["gpt", "CLAUDE son", "mini 4", "x", "%", "no such word"])),
        "capabilities": maybe(lambda: (chance.choice(known.capabilities),), 0.1),
        "modality": maybe(lambda: chance.choice(known.modalities), 0.1),
        "status": maybe(lambda: chance.choice(known.statuses), 0.05),
        "max_input_price": maybe(lambda: Decimal(chance.choice(["0", "0.15", "2.5", "100"])), 0.15),
        "max_output_price": maybe(lambda: Decimal(chance.choice(["0.6", "15"])), 0.1),
        "min_context": maybe(lambda: chance.choice([0, 128_000, 1_000_000]), 0.1),
        "updated_within_days": maybe(lambda: chance.choice([0, 30, 400, 36_500]), 0.1),
    }
    return OfferingFilter(**{name: value for name, value in found.items() if value is not None})


def test_lists_are_those_of_the_database(database, book, questions):
    chance, known = random.Random(7), filter_values(database)  # noqa: S311 - the same every time
    assert filter_values(book) == known
    clocks = [book_state(book).clocks(one.at, one.known_at) for one in questions[:12]]
    shown = 0
    for _ in range(120):
        wanted, at = filters(chance, known), chance.choice(clocks)
        order = {
            "sort": chance.choice(SORTABLE),
            "descending": chance.random() < 0.5,
            "limit": chance.choice([1, 7, 50]),
        }
        after = None
        for _ in range(3):
            stands_on = names_of(database, book_state(database)).standing(at.known_at)
            found, expected = (
                list_offerings(reads, at, wanted, **order, after=after, standing=stands_on)
                for reads in (book, database)
            )
            assert found == expected, (wanted, order, at)
            shown += len(found.items)
            if not found.more:
                break
            last = found.items[-1]
            after = parse_position(order["sort"], position_text(last, order["sort"]), last.id)
    assert shown > 1_000
    stands_on = names_of(database, book_state(database)).standing(clocks[0].known_at)
    everything = {"limit": 10**6, "standing": stands_on}
    assert list_offerings(book, clocks[0], OfferingFilter(), **everything) == list_offerings(
        database, clocks[0], OfferingFilter(), **everything
    )


def test_changes_sources_and_disagreements_are_those_of_the_database(database, book, questions):
    assert read_sources(book, NOW) == read_sources(database, NOW)
    moved = 0
    for one in questions[:8]:
        since, now = one.at, one.known_at or NOW + 8 * DAY
        assert known_since(book, since) == known_since(database, since)
        for slugs in (None, sorted(book.numbers)[::7], ["no/such"]):
            found, expected = (moves_since(reads, since, now, slugs) for reads in (book, database))
            assert found == expected
            moved += len(found)
    assert moved > 100
    happened = [news_since(reads, NOW - 400 * DAY, NOW + 30 * DAY) for reads in (book, database)]
    assert happened[0] == happened[1]
    assert {one.kind for one in happened[0]} >= {NewsKind.CHANGED, NewsKind.NEW}
    for now in (NOW - 400 * DAY, NOW + 7 * DAY):
        assert disagreements(book, now) == disagreements(database, now)


def test_scores_and_best_values_are_those_of_the_database(database, book, questions):
    own = [StatedScore(name, "mmlu", Decimal(50), None, None) for name in ("gpt-4o", "openai/gpt-4o", "no such name")]
    question, ranked = ValueQuestion(DEFAULT_WEIGHTS, Decimal("0.2")), 0
    for at, known_at in ((NOW, None), *((one.at, one.known_at) for one in questions[:6])):
        clocks = book_state(book).clocks(at, known_at)
        assert count_scores(book, clocks) == count_scores(database, clocks)
        stands_on = names_of(database, book_state(database)).standing(clocks.known_at)
        found, expected = (value_models(reads, clocks, stands_on, question, own) for reads in (book, database))
        assert found == expected
        ranked += len(expected[0].ranked)
        for slug in sorted(book.numbers)[::20]:
            assert scores_of(book, clocks, [slug]) == scores_of(database, clocks, [slug])
    assert ranked > 50


def test_all_of_an_offering_is_that_of_the_database(database, book, questions):
    slugs = sorted(book.numbers)
    assert providers(book) == providers(database)
    assert source_ages(book, NOW) == source_ages(database, NOW)
    first = min(one.fetched_at for one in book.records("source_fetch"))
    for known_at in (first - timedelta(1), first, NOW):
        assert source_ages(book, NOW, known_at) == source_ages(database, NOW, known_at)
    for one, slug in zip(questions[:150], slugs[:: len(slugs) // 150], strict=False):
        clocks = book_state(book).clocks(one.at, one.known_at)
        stands_on = names_of(database, book_state(database)).standing(clocks.known_at)
        known = (get_offering(reads, clocks, slug, stands_on) for reads in (book, database))
        assert len({repr(found) for found in known}) == 1
        assert details(book, book_state(book), clocks, slug, stands_on) == details(
            database, book_state(database), clocks, slug, stands_on
        )
        past = [price_history(reads, book_state(reads), slug, clocks.known_at, stands_on) for reads in (book, database)]
        assert past[0] == past[1]
        assert id_like(book, slug.upper() + "/") == id_like(database, slug.upper() + "/")


def test_the_model_of_an_offering_is_that_of_the_list_of_models(database, book):
    state, at = book_state(book), NOW
    clocks = state.clocks(at, None)
    stands_on = names_of(book, state).standing(clocks.known_at)
    models = {row.id: model for model in listed_models(book, state, clocks, stands_on) for row in model.rows}
    for slug in sorted(models)[::23]:
        found = [model_of(reads, state, clocks, slug, stands_on) for reads in (book, database)]
        assert [_told(model) for model in found] == [_told(models[slug])] * 2


def _told(model):
    cutoff = knowledge_cutoff(model, NOW.date())
    facts = model.name, model.lab, model.kind, model.released_on, cutoff, model.able
    return *facts, tuple(row.id for row in model.rows)
