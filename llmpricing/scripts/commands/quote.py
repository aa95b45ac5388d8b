"""`llmpricing quote`: what usage costs, as a bill that a person can check."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import click
import msgspec

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.quotes.context import ContextError, context
from llmpricing.domain.quotes.unit_rates import PriceDataError
from llmpricing.domain.times import day
from llmpricing.domain.usage.formats import Usage, UsageError, UsageFormat, read_usage
from llmpricing.domain.usage.wording import in_words
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.option_words import option_words
from llmpricing.scripts.options import json_option, known_by, used_at
from llmpricing.scripts.terminal import plain, say, say_json
from llmpricing.services.quotes.document import LineDocument, NoticeDocument, QuoteDocument, quote_document
from llmpricing.services.quotes.quoting import AmbiguousModel, Asked, UnknownModel, quote_one

_OPTIONS = {
    "input_tokens": "--input",
    "cache_read_tokens": "--cache-read",
    "cache_write_tokens": "--cache-write",
    "output_tokens": "--output",
}
_NAMES = re.compile(rf"\b({'|'.join(_OPTIONS)})\b")
_TITLES = ("meter", "quantity", "rate", "per", "amount", "price", "source", "since", "rule")
_JSON = msgspec.json.Decoder(float_hook=Decimal)
_NUMBERS = ("quantity", "rate", "per", "amount", "price")


def quantity(text: str) -> Decimal:
    """An exact decimal number; a usage error for anything else."""
    try:
        return parse_decimal(text)
    except MoneyError:
        raise click.BadParameter(f"{text!r} is no number.") from None


def named(text: str) -> tuple[str, str]:
    """The parts of NAME=VALUE; a usage error where there are not two."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise click.BadParameter(f"{text!r} does not read NAME=VALUE.")
    return name.strip(), value.strip()


@click.command(short_help="Say what usage of a model costs.")
@click.argument("model")
@click.option("--input", "input_tokens", type=quantity, help="All input tokens, cached ones included.")
@click.option("--cache-read", "cache_read_tokens", type=quantity, help="Input tokens read from a cache.")
@click.option("--cache-write", "cache_write_tokens", type=quantity, help="Input tokens written to a cache.")
@click.option("--output", "output_tokens", type=quantity, help="All output tokens.")
@click.option(
    "--meter", "meters", type=named, metavar="NAME=VALUE", multiple=True, help="Any other quantity, as web_searches=3."
)
@click.option(
    "--usage", "raw_usage", metavar="JSON", help="The usage object of an answer, in its place; - reads it in."
)
@click.option("--usage-format", type=click.Choice(get_args(UsageFormat)), default="auto", show_default=True)
@click.option(
    "--at", type=used_at, metavar="TIME", help="When it was used: a date or time with offset. Now, if left out."
)
@click.option("--known-at", type=known_by, metavar="TIME", help="By what was known then. Now, if left out.")
@click.option("--tier", help="The service tier, such as batch.")
@click.option("--region", help="Where it ran.")
@click.option(
    "--context", "facts", type=named, metavar="NAME=VALUE", multiple=True, help="Any other fact that prices depend on."
)
@click.option("--provider", help="Who sold it, where MODEL does not say.")
@click.option("--currency", help="The currency to answer in, such as EUR.")
@json_option
@asks_book
def quote(model: str, book: AskedBook, as_json: bool, **options: Any) -> None:
    """Say what usage of MODEL costs, with every line's price and source.

    llmpricing quote openai/gpt-4o --input 1000 --cache-read 200 --output 500
    """
    asked = _asked(model, options)
    with book.open(known_at=options["known_at"]) as reads:
        try:
            document = quote_document(quote_one(reads, asked))
        except UnknownModel as unknown:
            what = f"{unknown}."
            raise click.ClickException(_told(what[:1].upper() + what[1:], "Near it", unknown.suggestions)) from None
        except AmbiguousModel as known:
            raise click.ClickException(_told(f"{model} may mean several.", "Name one", known.candidates)) from None
        except ContextError as error:
            raise click.UsageError(str(error)) from None
        except PriceDataError as error:
            raise click.ClickException(f"The price book contradicts itself: {error}.") from None
    if as_json:
        say_json(document)
    else:
        for line in _bill(document):
            say(line)


def _asked(model: str, options: dict[str, Any]) -> Asked:
    at, hour_stated = options["at"] or (datetime.now(UTC), True)
    return Asked(
        model,
        _usage(options),
        at,
        options["known_at"],
        context(options["tier"], options["region"], dict(options["facts"]), hour_stated),
        options["provider"],
        options["currency"],
    )


