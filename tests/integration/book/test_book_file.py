"""A book's file: every row of the database to the last digit, one offering as a slice, and nothing damaged opened."""

from __future__ import annotations

import json
import stat
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from operator import itemgetter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.book.file import BookFileError, BookHeader, BookTable, content_of, open_book
from llmpricing.book.price_book import UP_TO_A_TIME
from llmpricing.book.shape import SHAPE, BookSpan, Kind
from llmpricing.book.writing import table_bytes, write_book
from llmpricing.domain.money import parse_decimal
from llmpricing.domain.times import EPOCH, micros
from llmpricing.models import Base, OfferingAlias
from llmpricing.services.catalogue.disagreements import disagreements
from llmpricing.services.catalogue.sources import read_sources
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.export import export_book

# What only decides, imports or is never asked for, and why a book may do without.
LEFT_OUT = {
    "offering": {"facts"},  # what each source says; the columns are picked from it
    "catalogue": {"book", "version", "changed_at", "rules"},  # in the header; rules are for imports
    "source_fetch": {"etag", "size_bytes", "listed", "zeroed"},  # for imports
    "source_failure": {"tried_at"},  # moves with every attempt, and would be news each time
    "newest_observation": {"minimum_quantity", "source_url", "raw", "fetch_id"},  # for publishing
    # What was found, for who decides; who decided and why
    "review": {
        *("rule", "against", "slip", "old_amount", "new_amount", "currency", "per_quantity", "opened_at"),
        *("decided_by", "note"),
    },
}
AFTERWARDS, LONG_BEFORE = datetime(2026, 11, 30, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
EMPTY = BookHeader("0" * 32, 1, datetime(2026, 11, 22, tzinfo=UTC), own_terms=False)


@pytest.fixture(scope="module")
def reading(full_book_of_module):
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def written(reading, tmp_path_factory):
    """The file of the full price book."""
    path = tmp_path_factory.mktemp("book") / "full.book"
    export_book(reading, path, own_terms=True)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A tiny book's bytes, and where to put others."""
    path = tmp_path_factory.mktemp("small") / "small.book"
    rows = {"source": [(1, "litellm", "LiteLLM", None, "MIT", 3, False)]}
    write_book(path, EMPTY, {name: rows.get(name, ()) for name in SHAPE})
    return path, path.read_bytes()


def parts_of(row, columns):
    """What PostgreSQL tells of these values when a book is written."""
    return tuple(chain.from_iterable(map(_parts, row, columns.values())))


def _parts(value, kind):
    if kind is Kind.SPAN:
        return [None if at is None else micros(at) for at in value]
    if value is None:
        return (None, None) if kind is Kind.DECIMAL else (None,)
    if kind is Kind.DECIMAL:
        whole, _, broken = format(value, "f").partition(".")
        return whole + broken, len(broken)
    told = {Kind.TIME: micros, Kind.JSON: json.dumps}.get(kind)
    return (told(value) if told else value,)


def as_told(value, kind):
    if kind is Kind.SPAN:
        return BookSpan(value.lower, value.upper)
    return str(value) if kind is Kind.DECIMAL else value


@pytest.mark.parametrize("name", list(SHAPE))
def test_a_table_in_the_file_has_every_row_of_the_database(reading, written, name):
    table, columns = Base.metadata.tables[name], SHAPE[name]
    query = select(*(table.c[column] for column in columns)).order_by(
        *[table.c[c] for c in columns][:2], *table.primary_key
    )
    kinds = list(columns.values())
    expected = [tuple(map(as_told, row, kinds)) for row in reading.execute(query)]
    found = [tuple(map(as_told, row, kinds)) for row in open_book(written).tables[name].rows(list(columns))]
    assert found == expected
    if name in ("offering", "price", "match_rule", "offering_alias"):
        assert found


def test_each_table_has_all_columns_but_those_that_are_known_to_be_left_out():
    missing = {
        name: set(Base.metadata.tables[name].columns.keys()) - set(columns) - LEFT_OUT.get(name, set())
        for name, columns in SHAPE.items()
    }
    assert {name: columns for name, columns in missing.items() if columns} == {}


def test_where_sources_differ_is_told_as_the_database_tells_it(reading, written):
    book = open_book(written).by_itself
    assert any(source.in_review for source in read_sources(book, AFTERWARDS))
    assert read_sources(book, AFTERWARDS) == read_sources(reading, AFTERWARDS)
    some = sorted(book.numbers)[::7]
    for now, slugs, at_least in ((AFTERWARDS, None, 100), (AFTERWARDS, some, 10), (LONG_BEFORE, None, 0)):
        found, expected = (sorted(disagreements(reads, now, slugs), key=repr) for reads in (book, reading))
        assert found == expected
        assert len(found) >= at_least


def test_one_offering_is_a_slice(written):
    prices = open_book(written).tables["price"]
    by_offering = defaultdict(list)
    for offering, price in prices.rows(["offering_id", "id"]):
        by_offering[offering].append(price)
    assert len(by_offering) > 1000
    for offering, ids in by_offering.items():
        assert [price for (price,) in prices.rows(["id"], offering)] == ids
    assert list(prices.rows(["id"], 0)) == list(prices.rows(["id"], 2**62)) == []


def test_the_header_tells_which_book_it_is_and_until_when_it_knows(reading, tmp_path):
    known = book_state(reading)
    digest = export_book(reading, tmp_path / "a.book")
    opened = open_book(tmp_path / "a.book", known.book)
    header = opened.header
    assert (header.book, header.version, header.last_change) == (known.book, known.version, known.last_change)
    assert opened.digest == digest
    export_book(reading, tmp_path / "b.book", known_at=known.last_change)
    of_a_time = open_book(tmp_path / "b.book").header
    assert (of_a_time.version, of_a_time.last_change) == (UP_TO_A_TIME, known.last_change)


def test_the_same_book_has_the_same_bytes(reading, tmp_path):
    for name in ("a.book", "b.book"):
        export_book(reading, tmp_path / name)
    assert (tmp_path / "a.book").read_bytes() == (tmp_path / "b.book").read_bytes()


def test_own_names_leave_only_when_asked_and_then_for_the_owner_alone(session, tmp_path):
    offering = session.scalars(select(Base.metadata.tables["offering"].c.id)).first()
    known = book_state(session).last_change
    own = {"namespace": "own", "alias": "secret-deployment", "offering_id": offering}
    session.add(OfferingAlias(**own, valid=Range(), recorded=Range(known, None)))
    session.flush()
    export_book(session, tmp_path / "public.book")
    export_book(session, tmp_path / "own.book", own_terms=True)
    assert b"secret-deployment" not in (tmp_path / "public.book").read_bytes()
    assert b"secret-deployment" in (tmp_path / "own.book").read_bytes()
    assert stat.S_IMODE((tmp_path / "own.book").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_any_flipped_byte_is_refused(small, place, flip):
    path, whole = small
    content = bytearray(whole)
    content[int(place * len(content))] ^= flip
    damaged = path.with_name("flipped.book")
    damaged.write_bytes(content)
    with pytest.raises(BookFileError, match=r"llmpricing book build FILE$"):
        open_book(damaged)


def test_any_flipped_byte_of_the_first_ones_is_refused(small):
    path, whole = small
    for place in range(64):
        content = bytearray(whole)
        content[place] ^= 1
        path.with_name("flipped.book").write_bytes(content)
        with pytest.raises(BookFileError):
            open_book(path.with_name("flipped.book"))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=st.binary(max_size=99).map(lambda body: dict.fromkeys(SHAPE, body)))
@example(tables={})
@example(tables=dict.fromkeys(SHAPE, bytes(99)))
def test_what_is_no_table_is_refused_though_its_digest_fits(small, tables):
    path = small[0].with_name("garbage.book")
    path.write_bytes(content_of(EMPTY, tables)[1])
    with pytest.raises(BookFileError, match=r"holds no tables .* llmpricing book build FILE$"):
        open_book(path)


@pytest.mark.parametrize("kept", [0, 1, 63, 64, 200, -1])
def test_a_cut_file_is_refused(small, kept):
    path, whole = small
    cut = path.with_name("cut.book")
    cut.write_bytes(whole[:kept])
    with pytest.raises(BookFileError, match=r"llmpricing book build FILE$"):
        open_book(cut)


@pytest.mark.parametrize("then", [b"", b"x" * 4096])
def test_a_file_that_is_written_over_in_its_place_changes_nothing_of_an_open_book(small, then):
    path, whole = small
    opened = path.with_name("opened.book")
    opened.write_bytes(whole)
    book = open_book(opened)
    opened.write_bytes(then)
    for name, columns in SHAPE.items():
        assert list(book.tables[name].rows(list(columns))) == list(open_book(path).tables[name].rows(list(columns)))


def test_what_is_no_book_of_this_price_book_is_refused_in_words(small, tmp_path):
    path, _ = small
    foreign = tmp_path / "notes.book"
    foreign.write_bytes(b"once upon a time " * 20)
    with pytest.raises(BookFileError, match="is no price book of llmpricing"):
        open_book(foreign)
    with pytest.raises(BookFileError, match=r"is of another price book \(0+, not abc\)"):
        open_book(path, "abc")
    with pytest.raises(BookFileError, match="no such file"):
        open_book(tmp_path / "missing.book")


def test_a_replaced_file_leaves_the_open_book_as_it_was(small, tmp_path):
    _, whole = small
    mine = tmp_path / "mine.book"
    mine.write_bytes(whole)
    opened = open_book(mine)
    write_book(mine, EMPTY, dict.fromkeys(SHAPE, ()))
    assert list(opened.tables["source"].rows(["slug", "url"])) == [("litellm", None)]
    assert len(open_book(mine).tables["source"]) == 0


@given(st.text("0123456789.eE-+", max_size=60))
def test_every_number_that_a_price_list_may_hold_comes_back_to_the_digit(text):
    try:
        value = parse_decimal(text)
    except ValueError:
        return
    columns = {"amount": Kind.DECIMAL}
    table = BookTable(memoryview(table_bytes(columns, [parts_of((value,), columns)])), columns)
    ((found,),) = table.rows(["amount"])
    assert format(found.copy_abs(), "f") == format(value.copy_abs(), "f")  # PostgreSQL knows no -0, nor exponents
    assert found == value
    assert isinstance(found, Decimal)


def _or_none(values):
    return st.none() | values


TIMES = st.integers(-(10**15), 10**16).map(lambda micros: EPOCH + timedelta(microseconds=micros))
OF_KIND = {
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.BOOLEAN: st.booleans(),
    Kind.TEXT: st.text(max_size=5),
    Kind.WORD: st.sampled_from(("chat", "Größe", "")),
    Kind.TIME: TIMES,
    Kind.DATE: st.dates(),
    Kind.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=9),
    Kind.SPAN: st.builds(BookSpan, _or_none(TIMES), _or_none(TIMES)),
    Kind.JSON: st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    Kind.TEXTS: st.lists(st.text(max_size=3), max_size=3),
    Kind.INTEGERS: st.lists(st.integers(-9, 9), max_size=3),
    Kind.DATES: st.lists(st.dates(), max_size=3),
    Kind.BYTES: st.binary(max_size=5),
}
ROW = st.tuples(*(values if kind is Kind.SPAN else _or_none(values) for kind, values in OF_KIND.items()))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 3), ROW), max_size=12))
def test_every_kind_comes_back_as_it_was_written_whole_and_in_slices(numbered):
    rows = [(number, *row) for number, row in sorted(numbered, key=itemgetter(0))]
    columns = {"number": Kind.INTEGER, **{kind.value: kind for kind in OF_KIND}}
    table = BookTable(memoryview(table_bytes(columns, [parts_of(row, columns) for row in rows])), columns)
    assert len(table) == len(rows)
    assert list(table.rows(list(columns))) == rows
    for number in (1, 2, 3, 4):
        assert list(table.rows(list(columns), number)) == [row for row in rows if row[0] == number]
