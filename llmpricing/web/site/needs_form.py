"""What models must be, as a form: the same fields by the same names wherever a page asks for it beside a month."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from llmpricing.domain.choice.needs import NEEDS
from llmpricing.web.need_query import ASKED
from llmpricing.web.site.filter_problems import LABELS
from llmpricing.web.site.filters import PER_M, Option, contexts

_BOUNDS = (("max_input_price", PER_M), ("max_output_price", PER_M), ("max_month", "$"))


@dataclass(frozen=True, slots=True)
class NeedsForm:
    """Each need with its words and whether it is asked for; bounds as name, label, unit and what was typed; the
    context that is asked for among those to choose; whether what no list says is taken too, only what lists say of a
    seller itself, and only its maker, as the address tells it; sellers that it names.
    """

    needs: list[tuple[str, str, bool]]
    bounds: list[tuple[str, str, str, str]]
    context_label: str
    context: str
    contexts: list[Option]
    unsaid: str
    stated: str
    by_maker: str
    sellers: list[str]
    is_asked: bool


def needs_form(request: Request) -> NeedsForm:
    """The form of this address."""
    asked, context = set(request.GET.getall("capability")), request.GET.get("min_context", "")
    return NeedsForm(
        [(one.id, one.words, bool(asked & {one.id, *one.flags})) for one in NEEDS.values()],
        [(name, LABELS[name], unit, request.GET.get(name, "")) for name, unit in _BOUNDS],
        LABELS["min_context"],
        context,
        contexts(context),
        request.GET.get("unsaid", ""),
        request.GET.get("stated", ""),
        request.GET.get("by_maker", ""),
        request.GET.getall("provider"),
        any(request.GET.get(name, "").strip() for name in ASKED),
    )