def _usage(options: dict[str, Any]) -> Usage:
    if options["raw_usage"] is not None:
        return _provider_usage(options)
    raw = {name: options[name] for name in _OPTIONS if options[name] is not None}
    for name, text in options["meters"]:
        if name in raw:
            raise click.UsageError(f"{name} is stated twice.")
        raw[name] = quantity(text)
    try:
        return read_usage(raw)
    except UsageError as error:
        raise click.UsageError(_NAMES.sub(lambda found: _OPTIONS[found[0]], str(error))) from None


def _provider_usage(options: dict[str, Any]) -> Usage:
    if options["meters"] or any(options[name] is not None for name in _OPTIONS):
        raise click.UsageError("--usage holds all that was used: leave out the options that count.")
    text = options["raw_usage"]
    try:
        raw = _JSON.decode(sys.stdin.read() if text == "-" else text)
    except (msgspec.DecodeError, ArithmeticError, RecursionError, UnicodeError):
        raise click.UsageError("--usage takes a JSON object, such as '{\"input_tokens\": 1000}'.") from None
    if not isinstance(raw, dict):
        raise click.UsageError("--usage takes a JSON object.")
    try:
        return read_usage(raw, options["usage_format"])
    except UsageError as error:
        raise click.UsageError(in_words(error, option_words())) from None


def _told(what: str, lead: str, names: Sequence[str]) -> str:
    return f"{what} {lead}:\n  " + "\n  ".join(map(plain, names)) if names else what


def _bill(document: QuoteDocument) -> Iterator[str]:
    model, currency = document.model, document.currency or ""
    yield f"{model.id} (by {model.matched_by}), used {day(document.at)}"
    if document.usage_format:
        yield f"usage read as {document.usage_format}"
    yield f"by what was known {day(document.known_at)}"
    yield ""
    if document.lines:
        yield from _table([_row(line) for line in document.lines])
        yield ""
    for share in document.unpriced:
        yield f"not priced: {share.quantity} {share.meter}: {share.reason}"
    yield from (f"warning: {_notice(warning, currency)}" for warning in document.warnings)
    yield from (f"note: {_notice(note, currency)}" for note in document.notes)
    for rate in document.exchange_rates:
        yield f"1 {rate.base} = {rate.rate} {rate.quote} on {rate.on}, says {rate.source}"
    if document.total is None:
        missing = f"; missing: {', '.join(document.missing)}" if document.missing else ""
        yield f"total: {_bounds(document) or document.state.replace('_', ' ')}{missing}"
    else:
        if document.list_total != document.total:
            yield f"list total: {currency} {document.list_total}"
        yield f"total: {currency} {document.total}"
        if document.low is not None:
            yield f"between {currency} {document.low} and {document.high}, as single requests may lie across a step"


def _bounds(document: QuoteDocument) -> str:
    """Between what and what the total lies, as far as it is known."""
    if document.low is None:
        return ""
    least = f"{document.currency or ''} {document.low}"
    return f"at least {least}" if document.high is None else f"between {least} and {document.high}"


def _notice(notice: NoticeDocument, currency: str) -> str:
    """The notice in one line: ``CODE: message (otherwise USD 2, says SOURCE)``."""
    told = f"{notice.code}: {notice.message}"
    if notice.other_total is None:
        return told
    says = f", says {notice.other_source}" if notice.other_source else ""
    return f"{told} (otherwise {currency} {notice.other_total}{says})"


def _row(line: LineDocument) -> dict[str, str]:
    since = day(line.valid_from)
    rule, agreed = line.rule, f"contract rate {line.rate_id}"
    if rule.startswith("contract rate"):
        rule = agreed + rule.removeprefix("contract rate")
    elif line.rate_id:
        rule = f"{rule}; {agreed}"
    return {
        "meter": line.meter,
        "quantity": str(line.quantity),
        "rate": f"{line.rate_currency} {line.rate}",
        "per": str(line.per),
        "amount": f"{line.currency} {line.amount}",
        "price": str(line.price_id or "-"),
        "source": line.source or "own",
        "since": f"{since} ({line.basis.replace('_', ' ')})" if line.basis else since,
        "rule": rule,
    }


def _table(rows: list[dict[str, str]]) -> Iterator[str]:
    lines = [dict(zip(_TITLES, _TITLES, strict=True)), *rows]
    widths = {title: max(len(line[title]) for line in lines) for title in _TITLES}
    for line in lines:
        cells = (line[t].rjust(widths[t]) if t in _NUMBERS else line[t].ljust(widths[t]) for t in _TITLES)
        yield "  ".join(cells).rstrip()
