"""What the address of the list of models asks: filters, switches, order, workload and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pyramid.request import Request

from llmpricing.domain.choice.kinds import CHAT, KINDS
from llmpricing.services.catalogue.model_list import SHELVES, ModelFilter
from llmpricing.services.catalogue.model_orders import ORDERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.list_query import CLOCKS, read_clocks
from llmpricing.web.need_query import ASKED_REPEATABLE, LISTED, LISTED_REPEATABLE, read_asked
from llmpricing.web.site.asked import ASKED_ON_PAGES
from llmpricing.web.site.columns import IDS
from llmpricing.web.site.filters import usual_order
from llmpricing.web.site.pasted import PASTED
from llmpricing.web.site.workload import WORKLOAD
from llmpricing.web.workloads import workload_of

ALL = "all"
DEFAULT_LIMIT, MAX_LIMIT = 40, 200
LONG = 200_000  # tokens of a request: most steps of context lie there or before
MOST_MARKED = 20  # far more than can be compared, so that a mark too many does not hide the list
_SORTS = [sign + name for name in ORDERS for sign in ("", "-")]
_READERS: Mapping[str, p.Reader] = {
    **LISTED,
    **ASKED_ON_PAGES,
    "kind": p.one_of(*KINDS, ALL),
    "show": p.one_of(*SHELVES[1:]),
    "group": p.one_of("none"),
    "models": p.text,
    "columns": p.one_of(*IDS),
    "sort": p.one_of(*_SORTS),
    "page": p.whole(1, 10_000),
    "limit": p.whole(1, MAX_LIMIT),
    **PASTED,
    **WORKLOAD,
    **CLOCKS,
}
_REPEATABLE = (*ASKED_REPEATABLE, *LISTED_REPEATABLE, "show", "models", "columns")


@dataclass(frozen=True)
class ModelQuestion:
    """The question of an address, read and checked; ``page`` counts from 1."""

    wanted: ModelFilter
    workload: Workload
    clocks: Clocks
    joined: bool
    order: str
    page: int
    limit: int
    columns: tuple[str, ...]  # none: those of which enough is known
    marked: tuple[str, ...] = ()  # offerings to be compared, in the order of marking

    @property
    def length(self) -> int:
        """How many tokens a long request has: as many as the context that is asked for."""
        return self.wanted.min_context or LONG

    @property
    def long_requests(self) -> str:
        """In how many requests of that length the month comes, as its field takes it."""
        return str(max(self.workload.quantities["input_tokens"] // self.length, 1))


def read_model_question(request: Request, now: datetime) -> ModelQuestion:
    """The question of this address; raises the 400 that names the offending field."""
    values = p.read_parameters(request, _READERS, _REPEATABLE)
    if len(values.get("models", ())) > MOST_MARKED:
        raise invalid("models", f"models marks at most {MOST_MARKED}: take some away.")
    kind = values.get("kind", CHAT)
    wanted = replace(
        read_asked(request, values) or ModelFilter(),
        unsaid="unsaid" in values,
        stated="stated" in values,
        well_known=values.get("unsaid") != ALL,
        kind=None if kind == ALL else kind,
        show=frozenset(values.get("show", ())),
    )
    return ModelQuestion(
        wanted=wanted,
        workload=workload_of(values),
        clocks=read_clocks(values, now, request.book),
        joined="group" not in values,
        order=values.get("sort") or usual_order(values.items()),
        page=values.get("page", 1),
        limit=values.get("limit", DEFAULT_LIMIT),
        columns=values.get("columns", ()),
        marked=tuple(values.get("models", ())),
    )


def read_workload(request: Request) -> dict[str, Any]:
    """What the address states of the workload and of a pasted usage alone; raises the 400 of a field at fault."""
    readers = {**WORKLOAD, **PASTED}
    return p.read_values({name: request.GET.getall(name) for name in readers if name in request.GET}, readers)
