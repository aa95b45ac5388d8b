"""What a bridge calls models and their sellers, and where it compares a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llmpricing.domain.names.identities import identity
from llmpricing.domain.names.providers import AZURE
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.times import EPOCH
from llmpricing.services.usage_log.audit.bridge_cells import SHARED, BridgePlace
from llmpricing.services.usage_log.audit.bridge_days import days_of
from llmpricing.services.usage_log.audit.bridge_kinds import tool_of
from llmpricing.services.usage_log.audit.groups import NOT_STATED, WAYS
from llmpricing.services.usage_log.audit.verdicts import Audited
from llmpricing.services.usage_log.pricer import LogPricer


@dataclass(frozen=True)
class BridgeNames:
    """What both sides of a bridge call models and sellers; ``hidden`` is what is said for the name of a model that the
    price book does not know.
    """

    pricer: LogPricer
    hidden: Callable[[str], str] = str

    def seller(self, one: Audited) -> str:
        """Who sold what a record is about, empty where none is told: whom the record means, though another seller's
        price may stand in for theirs; the surfaces of Azure, which send one bill, as one.
        """
        record, answer = one.priced.record, one.priced.answer
        found = answer.offering.partition("/")[0]
        if not found or Code.FALLBACK_SELLER in answer.warnings:
            meant = self.pricer.seller(record.model, record.provider, record.at or EPOCH)
            found = meant or found or record.provider or ""
        return AZURE[0] if found in AZURE else found

    def called(self, one: Audited) -> str:
        """A record's model as its offering is named, else as the file writes it, if it is not to be ``hidden``."""
        record = one.priced.record
        return one.priced.answer.offering or tool_of(record.model) or self.hidden(record.model)

    def place(self, one: Audited) -> BridgePlace:
        """Where a record is compared."""
        key, project = (WAYS[name](one) or NOT_STATED for name in SHARED)
        return BridgePlace(days_of(one), self._model(one), key, self.seller(one), project)

    def _model(self, one: Audited) -> str:
        """A model's name whoever writes it, else the tool whose fees are charged."""
        if tool := tool_of(one.priced.record.model):
            return tool
        name = one.priced.answer.offering.partition("/")[2] or one.priced.record.model
        words, numbers, variant = identity(name).model
        text = " ".join((*words, *numbers, variant)).strip()
        return text if one.priced.answer.offering else self.hidden(text)
