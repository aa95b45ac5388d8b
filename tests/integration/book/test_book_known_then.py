"""A book of what was known at a time: nothing later lies in it, it answers as the service does by what was known then,
and its bytes are the same whatever was learnt since.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing import Inquiry, Pricer
from llmpricing.book.file import open_book
from llmpricing.book.price_book import UP_TO_A_TIME
from llmpricing.book.shape import SHAPE, BookSpan
from llmpricing.domain.components import ComponentKey
from llmpricing.domain.times import LaterThanKnown
from llmpricing.domain.usage.formats import read_usage
from llmpricing.services.catalogue.listing import get_offering
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.own_aliases import add_alias
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.feeds.kept_lists import NoListError, newest_kept
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.imports.undoing import readings, undo
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.export import export_book
from llmpricing.services.quotes.document import quote_document
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW

LEARNT, OWN_NAME = "a-model-that-came-later", "an-own-name-that-came-later"
USAGE = {"input_tokens": 100_000, "output_tokens": 2_000, "cache_read_tokens": 10_000}
HOUR = timedelta(hours=1)
DAYS = tuple(datetime(2026, *day, tzinfo=UTC) for day in ((2, 1), (11, 20)))
# What a row tells of when it was learnt; the other times say since when something holds, or who said so.
LEARNT_AT = {
    "offering": ("created_at", "updated_at"),
    "offering_past": ("until",),
    "source_fetch": ("fetched_at", "undone_at"),
}


class Written(NamedTuple):
    """A session of a book that learnt more and more, its last changes, and the file of each, written by each."""

    session: Session
    changes: list[datetime]
    files: dict[tuple[int, int], Path]  # by the change up to which it knows, and the one after which it was written


@pytest.fixture(scope="module")
def written(full_book_of_module: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    folder = tmp_path_factory.mktemp("books")
    with Session(engine) as session:
        found = Written(session, [], {})
        for learn in (lambda _: None, _learn_a_map, _learn_another, _decide):
            learn(session)
            session.commit()
            found.changes.append(book_state(session).last_change)
            for place, known_at in enumerate(found.changes):
                path = found.files[place, len(found.changes) - 1] = folder / f"{place}-{len(found.changes)}.book"
                export_book(session, path, known_at=known_at)
        yield found
    engine.dispose()


def _read(session: Session, listed: dict[str, Any], at: datetime) -> None:
    reading = ReadList(json.dumps(listed).encode(), at - HOUR / 2, at, "a test")
    import_lists(session, [(SOURCES["litellm"], reading)])


def _learn_a_map(session: Session) -> None:
    of_openai = {"litellm_provider": "openai", "mode": "chat", "output_cost_per_token": 1e-05}
    listed = {"gpt-4o": of_openai | {"input_cost_per_token": 2.4e-06, "max_input_tokens": 128_000}}
    _read(session, listed, NOW + HOUR)


def _learn_another(session: Session) -> None:
    of_openai = {"litellm_provider": "openai", "mode": "chat", "output_cost_per_token": 1.1e-05}
    listed = {
        "gpt-4o": of_openai | {"input_cost_per_token": 2.3e-06, "max_input_tokens": 256_000},
        LEARNT: of_openai | {"input_cost_per_token": 1e-06},
    }
    _read(session, listed, NOW + 2 * HOUR)


def _decide(session: Session) -> None:
    """Take the first map back, hold a price, give a name and agree a rate."""
    at = NOW + 3 * HOUR
    by = Decider("a test", at, None)
    first = min((one for one in readings(session, "litellm")), key=lambda one: one.published_at)
    undo(session, first.id, "a test", at, None)
    price = HeldPrice("openai/gpt-4o-mini", ComponentKey("input_tokens", ""), Decimal(7), 1_000_000)
    hold_price(session, price, by)
    add_alias(session, by, OWN_NAME, "openai/gpt-4o")
    add_contract_rates(session, by, "openai", "*", [RateValue(discount=Decimal("0.5"))], DAYS[0])


def test_the_bytes_are_the_same_whatever_was_learnt_since(written: Written) -> None:
    contents = {place: path.read_bytes() for place, path in written.files.items()}
    assert len(set(written.changes)) == 4
    for (known, last), content in contents.items():
        assert content == contents[known, known], (known, last)
    assert len(set(contents.values())) == 4


def test_nothing_later_lies_in_it(written: Written) -> None:
    last = len(written.changes) - 1
    for place, known_at in enumerate(written.changes):
        opened = open_book(written.files[place, last])
        assert (opened.header.version, opened.header.last_change) == (UP_TO_A_TIME, known_at)
        for table, columns in SHAPE.items():
            for name in ("recorded", *LEARNT_AT.get(table, ())):
                if name in columns:
                    told = (at for (value,) in opened.tables[table].rows([name]) for at in _times(value))
                    assert max(told, default=known_at) <= known_at, (table, name)
        content = written.files[place, last].read_bytes()
        assert (LEARNT.encode() in content) == (place >= 2)
        assert OWN_NAME.encode() not in content


def _times(value: Any) -> list[datetime]:
    bounds = (value.lower, value.upper) if isinstance(value, BookSpan) else (value,)
    return [at for at in bounds if at is not None]


def test_a_fact_that_was_believed_otherwise_later_is_that_of_the_time(written: Written) -> None:
    found = []
    for place in range(len(written.changes)):
        rows = open_book(written.files[place, 3]).tables["offering"].rows(["slug", "context_window", "updated_at"])
        found += [(window, updated) for slug, window, updated in rows if slug == "openai/gpt-4o"]
    assert [updated for _, updated in found] == sorted(updated for _, updated in found)
    names = names_of(written.session, book_state(written.session))
    then = [
        get_offering(written.session, Clocks(NOW, at), "openai/gpt-4o", names.standing(at)) for at in written.changes
    ]
    assert [window for window, _ in found] == [one.context_window for one in then if one]


def test_it_answers_as_the_service_does_by_what_was_known_then(written: Written) -> None:
    last, priced = len(written.changes) - 1, 0
    usage, slugs = read_usage(USAGE, "llmpricing"), sorted(open_book(written.files[last, last]).price_book.numbers)
    for place, known_at in enumerate(written.changes):
        asked = [Asked(slug, usage, at, known_at, rate_ids=()) for slug in slugs for at in DAYS]
        # Nothing that has a number is the same by chance: prices, evidence, notices, names.
        both = quote_many(written.session, asked), quote_many(open_book(written.files[place, last]).by_itself, asked)
        for ours, theirs in zip(*both, strict=True):
            if isinstance(ours, Quoted):
                assert isinstance(theirs, Quoted)
                assert quote_document(theirs) == quote_document(ours)
                priced += 1
            else:
                assert type(theirs) is type(ours)
    assert priced > 15_000


def test_by_what_was_known_later_it_does_not_answer_and_says_what_to_do(written: Written) -> None:
    known_at = written.changes[1]
    pricer = Pricer.open(written.files[1, 3])
    assert pricer.known_until == known_at
    assert pricer.quote("openai/gpt-4o", USAGE, known_at=known_at, at=DAYS[1]).known_at == known_at
    assert pricer.quote("openai/gpt-4o", USAGE, at=DAYS[1]).known_at == known_at
    later = known_at + timedelta(microseconds=1)
    batch = pa.RecordBatch.from_pydict({"model": ["openai/gpt-4o"], "input_tokens": [1]})
    for ask in (
        lambda: pricer.quote("openai/gpt-4o", USAGE, known_at=later),
        lambda: pricer.quote_many([Inquiry("openai/gpt-4o", USAGE, known_at=later)]),
        lambda: list(pricer.price_batches([batch], known_at=later)),
    ):
        with pytest.raises(LaterThanKnown, match=r"is later than this book knows: .* llmpricing book build FILE$"):
            ask()


def test_feeds_that_are_laid_over_a_list_need_a_book_of_now(written: Written) -> None:
    book = open_book(written.files[1, 3]).by_itself
    with pytest.raises(NoListError, match=r"no book of what was known at a time\. Next: llmpricing book export FILE$"):
        newest_kept(book, "genai-prices", book.last_change)
