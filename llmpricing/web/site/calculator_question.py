"""What the address of the calculator asks: a model, its usage by hand or as a provider told it, when and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.usage.formats import Usage, UsageError, read_usage
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web import parameters as p
from llmpricing.web.quote_refusals import Place, bad_usage
from llmpricing.web.site.known_then import SHOW
from llmpricing.web.site.pasted import AUTO, PASTED, month_of, read_pasted, workload_like
from llmpricing.web.site.workload import count, percent_or_share
from llmpricing.web.workloads import workload_of

MOST_REQUESTS = 10**9
COUNTED = (  # what is stated by hand
    ("input_tokens", "Input tokens", "12K in all"),
    ("cache_read_tokens", "of them cached", "0"),
    ("cache_write_tokens", "written to cache", "0"),
    ("output_tokens", "Output tokens", "800"),
)
_BY_HAND = tuple(name for name, _, _ in COUNTED)


_READERS: Mapping[str, p.Reader] = {
    "model": p.text,
    **PASTED,
    **{name: count(0, 10**12) for name in _BY_HAND},
    "requests": count(1, MOST_REQUESTS),
    "batch_share": percent_or_share,
    "against": p.text,
    "service_tier": p.text,
    "region": p.text,
    "as_of": p.use,
    "known_at": p.time,
    **SHOW,
}
_CLOCKS = ("as_of", "known_at")


@dataclass(frozen=True, slots=True)
class CalculatorQuestion:
    """The question, read and checked; ``usage`` is that of one request, ``kept`` the parameters but for the clocks."""

    model: str | None
    usage: Usage | None
    context: Context
    clocks: Clocks
    requests: int
    batch_share: Decimal
    against: str | None
    kept: list[tuple[str, str]]

    @property
    def workload(self) -> Workload | None:
        """The month to rank all models by; the small one where nothing is stated, None where no token is counted."""
        if self.usage is None:
            return workload_of({"batch_share": self.batch_share})
        return workload_like(self.usage, self.requests, self.batch_share)

    def as_workload(self) -> str:
        """The query by which the list of models shows what the month costs at each of them."""
        month = month_of(self.usage, self.requests) if self.usage else {}
        return urlencode({**month, "sort": "month"}) if month else ""

    @property
    def kept_month(self) -> list[tuple[str, str]]:
        """The month as other pages take it."""
        month = month_of(self.usage, self.requests) if self.usage else {}
        return [(name, str(value)) for name, value in month.items()]


def read_calculator_question(request: Request) -> CalculatorQuestion:
    """The question of this address; raises the 400 that names the offending field."""
    values = p.read_parameters(request, _READERS)
    at, is_exact = values.get("as_of", (request.period.start, True))
    name, usage = _usage(values)
    return CalculatorQuestion(
        values.get("model", name),
        usage,
        context(values.get("service_tier"), values.get("region"), time_known=is_exact),
        request.book.clocks(at, values.get("known_at")),
        values.get("requests", 1),
        values.get("batch_share", Decimal(0)),
        values.get("against"),
        [pair for pair in request.GET.items() if pair[0] not in _CLOCKS and pair[1].strip()],
    )


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
