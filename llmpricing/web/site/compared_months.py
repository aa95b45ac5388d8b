"""What the months of a comparison say: which is the cheapest, and by how much the others are dearer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.quotes.workload_plans import WorkloadTotal
from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import DASH
from llmpricing.web.site.workload import month_total


def finding(
    items: Sequence[OfferingItem],
    models: Mapping[str, SoldModel],
    sellers: Mapping[str, str],
    costs: Mapping[str, WorkloadTotal],
) -> list[tuple[str, str]]:
    """(name, how its month compares) from the cheapest on, one that is sold no more marked; none where fewer than two
    months are known.
    """
    totals = {one.id: month_total(one.price_state, costs.get(one.id)) for one in items}
    known = sorted((total, slug) for slug, total in totals.items() if total is not None)
    if len(known) < 2:
        return []
    named = names_of([slug for _, slug in known], models, sellers)
    names = [named[slug] for _, slug in known]
    gone = {one.id: f" ({display.words(one.status)})" for one in items if one.status not in (None, "active")}
    names = [name + gone.get(slug, "") for name, (_, slug) in zip(names, known, strict=True)]
    told = above_the_cheapest([total for total, _ in known]) if known[0][0] else [dollars(total) for total, _ in known]
    return [(names[0], dollars(known[0][0])), *zip(names[1:], told[1:], strict=True)]


def names_of(slugs: Sequence[str], models: Mapping[str, SoldModel], sellers: Mapping[str, str]) -> dict[str, str]:
    """What each is called beside the others, by id: by its model, with its seller where two are of one model, and by
    its id where one seller has several of it.
    """
    name = {slug: models[slug].name for slug in slugs}
    once = Counter(name.values())
    full = {
        slug: text if once[text] == 1 else f"{text} by {sellers.get(house := slug.partition('/')[0], house)}"
        for slug, text in name.items()
    }
    again = Counter(full.values())
    return {slug: text if again[text] == 1 else slug for slug, text in full.items()}


def above_the_cheapest(totals: Sequence[Decimal | None]) -> list[str]:
    """By how many per cent each costs more than the cheapest that asks something."""
    least = min(filter(None, totals), default=None)
    if least is None:
        return [DASH for _ in totals]
    return [DASH if total is None else dearer(total, least) for total in totals]


def dearer(total: Decimal, least: Decimal) -> str:
    """By how many per cent a month costs more than the cheapest, as the table and its chart write it."""
    if total == least:
        return "cheapest"
    rounded = round((total - least) / least * 100)
    return "+<1 %" if total > least and not rounded else f"{rounded:+,} %"


def dollars(total: Decimal) -> str:
    """A month as the table writes it."""
    return display.total(total, "USD")
