"""Audits of records, as tests need them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from llmpricing.services.usage_log.audit.report import AuditReport, audit_of
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.audit.verdicts import Audited, Auditor
from llmpricing.services.usage_log.bill import priced_records
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer


def audited(session: Session, records: Iterable[UsageRecord]) -> list[Audited]:
    """What is said of each record, as it is known now."""
    pricer = LogPricer(session, datetime.now(UTC), None)
    return list(Auditor(AuditedUses(session, pricer)).all(priced_records(pricer, records)))


def report_of(found: Sequence[Audited]) -> AuditReport:
    """The audit of these records."""
    return audit_of(found)
