"""The usage of a log's last days by the offerings whose prices it pays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from llmpricing.domain.quotes.usage_sums import UsageSum
from llmpricing.services.price_book import Reads
from llmpricing.services.quotes.terms import terms_at
from llmpricing.services.usage_log.audit.groups import NOT_STATED, label_of
from llmpricing.services.usage_log.bill import Bill, PricedRecord, billed, priced_records
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.log_sums import SumKey
from llmpricing.services.usage_log.sums.model_usage import GroupUsage, ModelUsage
from llmpricing.services.usage_log.sums.own_prices import BelievedPrices, OwnPrices
from llmpricing.services.usage_log.sums.window import RunningDay, UsageWindow


class OwnUsage:
    """What is used of each offering, by what label names whose it is (``way``: team, key, project or session);
    ``records`` are looked at once.
    """

    def __init__(
        self, reads: Reads, pricer: LogPricer, records: Iterable[UsageRecord], now: datetime, way: str = "team"
    ) -> None:
        self.way = way
        self._pricer, self._records, self._own = pricer, records, OwnPrices(reads, pricer)
        self._exchanges = terms_at(reads, pricer.known.book, pricer.recorded).exchanges(now)
        self._window = UsageWindow(now)
        self._models: dict[str, ModelUsage] = {}

    def read(self, progress: Callable[[int], None] = lambda rows: None) -> Bill:
        """Read all records; returns their bill. Raises LogError."""
        return billed(priced_records(self._pricer, self._records), progress, self.add)

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        """From when until when usage counts; None where nothing has a price."""
        return self._window.bounds

    @property
    def days(self) -> int:
        """On how many days usage counts."""
        return self._window.days

    @property
    def running(self) -> RunningDay | None:
        """The running day of a longer log, which does not count."""
        return self._window.running

    def models(self) -> dict[str, ModelUsage]:
        """What counts, by offering."""
        return self._by_model(self._window.sums())

    def models_of_running_day(self) -> dict[str, ModelUsage]:
        """What is left out, by offering."""
        return self._by_model(self._window.running_sums())

    def _by_model(self, sums: Mapping[SumKey, UsageSum]) -> dict[str, ModelUsage]:
        found: dict[str, ModelUsage] = {}
        for ((slug, group), asked, _, is_sum), usage in sums.items():
            example = usage.example
            paid = self._pricer.found(asked.model, asked.provider, example.context, example.at)
            model = found.setdefault(slug, self._models[slug].without_usage())
            model.sums.append(GroupUsage(group, usage, paid.context, is_sum))
        return dict(sorted(found.items()))

    def add(self, one: PricedRecord) -> None:
        """Add a record, if it is billed and has a price."""
        record = one.record
        if one.cost is None or one.outcome.kind is not OutcomeKind.BILLED or record.at is None:
            return
        slug = one.answer.offering
        if slug not in self._models:
            self._models[slug] = self._made(slug, record, record.at)
        group = label_of(record, self.way) or NOT_STATED
        self._window.add(record, self._models[slug].divisions, (slug, group))

    def _made(self, slug: str, record: UsageRecord, at: datetime) -> ModelUsage:
        found = self._pricer.found(record.model, record.provider, record.context, at)
        now = BelievedPrices(self._pricer.recorded, found.prices, found.rates)
        return ModelUsage([*self._own.before(slug, found.rates)[:-1], now], self._exchanges, self._pricer.words)
