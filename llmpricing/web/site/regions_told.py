"""What a seller's page says of its regions: of how many models, and how much dearer or cheaper they are there."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from llmpricing.services.catalogue.seller_regions import SellerRegion
from llmpricing.web.site import display

_LEAST = Decimal("0.1")  # per cent; what is nearer to as much is said to be below


class ToldRegion(NamedTuple):
    """A region, of how many models, how its prices compare, and what else is said of that."""

    region: str
    models: int
    compared: str
    beside: str


def told_regions(found: Sequence[SellerRegion]) -> list[ToldRegion]:
    """The regions as the page writes them."""
    return [ToldRegion(one.region, one.models, _compared(one), _beside(one)) for one in found]


def _compared(one: SellerRegion) -> str:
    if one.middle is None:
        return ""
    return _than_plain(one.middle) if one.least == one.most else f"typically {_than_plain(one.middle)}"


def _than_plain(times: Fraction) -> str:
    """``as much``, ``10 % more``, ``2.5 % less``."""
    if times == 1:
        return "as much"
    share = abs(times - 1) * 100
    percent = round(Decimal(share.numerator) / share.denominator, 1)
    told = f"{percent.normalize():,f}" if percent >= _LEAST else f"less than {_LEAST}"
    return f"{told} % {'more' if times > 1 else 'less'}"


def _range(one: SellerRegion) -> str:
    """``from as much (3 of 24) to 900 % more``, ``from 17.5 % to 20 % more``; empty where all cost as many times."""
    if one.least is None or one.most is None or one.least == one.most:
        return ""
    first, last = _than_plain(one.least), _than_plain(one.most)
    if first.endswith(last[-5:]):  # both more, or both less
        first = first[:-5]
    as_much = f" ({one.as_much} of {one.compared})" if one.least == 1 and one.as_much else ""
    more = f", as much at {one.as_much} of {one.compared}" if one.as_much and not as_much else ""
    return f"from {first}{as_much} to {last}{more}"


def _beside(one: SellerRegion) -> str:
    alone = one.models - one.compared
    told = (
        _range(one),
        f"{display.count(alone, 'model')} without another price" if alone else "",
        "under ids of their own" if one.in_ids else "",
    )
    return ", ".join(filter(None, told))
