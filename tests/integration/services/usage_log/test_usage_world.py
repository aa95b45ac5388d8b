"""Files of many tools as their users have them give the totals of their arithmetic, alone, packed and in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.usage_log.bill import Bill, billed, priced_records
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.pricer import LogPricer
from tests.usage_tools import DOUBTED, TOOLS
from tests.usage_twins import crlf, gzipped, lines, marked, table, zstandard
from tests.usage_unseen import UNSEEN
from tests.usage_world import HEARD, SUM, WORLD, Row, World, document, message

ALL = [*WORLD, *TOOLS, *UNSEEN]


@pytest.fixture(scope="module")
def session(full_book_of_module: str) -> Iterator[Session]:
    """A session on the bundled lists, which only reads."""
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as found:
        yield found


def bill_of(session: Session, folder: Path, files: Sequence[bytes]) -> Bill:
    paths = [folder / f"export-{number}" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    pricer = LogPricer(session, datetime.now(UTC), None)
    return billed(priced_records(pricer, UsageFiles([usage_file(path) for path in paths]).records()))


def figures(bill: Bill) -> tuple[object, ...]:
    outcomes = (bill.priced, sum(bill.not_billed.values()), bill.repeated, sum(bill.unpriced.values()))
    return (bill.totals["USD"] if bill.priced else None, outcomes)


@pytest.mark.parametrize("world", ALL, ids=[one.name for one in ALL])
def test_the_files_come_to_what_their_arithmetic_says(session: Session, tmp_path: Path, world: World) -> None:
    bill = bill_of(session, tmp_path, world.files)
    assert figures(bill) == (world.total, world.outcomes)
    if world.charged is not None:
        assert bill.charged["USD"] == world.charged


@pytest.mark.parametrize("world", ALL, ids=[one.name for one in ALL])
def test_packed_and_in_the_other_order_they_come_to_the_same(session: Session, tmp_path: Path, world: World) -> None:
    is_text = not any(one.startswith(b"PAR1") for one in world.files)
    for packed in (gzipped, zstandard) if is_text else (bytes,):
        bill = bill_of(session, tmp_path, [packed(one) for one in reversed(world.files)])
        assert figures(bill) == (world.total, world.outcomes)
    if is_text:
        bill = bill_of(session, tmp_path, [marked(crlf(one)) for one in world.files])
        assert figures(bill) == (world.total, world.outcomes)


def test_files_of_two_shapes_that_may_tell_of_the_same_usage_say_so(session: Session, tmp_path: Path) -> None:
    """ccusage sums up what Claude Code's sessions hold: both are counted, and it is said."""
    both = bill_of(session, tmp_path, [lines([message("1")]), document({"daily": [SUM]})])
    assert both.warned["SHAPES_OVERLAP"] == 1
    assert next(iter(both.remarks)).startswith("claude-code-sessions and ccusage may tell of the same usage")
    alone = bill_of(session, tmp_path, [lines([message("1")]), table([HEARD])])
    assert "SHAPES_OVERLAP" not in alone.warned


@pytest.mark.parametrize(("code", "doubted", "sure"), DOUBTED, ids=[one[0] for one in DOUBTED])
def test_what_a_tool_does_not_tell_is_said_of_the_records_that_lack_it(
    session: Session, tmp_path: Path, code: str, doubted: Sequence[Row], sure: Sequence[Row]
) -> None:
    bill = bill_of(session, tmp_path, [lines([*doubted, *sure])])
    assert bill.warned[code] == len(doubted)
