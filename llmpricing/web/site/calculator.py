"""/calculator: what one request costs, line by line with what each price rests on, and so many of them a month."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from llmpricing.domain.quotes.context import TIERS
from llmpricing.services.catalogue import freshness, listing
from llmpricing.services.quotes.document import QuoteDocument, quote_document
from llmpricing.services.quotes.quoting import Asked, Quoted, of_stale_book, quote_many
from llmpricing.web.conditional import stale_since
from llmpricing.web.errors import Refused, wants_json
from llmpricing.web.quote_refusals import Place, refusal
from llmpricing.web.site import display
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.calculator_question import (
    COUNTED,
    CalculatorQuestion,
    read_calculator_question,
)
from llmpricing.web.site.filters import address
from llmpricing.web.site.keeping import escaped, permalink, table
from llmpricing.web.site.pasted import FORMATS_OF_OBJECTS

_PLACE = Place(usage="", context="")
EXAMPLE = (
    '{"prompt_tokens": 12000, "completion_tokens": 800, "total_tokens": 12800,'
    ' "prompt_tokens_details": {"cached_tokens": 9000}}'
)


@dataclass(frozen=True, slots=True)
class Calculated:
    """What was asked, and its quote as the API has it; ``month`` is the total of all requests, None where unknown."""

    question: CalculatorQuestion
    quote: QuoteDocument
    month: Decimal | None


def show(request: Request) -> Any:
    """The page. What cannot be read or is not sold keeps the form and says beside the field what is wrong."""
    if any(not text.strip() for text in request.GET.values()):  # of fields that were left empty
        kept = [(name, text) for name, text in request.GET.items() if text.strip()]
        raise HTTPSeeOther(request.path_url + (address(kept) if kept else ""))
    found, refused = None, None
    try:
        found = _calculated(request)
    except Refused as error:
        if wants_json(request):
            raise
        refused = error
        request.response.status_int = error.status
    link = found and permalink(request, found.question.clocks, found.question.kept)
    return {
        "show": display,
        "found": found,
        "refused": refused,
        "offered": _offered(request, refused) if refused else [],
        "typed": {name: text for name, text in request.GET.items()},
        "counted": COUNTED,
        "tiers": TIERS,
        "formats": FORMATS_OF_OBJECTS,
        "example": address([("model", "gpt-4o"), ("usage", EXAMPLE), ("requests", "100000")]),
        "permalink": link,
        "markdown": _markdown(found, str(link)) if found else "",
        "provider_names": {slug: name for slug, name, _ in listing.providers(request.reads)} if found else {},
        "list_query": found.question.as_workload() if found else "",
        "number": Decimal,
        **ages_shown(freshness.source_ages(request.reads, request.period.start)),
    }


def _calculated(request: Request) -> Calculated | None:
    """The answer to the address, None where it names no model or no usage yet."""
    asked = read_calculator_question(request)
    if asked.model is None or asked.usage is None:
        return None
    rates = None if request.caller.sees_rates else ()
    clocks = asked.clocks
    one = Asked(asked.model, asked.usage, clocks.as_of, clocks.known_at, asked.context, None, "USD", rate_ids=rates)
    (answer,) = quote_many(request.reads, [one])
    if not isinstance(answer, Quoted):
        raise refusal(answer, _PLACE)
    if since := stale_since(request):
        answer = of_stale_book(answer, since)
    month = None if answer.total is None else answer.total * asked.requests
    return Calculated(asked, quote_document(answer), month)


def _offered(request: Request, refused: Refused) -> list[tuple[str, str]]:
    """(id, address) of the models that the name may mean."""
    names = [*refused.details.get("candidates", ()), *refused.details.get("suggestions", ())]
    others = [pair for pair in request.GET.items() if pair[0] != "model"]
    return [(name, address([("model", name), *others])) for name in names]


def _markdown(found: Calculated, link: str) -> str:
    """The calculation for a document, with an address that answers the same for good."""
    quote = found.quote
    rows = [["Counted", "Quantity", "Price in USD", "Amount in USD"]]
    rows += [
        [
            display.words(line.meter),
            f"{line.quantity:,}",
            f"{line.rate} {display.per(line.meter, line.per)}",
            line.amount,
        ]
        for line in quote.lines
    ]
    total = quote.total or "unknown"
    rows.append(["**A request**", "", "", f"**{total}**"])
    if found.month is not None:
        asked = display.count(found.question.requests, "request")
        rows.append([f"**A month of {asked}**", "", "", f"**{display.amount(found.month)}**"])
    said = "".join(f"\n- {notice.code}: {escaped(notice.message)}" for notice in (*quote.warnings, *quote.notes))
    return f"What {escaped(quote.model.id)} costs\n\n{table(rows)}\n{said}\n\nSource: {link}\n"
