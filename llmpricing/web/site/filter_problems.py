"""What the fields of the table are called, and what is wrong with one."""

from __future__ import annotations

from dataclasses import dataclass

from llmpricing.web.errors import Refused
from llmpricing.web.site.workload_form import WORKLOAD_LABELS

LABELS = {
    "q": "Search",
    "provider": "Seller",
    "lab": "Lab",
    "max_input_price": "Input up to",
    "max_output_price": "Output up to",
    "max_month": "Month up to",
    "min_context": "Context from",
    "released_since": "Released since",
    "updated_within_days": "Price changed within",
    "as_of": "Prices as of",
    "sort": "Sort by",
    "capability": "Capabilities",
    **WORKLOAD_LABELS,
    "by_maker": "Sold by its maker",
    "dated": "With a dated price",
    "usage": "or a usage object",
    "usage_format": "Its format",
}


@dataclass(frozen=True)
class FilterProblem:
    """What is wrong with a field, in plain words."""

    field: str
    message: str


def problem_of(refused: Refused) -> FilterProblem:
    """What a reader had against a field, by the words that stand before it."""
    field = str(refused.details.get("field", "")).partition(".")[0]
    label = LABELS.get(field)
    if label is None:
        return FilterProblem(field, refused.message)
    rest = refused.message.removeprefix(field)  # parameters.py begins with the API's name of the field
    return FilterProblem(field, f"“{label}”{rest}" if rest != refused.message else refused.message)
