"""How often each two lists ask the same, and how often something else."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec

from llmpricing.services.catalogue.disagreements import DisagreementKind, comparisons
from llmpricing.services.price_book import Reads


class ListAgreement(msgspec.Struct, forbid_unknown_fields=True):
    """Of two sources: the prices that both state for the same requests, and how many are apart by 0.5 % or more;
    ``severe`` ones four times or more.
    """

    first: str
    second: str
    compared: int
    apart: int
    severe: int


def agreements(reads: Reads, now: datetime) -> list[ListAgreement]:
    """Of each two sources whose fresh lists meet, by name."""
    compared: Counter[tuple[str, str]] = Counter()
    apart: Counter[tuple[str, str]] = Counter()
    severe: Counter[tuple[str, str]] = Counter()
    for first, second, kind in comparisons(reads, now):
        compared[first, second] += 1
        apart[first, second] += kind in (DisagreementKind.DIFFERENCE, DisagreementKind.SEVERE)
        severe[first, second] += kind is DisagreementKind.SEVERE
    return [ListAgreement(*pair, count, apart[pair], severe[pair]) for pair, count in sorted(compared.items())]


def agreement_of(found: list[ListAgreement], source: str) -> tuple[int, int]:
    """(compared, apart) of one source with all others."""
    of = [one for one in found if source in (one.first, one.second)]
    return sum(one.compared for one in of), sum(one.apart for one in of)
