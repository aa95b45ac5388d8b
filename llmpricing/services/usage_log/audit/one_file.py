"""All answers about one file that somebody sends, of one look at it, within a number of records and a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from llmpricing.domain.usage.wording import ParameterWords, in_python
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.usage_log.audit.examples import Example, examples
from llmpricing.services.usage_log.audit.groups import Grouping
from llmpricing.services.usage_log.audit.report import AuditReport, CauseRow, audit_of
from llmpricing.services.usage_log.audit.rows import audit_csv
from llmpricing.services.usage_log.audit.sellers import UnstatedSellers
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.audit.verdicts import Audited, Auditor
from llmpricing.services.usage_log.bill import PricedRecord, priced_records
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.taken_for import taken_for
from llmpricing.services.usage_log.formats.usage_file import TakenFor, UsageFile
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.elsewhere import Elsewhere, ElsewhereLog
from llmpricing.services.usage_log.sums.market import TodaysMarket
from llmpricing.services.usage_log.sums.needs import Wanted
from llmpricing.services.usage_log.sums.outlook import Outlook, outlook_from
from llmpricing.services.usage_log.sums.own_usage import OwnUsage

_AT_ONCE = 250  # records between two looks at the clock: names that nobody knows take longest


class BeyondBounds(LogError):
    """The file has more records, or takes longer, than an audit may."""


@dataclass(frozen=True)
class AuditBounds:
    """How many records an audit may have, and how many seconds since ``began``."""

    most_records: int
    most_s: float
    began: float
    clock: Callable[[], float] = monotonic

    def check_time(self) -> None:
        """Raise BeyondBounds where the time is over."""
        if self.clock() - self.began > self.most_s:
            raise BeyondBounds(f"To read and price the file takes longer than {self.most_s:g} s.")

    def counted(self, records: Iterator[UsageRecord]) -> Iterator[UsageRecord]:
        """The records; raises BeyondBounds where there are too many."""
        for number, record in enumerate(records, 1):
            if number > self.most_records:
                raise BeyondBounds(f"The file has more than {self.most_records:,} records.")
            yield record


@dataclass(frozen=True)
class FileAnswers:
    """What is said of a file of this shape, whose fields were ``taken`` for this: its audit with the
    causes and an example of each, and its models; what
    announced prices do to it; what it costs elsewhere. ``book`` answered, as it was known at the time ``recorded``.
    """

    book: BookState
    recorded: datetime
    shape: Shape
    taken: TakenFor
    report: AuditReport
    causes: Sequence[tuple[CauseRow, Example | None]]
    models: Grouping
    outlook: Outlook
    elsewhere: Elsewhere


def answer_one_file(
    reads: Reads,
    path: Path,
    now: datetime,
    bounds: AuditBounds,
    *,
    with_rates: bool,
    words: ParameterWords = in_python,
    months: int = 3,
) -> FileAnswers:
    """The answers of one look at the file, as known now, by contract rates only ``with_rates``, in the ``words`` of who
    asks; raises LogError.
    """
    pricer = LogPricer(reads, now, None, with_rates=with_rates, words=words)
    file, audited = _audited(reads, path, now, pricer, bounds)
    models, sellers = Grouping(("model",)), UnstatedSellers(reads, pricer)
    own, there = OwnUsage(reads, pricer, (), now), ElsewhereLog(reads, pricer, TodaysMarket(reads, pricer, now))

    def each(one: Audited) -> None:
        bounds.check_time()
        sellers.count(one)
        own.add(one.priced)
        there.add(one.priced)

    report = audit_of(audited, [models], each=each)
    report.effects.otherwise.update(sellers.effects())
    causes = report.causes() if report.is_logged else []
    shown = examples(reads, pricer.recorded, [row.example for row in causes], with_rates=with_rates)
    coming = outlook_from(own, report.bill, now, months)
    elsewhere = there.found(report.bill, Wanted(), bounds.check_time).compare(reads, pricer, now)
    explained = list(zip(causes, shown, strict=True))
    of = (pricer.known, pricer.recorded, file.shape, taken_for(file))
    return FileAnswers(*of, report, explained, models, coming, elsewhere)


def write_audited_rows(
    reads: Reads,
    path: Path,
    rows: BinaryIO,
    now: datetime,
    bounds: AuditBounds,
    *,
    with_rates: bool,
    words: ParameterWords = in_python,
) -> None:
    """Write each record of the file with both figures and its causes to ``rows``, as CSV; raises LogError."""
    _, audited = _audited(reads, path, now, LogPricer(reads, now, None, with_rates=with_rates, words=words), bounds)
    with audit_csv(rows) as take:
        for one in audited:
            bounds.check_time()
            take(one)


def _audited(
    reads: Reads, path: Path, now: datetime, pricer: LogPricer, bounds: AuditBounds
) -> tuple[UsageFile, Iterator[Audited]]:
    file = usage_file(path, each_row=bounds.check_time, now=now)
    records = bounds.counted(UsageFiles([file], each_row=bounds.check_time).records())
    return file, Auditor(AuditedUses(reads, pricer)).all(_priced(pricer, records, bounds))


def _priced(pricer: LogPricer, records: Iterator[UsageRecord], bounds: AuditBounds) -> Iterator[PricedRecord]:
    while some := list(islice(records, _AT_ONCE)):
        yield from priced_records(pricer, some)
        bounds.check_time()
