"""Prices as of a date in a price book that grows a hundredfold: the same 2,330 offerings, ever more history.

    python -m benchmarks.as_of [--rows 10000 1000000]

Scratch server, rows made by the server. Half the rows of ``price`` are corrections, so that both clocks count, and
``model_pricing_history`` holds as many rows. Both books are asked in turn, over different offerings and pages, and
the best round of each counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from benchmarks.timing import best_in_turn, ms
from llmpricing.local_stores import running_stores
from llmpricing.models import migrations
from llmpricing.services.catalogue.listing import OfferingFilter, get_offering, list_offerings
from llmpricing.services.catalogue.offering_detail import details
from llmpricing.services.catalogue.positions import Position
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookState

OFFERINGS, METERS, LIMIT = 2330, ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"), 1.3
CORRECTED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
LIMIT_OF_PAGE, ROUNDS, ASKED = 50, 20, 25

_OFFERINGS = """
insert into source (slug, name, trust_rank, states_dates) values ('bench', 'Bench', 1, true);
insert into meter (slug, family, per_quantity, dimensions)
select slug, 'tokens', 1000000, '{}' from unnest(cast(:meters as text[])) slug;
insert into provider (slug, name) select 'p' || n, 'P' || n from generate_series(1, 40) n;
insert into offering (slug, provider_id, api_id, name, created_at, updated_at)
select 'p' || (n % 40 + 1) || '/m' || lpad(n::text, 5, '0'), n % 40 + 1, 'm' || n, 'M' || n, '2020-01-01', '2020-01-01'
from generate_series(1, :offerings) n
"""
# Row n: offering n, then the next meter; the first row of each is the price of today, the others lie ever further back
# in time, each stretch twice: as it was believed until 2026, and as it was corrected then.
_NUMBERED = """
select n, n % :offerings + 1 as offering, (cast(:meters as text[]))[n / :offerings % 4 + 1] as meter,
       (n / (:offerings * 4) + 1) / 2 as place, n / (:offerings * 4) % 2 as version,
       cast(:now as timestamptz) - interval '20 days' as today, cast(:corrected as timestamptz) as corrected
from generate_series(0, :rows - 1) n
"""
_PRICES = f"""
insert into price (offering_id, meter, condition_key, service_tier, region, step_inclusive, step_marginal, state,
                   amount, currency, per_quantity, valid, recorded, basis, source_id, observed_at, known_from)
select offering, meter, '', 'standard', '', false, false, 'priced', 1 + n % 97, 'USD', 1000000,
       case when place = 0 then tstzrange(today, null)
            else tstzrange(today - place * interval '20 days', today - (place - 1) * interval '20 days') end,
       case when place = 0 then tstzrange('2020-01-01', null)
            when version = 0 then tstzrange('2020-01-01', corrected) else tstzrange(corrected, null) end,
       'documented', 1, today, today
from ({_NUMBERED}) numbered
"""  # noqa: S608 - no input of anybody's
_HISTORY = f"""
insert into model_pricing_history (time, source_id, offering_id, component, segment, fetch_id, state, value, currency,
                                   per_quantity, basis)
select today - (place * 2 + version) * interval '10 days', 1, offering, meter || '|', 0, 1, 'priced',
       1 + n % 97, 'USD', 1000000, 'documented'
from ({_NUMBERED}) numbered
"""  # noqa: S608


def grow(connection: Connection, rows: int) -> None:
    """So many rows in both tables."""
    values = {
        "rows": rows,
        "offerings": OFFERINGS,
        "meters": list(METERS),
        "now": NOW,
        "corrected": CORRECTED,
    }
    connection.execute(text(_PRICES), values)
    connection.execute(text(_HISTORY), values)
    connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("vacuum analyze"))


def questions(session: Session, clocks: Clocks) -> dict[str, Callable[[], None]]:
    """What is asked, some 25 times over all offerings: one, all its prices, and a page of 50 in order of id."""
    slugs = list(session.scalars(text("select slug from offering order by slug")))
    book = BookState("of a benchmark", 1, clocks.known_at)
    asked = slugs[: -LIMIT_OF_PAGE - 1 : len(slugs) // ASKED]

    def price(slug: str) -> None:
        found = get_offering(session, clocks, slug)
        assert found is not None
        assert found.price_state == "priced"

    def everything(slug: str) -> None:
        assert len(details(session, book, clocks, slug).prices) == len(METERS)

    def page(slug: str) -> None:
        items = list_offerings(session, clocks, OfferingFilter(), limit=LIMIT_OF_PAGE, after=Position(slug, slug)).items
        assert all(item.price_state == "priced" for item in items)

    def all_of(ask: Callable[[str], None]) -> Callable[[], None]:
        def work() -> None:
            for slug in asked:
                ask(slug)

        return work

    asks = {"one offering": price, "one offering, all its prices": everything, f"a page of {LIMIT_OF_PAGE}": page}
    return {name: all_of(ask) for name, ask in asks.items()}


def main(rows: Sequence[int] = (10_000, 1_000_000)) -> None:
    """Ask books of the least and of the most rows in turn; print the best time of each and the ratio."""
    with running_stores() as stores, ExitStack() as opened:
        least, most = (_book(opened, stores.database_url, size) for size in (min(rows), max(rows)))
        small = questions(opened.enter_context(Session(least)), Clocks(NOW, NOW))
        past = NOW - timedelta(days=60)
        for what, clocks in {
            "today": Clocks(NOW, NOW),
            "60 days ago": Clocks(past, NOW),
            "60 days ago, as known before its correction": Clocks(past, CORRECTED - timedelta(days=1)),
        }.items():
            large = questions(opened.enter_context(Session(most)), clocks)
            print(f"  {max(rows):,} rows, {what}, beside {min(rows):,} rows, today:")
            for name in small:
                few, many = (seconds / ASKED for seconds in best_in_turn(ROUNDS, small[name], large[name]))
                print(f"    {name}: {ms(many)} beside {ms(few)}, {many / few:.2f}x (target <= {LIMIT}x)", flush=True)


def _book(opened: ExitStack, server: str, rows: int) -> Engine:
    """A database with so many rows of prices and of history."""
    with create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"create database rows_{rows}"))
    engine = create_engine(make_url(server).set(database=f"rows_{rows}"), poolclass=NullPool)
    opened.callback(engine.dispose)
    prepare(engine)
    with engine.connect() as connection:
        grow(connection, rows)
    return engine


def prepare(engine: Engine) -> None:
    """The schema, one source, 40 sellers and the offerings."""
    with engine.connect() as connection:
        migrations.upgrade(connection, 10)
    with engine.begin() as connection:
        for statement in _OFFERINGS.split(";"):
            values = {"offerings": OFFERINGS, "meters": list(METERS)}
            connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    main(parser.parse_args().rows)
