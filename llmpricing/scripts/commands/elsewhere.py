"""`llmpricing elsewhere`: what a log would have cost at other models and sellers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from llmpricing.domain.money import to_text
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.commands.price_bill import bill_document, counted_records, recognised
from llmpricing.scripts.option_words import words_of
from llmpricing.scripts.options import json_option, known_by
from llmpricing.scripts.terminal import rows_done, say, say_json
from llmpricing.scripts.usage_shapes import AskedFiles, FoundFiles, asks_files, log_failures_told
from llmpricing.services.usage_log.sums.comparable import comparable_rule

if TYPE_CHECKING:
    from llmpricing.services.usage_log.sums.elsewhere import Elsewhere
    from llmpricing.services.usage_log.sums.elsewhere_costs import ElsewhereCost

_SHOWN_SELLERS, _SHOWN_MODELS, _SHOWN_REASONS = 5, 10, 10


@click.command(short_help="What your usage would cost at other models and sellers.")
@asks_files()
@click.option(
    "--like", multiple=True, metavar="vision,tools,128k", help="Only models with these abilities and such a context."
)
@click.option(
    "--at",
    "when",
    type=click.Choice(["today", "own"]),
    default="today",
    show_default=True,
    help="Whose prices: today's, or those of each record's own time.",
)
@click.option("--top", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many models are shown.")
@click.option(
    "--all",
    "is_all",
    is_flag=True,
    help="Rank every model that can serve it, also those that compare with none of yours.",
)
@click.option("--known-at", type=known_by, metavar="TIME", help="By what was known then. Now, if left out.")
@json_option
@asks_book
def elsewhere(
    asked: AskedFiles,
    like: tuple[str, ...],
    when: str,
    top: int,
    is_all: bool,
    known_at: datetime | None,
    as_json: bool,
    book: AskedBook,
) -> None:
    """Find out what your usage would cost elsewhere: files, folders, globs, or - for standard input.

    All records that have a price are priced again at every offering that can serve them, at today's prices (or, with
    --at own, at those of each record's time) and by your contract rates: each model's part at other sellers of the
    same model, then the whole log at any one offering that compares with yours (nearly as good by published scores, a
    later version of it by its name, or as able, as new and as large by what lists say of both; --all ranks every one).
    A price that nobody knows is never taken for nothing: such offerings are listed apart, and those that cannot serve
    all records are counted with the reason and the share of the records.

    \b
    llmpricing elsewhere spendlogs.csv --like tools,128k
    llmpricing elsewhere ~/.claude/projects --top 50 --json
    """
    words = [one.strip() for word in like for one in word.split(",") if one.strip()]
    with asked.known_files() as files:
        found = _found(asked, files, words, known_at, book, is_own=when == "own")
        if as_json:
            say_json(elsewhere_document(files, found) | {"at": when})
            return
        for line in elsewhere_lines(files, found, top, when, is_all=is_all):
            say(line)


def _found(
    asked: AskedFiles,
    files: FoundFiles,
    words: Sequence[str],
    known_at: datetime | None,
    book: AskedBook,
    *,
    is_own: bool,
) -> Elsewhere:
    from llmpricing.services.usage_log.pricer import LogPricer
    from llmpricing.services.usage_log.sums.elsewhere import ElsewhereLog
    from llmpricing.services.usage_log.sums.market import TodaysMarket
    from llmpricing.services.usage_log.sums.needs import wanted
    from llmpricing.services.usage_log.sums.own_times import OwnTimesLog

    now = datetime.now(UTC)
    with log_failures_told():
        asked_for = wanted(words)
    with book.open(known_at=known_at) as reads, log_failures_told(), rows_done("Reading") as advance:
        pricer = LogPricer(reads, now, known_at, words=words_of(reads))
        if is_own:
            own_times = OwnTimesLog(reads, pricer)
            return own_times.priced(asked.records(files.known), asked_for, advance).compare(reads, pricer, now)
        log = ElsewhereLog(reads, pricer, TodaysMarket(reads, pricer, known_at or now))
        found = log.of_batches(asked.batches(files.known), asked_for, advance)
        return found.compare(reads, pricer, known_at or now)


def elsewhere_document(files: FoundFiles, found: Elsewhere) -> dict[str, Any]:
    """All that was found, for programs; amounts are texts, in USD."""
    comparable = set(found.comparable)
    return {
        **bill_document(files.known, files.unknown, found.bill),
        "currency": "USD",
        "records": found.records,
        "today": _json(found.today) if found.today else None,
        "own": [_json(one) for one in found.own],
        "same_model": {slug: [_json(one) for one in costs] for slug, costs in found.same_model.items()},
        "compared_with": found.compared.offering if found.compared else None,
        "costs": [_json(one) | {"is_comparable": one in comparable} for one in found.costs],
        "free": [_json(one) for one in found.free],
        "without_a_price": [_json(one) for one in found.unpriced],
        "cannot_serve": [
            {"offering": one.offering, "reason": one.reason, "records": one.records} for one in found.refused
        ],
    }


def _json(one: ElsewhereCost) -> dict[str, Any]:
    amounts = {name: getattr(one, name) for name in ("total", "low", "high")}
    return {
        "offering": one.offering or None,
        **{name: None if amount is None else to_text(amount) for name, amount in amounts.items()},
        "code": one.code,
        "reason": one.reason or None,
        "unknown": {meter: str(quantity) for meter, quantity in one.unknown},
        "context_window": one.context_window,
    }


_AT = {"today": "at today's prices", "own": "each at the prices of its own time"}


def elsewhere_lines(
    files: FoundFiles, found: Elsewhere, top: int, when: str = "today", *, is_all: bool = False
) -> Iterator[str]:
    """What was found, for people; with ``is_all`` ranked are those too that compare with no model of the log."""
    yield from recognised(files.known, files.unknown)
    yield from counted_records(found.bill)
    if found.today is None:
        yield "No record has a price, so that there is nothing to compare."
        return
    yield f"{found.records:,} records, where they ran, {_AT[when]}: {_cost(found.today)}"
    yield from _same_model(found)
    yield from _at_one_offering(found, top, is_all=is_all)
    if found.free:
        shown = ", ".join(one.offering for one in found.free[:_SHOWN_SELLERS])
        more = f" and {len(found.free) - _SHOWN_SELLERS:,} more" if len(found.free) > _SHOWN_SELLERS else ""
        yield f"Free, within limits that no price tells, so not ranked: {shown}{more}"
    yield from _unpriced(found)
    yield from _refused(found)


def _unpriced(found: Elsewhere) -> Iterator[str]:
    """What cannot be ranked as it has no one price, and what most of it lacks."""
    if not found.unpriced:
        return
    yield f"Able, but without one price for all of it, so neither dearer nor cheaper: {len(found.unpriced):,} offerings"
    (reason, many), *_ = Counter(one.reason for one in found.unpriced).most_common(1)
    if many > 1:
        yield f"  {many:,} of them: {reason}; a copy of the file without that tells what the rest costs there"
    for one in found.unpriced[:_SHOWN_SELLERS]:
        yield f"  {one.offering}: {_cost(one)}"


def _at_one_offering(found: Elsewhere, top: int, *, is_all: bool) -> Iterator[str]:
    """All of the log at each model that compares, or at every offering."""
    from llmpricing.services.usage_log.sums.elsewhere_costs import more_sellers

    if not found.costs:
        why = "has one price for" if found.unpriced or found.free else "can serve"
        yield f"All of it at one offering: none {why} all of it."
        return
    compared = None if is_all else found.compared
    if compared is None:
        yield "All of it at one offering:"
        shown, others = [[one] for one in found.costs], 0
    else:
        shown, others = found.models(), len(found.costs) - len(found.comparable)
        own = [compared.models[compared.offering]]
        none = (
            " none"
            if not shown
            else " no other model"
            if [compared.models[one.offering] for one, *_ in shown] == own
            else ""
        )
        yield f"All of it at one offering that compares with {compared.offering}, where most of the money goes:{none}"
        yield f"  ({comparable_rule(compared)})"
    for group in shown[:top]:
        one = group[0]
        window = "" if one.context_window else ", no list says how long its context is"
        others_of_it = f", and {count} more seller{'s' if count > 1 else ''}" if (count := more_sellers(group)) else ""
        yield f"  {_cost(one)}{_beside(one, found.today)}: {one.offering}{window}{others_of_it}"
    if len(shown) > top:
        yield f"  and {len(shown) - top:,} more; --top or --json tells them"
    if others:
        yield f"  and {others:,} that are weaker, older or smaller, or of which little is known; --all ranks them too"


def _same_model(found: Elsewhere) -> Iterator[str]:
    if found.same_model:
        yield "At other sellers of the same model:"
    for own in found.own[:_SHOWN_MODELS]:
        if costs := found.same_model.get(own.offering):
            yield f"  {own.offering}: {_cost(own)}"
            for one in costs[:_SHOWN_SELLERS]:
                yield f"    {_cost(one)}{_beside(one, own)}: {one.offering}"
            if len(costs) > _SHOWN_SELLERS:
                yield f"    and {len(costs) - _SHOWN_SELLERS} more; --json tells all"


def _cost(one: ElsewhereCost) -> str:
    if one.total is not None and one.low is not None and one.high is not None and one.low != one.high:
        return f"USD {to_text(one.total)} (between {to_text(one.low)} and {to_text(one.high)})"
    if one.total is not None:
        return "free, within limits" if not one.total else f"USD {to_text(one.total)}"
    if not one.low:
        return f"unknown ({one.reason})"
    if one.high is None:
        return f"at least USD {to_text(one.low)} ({one.lacking})"
    return f"between USD {to_text(one.low)} and {to_text(one.high)} ({one.reason})"


def _beside(one: ElsewhereCost, own: ElsewhereCost | None) -> str:
    if own is None or not one.total or not own.total:
        return ""  # a bound beside a total says neither dearer nor cheaper
    return f" ({(one.total / own.total - 1) * 100:+.1f} %)"


def _refused(found: Elsewhere) -> Iterator[str]:
    if not found.refused:
        return
    yield f"Cannot serve all records: {len(found.refused):,} offerings"
    reasons: dict[str, list[int]] = {}
    for one in found.refused:
        reasons.setdefault(one.reason, []).append(one.records)
    ordered = sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))
    for reason, records in ordered[:_SHOWN_REASONS]:
        least, most = (f"{part / found.records * 100:.1f}" for part in (min(records), max(records)))
        share = least if least == most else f"{least} to {most}"
        yield f"  {len(records):,} of them, for {share} % of the records: {reason}"
    if len(ordered) > _SHOWN_REASONS:
        yield f"  and {len(ordered) - _SHOWN_REASONS} more reasons; --json tells all"
