"""What guards stopped, short enough to compare by eye."""

from __future__ import annotations

from llmpricing.domain.publishing.publish import OfferingBook


def rules(book: OfferingBook) -> list[tuple[str, str]]:
    """(meter, rule) of each observation that a guard stopped, in order of time."""
    return [(flag.key.component.meter, flag.finding.rule.value) for flag in book.flags]
