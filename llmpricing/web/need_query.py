"""What an address asks of models: needs, context, price bounds and sellers, in the same words everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.request import Request

from llmpricing.domain.choice.kinds import KINDS
from llmpricing.domain.choice.needs import NEEDS
from llmpricing.services.catalogue.model_list import SHELVES, ModelFilter
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.list_query import sellers

_FLAGS = {flag: need.id for need in NEEDS.values() for flag in need.flags} | {name: name for name in NEEDS}


def _need(name: str, raw: str) -> str:
    """A need by its name, or by a list's own flag that meets it."""
    if raw not in _FLAGS:
        raise invalid(name, f"There is no capability {raw[:60]!r}.", known=list(NEEDS))
    return _FLAGS[raw]


need = p.Reader(_need, {"type": "string"})
ASKED: Mapping[str, p.Reader] = {
    "capability": need.of(f"that meet all of these needs, by what lists say of the model: {', '.join(NEEDS)}"),
    "min_context": p.whole(0, 10**12).of("at sellers that take a context of this many tokens"),
    "max_input_price": p.price.of("at sellers whose input costs no more, in USD per million tokens"),
    "max_output_price": p.price.of("at sellers whose output costs no more, in USD per million tokens"),
    "max_month": p.amount.of("at sellers where the month that is asked about costs no more, in USD"),
    "provider": p.text.of("at these sellers, by id"),
    "by_maker": p.one_of("1").of("1: at its maker alone, not at those who sell it on"),
    "stated": p.one_of("1").of("1: those alone of which lists say it themselves, not of their model elsewhere"),
    "unsaid": p.one_of("1", "all").of("1 or all: those too of which no list says whether they meet it"),
}
ASKED_REPEATABLE = ("capability", "provider")
LISTED: Mapping[str, p.Reader] = {  # what the list of the pages asks besides
    "q": p.text.of("whose id, name or lab holds all of these words"),
    "lab": p.text.of("of these labs, by id, whoever sells it"),
    "kind": p.one_of(*KINDS).of("of this kind; of every one where it is left out"),
    "released_since": p.time.of("that were released on that day or later, as far as a list or the id tells"),
    "updated_within_days": p.whole(0, 36500).of("whose price began within so many days"),
    "dated": p.one_of("1").of("1: those alone of whose price a list tells since when it is asked"),
}
LISTED_REPEATABLE = ("lab",)
_PLAIN = ("max_input_price", "max_output_price", "max_month", "min_context", "updated_within_days")


def read_asked(
    request: Request, values: Mapping[str, Any], *, kind: str | None = None, show: frozenset[str] = frozenset(SHELVES)
) -> ModelFilter | None:
    """What is asked of models of a ``kind``, or of every one, on these shelves; None where nothing is."""
    if not any(name in values for name in (*ASKED, *LISTED) if name not in ("stated", "unsaid")):
        return None
    since = values.get("released_since")
    return ModelFilter(
        words=values.get("q", ""),
        labs=frozenset(lab.lower() for lab in values.get("lab", ())),
        released_since=since and since.date(),
        dated="dated" in values,
        needs=tuple(dict.fromkeys(values.get("capability", ()))),
        providers=frozenset(sellers(request, values["provider"]) if "provider" in values else ()),
        unsaid="unsaid" in values,
        stated="stated" in values,
        by_maker="by_maker" in values,
        kind=values.get("kind", kind),
        show=show,
        **{name: values[name] for name in _PLAIN if name in values},
    )
