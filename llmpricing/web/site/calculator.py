"""/calculator: what a month costs at a model, line by line with what each price rests on, and at every other one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.quotes.context import TIERS
from llmpricing.services.catalogue import freshness, listing
from llmpricing.services.catalogue.freshness import SourceAge
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.quotes.workloads import IMAGES
from llmpricing.web.errors import Refused, invalid, wants_json
from llmpricing.web.known_then import costs_then
from llmpricing.web.list_query import most_like, own_ids, standing
from llmpricing.web.site import display
from llmpricing.web.site.addresses import address, clock_query, with_undated
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.agreed import agreed_ids
from llmpricing.web.site.calculated import Calculated, calculated, is_undated_at
from llmpricing.web.site.calculator_question import (
    COUNTED,
    OF_ONE_REQUEST,
    CalculatorQuestion,
    read_calculator_question,
)
from llmpricing.web.site.filter_problems import problem_of, worded
from llmpricing.web.site.keeping import escaped, permalink, table
from llmpricing.web.site.needs_form import needs_form
from llmpricing.web.site.pasted import FORMATS_OF_OBJECTS
from llmpricing.web.site.ranking import MOST_SHOWN, Ranking, rank, ranking_csv
from llmpricing.web.site.unsaid import lists_of_needs
from llmpricing.web.site.workload import month_total, tidy_address
from llmpricing.web.site.workload_form import WORKLOAD_LABELS, WorkloadForm

MOST_IN_MARKDOWN = 10  # models of the ranking
_RANKED_BY = (  # what a workload counts
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "output_reasoning_tokens",
    IMAGES,
    "requests",
)
EXAMPLE = (
    '{"prompt_tokens": 12000, "completion_tokens": 800, "total_tokens": 12800,'
    ' "prompt_tokens_details": {"cached_tokens": 9000}}'
)


def show(request: Request) -> Any:
    """The page. What cannot be read or is not sold keeps the form and says beside the field what is wrong."""
    tidy_address(request, *OF_ONE_REQUEST)
    asked, found, ranking, refused = None, None, None, None
    try:
        asked = read_calculator_question(request)
        found = calculated(request, asked)
        ranking = _ranking(request, asked, found)
    except Refused as error:
        if wants_json(request):
            raise
        asked, found, refused = None, None, error
        request.response.status_int = error.status
    link = asked and ranking and permalink(request, asked.clocks, asked.kept)
    return {
        "show": display,
        "found": found,
        "ranking": ranking,
        "agreed": _agreed(request, asked, ranking),
        "most_shown": MOST_SHOWN,
        "refused": refused,
        "worded": worded,
        "alert": refused and problem_of(refused).message,
        "offered": _offered(request, refused) if refused else [],
        "asked": asked,
        "form": _form(request, asked, refused),
        "typed": {name: text for name, text in request.GET.items()},
        "counted": COUNTED,
        "tiers": TIERS,
        "formats": FORMATS_OF_OBJECTS,
        "example": address([("model", "gpt-4o"), ("usage", EXAMPLE), ("requests", "100000")]),
        "permalink": link,
        "left_out": _left_out(asked) if asked and ranking else [],
        "markdown": _markdown(found, ranking, str(link)) if ranking else "",
        "csv": f"/calculator.csv{address(request.GET.items())}",
        "provider_names": {slug: name for slug, name, *_ in providers(request.reads)} if found else {},
        "list_query": asked.as_workload() if asked else "",
        "number": Decimal,
        "with_undated": with_undated(request),
        "with_unsaid": address([*request.GET.items(), ("unsaid", "1")]),
        "needs": needs_form(request),
        "kept_month": _kept_month(request, asked) if asked else "",
        "kept_only_month": address(asked.month) if asked and asked.month else "",
        **ages_shown(freshness.source_ages(request.reads, request.period.start), _of_needs(request, asked)),
    }


def _of_needs(request: Request, asked: CalculatorQuestion | None) -> Sequence[SourceAge]:
    """The lists that tell what models can, where that is asked."""
    if asked is None or not asked.wanted.needs:
        return []
    models = listed_models(request.reads, request.book, asked.clocks, standing(request, asked.clocks))
    return lists_of_needs(request.reads, request.period.start, models, asked.wanted.needs)


def show_csv(request: Request) -> Response:
    """The ranking as CSV; a 400 or 404 says what cannot be read."""
    asked = read_calculator_question(request)
    ranking = _ranking(request, asked, calculated(request, asked), with_steps=None)
    if ranking is None:
        raise invalid("input_tokens", "The usage counts no tokens: state input_tokens or output_tokens.")
    response = request.response
    response.content_type, response.charset = "text/csv", "utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="calculator.csv"'
    response.text = ranking_csv(ranking)
    return response


def _form(request: Request, asked: CalculatorQuestion | None, refused: Refused | None) -> WorkloadForm:
    """The fields of the month, with what is wrong with one of them."""
    problems = {}
    if refused is not None:
        name = str(refused.details.get("field", ""))
        label = WORKLOAD_LABELS.get(name)
        problems = {name: worded(refused.message, name, label)} if label else {}
    by_request = any(request.GET.get(name, "").strip() for name in OF_ONE_REQUEST)
    return WorkloadForm(request.GET, asked.workload if asked else None, problems, by_request)


def _kept_month(request: Request, asked: CalculatorQuestion) -> str:
    """The query by which other pages take the month and the clocks."""
    clocks, month = clock_query(request), asked.month
    return f"{address(month)}&{clocks[1:]}".rstrip("&") if month else clocks


def _left_out(asked: CalculatorQuestion) -> list[str]:
    """What the quote counts and the month at every model does not, in words."""
    usage, where = asked.usage, asked.context
    meters = [meter for meter, count in usage.stated.items() if count and meter not in _RANKED_BY]
    stated = [f"the {where.service_tier} tier" if where.service_tier else "", where.region and f"region {where.region}"]
    return [*map(display.words, meters), *filter(None, stated)]


def _ranking(
    request: Request, asked: CalculatorQuestion, found: Calculated | None, *, with_steps: int | None = MOST_SHOWN
) -> Ranking | None:
    """All models by the same month, steps told of the first ``with_steps``; None where no token is counted."""
    workload = asked.workload
    if workload is None:
        return None
    if asked.against is not None:
        (chosen,) = own_ids(request, [asked.against])
    elif found is not None:
        chosen = found.quote.model.id  # by the month that all are ranked by: its quote may count more
    else:
        return rank(request, asked.clocks, workload, asked.wanted, with_steps=with_steps)
    stands_on = standing(request, asked.clocks)
    known = [found.row] if found is not None and asked.against is None else None
    rows = known or listing.rows_of(request.reads, asked.clocks, [chosen], stands_on)
    costs = costs_then(request, asked.clocks, workload, rows, stands_on)
    if chosen not in costs:
        like = most_like(request, asked.clocks, chosen)
        message = f"No offering has the id {chosen[:100]!r}."
        raise Refused(404, "MODEL_NOT_FOUND", message, field="against", suggestions=like)
    is_undated = is_undated_at(request, asked.clocks, chosen)
    own = None if is_undated else month_total(rows[0].price_state, costs[chosen])
    return rank(request, asked.clocks, workload, asked.wanted, (rows[0], own), with_steps=with_steps)


def _offered(request: Request, refused: Refused) -> list[tuple[str, str]]:
    """(id, address) of the models that the name may mean."""
    names = [*refused.details.get("candidates", ()), *refused.details.get("suggestions", ())]
    field = "against" if refused.details.get("field") == "against" else "model"
    others = [pair for pair in request.GET.items() if pair[0] != field]
    return [(name, address([(field, name), *others])) for name in names]


def _agreed(request: Request, asked: CalculatorQuestion | None, ranking: Ranking | None) -> frozenset[str]:
    """Those of the ranking's models that are shown, by id, whose month rests on a rate of one's own."""
    if asked is None or ranking is None:
        return frozenset()
    return agreed_ids(request, asked.clocks, [one.row.shown.id for one in ranking.models[:MOST_SHOWN]])


def _markdown(found: Calculated | None, ranking: Ranking, link: str) -> str:
    """The calculation for a document, with an address that answers the same for good."""
    shown = [found] if found and not found.is_undated else []
    parts = [*map(_quote_markdown, shown), _ranking_markdown(ranking)]
    return "\n".join(parts) + f"\nSource: {link}\n"


def _ranking_markdown(ranking: Ranking) -> str:
    """The cheapest models of the ranking."""
    head = ["", "Model", "A month in USD", "Saving against the dearest"]
    rows = [
        [str(place), escaped(one.row.shown.id), display.amount(one.total), display.per_cent(one.saving)]
        for place, one in enumerate(ranking.models[:MOST_IN_MARKDOWN], 1)
    ]
    return f"The cheapest for {display.workload(ranking.workload)}\n\n{table([head, *rows])}\n"


def _quote_markdown(found: Calculated) -> str:
    """The quote of one model."""
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
    asked = display.count(found.question.requests, "request")
    if found.question.by_request:
        rows.append(["**A request**", "", "", f"**{found.why_none or quote.total or 'unknown'}**"])
    if found.month is not None or found.why_none:
        month = found.why_none if found.month is None else display.amount(found.month)
        rows.append([f"**A month of {asked}**", "", "", f"**{month}**"])
    said = "".join(f"\n- {notice.code}: {escaped(notice.message)}" for notice in (*quote.warnings, *quote.notes))
    return f"What {escaped(quote.model.id)} costs\n\n{table(rows)}\n{said}\n"
