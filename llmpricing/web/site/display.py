"""How the pages write amounts, counts, days and found words. Unknown never looks like zero."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from llmpricing.charts.amounts import amount as amount
from llmpricing.charts.amounts import exact as exact
from llmpricing.charts.amounts import is_cut as is_cut
from llmpricing.charts.amounts import per_cent as per_cent
from llmpricing.charts.figures import count as count
from llmpricing.charts.figures import day_or_month as day_or_month
from llmpricing.charts.figures import figure as figure
from llmpricing.charts.figures import long_day as long_day
from llmpricing.charts.figures import minute as minute
from llmpricing.charts.figures import money as money
from llmpricing.charts.figures import month_name as month_name
from llmpricing.charts.figures import moved as moved
from llmpricing.charts.figures import near as near
from llmpricing.charts.figures import rounded as rounded
from llmpricing.charts.figures import sign as sign
from llmpricing.domain.conditions import parse_key
from llmpricing.domain.meters import METERS
from llmpricing.domain.money import parse_decimal, to_text
from llmpricing.domain.names.model_groups import way_of
from llmpricing.domain.publishing.publish import PINNED
from llmpricing.services.catalogue.offering_detail import stated_conditions
from llmpricing.services.catalogue.price_evidence import DifferenceDocument
from llmpricing.services.catalogue.row_steps import DearerStep
from llmpricing.services.quotes.workload_hours import CostBounds
from llmpricing.services.quotes.workloads import Workload

_HOLIDAYS_NAMED = 3  # one by one; of more their number, as the API tells them all
ALIGNED_PLACES = 4  # prices with at most so many decimals stand with their points below each other
_UNITS = ((10**9, "B"), (10**6, "M"), (10**3, "K"))
_ROUNDS_TO_ONE = Decimal("0.9995")
_SHORT = {"tool_call": "tools", "structured_output": "structured"}
_BASES = {
    "documented": "documented",
    "first_observed": "first seen then",
    "bracket": "changed between two readings",
    "undated": "the source states no date",
    "manual": "entered by a person",
}
_MARKS = {
    "DATE_UNKNOWN": ("date unknown", "no list of that time states the price: it is carried over from another time."),
    "BETWEEN_SIGHTINGS": ("between two lists", "the price changed between two lists, nobody knows on which day."),
    "DISAGREEMENT": ("lists differ", "another list of that time asks another price."),
    "UNDER_REVIEW": ("under review", "a newer price waits for a person’s decision."),
    "VIA_OFFERING": (
        "of another id",
        "its own lists have no such price: that of another id of the same model is shown.",
    ),
}
_BY_A_PERSON = "a person here"
_OPEN_FACTS = {"region": "by place", "thinking": "by whether it thinks", "service_tier": "by tier"}
_STANDINGS = {
    "stated": "its period is documented",
    "seen": "in the source’s lists of that time",
    "carried": "carried over from another time",
}
_OF_SCHEDULE = "schedule="
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def missing_places(value: Decimal) -> int:
    """How many digits the amount lacks to ALIGNED_PLACES decimals."""
    return max(0, ALIGNED_PLACES - len(amount(value).partition(".")[2]))


def tokens(count: int) -> str:
    """A count in three digits: 128000 is ``128K``, 1048576 is ``1.05M``, 512 is ``512``."""
    for unit, letter in _UNITS:
        size = Decimal(count) / unit
        if size >= _ROUNDS_TO_ONE:
            places = max(0, 2 - size.adjusted())
            return f"{to_text(round(size, places))}{letter}"
    return str(count)


def price(value: Decimal) -> str:
    """A price in dollars: ``$2.50``, or ``free``."""
    return f"${amount(value)}" if value else "free"


def total(value: Decimal, currency: str | None) -> str:
    """A sum to four digits at the most, in cents from a dollar on: ``$1,250.40``, ``$0.0825``, ``$0.07``, ``free``."""
    return f"{sign(currency)}{figure(value)}" if value else "free"


def share(part: Decimal | Fraction) -> str:
    """A share as a field takes it: ``60%``, ``12.5%``; rounded where it does not end."""
    percent = Fraction(part) * 100
    return f"{to_text(round(Decimal(percent.numerator) / percent.denominator, 2))}%"


def workload(of: Workload) -> str:
    """``20M tokens a month: 14M in (70% of it cached: 9.8M), 6M out, in 10,000 requests``."""
    whole = of.quantities
    read, thought = whole["cache_read_tokens"], whole["output_reasoning_tokens"]
    cached = f" ({share(of.cached_share)} of it cached: {tokens(read)})" if read else ""
    reasoning = f" ({share(of.reasoning_share)} of it reasoning: {tokens(thought)})" if thought else ""
    parts = f"{tokens(whole['input_tokens'])} in{cached}, {tokens(whole['output_tokens'])} out{reasoning}"
    images = f" and {count(of.images, 'image')} in" if of.images else ""
    return f"{tokens(of.tokens)} tokens a month: {parts}{images}, in {count(of.requests, 'request')}"


def workload_of_requests(of: Workload) -> str:
    """The same, with how long its requests are: ``... in 10,000 requests of 1.4K tokens in``."""
    return f"{workload(of)} of {tokens(of.input_per_request)} tokens in"


def dearer(step: DearerStep) -> str:
    """What a request costs beyond a step of its context: ``from 100,001 input tokens a request: input $5.00 ...``."""
    asked = (
        f"{words(meter.removesuffix('_tokens'))} {sign(step.currency)}{amount(price)}"
        for meter, price in step.per_mtok.items()
    )
    return f"from {step.tokens:,} input tokens a request, all per million: {', '.join(asked)}"


def month_range(bounds: CostBounds) -> str:
    """Between what a month lies that depends on what it does not state: ``$4.40 to $4.84, by place``."""
    facts = " and ".join(_OPEN_FACTS.get(name, f"by {words(name)}") for name in bounds.missing)
    return f"{total(bounds.low, 'USD')} to {total(bounds.high, 'USD')}, {facts}"


def no_month(item: Any) -> str:
    """Why nobody can say what a month costs at an offering, by its row."""
    if item.price_state in ("subscription", "included"):
        return "a subscription pays"
    if item.price_state == "priced" and item.input_per_mtok is not None and item.output_per_mtok is None:
        return "unknown: no list prices its output"
    if item.price_state == "priced" and item.input_per_mtok == item.output_per_mtok == 0:
        return "unknown: it charges otherwise than by tokens"
    return "unknown"


def way(slug: str) -> str:
    """Another way than the plain one in which an id is sold, such as ``batch``; empty for the plain one."""
    return way_of(slug).replace("_", " ")


def age(days: int) -> str:
    """``less than a day old``, ``1 day old``, ``12 days old``."""
    return "less than a day old" if days == 0 else f"{count(days, 'day')} old"


def words(identifier: str) -> str:
    """An identifier for people: ``tool_calls`` is ``tool calls``."""
    return identifier.replace("_", " ")


def capability(identifier: str) -> str:
    """A capability in as few letters as a row of the table has room for."""
    return _SHORT.get(identifier) or words(identifier)


def basis(name: str) -> str:
    """What the date of a price rests on, in a few words."""
    return _BASES.get(name, words(name))


def at_maker(status: str) -> str:
    """That a model's maker calls its own offerings so."""
    return f"{words(status)} at its maker"


