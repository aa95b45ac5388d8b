"""How often lists ask the same as the ones whose prices count: the one place that counts agreement over the price book.

A figure is what a list states beside another one whose price counts, for the same request. Two lists agree where they
are less than 0.5 % apart, and differ from there on; a price that only one of the two has for such a request is neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from llmpricing.services.catalogue.disagreements import DisagreementKind, comparisons
from llmpricing.services.price_book import Reads

_LONE = DisagreementKind.MISSING
_APART = (DisagreementKind.DIFFERENCE, DisagreementKind.SEVERE)


class ListAgreement(msgspec.Struct, forbid_unknown_fields=True):
    """Of two sources of which one counts: the figures that both have for the same requests, and how many of them
    differ; ``severe`` ones four times or more. ``lone`` are those for which only one of the two has a price.
    """

    first: str
    second: str
    compared: int
    apart: int
    severe: int
    lone: int


def agreements(reads: Reads, now: datetime) -> list[ListAgreement]:
    """Of each two sources whose fresh lists meet, by name."""
    found: Counter[tuple[str, str, DisagreementKind | None]] = Counter()
    for one, is_apart in comparisons(reads, now):
        first, second = sorted((one.ours.source, one.source))
        found[first, second, one.kind if is_apart else None] += 1

    def of(first: str, second: str) -> ListAgreement:
        apart, severe = (
            sum(found[first, second, kind] for kind in kinds) for kinds in (_APART, (DisagreementKind.SEVERE,))
        )
        both = found[first, second, None] + found[first, second, DisagreementKind.ROUNDING] + apart
        return ListAgreement(first, second, both, apart, severe, found[first, second, _LONE])

    return [of(*pair) for pair in sorted({(first, second) for first, second, _ in found})]


def agreement_of(found: Sequence[ListAgreement], source: str) -> ListAgreement:
    """Of one source with all others."""
    return summed(source, [one for one in found if source in (one.first, one.second)])


def summed(name: str, found: Sequence[ListAgreement]) -> ListAgreement:
    """All of them as one."""
    counts = (sum(getattr(one, count) for one in found) for count in ("compared", "apart", "severe", "lone"))
    return ListAgreement(name, "", *counts)
