"""Pricing usage files of shapes that are known: their bill, by model, with what is not billed and what has no price."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from operator import and_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmpricing.domain.money import to_text
from llmpricing.scripts.asked_book import AskedBook
from llmpricing.scripts.option_words import words_of
from llmpricing.scripts.terminal import rows_done, say, say_json
from llmpricing.scripts.usage_shapes import AskedFiles, FoundFiles, log_failures_told

if TYPE_CHECKING:
    from llmpricing.services.usage_log.bill import Bill, Each
    from llmpricing.services.usage_log.formats.usage_file import TakenFor, UsageFile

_OUTS = (".csv", ".ndjson", ".parquet")
_SHOWN_REASONS = 20
_SHOWN_NAMES = 5
_SHOWN_FILES = 10
_SHOWN_MODELS = 40
_SHOWN_OTHERS = 12
_PRICED_OR_NOT = "whether it has a price"


@dataclass(frozen=True)
class BillOptions:
    """How usage files are to be priced, and how the answer is given."""

    known_at: datetime | None
    as_json: bool
    out: Path | None = None
    force: bool = False


def price_bill(asked: AskedFiles, found: FoundFiles, options: BillOptions, book: AskedBook) -> None:
    """Price the known files as one bill and say it, and which are left out; raises click.ClickException."""
    from llmpricing.services.usage_log.bill import billed, priced_records
    from llmpricing.services.usage_log.priced_columns import billed_batches, priced_batches
    from llmpricing.services.usage_log.pricer import LogPricer

    check_out(options.out, found.known, options.force)
    with book.open(known_at=options.known_at) as reads:
        pricer = LogPricer(reads, datetime.now(UTC), options.known_at, words=words_of(reads))
        with (
            log_failures_told(options.out),
            rows_done("Pricing") as advance,
            _each(options.out, found.known) as each,
        ):
            if options.out is None:
                bill = billed_batches(priced_batches(pricer, asked.batches(found.known)), advance)
            else:
                bill = billed(priced_records(pricer, asked.records(found.known)), advance, each)
    if options.as_json:
        say_json(bill_document(found.known, found.unknown, bill))
    else:
        for line in (*recognised(found.known, found.unknown), *_lines(bill)):
            say(line)
        if options.out:
            say(f"Each record with its price: {options.out}")
    if unpriced := 0 if bill.priced else sum(bill.unpriced.values()) - bill.uncounted:
        raise click.ClickException(
            f"None of the {unpriced:,} records that are to be billed has a price. Mend what the reasons say"
            f"{', then run this again with --force' if options.out else ', then run this again'}."
        )


def check_out(out: Path | None, files: Sequence[UsageFile], force: bool) -> None:
    """Raise click.UsageError where the records could not go there, before anything is read."""
    if out is None:
        return
    if out.suffix not in _OUTS:
        raise click.UsageError(f"{out} must end in {', '.join(_OUTS)}, which tells its shape.")
    if out.exists() and not force:
        raise click.UsageError(f"{out} exists: name another file with -o, or replace it with --force.")
    if out.resolve() in {file.path.resolve() for file in files}:
        raise click.UsageError(f"{out} is one of the files that are read: name another one with -o.")
    if not os.access(out.resolve().parent, os.W_OK):
        raise click.UsageError(f"Nothing can be written beside {out}: is there such a folder, and is it yours?")


@contextmanager
def _each(out: Path | None, files: Sequence[UsageFile]) -> Iterator[Each]:
    """What is done with each priced record: nothing, or it is written down, for nobody who cannot read the files."""
    from llmpricing.services.usage_log.write.records import records_file
    from llmpricing.whole_files import mode_like

    if out is None:
        yield lambda priced: None
        return
    mode = reduce(and_, (mode_like(file.path) for file in files))
    with records_file(out, mode) as take:
        yield take


def bill_document(files: Sequence[UsageFile], unknown: Sequence[Path], bill: Bill) -> dict[str, Any]:
    """The bill for programs; amounts are texts, by currency."""
    return {
        "files": [{"path": str(one.path), "shape": one.shape.name} for one in files],
        "columns": {
            one.shape.name: {"read": dict(one.taken.fields), "not_counted": list(one.taken.others)}
            for one in files
            if one.taken.fields
        },
        "not_recognised": [str(path) for path in unknown],
        "rows": bill.rows,
        "priced": bill.priced,
        "not_billed": sum(bill.not_billed.values()),
        "repeated": bill.repeated,
        "unpriced": sum(bill.unpriced.values()),
        "totals": _texts(bill.totals) if bill.priced else {},
        "charged": _texts(bill.charged),
        "not_billed_reasons": dict(bill.not_billed.most_common()),
        "unpriced_reasons": [
            {"reason": reason, "records": number, "names": [name for name, _ in _names(bill, reason)]}
            for reason, number in bill.unpriced.most_common()
        ],
        "models": [
            {"offering": name, "records": one.records, "cost": _texts(one.cost)} for name, one in _by_cost(bill)
        ],
        "warnings": dict(sorted(bill.warned.items())),
        "remarks": dict(bill.remarks.most_common()),
        "sums": bill.sums,
    }


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: to_text(amount) for currency, amount in sorted(amounts.items())}


def _names(bill: Bill, reason: str) -> list[tuple[str, int]]:
    return bill.unpriced_names.get(reason, Counter()).most_common(_SHOWN_NAMES)


def _by_cost(bill: Bill) -> list[tuple[str, Any]]:
    return sorted(bill.models.items(), key=lambda found: (-max(found[1].cost.values()), found[0]))


def recognised(files: Sequence[UsageFile], unknown: Sequence[Path]) -> Iterator[str]:
    """What each file was taken for; many of one shape in one line."""
    by_shape: dict[str, list[UsageFile]] = {}
    for file in files:
        by_shape.setdefault(file.shape.name, []).append(file)
    for name, found in by_shape.items():
        shape = found[0].shape
        which = ", ".join(str(one.path) for one in found) if len(found) <= _SHOWN_FILES else f"{len(found):,} files"
        yield f"{which}: {name}, {shape.title} ({shape.counts})"
        yield from _columns(found[0].taken)
    if unknown:
        named = ", ".join(map(str, unknown[:_SHOWN_FILES])) + (", ..." if len(unknown) > _SHOWN_FILES else "")
        yield f"Left out, of no shape that is known or not to be read: {len(unknown):,} files ({named})"


def _columns(taken: TakenFor) -> Iterator[str]:
    """What each field is taken for, and on which nothing hangs; --json has those too that only rule a price out."""
    if not taken.fields:
        return
    short = _shortened([*taken.fields, *taken.others])
    told = {name: roles for name, roles in taken.fields.items() if list(roles) != [_PRICED_OR_NOT]}
    said = (f"{short[name]} = {' + '.join(roles)}" for name, roles in told.items())
    yield f"  Read: {'; '.join(said)}"
    more = len(taken.others) - _SHOWN_OTHERS
    beyond = f" and {more} more" if more > 0 else ""
    if taken.others:
        yield f"  Not counted: {', '.join(short[name] for name in taken.others[:_SHOWN_OTHERS])}{beyond}"


def _shortened(names: Sequence[str]) -> Mapping[str, str]:
    """Each dotted name by as much of its end as no other has."""
    ends = Counter(end for name in names for end in _ends(name))
    return {name: next((end for end in _ends(name) if ends[end] == 1), name) for name in names}


def _ends(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[-length:]) for length in range(1, len(parts) + 1))


def _lines(bill: Bill) -> Iterator[str]:
    yield from counted_records(bill)
    yield from _totals(bill)
    yield from _models(bill)


def counted_records(bill: Bill) -> Iterator[str]:
    """How many records there are, how many were priced, and why others were not."""
    refused, unpriced = sum(bill.not_billed.values()), sum(bill.unpriced.values())
    yield (
        f"Records: {bill.rows:,}; priced: {bill.priced:,}; not billed: {refused:,}; repeated: {bill.repeated:,}; "
        f"without a price: {unpriced:,}"
    )
    yield from _reasons("Not billed", bill.not_billed)
    yield from _reasons("Without a price", bill.unpriced)
    yield from _unpriced_names(bill)
    yield from _reasons("Priced, but", bill.remarks)


def _reasons(title: str, reasons: Counter[str]) -> Iterator[str]:
    if reasons:
        yield f"{title}:"
    for reason, number in reasons.most_common(_SHOWN_REASONS):
        yield f"  {number:,}: {reason}"
    if len(reasons) > _SHOWN_REASONS:
        yield f"  and {len(reasons) - _SHOWN_REASONS} more reasons"


def _unpriced_names(bill: Bill) -> Iterator[str]:
    names: Counter[str] = Counter()
    for found in bill.unpriced_names.values():
        names.update(found)
    if names:
        named = ", ".join(f"{name} ({number:,})" for name, number in names.most_common(_SHOWN_NAMES))
        yield f"  most of them of: {named}"


def _totals(bill: Bill) -> Iterator[str]:
    of = " of the priced records" if bill.unpriced else ""
    if not bill.rows:
        yield "Total: none, for the files hold no usage"
    elif not bill.priced:
        yield "Total: none, for no record could be priced"
    else:
        for currency, total in sorted(bill.totals.items()):
            yield f"Total{of}: {currency} {to_text(total)}"
    for currency, charged in sorted(bill.charged.items()):
        yield f"The files themselves say: {currency} {to_text(charged)}"
    if bill.sums:
        single = "of which single ones may pay by another step or hour"
        yield f"  {bill.sums:,} of the priced records sum up many requests, {single}"
    for code, number in sorted(bill.warned.items()):
        yield f"  {code} warns of {number:,} of the priced records"


def _models(bill: Bill) -> Iterator[str]:
    found = _by_cost(bill)
    if found:
        yield "By model:"
    for name, one in found[:_SHOWN_MODELS]:
        cost = ", ".join(f"{currency} {amount}" for currency, amount in _texts(one.cost).items())
        yield f"  {cost}: {name} ({one.records:,})"
    if len(found) > _SHOWN_MODELS:
        yield f"  and {len(found) - _SHOWN_MODELS} more models"
