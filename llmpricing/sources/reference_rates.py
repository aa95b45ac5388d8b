"""The reference rates of the European Central Bank as it publishes them: what currencies are worth, by the day.

Two forms, told by their header: the table with a column for each currency (eurofxref-hist.csv, eurofxref.csv, in their
zip or out of it), and the lines of the data portal (TIME_PERIOD, CURRENCY, OBS_VALUE). Both state units of a currency
for one euro: https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates.
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from io import BytesIO
from typing import NamedTuple

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.sources.errors import SourceError

EURO, DOLLAR = "EUR", "USD"
MAX_BYTES = 64 * 2**20
_DIVIDED = Context(prec=12)  # the bank states five or six digits
_ABSENT = frozenset({"", "N/A", "NaN", "-"})
_EXPECTED = (
    "it is none of the European Central Bank's files: eurofxref-hist.zip, eurofxref-hist.csv, or a CSV of its data "
    "portal, daily rates to the euro (series EXR.D..EUR.SP00.A)"
)


class DailyRate(NamedTuple):
    """One unit of ``currency`` was worth so many USD on that day."""

    currency: str
    on: date
    usd: Decimal


def read_reference_rates(data: bytes) -> list[DailyRate]:
    """The rates in USD of a file, the euro's included, by currency and day.

    A currency's own rate is the dollar's to the euro divided by its own, to 12 digits. Days without a rate of the
    dollar are left out. Raises SourceError, naming the line, for what is no such file.
    """
    by_day: dict[date, dict[str, Decimal]] = {}
    try:
        for on, currency, per_euro in _stated(csv.DictReader(_text(data).splitlines())):
            by_day.setdefault(on, {})[currency] = per_euro
    except csv.Error:
        raise SourceError(_EXPECTED) from None
    if not (found := sorted(_in_dollars(by_day))):
        raise SourceError(f"the file states no rate of the dollar, by which all others are measured: {_EXPECTED}")
    return found


def _stated(lines: csv.DictReader[str]) -> Iterator[tuple[date, str, Decimal]]:
    names = [name.strip() for name in lines.fieldnames or ()]
    lines.fieldnames = names
    if {"TIME_PERIOD", "CURRENCY", "OBS_VALUE"} <= set(names):
        return _of_portal(lines)
    if names[:1] == ["Date"] and DOLLAR in names:
        return _of_table(lines)
    raise SourceError(_EXPECTED)


def _in_dollars(by_day: Mapping[date, Mapping[str, Decimal]]) -> Iterator[DailyRate]:
    for on, per_euro in by_day.items():
        if dollars := per_euro.get(DOLLAR):
            yield DailyRate(EURO, on, dollars)
            for currency, units in per_euro.items():
                if currency != DOLLAR:
                    yield DailyRate(currency, on, _DIVIDED.divide(dollars, units))


def _of_table(lines: Iterable[Mapping[str, str]]) -> Iterator[tuple[date, str, Decimal]]:
    for number, line in enumerate(lines, 2):
        on = _day(line.get("Date"), number)
        for currency, text in line.items():
            if currency and re.fullmatch("[A-Z]{3}", currency) and (text or "").strip() not in _ABSENT:
                yield on, currency, _units(text, number)


def _of_portal(lines: Iterable[Mapping[str, str]]) -> Iterator[tuple[date, str, Decimal]]:
    for number, line in enumerate(lines, 2):
        if line.get("CURRENCY_DENOM", EURO) != EURO or line.get("FREQ", "D") != "D":
            raise SourceError(f"line {number} is no daily rate to the euro: {_EXPECTED}")
        if (text := line["OBS_VALUE"] or "").strip() not in _ABSENT:
            yield _day(line["TIME_PERIOD"], number), _currency(line["CURRENCY"], number), _units(text, number)


def _day(text: str | None, number: int) -> date:
    """A day as the bank writes it: 2026-11-27, or 27 November 2026 in the file of one day."""
    stated = (text or "").strip()
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(stated, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise SourceError(f"line {number} has no date such as 2026-11-27, but {stated[:40]!r}")


def _currency(text: str | None, number: int) -> str:
    if not re.fullmatch("[A-Z]{3}", text or ""):
        raise SourceError(f"line {number} has no currency such as GBP, but {(text or '')[:40]!r}")
    return text or ""


def _units(text: str, number: int) -> Decimal:
    try:
        units = parse_decimal(text.strip())
    except MoneyError:
        units = Decimal(0)
    if units <= 0:
        raise SourceError(f"line {number} has no rate above zero, but {text[:40]!r}")
    return units


def _text(data: bytes) -> str:
    plain = _unzipped(data) if data.startswith(b"PK") else data
    if len(plain) > MAX_BYTES:
        raise SourceError(f"the file is larger than {MAX_BYTES // 2**20} MiB: {_EXPECTED}")
    try:
        return plain.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(_EXPECTED) from None


def _unzipped(data: bytes) -> bytes:
    """The one CSV in a zip, at most one byte above the bound."""
    try:  # zipfile raises RuntimeError for what is encrypted, NotImplementedError for a packing that it does not know
        with zipfile.ZipFile(BytesIO(data)) as packed:
            names = [name for name in packed.namelist() if name.lower().endswith(".csv")]
            if len(names) != 1:
                raise SourceError(_EXPECTED)
            with packed.open(names[0]) as inside:
                return inside.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, NotImplementedError):
        raise SourceError("the zip is broken or cut short; get it again") from None