def explained(codes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Each of these codes once: itself, in words, and a sentence that tells what it means."""
    found = set(codes)
    return [(code, *words) for code, words in _MARKS.items() if code in found]


def asked(differences: Iterable[DifferenceDocument]) -> list[tuple[str, Decimal | None]]:
    """What each of these lists asks; None where it has no price by the unit."""
    return [(one.source, None if one.amount is None else parse_decimal(one.amount)) for one in differences]


def asks(value: Decimal | str | None, currency: str | None) -> str:
    """What is asked, with every digit: ``$2.50``, ``free``; a dash where nobody states it."""
    if value is None:
        return "\N{EN DASH}"
    asked = parse_decimal(value) if isinstance(value, str) else value
    return f"{sign(currency)}{amount(asked)}" if asked else "free"


def day_of(text: str) -> str:
    """The day of an instant in ISO 8601, in words; empty as it is."""
    return long_day(datetime.fromisoformat(text)) if text else ""


def sighted(first: datetime | None, last: datetime | None) -> str:
    """Between which lists a price was seen: ``, first seen 3 Nov 2026, last seen 10 Nov 2026``, or ``, seen ...``."""
    if first and last and long_day(first) == long_day(last):
        return f", seen {long_day(first)}"
    told = (("first", first), ("last", last))
    return "".join(f", {which} seen {long_day(at)}" for which, at in told if at)


def stated_by(source: str) -> str:
    """A list by its name; what a person entered by that."""
    return _BY_A_PERSON if source == PINNED else source


def standing(name: str) -> str:
    """How a price is known at the time shown, in a few words."""
    return _STANDINGS[name]


def per(meter: str, quantity: int) -> str:
    """What an amount buys: ``per million tokens``, ``per hour``, ``per 1,000 web searches``, ``per image``."""
    family = METERS[meter].family if meter in METERS else ""
    if family in ("durations", "compute"):
        return {1: "per second", 60: "per minute", 3600: "per hour"}.get(quantity, f"per {quantity:,} seconds")
    noun = "tokens" if family == "tokens" else words(meter.removeprefix("input_").removeprefix("output_"))
    if quantity == 1:
        return f"per {noun.removesuffix('s')}"
    return f"per {'million' if quantity == 10**6 else f'{quantity:,}'} {noun}"


def condition(name: str, value: Any) -> str:
    """One condition of a price in plain words."""
    if name == "input_tokens_above":
        return f"more than {value:,} input tokens"
    if name == "input_tokens_from":
        return f"{value:,} input tokens or more"
    if name == "schedule":
        return _schedule(value)
    if name == "applies_to":
        return f"charged for {value}"
    return f"{words(name)}: {value}"


def conditions(key: str) -> str:
    """The conditions of this key in plain words; of a schedule the key tells no more than that there is one."""
    parts = key.split(";")
    told = [part for part in parts if not part.startswith(_OF_SCHEDULE)]
    words = [condition(*one) for one in stated_conditions(parse_key(";".join(told), {})).items()]
    return ", ".join([*words, *(["at certain hours"] if len(told) < len(parts) else [])])


def rule(text: str) -> str:
    """What a line of a quote says of its price: the conditions in words, and names without their signs."""
    head, sign, rest = text.partition("; ")
    return words(f"{conditions(head) if '=' in head else head}{sign}{rest}")


def _schedule(value: dict[str, Any]) -> str:
    days = ", ".join(_WEEKDAYS[number - 1] for number in value["weekdays"]) or "daily"
    return f"{days} {' and '.join(value['windows'])} {value['time_zone']}{_holidays(value['not_on'])}"


def _holidays(days: Sequence[date]) -> str:
    if not days:
        return ""
    if len(days) <= _HOLIDAYS_NAMED:
        return f", not on {', '.join(long_day(day) for day in days)}"
    return f", not on {len(days)} holidays from {long_day(min(days))} to {long_day(max(days))}"


def highlight(text: str, searched: str) -> Markup:
    """The text, safe for HTML, with every searched word in <mark>."""
    wanted = sorted(set(searched.split()), key=len, reverse=True)
    if not wanted:
        return escape(text)
    parts = re.split(f"({'|'.join(map(re.escape, wanted))})", text, flags=re.IGNORECASE)
    marked = (Markup("<mark>{}</mark>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts))
    return Markup("").join(marked)


def web_link(url: str | None) -> str | None:
    """The address if it is one of the web; a price list may hold anything."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
