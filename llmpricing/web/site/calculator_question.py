"""What the address of the calculator asks: a model, a month by its workload or by one request, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.domain.choice.kinds import CHAT
from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.usage.formats import Usage, UsageError, read_usage
from llmpricing.domain.usage.quantities import count as count_usage
from llmpricing.services.catalogue.model_list import ModelFilter
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload, usage_of
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.known_then import SHOW
from llmpricing.web.need_query import ASKED, ASKED_REPEATABLE, read_asked
from llmpricing.web.quote_refusals import Place, bad_usage
from llmpricing.web.site.asked import ASKED_ON_PAGES
from llmpricing.web.site.pasted import AUTO, PASTED, month_of, read_pasted, workload_like
from llmpricing.web.site.workload import WORKLOAD, count, percent_or_share
from llmpricing.web.workloads import workload_of

COUNTED = (  # what is stated by hand
    ("input_tokens", "Input tokens", "12K in all"),
    ("cache_read_tokens", "of them cached", "0"),
    ("cache_write_tokens", "written to cache", "0"),
    ("output_tokens", "Output tokens", "800"),
)
_BY_HAND = tuple(name for name, _, _ in COUNTED)
OF_ONE_REQUEST = (*_BY_HAND, *PASTED)
_OF_TOKENS: Mapping[str, p.Reader] = {"reasoning_share": percent_or_share, "images": count(0, 10**9)}
_OF_THE_MONTH = tuple(name for name in (*WORKLOAD, *_OF_TOKENS) if name != "requests")  # which both ways count

_READERS: Mapping[str, p.Reader] = {
    "model": p.text,
    **PASTED,
    **{name: count(0, 10**12) for name in _BY_HAND},
    **WORKLOAD,
    "batch_share": percent_or_share,
    **_OF_TOKENS,
    "against": p.text,
    "service_tier": p.text,
    "region": p.text,
    "as_of": p.use,
    "known_at": p.known,
    **SHOW,
    **ASKED_ON_PAGES,
}
_CLOCKS = ("as_of", "known_at")


@dataclass(frozen=True, slots=True)
class CalculatorQuestion:
    """The question, read and checked. ``workload`` is the month to rank all models by, None where no token is counted;
    ``usage`` is what is quoted: that of one of ``requests`` where the month is told ``by_request``, else of the whole
    month. ``month`` are the parameters by which other pages take it, ``wanted`` what ranked models must be, ``kept``
    all but the clocks.
    """

    model: str | None
    usage: Usage
    by_request: bool
    workload: Workload | None
    context: Context
    clocks: Clocks
    requests: int
    against: str | None
    month: list[tuple[str, str]]
    wanted: ModelFilter
    is_hour_stated: bool
    kept: list[tuple[str, str]]

    @property
    def batch_share(self) -> Decimal:
        """The share of the month that is sent as batch."""
        return self.workload.batch_share if self.workload else Decimal(0)

    def as_workload(self) -> str:
        """The query by which the list of models shows what the month costs at each of them."""
        if self.by_request and not self.month:
            return ""
        asked = [pair for pair in self.kept if pair[0] in ASKED]
        return urlencode([*self.month, *asked, ("sort", "month")])


def read_calculator_question(request: Request) -> CalculatorQuestion:
    """The question of this address; raises the 400 that names the offending field."""
    values = p.read_parameters(request, _READERS, ASKED_REPEATABLE)
    at, is_exact = values.get("as_of", (request.period.start, True))
    name, one = _usage(values)
    workload = workload_of(values) if one is None else _month_like(one, values)
    stated = [pair for pair in request.GET.items() if pair[1].strip()]
    return CalculatorQuestion(
        values.get("model", name),
        usage_of(workload.quantities) if one is None and workload else one or count_usage({}),
        one is not None,
        workload,
        context(values.get("service_tier"), values.get("region"), time_known=is_exact),
        request.book.clocks(at, values.get("known_at")),
        workload.requests if workload else values.get("requests", 1),
        values.get("against"),
        [pair for pair in stated if pair[0] in WORKLOAD] if one is None else _as_others_take_it(one, values),
        read_asked(request, values, kind=CHAT, show=frozenset()) or ModelFilter(),
        "as_of" in values and is_exact,
        [pair for pair in stated if pair[0] not in _CLOCKS],
    )


def _month_like(one: Usage, values: Mapping[str, Any]) -> Workload | None:
    """So many such requests; raises the 400 of a field that tells the month a second time."""
    for name in _OF_THE_MONTH:
        if name in values:
            raise invalid(name, f"{name} stands beside the tokens of one request: state the month or a request.")
    return workload_like(one, values.get("requests", 1), values.get("batch_share", Decimal(0)))


def _as_others_take_it(one: Usage, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in month_of(one, values.get("requests", 1)).items()]


def _usage(values: Mapping[str, Any]) -> tuple[str | None, Usage | None]:
    """The model that a pasted answer names, if any, and the usage."""
    by_hand = {name: values[name] for name in _BY_HAND if name in values}
    try:
        if "usage" not in values:
            return None, read_usage(by_hand) if by_hand else None
        if by_hand:
            raise UsageError("usage", "stands beside numbers by hand: give one of both")
        return read_pasted(values["usage"], values.get("usage_format", AUTO))
    except UsageError as error:
        raise bad_usage(error, Place(usage="usage.")) from None
