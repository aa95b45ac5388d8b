"""What the user states where the files do not: seller, place, tier, and what names of one's own mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from llmpricing.services.usage_log.formats.record import UsageRecord


@dataclass(frozen=True)
class Assumptions:
    """``provider`` sells what no record says the seller of; ``offerings`` are meant by these names, whoever sells.
    ``region`` and ``tier`` hold where a record states none.
    """

    provider: str | None = None
    offerings: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    tier: str | None = None

    def applied(self, record: UsageRecord) -> UsageRecord:
        """The record with what it leaves out."""
        stated = record.context
        tier = self.tier if self.tier not in stated.ruled_out else None
        if (self.region and not stated.region) or (tier and not stated.service_tier):
            where = stated._replace(region=stated.region or self.region, service_tier=stated.service_tier or tier)
            record = replace(record, context=where)
        if offering := self.offerings.get(record.model):
            return replace(record, model=offering, provider=None)
        if self.provider and record.provider is None:
            return replace(record, provider=self.provider)
        return record
